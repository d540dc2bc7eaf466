// The house as a GoodWe shows it: the blocks that are read whole. Here which there are, the
// nameplate and what is measured; house_batteries.cpp and house_meter.cpp have the others.
#include <algorithm>
#include <cstdlib>

#include "coordinator/simulator/block_page.hpp"
#include "coordinator/simulator/house_impl.hpp"

namespace wattledger::simulator {
namespace {

struct StringRows {
  Register volts, amperes, power, mode;
};
constexpr StringRows string_rows[] = {
    {row(Block::running, "vpv1"), row(Block::running, "ipv1"), row(Block::running, "ppv1"),
     row(Block::running, "pv1_mode")},
    {row(Block::running, "vpv2"), row(Block::running, "ipv2"), row(Block::running, "ppv2"),
     row(Block::running, "pv2_mode")},
    {row(Block::running, "vpv3"), row(Block::running, "ipv3"), row(Block::running, "ppv3"),
     row(Block::running, "pv3_mode")},
    {row(Block::running, "vpv4"), row(Block::running, "ipv4"), row(Block::running, "ppv4"),
     row(Block::running, "pv4_mode")}};

void put_strings(Page& page, std::int64_t pv, std::size_t count) {
  for (std::size_t i = 0; i < std::size(string_rows); ++i) {
    const StringRows& rows = string_rows[i];
    if (i >= count) {
      page.put_absent(rows.volts);
      page.put_absent(rows.amperes);
      page.put_absent(rows.power);
      continue;
    }
    const PvString string = string_of(pv, i, count);
    page.put(rows.power, string.watts);
    page.put(rows.volts, string.millivolts);
    page.put(rows.amperes, current_ma(string.watts, string.millivolts));
    page.put(rows.mode, pv > 0 ? 2 : 1);
  }
}

struct PhaseRows {
  Register voltage, current, frequency, power, load, backup_voltage, backup_current,
      backup_frequency, backup_power, backup_mode;
};
constexpr PhaseRows phase_rows[] = {
    {row(Block::running, "vgrid"), row(Block::running, "igrid"), row(Block::running, "fgrid"),
     row(Block::running, "pgrid"), row(Block::running, "load_p1"), row(Block::running, "backup_v1"),
     row(Block::running, "backup_i1"), row(Block::running, "backup_f1"),
     row(Block::running, "backup_p1"), row(Block::running, "load_mode1")},
    {row(Block::running, "vgrid2"), row(Block::running, "igrid2"), row(Block::running, "fgrid2"),
     row(Block::running, "pgrid2"), row(Block::running, "load_p2"),
     row(Block::running, "backup_v2"), row(Block::running, "backup_i2"),
     row(Block::running, "backup_f2"), row(Block::running, "backup_p2"),
     row(Block::running, "load_mode2")},
    {row(Block::running, "vgrid3"), row(Block::running, "igrid3"), row(Block::running, "fgrid3"),
     row(Block::running, "pgrid3"), row(Block::running, "load_p3"),
     row(Block::running, "backup_v3"), row(Block::running, "backup_i3"),
     row(Block::running, "backup_f3"), row(Block::running, "backup_p3"),
     row(Block::running, "load_mode3")}};

void put_phases(Page& page, const Flow& flow, const Net& net) {
  const std::int64_t output = flow.pv + flow.battery;
  for (int number = 1; number <= 3; ++number) {
    const PhaseRows& rows = phase_rows[number - 1];
    if (net.single_phase && number > 1) {
      for (const Register* entry :
           {&rows.voltage, &rows.current, &rows.frequency, &rows.power, &rows.load,
            &rows.backup_voltage, &rows.backup_current, &rows.backup_frequency, &rows.backup_power})
        page.put_absent(*entry);
      continue;
    }
    const std::int64_t volts = net.volts(number);
    const std::int64_t power = net.there ? phase(output, number, net.single_phase) : 0;
    const std::int64_t backup = phase(flow.backup, number, net.single_phase);
    page.put(rows.voltage, net.there ? volts : 0);
    page.put(rows.current, current_ma(std::abs(power), volts));
    page.put(rows.frequency, net.there ? net.frequency() : 0);
    page.put(rows.power, power);
    page.put(rows.load, phase(flow.load, number, net.single_phase));
    page.put(rows.backup_voltage, volts);
    page.put(rows.backup_current, current_ma(backup, volts));
    page.put(rows.backup_frequency, net.frequency());
    page.put(rows.backup_power, backup);
    page.put(rows.backup_mode, backup > 0 ? 1 : 0);
  }
}

// Lifetime counters are 32 bits of 0.1 kWh.
constexpr Cells wrap_mwh = (Cells{1} << 32U) * 100'000;
constexpr Cells before_wrap_mwh = 200'000;

void put_counters(Page& page, const Counters& total, const Counters& midnight,
                  const std::optional<Counters>& wrapping) {
  const auto put = [&](const Register& whole, const Register& today, Cells Counters::*which) {
    const Cells sum = total.*which;
    const Cells shown =
        wrapping
            ? (wrap_mwh - before_wrap_mwh + (sum - (*wrapping).*which) / cells_per_mwh) % wrap_mwh
            : sum / cells_per_mwh;
    page.put(whole, shown);
    page.put(today, (sum - midnight.*which) / cells_per_mwh);
  };
  put(row(Block::running, "e_total"), row(Block::running, "e_day"), &Counters::pv);
  put(row(Block::running, "e_total_exp"), row(Block::running, "e_day_exp"), &Counters::exported);
  put(row(Block::running, "e_total_imp"), row(Block::running, "e_day_imp"), &Counters::imported);
  put(row(Block::running, "e_load_total"), row(Block::running, "e_load_day"), &Counters::load);
  put(row(Block::running, "e_bat_charge_total"), row(Block::running, "e_bat_charge_day"),
      &Counters::charged);
  put(row(Block::running, "e_bat_discharge_total"), row(Block::running, "e_bat_discharge_day"),
      &Counters::discharged);
}

}  // namespace

std::vector<Block> House::Impl::blocks() const {
  std::vector<Block> all{Block::device_info, Block::running, Block::battery, Block::bms};
  if (options.has_meter) all.push_back(Block::meter);
  if (platform.two_batteries) {
    all.push_back(Block::battery2_power);
    all.push_back(Block::battery2);
  }
  if (platform.many_trackers) all.push_back(Block::mppt);
  return all;
}

Range House::Impl::range_of(Block block) const {
  switch (block) {
    case Block::device_info:
      return inverter::device_info_range;
    case Block::running:
      return inverter::running_range;
    case Block::battery:
      return inverter::battery_range;
    case Block::battery2_power:
      return inverter::battery2_power_range;
    case Block::battery2:
      return inverter::battery2_range;
    case Block::mppt:
      return mppt_served;
    case Block::bms:
      return bms_range;
    case Block::meter:
    case Block::meter_58:
    case Block::meter_125:
    case Block::settings:
    case Block::settings_arm19:
    case Block::settings_arm22:
      break;
  }
  return {inverter::meter_range.start, options.profile.meter_words};
}

const std::vector<std::uint16_t>& House::Impl::page_locked(Block block) {
  std::vector<std::uint16_t>& page = pages.at(static_cast<std::size_t>(block));
  if (page.empty()) {
    page.resize(range_of(block).count);
    render_locked(block, page);
  }
  return page;
}

void House::Impl::forget_pages_locked() {
  if (has(HouseFault::frozen_values)) return;
  for (auto& page : pages) page.clear();
}

void House::Impl::render_locked(Block block, std::span<std::uint16_t> words) const {
  switch (block) {
    case Block::device_info:
      return device_info_locked(words);
    case Block::running:
      return running_locked(words);
    case Block::battery:
      return battery_locked(words);
    case Block::battery2_power:
      return battery2_power_locked(words);
    case Block::battery2:
      return battery2_locked(words);
    case Block::mppt:
      return mppt_locked(words);
    case Block::bms:
      return bms_locked(words);
    case Block::meter:
    case Block::meter_58:
    case Block::meter_125:
    case Block::settings:
    case Block::settings_arm19:
    case Block::settings_arm22:
      return meter_locked(words);
  }
}

void House::Impl::device_info_locked(std::span<std::uint16_t> words) const {
  const Profile& profile = options.profile;
  Page page(words, inverter::device_info_range);
  page.put(row(Block::device_info, "modbus_version"), 1);
  page.put(row(Block::device_info, "rated_power"), profile.rated_power.count());
  page.put(row(Block::device_info, "ac_output_type"), platform.single_phase ? 0 : 1);
  page.put_text(row(Block::device_info, "serial_number"), profile.serial);
  page.put_text(row(Block::device_info, "model_name"), profile.model);
  page.put(row(Block::device_info, "dsp1_version"), profile.dsp_version);
  page.put(row(Block::device_info, "dsp2_version"), profile.dsp_version);
  page.put(row(Block::device_info, "arm_version"), profile.arm_version);
  page.put_text(row(Block::device_info, "firmware"), profile.firmware, profile.utf16_text);
  page.put_text(row(Block::device_info, "arm_firmware"), profile.arm_firmware, profile.utf16_text);
}

void House::Impl::running_locked(std::span<std::uint16_t> words) const {
  Page page(words, inverter::running_range, options.profile.low_word_only);
  const bool grid_there = !has(HouseFault::grid_loss);
  page.put_clock(row(Block::running, "timestamp"), wall_locked(now));
  put_strings(page, flow.pv, platform.four_strings ? 4 : 2);
  put_phases(page, flow, {options.seed, now, grid_there, platform.single_phase});
  const std::int64_t output = flow.pv + flow.battery;
  page.put(row(Block::running, "grid_mode"), grid_there && !island_locked() ? 1 : 0);
  page.put(row(Block::running, "total_inverter_power"), output);
  page.put(row(Block::running, "active_power"), flow.grid);
  page.put(row(Block::running, "apparent_power"), std::abs(output));
  page.put(row(Block::running, "backup_ptotal"), flow.backup);
  page.put(row(Block::running, "load_ptotal"), flow.load);
  page.put(row(Block::running, "ups_load"),
           flow.backup * 10'000 / options.profile.rated_power.count());
  // 20 degrees at 10 kW.
  const std::int64_t heat = has(HouseFault::over_temperature) ? 57'000 : std::abs(output) * 2;
  page.put(row(Block::running, "temperature_air"), 30'000 + heat / 2);
  page.put(row(Block::running, "temperature_module"), 30'000 + heat);
  page.put(row(Block::running, "temperature"), 28'000 + heat + wobble(options.seed, now, 10, 900));
  page.put(row(Block::running, "bus_voltage"), 640'000);
  page.put(row(Block::running, "nbus_voltage"), 320'000);
  const std::int64_t volts = battery_mv(soc_bp_locked());
  const std::int64_t power = part(flow.battery, options.profile.second_battery, false);
  page.put(row(Block::running, "vbattery1"), volts);
  page.put(row(Block::running, "ibattery1"), current_ma(power, volts));
  page.put(row(Block::running, "pbattery1"), power);
  page.put(row(Block::running, "battery_mode"), battery_mode(power));
  page.put(row(Block::running, "work_mode"), island_locked() ? 2 : 1);  // off-grid, on-grid
  page.put(row(Block::running, "operation_mode"), setting(47000));
  page.put(row(Block::running, "h_total"),
           std::chrono::floor<std::chrono::hours>(now - started).count());
  put_counters(page, total, at_midnight, wrapping);
}

}  // namespace wattledger::simulator
