#include "coordinator/inverter/blocks.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "coordinator/inverter/eco_group.hpp"
#include "coordinator/inverter/register_map.hpp"

namespace wattledger::inverter {
namespace {

using Reading = fb::ReadingRecordedT;
template <class T>
using Optional = flatbuffers::Optional<T>;

// A register, the field it fills, and the values that can be.
template <class T>
struct Field {
  Register entry;
  Optional<T> Reading::*member;
  std::int64_t least;
  std::int64_t most;
};

// No single house inverter comes near these; a value beyond is a broken answer, not a measurement.
constexpr std::int64_t power_max_w = 200'000;
constexpr std::int64_t voltage_max_mv = 1'500'000;
constexpr std::int64_t current_max_ma = 1'000'000;
constexpr std::int64_t heat_min_mc = -60'000;
constexpr std::int64_t heat_max_mc = 150'000;
constexpr std::int64_t clock_offset_max_s = 2'000'000'000;      // 63 years
constexpr std::int64_t energy_max_mwh = 1'000'000'000'000'000;  // 10^9 kWh

#define WATTLEDGER_IN(block, name, member, least, most) \
  { row(Block::block, name), &Reading::member, least, most }
#define WATTLEDGER_POWER(block, name, member) \
  WATTLEDGER_IN(block, name, member, -power_max_w, power_max_w)
#define WATTLEDGER_VOLTAGE(block, name, member) \
  WATTLEDGER_IN(block, name, member, 0, voltage_max_mv)
#define WATTLEDGER_CURRENT(block, name, member) \
  WATTLEDGER_IN(block, name, member, -current_max_ma, current_max_ma)
#define WATTLEDGER_HEAT(block, name, member) \
  WATTLEDGER_IN(block, name, member, heat_min_mc, heat_max_mc)
#define WATTLEDGER_ENERGY(name, member) WATTLEDGER_IN(running, name, member, 0, energy_max_mwh)

constexpr Field<std::int32_t> running_fields[] = {
    WATTLEDGER_POWER(running, "pbattery1", battery_power_w),
    WATTLEDGER_VOLTAGE(running, "vbattery1", battery_voltage_mv),
    WATTLEDGER_CURRENT(running, "ibattery1", battery_current_ma),
    WATTLEDGER_IN(running, "ppv1", pv1_power_w, 0, power_max_w),
    WATTLEDGER_VOLTAGE(running, "vpv1", pv1_voltage_mv),
    WATTLEDGER_CURRENT(running, "ipv1", pv1_current_ma),
    WATTLEDGER_IN(running, "ppv2", pv2_power_w, 0, power_max_w),
    WATTLEDGER_VOLTAGE(running, "vpv2", pv2_voltage_mv),
    WATTLEDGER_CURRENT(running, "ipv2", pv2_current_ma),
    WATTLEDGER_IN(running, "ppv3", pv3_power_w, 0, power_max_w),
    WATTLEDGER_VOLTAGE(running, "vpv3", pv3_voltage_mv),
    WATTLEDGER_CURRENT(running, "ipv3", pv3_current_ma),
    WATTLEDGER_IN(running, "ppv4", pv4_power_w, 0, power_max_w),
    WATTLEDGER_VOLTAGE(running, "vpv4", pv4_voltage_mv),
    WATTLEDGER_CURRENT(running, "ipv4", pv4_current_ma),
    WATTLEDGER_VOLTAGE(running, "vgrid", grid_l1_voltage_mv),
    WATTLEDGER_VOLTAGE(running, "vgrid2", grid_l2_voltage_mv),
    WATTLEDGER_VOLTAGE(running, "vgrid3", grid_l3_voltage_mv),
    WATTLEDGER_CURRENT(running, "igrid", grid_l1_current_ma),
    WATTLEDGER_CURRENT(running, "igrid2", grid_l2_current_ma),
    WATTLEDGER_CURRENT(running, "igrid3", grid_l3_current_ma),
    WATTLEDGER_IN(running, "fgrid", grid_frequency_mhz, 0, 70'000),
    WATTLEDGER_POWER(running, "active_power", grid_power_w),
    WATTLEDGER_POWER(running, "backup_ptotal", backup_power_w),
    WATTLEDGER_POWER(running, "total_inverter_power", inverter_power_w),
    WATTLEDGER_HEAT(running, "temperature", inverter_temperature_mc),
};

constexpr Field<std::int64_t> running_energies[] = {
    WATTLEDGER_ENERGY("e_total", pv_total_mwh),
    WATTLEDGER_ENERGY("e_day", pv_today_mwh),
    WATTLEDGER_ENERGY("e_load_total", load_total_mwh),
    WATTLEDGER_ENERGY("e_load_day", load_today_mwh),
    WATTLEDGER_ENERGY("e_day_exp", export_today_mwh),
    WATTLEDGER_ENERGY("e_day_imp", import_today_mwh),
    WATTLEDGER_ENERGY("e_bat_charge_total", battery_charge_total_mwh),
    WATTLEDGER_ENERGY("e_bat_charge_day", battery_charge_today_mwh),
    WATTLEDGER_ENERGY("e_bat_discharge_total", battery_discharge_total_mwh),
    WATTLEDGER_ENERGY("e_bat_discharge_day", battery_discharge_today_mwh),
};

constexpr Field<std::int64_t> running_grid_energies[] = {
    WATTLEDGER_ENERGY("e_total_exp", export_total_mwh),
    WATTLEDGER_ENERGY("e_total_imp", import_total_mwh),
};

constexpr Field<std::uint16_t> running_codes[] = {
    WATTLEDGER_IN(running, "work_mode", inverter_run_mode, 0, 0xFFFE),
};

constexpr Field<std::uint32_t> running_errors[] = {
    WATTLEDGER_IN(running, "error_codes", inverter_error, 0, 0xFFFFFFFE),
};

constexpr Field<std::uint16_t> battery_shares[] = {
    WATTLEDGER_IN(battery, "battery_soc", battery_soc_bp, 0, 10'000),
    WATTLEDGER_IN(battery, "battery_soh", battery_soh_bp, 0, 10'000),
};

constexpr Field<std::int32_t> battery_fields[] = {
    WATTLEDGER_HEAT(battery, "battery_temperature", battery_temperature_mc),
    WATTLEDGER_CURRENT(battery, "battery_charge_limit", battery_charge_limit_ma),
    WATTLEDGER_CURRENT(battery, "battery_discharge_limit", battery_discharge_limit_ma),
};

constexpr Field<std::int32_t> battery2_power_fields[] = {
    WATTLEDGER_POWER(battery2_power, "pbattery2", battery2_power_w),
    WATTLEDGER_VOLTAGE(battery2_power, "vbattery2", battery2_voltage_mv),
    WATTLEDGER_CURRENT(battery2_power, "ibattery2", battery2_current_ma),
};

constexpr Field<std::uint16_t> battery2_shares[] = {
    WATTLEDGER_IN(battery2, "battery2_soc", battery2_soc_bp, 0, 10'000),
    WATTLEDGER_IN(battery2, "battery2_soh", battery2_soh_bp, 0, 10'000),
};

constexpr Field<std::int32_t> battery2_fields[] = {
    WATTLEDGER_HEAT(battery2, "battery2_temperature", battery2_temperature_mc),
};

constexpr Field<std::int32_t> meter_fields[] = {
    WATTLEDGER_POWER(meter, "meter_active_power_total", grid_power_w),
    WATTLEDGER_POWER(meter, "meter_active_power1", grid_l1_power_w),
    WATTLEDGER_POWER(meter, "meter_active_power2", grid_l2_power_w),
    WATTLEDGER_POWER(meter, "meter_active_power3", grid_l3_power_w),
};

constexpr Field<std::int64_t> meter_energies[] = {
    WATTLEDGER_IN(meter, "meter_e_total_exp", export_total_mwh, 0, energy_max_mwh),
    WATTLEDGER_IN(meter, "meter_e_total_imp", import_total_mwh, 0, energy_max_mwh),
};

#undef WATTLEDGER_IN
#undef WATTLEDGER_POWER
#undef WATTLEDGER_VOLTAGE
#undef WATTLEDGER_CURRENT
#undef WATTLEDGER_HEAT
#undef WATTLEDGER_ENERGY

class Decoder {
 public:
  Decoder(Reading& reading, bool wide) : reading_(reading), wide_(wide) {}

  template <class T, std::size_t N>
  void fill(const Field<T> (&fields)[N], Words block, std::uint16_t start) {
    for (const Field<T>& field : fields) {
      const auto value =
          sensible(decode_in(field.entry, block, start, wide_), field.least, field.most);
      if (value) reading_.*field.member = static_cast<T>(*value);
    }
  }

  [[nodiscard]] std::optional<std::int64_t> sensible(std::optional<std::int64_t> value,
                                                     std::int64_t least, std::int64_t most) {
    if (!value || (*value >= least && *value <= most)) return value;
    implausible_ = true;
    return std::nullopt;
  }

  // PV is the sum of the strings that are there.
  void fill_pv(Words running) {
    constexpr Register strings[] = {row(Block::running, "ppv1"), row(Block::running, "ppv2"),
                                    row(Block::running, "ppv3"), row(Block::running, "ppv4")};
    std::optional<std::int64_t> sum;
    for (const Register& entry : strings) {
      const auto power = sensible(decode_in(entry, running, running_range.start), 0, power_max_w);
      if (power) sum = sum.value_or(0) + *power;
    }
    if (sum) reading_.pv_power_w = static_cast<std::int32_t>(*sum);
  }

  // The inverter's own house_consumption, with its losses: PV + battery - grid connection.
  void fill_load(Words running) {
    const auto active = sensible(
        decode_in(row(Block::running, "active_power"), running, running_range.start, wide_),
        -power_max_w, power_max_w);
    if (!active || !reading_.pv_power_w.has_value()) return;
    // Without a battery there is nothing to add; a battery whose power is not known leaves the load
    // unknown.
    if (!reading_.battery_power_w.has_value() && reading_.battery_mode != fb::BatteryMode::none)
      return;
    const std::int64_t load = *reading_.pv_power_w + reading_.battery_power_w.value_or(0) - *active;
    reading_.load_power_w = static_cast<std::int32_t>(std::max<std::int64_t>(load, 0));
  }

  void fill_battery_mode(Words running) {
    const auto mode = decode_in(row(Block::running, "battery_mode"), running, running_range.start);
    if (!mode) return;
    switch (*mode) {
      case 0:
        reading_.battery_mode = fb::BatteryMode::none;
        return;
      case 1:
      case 4:  // to be charged
      case 5:  // to be discharged
        reading_.battery_mode = fb::BatteryMode::standby;
        return;
      case 2:
        reading_.battery_mode = fb::BatteryMode::discharging;
        return;
      case 3:
        reading_.battery_mode = fb::BatteryMode::charging;
        return;
      default:
        implausible_ = true;
    }
  }

  void fill_clock(Words running, UtcTime now, const ZoneOffsets& zone) {
    if (running.size() < 3) return;
    const auto wall = decode_clock(running.first<3>());
    if (!wall) {
      implausible_ = true;
      return;
    }
    const auto ours = std::chrono::floor<std::chrono::seconds>(zone.to_local(now));
    const auto offset = sensible(std::chrono::floor<std::chrono::seconds>(*wall - ours).count(),
                                 -clock_offset_max_s, clock_offset_max_s);
    if (offset) reading_.inverter_clock_offset_s = static_cast<std::int32_t>(*offset);
  }

  void fill_battery_codes(Words battery, Words battery2) {
    const auto of = [&](const Register& high, const Register& low, const Register& high2,
                        const Register& low2) -> Optional<std::uint32_t> {
      const auto upper = decode_in(high, battery, battery_range.start);
      const auto lower = decode_in(low, battery, battery_range.start);
      if (!lower) return flatbuffers::nullopt;
      const auto upper2 = decode_in(high2, battery2, battery2_range.start).value_or(0);
      const auto lower2 = decode_in(low2, battery2, battery2_range.start).value_or(0);
      return static_cast<std::uint32_t>((upper.value_or(0) | upper2) << 16 | *lower | lower2);
    };
    reading_.battery_error =
        of(row(Block::battery, "battery_error_h"), row(Block::battery, "battery_error_l"),
           row(Block::battery2, "battery2_error_h"), row(Block::battery2, "battery2_error_l"));
    reading_.battery_warning =
        of(row(Block::battery, "battery_warning_h"), row(Block::battery, "battery_warning_l"),
           row(Block::battery2, "battery2_warning_h"), row(Block::battery2, "battery2_warning_l"));
  }

  // Two batteries are one to whoever decides. A second that is not there says nothing.
  void join_power() {
    const auto add = [](Optional<std::int32_t>& to, const Optional<std::int32_t>& more) {
      if (to && more) to = *to + *more;
    };
    if (!reading_.battery2_power_w) return;
    add(reading_.battery_power_w, reading_.battery2_power_w);
    add(reading_.battery_current_ma, reading_.battery2_current_ma);
    if (!reading_.battery_power_w) return;
    reading_.battery_mode = *reading_.battery_power_w > 0   ? fb::BatteryMode::discharging
                            : *reading_.battery_power_w < 0 ? fb::BatteryMode::charging
                                                            : fb::BatteryMode::standby;
  }
  void join_state(Words battery2) {
    if (reading_.battery_soc_bp && reading_.battery2_soc_bp)
      reading_.battery_soc_bp =
          static_cast<std::uint16_t>((*reading_.battery_soc_bp + *reading_.battery2_soc_bp) / 2);
    const auto& second = reading_.battery2_temperature_mc;
    const auto from_mild = [](std::int32_t heat) { return std::abs(heat - 25'000); };
    auto& first = reading_.battery_temperature_mc;
    if (first && second && from_mild(*second) > from_mild(*first)) first = second;
    const auto add = [&](Optional<std::int32_t>& to, const Register& entry) {
      const auto more =
          sensible(decode_in(entry, battery2, battery2_range.start), 0, current_max_ma);
      if (to && more) to = static_cast<std::int32_t>(*to + *more);
    };
    add(reading_.battery_charge_limit_ma, row(Block::battery2, "battery2_charge_limit"));
    add(reading_.battery_discharge_limit_ma, row(Block::battery2, "battery2_discharge_limit"));
  }

  [[nodiscard]] bool implausible() const { return implausible_; }

 private:
  Reading& reading_;
  bool wide_;
  bool implausible_ = false;
};

// 36004: 0 is "no communication"; some three-phase firmware sets a digit per phase, so any other
// value counts as there.
bool meter_answers(Words meter) {
  if (meter.empty()) return false;
  return decode_in(row(Block::meter, "meter_comm_status"), meter, meter_range.start).value_or(0) !=
         0;
}

bool core_is_there(const Reading& reading) {
  return reading.battery_soc_bp.has_value() && reading.battery_power_w.has_value() &&
         reading.pv_power_w.has_value() && reading.grid_power_w.has_value() &&
         reading.load_power_w.has_value() && reading.inverter_clock_offset_s.has_value();
}

}  // namespace

Result<Device> decode_device(Words device_info) {
  const auto part = [&](Register entry) {
    return device_info.subspan(static_cast<std::size_t>(entry.address - device_info_range.start),
                               entry.words);
  };
  if (device_info.size() != device_info_range.count) {
    return fail(ErrorKind::corrupt,
                "the inverter's device info has " + std::to_string(device_info.size()) +
                    " registers, expected " + std::to_string(device_info_range.count));
  }
  const auto serial = decode_text(part(row(Block::device_info, "serial_number")));
  if (!serial || serial->empty()) {
    return fail(ErrorKind::corrupt, "registers 35003..35010 hold no serial number",
                "check that host, port and unit are those of a GoodWe ET or EH inverter");
  }
  const auto rated =
      decode_in(row(Block::device_info, "rated_power"), device_info, device_info_range.start)
          .value_or(0);
  if (rated == 0) {
    return fail(ErrorKind::corrupt, "register 35001 holds no rated power",
                "check that host, port and unit are those of a GoodWe ET or EH inverter");
  }
  Device device;
  device.serial = *serial;
  // Blank on the 745 platform, and not always printable: identity rests on the serial number.
  device.model = decode_text(part(row(Block::device_info, "model_name"))).value_or("");
  device.firmware = decode_text(part(row(Block::device_info, "firmware"))).value_or("");
  const auto arm = decode_text(part(row(Block::device_info, "arm_firmware"))).value_or("");
  if (!arm.empty()) device.firmware += (device.firmware.empty() ? "" : " / ") + arm;
  device.rated_power = Watts(rated);
  return device;
}

fb::ReadingRecordedT decode_poll(const PolledBlocks& blocks, UtcTime now, const ZoneOffsets& zone) {
  Reading reading;
  Decoder decoder(reading, blocks.wide);
  constexpr std::uint16_t start = running_range.start;
  decoder.fill(running_fields, blocks.running, start);
  decoder.fill(running_energies, blocks.running, start);
  decoder.fill(running_codes, blocks.running, start);
  decoder.fill(running_errors, blocks.running, start);
  decoder.fill_battery_mode(blocks.running);
  decoder.fill(battery2_power_fields, blocks.battery2_power, battery2_power_range.start);
  decoder.join_power();
  decoder.fill_pv(blocks.running);
  decoder.fill_load(blocks.running);
  decoder.fill_clock(blocks.running, now, zone);

  const bool no_battery = reading.battery_mode == fb::BatteryMode::none;
  if (!blocks.battery.empty()) {
    decoder.fill(battery_shares, blocks.battery, battery_range.start);
    decoder.fill(battery_fields, blocks.battery, battery_range.start);
    decoder.fill_battery_codes(blocks.battery, blocks.battery2);
    decoder.fill(battery2_shares, blocks.battery2, battery2_range.start);
    decoder.fill(battery2_fields, blocks.battery2, battery2_range.start);
    decoder.join_state(blocks.battery2);
  }
  const bool metered = meter_answers(blocks.meter);
  if (metered) {
    // The inverter's own counters count from another zero: they never stand in for the meter's once
    // there is a meter.
    decoder.fill(meter_fields, blocks.meter, meter_range.start);
    decoder.fill(meter_energies, blocks.meter, meter_range.start);
  } else if (!blocks.has_meter) {
    decoder.fill(running_grid_energies, blocks.running, start);
  }
  const bool whole = core_is_there(reading) && (metered || !blocks.has_meter) && !no_battery;
  reading.quality = decoder.implausible() ? fb::Quality::implausible
                    : whole               ? fb::Quality::good
                                          : fb::Quality::partial;
  return reading;
}

}  // namespace wattledger::inverter
