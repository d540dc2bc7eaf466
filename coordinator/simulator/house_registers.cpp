// The house as a GoodWe ET shows it: which registers there are, what they say, what may be written.
// By the adapter's own register map, so that a row that is wrong is wrong on both sides and shows
// in its tests against the facts.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "coordinator/simulator/house_impl.hpp"
#include "coordinator/simulator/seeded.hpp"

namespace wattledger::simulator {
namespace {

using inverter::Block;
using inverter::Range;
using inverter::Register;
using inverter::row;

enum class Rights : std::uint8_t { none, read, write, read_write };

// Those of the firmware that this is, ARM 23: its eco groups are version 2.
constexpr bool is_setting(const Register& entry) {
  const bool v1 = entry.address >= inverter::eco_v1_addresses.front() &&
                  entry.address < inverter::eco_v1_addresses.back() + inverter::eco_v1_words;
  return !v1 && (entry.block == Block::settings || entry.block == Block::settings_arm19 ||
                 entry.block == Block::settings_arm22);
}

// What each setting's register allows, from the map.
constexpr auto rights = [] {
  std::array<Rights, settings_last - settings_first + 1> table{};
  for (const Register& entry : inverter::register_map) {
    if (!is_setting(entry)) continue;
    for (std::uint16_t i = 0; i < entry.words; ++i) {
      const auto index = static_cast<std::size_t>(entry.address - settings_first + i);
      table.at(index) = entry.access == inverter::Access::read    ? Rights::read
                        : entry.access == inverter::Access::write ? Rights::write
                                                                  : Rights::read_write;
    }
  }
  return table;
}();

bool may(std::uint16_t address, std::size_t count, Rights wanted) {
  if (address < settings_first || address + count > settings_last + 1U) return false;
  const auto first = rights.begin() + (address - settings_first);
  return std::all_of(first, first + static_cast<std::ptrdiff_t>(count),
                     [&](Rights has) { return has == Rights::read_write || has == wanted; });
}

bool inside(Range range, std::uint16_t address, std::size_t count) {
  return address >= range.start &&
         address + count <= static_cast<std::size_t>(range.start + range.count);
}

bool touches(Range range, std::uint16_t address, std::size_t count) {
  return address < range.start + range.count && address + count > range.start;
}

// One block's words, written by the map's rows.
class Page {
 public:
  Page(std::span<std::uint16_t> words, Range range) : words_(words), start_(range.start) {
    std::fill(words.begin(), words.end(), static_cast<std::uint16_t>(0));
  }
  void put(Register entry, std::int64_t value) { inverter::encode_value(entry, value, at(entry)); }
  void put_text(Register entry, std::string_view text) { inverter::encode_text(text, at(entry)); }
  void put_clock(Register entry, LocalTime wall) {
    const auto words = inverter::encode_clock(wall);
    std::copy(words.begin(), words.end(), at(entry).begin());
  }
  void put_absent(Register entry) {
    const auto words = at(entry);
    std::fill(words.begin(), words.end(), static_cast<std::uint16_t>(0xFFFF));
  }

 private:
  std::span<std::uint16_t> at(const Register& entry) {
    return words_.subspan(static_cast<std::size_t>(entry.address - start_), entry.words);
  }
  std::span<std::uint16_t> words_;
  std::uint16_t start_;
};

// Milliamperes of so many watts, sign kept.
std::int64_t current_ma(std::int64_t watts, std::int64_t millivolts) {
  return millivolts == 0 ? 0 : watts * 1'000'000 / millivolts;
}

// A slow wobble, the same for the same seed and time: -spread..spread, a new value every ten
// minutes.
std::int64_t wobble(std::uint64_t seed, UtcTime at, std::uint64_t what, std::int64_t spread) {
  const auto slot = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count() / 10);
  Seeded random(seed ^ slot * 0x9E3779B97F4A7C15ULL ^ what << 56U);
  return random.between(-spread, spread);
}

constexpr std::int64_t grid_mv = 230'000;
constexpr std::int64_t string_mv = 360'000;

std::int64_t battery_mv(std::int64_t soc_bp) {
  return 380'000 + soc_bp * 4;
}  // 380 V empty, 420 V full

// A third of the whole; the first phase takes what does not divide.
std::int64_t phase(std::int64_t whole, int number) {
  return number == 1 ? whole - whole / 3 * 2 : whole / 3;
}

void put_strings(Page& page, const Flow& flow) {
  const std::int64_t first = flow.pv * 11 / 20;
  const std::int64_t volts = flow.pv > 0 ? string_mv + flow.pv * 10 : 0;
  page.put(row(Block::running, "ppv1"), first);
  page.put(row(Block::running, "vpv1"), volts);
  page.put(row(Block::running, "ipv1"), current_ma(first, volts));
  page.put(row(Block::running, "ppv2"), flow.pv - first);
  page.put(row(Block::running, "vpv2"), volts);
  page.put(row(Block::running, "ipv2"), current_ma(flow.pv - first, volts));
  page.put(row(Block::running, "pv1_mode"), flow.pv > 0 ? 2 : 1);
  page.put(row(Block::running, "pv2_mode"), flow.pv > 0 ? 2 : 1);
  constexpr Register absent[] = {row(Block::running, "vpv3"), row(Block::running, "ipv3"),
                                 row(Block::running, "ppv3"), row(Block::running, "vpv4"),
                                 row(Block::running, "ipv4"), row(Block::running, "ppv4")};
  for (const Register& entry : absent) page.put_absent(entry);
}

struct PhaseRows {
  Register voltage, current, frequency, power, load, backup_voltage, backup_frequency;
};
constexpr PhaseRows phase_rows[] = {
    {row(Block::running, "vgrid"), row(Block::running, "igrid"), row(Block::running, "fgrid"),
     row(Block::running, "pgrid"), row(Block::running, "load_p1"), row(Block::running, "backup_v1"),
     row(Block::running, "backup_f1")},
    {row(Block::running, "vgrid2"), row(Block::running, "igrid2"), row(Block::running, "fgrid2"),
     row(Block::running, "pgrid2"), row(Block::running, "load_p2"),
     row(Block::running, "backup_v2"), row(Block::running, "backup_f2")},
    {row(Block::running, "vgrid3"), row(Block::running, "igrid3"), row(Block::running, "fgrid3"),
     row(Block::running, "pgrid3"), row(Block::running, "load_p3"),
     row(Block::running, "backup_v3"), row(Block::running, "backup_f3")}};

void put_phases(Page& page, const Flow& flow, UtcTime at, std::uint64_t seed) {
  const std::int64_t hertz = 50'000 + wobble(seed, at, 9, 30);
  const std::int64_t output = flow.grid + flow.load;
  for (int number = 1; number <= 3; ++number) {
    const PhaseRows& rows = phase_rows[number - 1];
    const std::int64_t volts =
        grid_mv + wobble(seed, at, static_cast<std::uint64_t>(number), 3'000);
    const std::int64_t power = phase(output, number);
    page.put(rows.voltage, volts);
    page.put(rows.current, current_ma(std::abs(power), volts));
    page.put(rows.frequency, hertz);
    page.put(rows.power, power);
    page.put(rows.load, phase(flow.load, number));
    page.put(rows.backup_voltage, volts);
    page.put(rows.backup_frequency, hertz);
  }
}

void put_counters(Page& page, const Counters& total, const Counters& midnight) {
  const auto put = [&](Register whole, Register today, Cells sum, Cells before) {
    page.put(whole, sum / cells_per_mwh);
    page.put(today, (sum - before) / cells_per_mwh);
  };
  put(row(Block::running, "e_total"), row(Block::running, "e_day"), total.pv, midnight.pv);
  put(row(Block::running, "e_total_exp"), row(Block::running, "e_day_exp"), total.exported,
      midnight.exported);
  put(row(Block::running, "e_total_imp"), row(Block::running, "e_day_imp"), total.imported,
      midnight.imported);
  put(row(Block::running, "e_load_total"), row(Block::running, "e_load_day"), total.load,
      midnight.load);
  put(row(Block::running, "e_bat_charge_total"), row(Block::running, "e_bat_charge_day"),
      total.charged, midnight.charged);
  put(row(Block::running, "e_bat_discharge_total"), row(Block::running, "e_bat_discharge_day"),
      total.discharged, midnight.discharged);
}

struct Limit {
  std::uint16_t address;
  std::uint16_t least;
  std::uint16_t most;
};
constexpr Limit limits[] = {{45356, 0, 100}, {45358, 0, 100}, {47000, 0, 5}, {47500, 0, 100},
                            {47509, 0, 1},   {47511, 0, 12},  {47533, 1, 1}, {47545, 0, 1},
                            {47546, 0, 100}, {47603, 0, 100}, {47612, 0, 1}};

bool sane_group(const inverter::EcoGroup& group) {
  const auto hour = [](std::uint8_t value) { return value < 24 || value == inverter::unused_hour; };
  return hour(group.start_hour) && hour(group.end_hour) && group.start_minute < 60 &&
         group.end_minute < 60 && std::abs(group.permille()) <= 1'000 && group.soc_percent <= 100;
}

}  // namespace

void House::Impl::set_defaults() {
  const auto set = [&](std::uint16_t address, std::uint16_t value) {
    settings.at(address - settings_first) = value;
  };
  set(45356, static_cast<std::uint16_t>(options.soc_floor.count() / 100));
  set(45358, static_cast<std::uint16_t>(options.soc_floor.count() / 100));
  set(47510, static_cast<std::uint16_t>(options.rated_power.count()));
  set(47511, 1);
  set(47546, 100);
  set(47603, 100);
  set(row(Block::settings, "comm_address").address, 247);
  set(row(Block::settings, "soc_upper_limit").address, 100);
  const std::int64_t volts = battery_mv(10'000);
  const std::int64_t amperes = current_ma(options.battery_power_max.count(), volts);
  const auto put = [&](const Register& entry, std::int64_t value) {
    inverter::encode_value(
        entry, value, std::span(settings).subspan(entry.address - settings_first, entry.words));
  };
  constexpr std::int64_t baud = 9'600;
  put(row(Block::settings, "modbus_baud_rate"), baud);
  put(row(Block::settings, "battery_capacity"), options.battery_capacity.count() / volts);
  put(row(Block::settings, "battery_charge_voltage"), volts);
  put(row(Block::settings, "battery_charge_current"), amperes);
  put(row(Block::settings, "battery_discharge_voltage"), battery_mv(0));
  put(row(Block::settings, "battery_discharge_current"), amperes);
  put(row(Block::settings, "battery_discharge_voltage_offline"), battery_mv(0));
  const inverter::EcoWords words = encode(inverter::EcoGroup{});
  for (const Register& entry : inverter::register_map)
    if (entry.type == inverter::Type::eco_group)
      std::copy(words.begin(), words.end(), settings.begin() + (entry.address - settings_first));
}

void House::Impl::device_info_locked(std::span<std::uint16_t> words) const {
  Page page(words, inverter::device_info_range);
  page.put(row(Block::device_info, "modbus_version"), 1);
  page.put(row(Block::device_info, "rated_power"), options.rated_power.count());
  page.put(row(Block::device_info, "ac_output_type"), 1);  // three phases, four wires
  page.put_text(row(Block::device_info, "serial_number"), options.serial);
  page.put_text(row(Block::device_info, "model_name"),
                "GW" + std::to_string(options.rated_power.count() / 1000) + "K-ET");
  page.put(row(Block::device_info, "dsp1_version"), 4);
  page.put(row(Block::device_info, "dsp2_version"), 4);
  page.put(row(Block::device_info, "arm_version"), 23);
  page.put_text(row(Block::device_info, "firmware"), "04029-10-S11");
  page.put_text(row(Block::device_info, "arm_firmware"), "02041-23-S00");
}

void House::Impl::running_locked(std::span<std::uint16_t> words) const {
  Page page(words, inverter::running_range);
  page.put_clock(row(Block::running, "timestamp"), wall_locked(now));
  put_strings(page, flow);
  put_phases(page, flow, now, options.seed);
  const std::int64_t output = flow.grid + flow.load;
  page.put(row(Block::running, "grid_mode"), 1);
  page.put(row(Block::running, "total_inverter_power"), output);
  page.put(row(Block::running, "active_power"), flow.grid);
  page.put(row(Block::running, "apparent_power"), std::abs(output));
  page.put(row(Block::running, "backup_ptotal"), 0);
  page.put(row(Block::running, "load_ptotal"), flow.load);
  const std::int64_t heat = std::abs(output) * 2;  // 20 degrees at 10 kW
  page.put(row(Block::running, "temperature_air"), 30'000 + heat / 2);
  page.put(row(Block::running, "temperature_module"), 30'000 + heat);
  page.put(row(Block::running, "temperature"), 28'000 + heat + wobble(options.seed, now, 10, 900));
  page.put(row(Block::running, "bus_voltage"), 640'000);
  page.put(row(Block::running, "nbus_voltage"), 320'000);
  const std::int64_t volts = battery_mv(soc_bp_locked());
  page.put(row(Block::running, "vbattery1"), volts);
  page.put(row(Block::running, "ibattery1"), current_ma(flow.battery, volts));
  page.put(row(Block::running, "pbattery1"), flow.battery);
  page.put(row(Block::running, "battery_mode"), flow.battery > 0 ? 2 : flow.battery < 0 ? 3 : 1);
  page.put(row(Block::running, "work_mode"), 1);  // on-grid
  page.put(row(Block::running, "operation_mode"), setting(47000));
  page.put(row(Block::running, "h_total"),
           std::chrono::floor<std::chrono::hours>(now - started).count());
  put_counters(page, total, at_midnight);
}

void House::Impl::battery_block_locked(std::span<std::uint16_t> words) const {
  Page page(words, inverter::battery_range);
  const std::int64_t soc = soc_bp_locked();
  const std::int64_t volts = battery_mv(soc);
  const std::int64_t limit = current_ma(options.battery_power_max.count(), volts);
  const std::int64_t heat = 21'000 + std::abs(flow.battery) + wobble(options.seed, now, 11, 400);
  page.put(row(Block::battery, "battery_bms"), 255);
  page.put(row(Block::battery, "battery_index"), 1);
  page.put(row(Block::battery, "battery_status"), 1);
  page.put(row(Block::battery, "battery_temperature"), heat);
  page.put(row(Block::battery, "battery_charge_limit"), soc >= 10'000 ? 0 : limit);
  page.put(row(Block::battery, "battery_discharge_limit"), soc <= 0 ? 0 : limit);
  page.put(row(Block::battery, "battery_soc"), soc);
  page.put(row(Block::battery, "battery_soh"), 9'800);
  page.put(row(Block::battery, "battery_modules"), 8);
  page.put(row(Block::battery, "battery_protocol"), 288);
  page.put(row(Block::battery, "battery_max_cell_temp_id"), 3);
  page.put(row(Block::battery, "battery_min_cell_temp_id"), 7);
  page.put(row(Block::battery, "battery_max_cell_voltage_id"), 11);
  page.put(row(Block::battery, "battery_min_cell_voltage_id"), 42);
  page.put(row(Block::battery, "battery_max_cell_temp"), heat + 500);
  page.put(row(Block::battery, "battery_min_cell_temp"), heat - 500);
  page.put(row(Block::battery, "battery_max_cell_voltage"),
           volts / 128 + 4);  // 128 cells in series
  page.put(row(Block::battery, "battery_min_cell_voltage"), volts / 128 - 4);
}

void House::Impl::meter_locked(std::span<std::uint16_t> words) const {
  Page page(words, inverter::meter_range);
  page.put(row(Block::meter, "commode"), 1);
  page.put(row(Block::meter, "rssi"), 60);
  page.put(row(Block::meter, "manufacture_code"), 10);
  page.put(row(Block::meter, "meter_test_status"), 1);
  page.put(row(Block::meter, "meter_comm_status"), 1);
  page.put(row(Block::meter, "active_power1"), phase(flow.grid, 1));
  page.put(row(Block::meter, "active_power2"), phase(flow.grid, 2));
  page.put(row(Block::meter, "active_power3"), phase(flow.grid, 3));
  page.put(row(Block::meter, "active_power_total"), flow.grid);
  page.put(row(Block::meter, "meter_power_factor"), 1'000);
  page.put(row(Block::meter, "meter_freq"), 50'000 + wobble(options.seed, now, 9, 30));
  page.put(row(Block::meter, "meter_e_total_exp"), total.exported / cells_per_mwh);
  page.put(row(Block::meter, "meter_e_total_imp"), total.imported / cells_per_mwh);
  page.put(row(Block::meter, "meter_active_power1"), phase(flow.grid, 1));
  page.put(row(Block::meter, "meter_active_power2"), phase(flow.grid, 2));
  page.put(row(Block::meter, "meter_active_power3"), phase(flow.grid, 3));
  page.put(row(Block::meter, "meter_active_power_total"), flow.grid);
  page.put(row(Block::meter, "meter_apparent_power_total"), std::abs(flow.grid));
  page.put(row(Block::meter, "meter_type"), 2);  // three phases, four wires
  page.put(row(Block::meter, "meter_sw_version"), 3);
}

Exception House::Impl::read_block_locked(std::uint16_t address,
                                         std::span<std::uint16_t> words) const {
  const auto copy = [&](Range range, void (Impl::*render)(std::span<std::uint16_t>) const) {
    std::array<std::uint16_t, 125> block{};
    (this->*render)(std::span(block).first(range.count));
    std::copy_n(block.begin() + (address - range.start), words.size(), words.begin());
    return Exception::none;
  };
  if (inside(inverter::running_range, address, words.size()))
    return copy(inverter::running_range, &Impl::running_locked);
  if (inside(inverter::battery_range, address, words.size())) {
    return copy(inverter::battery_range, &Impl::battery_block_locked);
  }
  if (options.has_meter && inside(inverter::meter_range, address, words.size()))
    return copy(inverter::meter_range, &Impl::meter_locked);
  if (inside(inverter::device_info_range, address, words.size())) {
    return copy(inverter::device_info_range, &Impl::device_info_locked);
  }
  return Exception::illegal_address;
}

Exception House::Impl::read(std::uint16_t address, std::span<std::uint16_t> words) {
  const std::lock_guard lock(mutex);
  if (!may(address, words.size(), Rights::read)) return read_block_locked(address, words);
  std::copy_n(settings.begin() + (address - settings_first), words.size(), words.begin());
  constexpr Range clock{row(Block::settings, "time").address, 3};
  if (touches(clock, address, words.size())) {
    const auto wall = inverter::encode_clock(wall_locked(now));
    std::copy_n(wall.begin() + (address - clock.start), std::min<std::size_t>(words.size(), 3),
                words.begin());
  }
  return Exception::none;
}

Exception House::Impl::write(std::uint16_t address, std::span<const std::uint16_t> words,
                             bool many) {
  const std::lock_guard lock(mutex);
  if (!may(address, words.size(), Rights::write)) return Exception::illegal_address;
  constexpr Range clock{row(Block::settings, "time").address, 3};
  if (touches(clock, address, words.size())) {
    if (!many || address != clock.start || words.size() != 3) return Exception::illegal_value;
    const auto wall = inverter::decode_clock(words.first<3>());
    if (!wall) return Exception::illegal_value;
    shift = std::chrono::floor<std::chrono::seconds>(*wall - options.zone.to_local(now));
    settle_locked();
    return Exception::none;
  }
  auto wanted = settings;
  std::copy(words.begin(), words.end(), wanted.begin() + (address - settings_first));
  for (const Limit& limit : limits) {
    if (!touches({limit.address, 1}, address, words.size())) continue;
    const std::uint16_t value = wanted[static_cast<std::size_t>(limit.address - settings_first)];
    if (value < limit.least || value > limit.most) return Exception::illegal_value;
  }
  for (const Register& group : inverter::register_map) {
    if (group.type != inverter::Type::eco_group ||
        !touches({group.address, group.words}, address, words.size()))
      continue;
    const auto six = std::span(wanted)
                         .subspan(group.address - settings_first)
                         .first<inverter::eco_group_words>();
    if (!sane_group(inverter::decode_eco(six))) return Exception::illegal_value;
  }
  settings = wanted;
  settle_locked();
  return Exception::none;
}

}  // namespace wattledger::simulator
