// Which registers there are, and what may be written. By the adapter's own register map, so that a
// row that is wrong is wrong on both sides and shows in its tests against the facts.
#include <algorithm>
#include <cstdlib>

#include "coordinator/simulator/house_impl.hpp"

namespace wattledger::simulator {
namespace {

using inverter::Block;
using inverter::Range;
using inverter::Register;
using inverter::row;
using inverter::Type;

constexpr Range clock_range{row(Block::settings, "time").address, 3};

bool inside(Range range, std::uint16_t address, std::size_t count) {
  return address >= range.start &&
         address + count <= static_cast<std::size_t>(range.start + range.count);
}

bool touches(Range range, std::uint16_t address, std::size_t count) {
  return address < range.start + range.count && address + count > range.start;
}

// Eco groups have one version or the other.
bool has_setting(const Register& entry, const Profile& profile) {
  const bool v1 = entry.address >= inverter::eco_v1_addresses.front() &&
                  entry.address < inverter::eco_v1_addresses.back() + inverter::eco_v1_words;
  if (entry.block == Block::settings) return !v1 || !profile.has_arm19();
  return (entry.block == Block::settings_arm19 && profile.has_arm19()) ||
         (entry.block == Block::settings_arm22 && profile.has_arm22());
}

struct Limit {
  std::uint16_t address;
  std::uint16_t least;
  std::uint16_t most;
};
constexpr Limit limits[] = {{45356, 0, 100}, {45358, 0, 100}, {47000, 0, 5},   {47500, 0, 100},
                            {47509, 0, 1},   {47511, 1, 12},  {47533, 1, 1},   {47544, 0, 100},
                            {47545, 0, 1},   {47546, 0, 100}, {47603, 0, 100}, {47612, 0, 1},
                            {47760, 0, 100}};

bool sane_group(const inverter::EcoGroup& group) {
  const auto hour = [](std::uint8_t value) { return value < 24 || value == inverter::unused_hour; };
  // Power of another type of group has another unit.
  const bool eco = group.type == inverter::eco_type || group.type == inverter::eco_745_type;
  return hour(group.start_hour) && hour(group.end_hour) && group.start_minute < 60 &&
         group.end_minute < 60 && (!eco || std::abs(group.permille()) <= 1'000) &&
         group.soc_percent <= 100;
}

bool sane_group(const Register& entry, std::span<const std::uint16_t> words) {
  return sane_group(entry.type == Type::eco_group
                        ? inverter::decode_eco(words.first<inverter::eco_group_words>())
                        : inverter::decode_eco_v1(words.first<inverter::eco_v1_words>()));
}

std::int64_t current_ma(std::int64_t watts, std::int64_t millivolts) {
  return watts * 1'000'000 / millivolts;
}

}  // namespace

void House::Impl::find_rights() {
  rights.assign(settings_count, Rights::none);
  for (const Register& entry : inverter::register_map) {
    if (!has_setting(entry, options.profile)) continue;
    const Rights right = entry.access == inverter::Access::read    ? Rights::read
                         : entry.access == inverter::Access::write ? Rights::write
                                                                   : Rights::read_write;
    std::fill_n(rights.begin() + (entry.address - settings_first), entry.words, right);
  }
}

void House::Impl::put_setting(const Register& entry, std::int64_t value) {
  inverter::encode_value(entry, value,
                         std::span(settings).subspan(entry.address - settings_first, entry.words));
}

void House::Impl::set_defaults() {
  const auto set = [&](std::string_view name, std::int64_t value) {
    for (const Register& entry : inverter::register_map)
      if (entry.name == name && has_setting(entry, options.profile)) put_setting(entry, value);
  };
  const auto amperes = [&](std::int64_t volts) {
    return current_ma(options.battery_power_max.count(), volts);
  };
  constexpr std::int64_t volts = 420'000;
  constexpr std::int64_t volts_empty = 380'000;
  constexpr std::int64_t whole = 10'000;
  set("battery_discharge_depth", options.soc_floor.count());
  set("battery_discharge_depth_offline", options.soc_floor.count());
  set("battery_soc_protection", options.soc_floor.count() / 100);
  set("grid_export_limit", options.profile.rated_power.count());
  set("ems_mode", 1);
  set("fast_charging_soc", whole);
  set("fast_charging_power", whole);
  set("peak_shaving_power_limit", options.profile.rated_power.count());
  constexpr std::int64_t unit = 247;
  set("comm_address", unit);
  set("soc_upper_limit", 100);
  constexpr std::int64_t baud = 9'600;
  set("modbus_baud_rate", baud);
  set("battery_capacity", options.battery_capacity.count() / volts);
  set("battery_charge_voltage", volts);
  set("battery_charge_current", amperes(volts));
  set("battery_discharge_voltage", volts_empty);
  set("battery_discharge_current", amperes(volts));
  set("battery_discharge_voltage_offline", volts_empty);
  inverter::EcoGroup unused;
  for (const Register& entry : inverter::register_map) {
    if (!has_setting(entry, options.profile)) continue;
    const auto at = settings.begin() + (entry.address - settings_first);
    if (entry.type == Type::eco_group) {
      unused.type = platform.is_745 ? inverter::unset_type : inverter::eco_type;
      const auto words = encode(unused);
      std::copy(words.begin(), words.end(), at);
    } else if (entry.type == Type::eco_group_v1) {
      const auto words = encode_v1(unused);
      std::copy(words.begin(), words.end(), at);
    }
  }
  obeyed = settings;
}

Exception House::Impl::read(std::uint16_t address, std::span<std::uint16_t> words) {
  const std::lock_guard lock(mutex);
  const auto may = [&](std::size_t i) {
    const Rights right = rights[static_cast<std::size_t>(address - settings_first) + i];
    return right == Rights::read || right == Rights::read_write;
  };
  if (inside({settings_first, settings_count}, address, words.size())) {
    for (std::size_t i = 0; i < words.size(); ++i)
      if (!may(i)) return Exception::illegal_address;
    std::copy_n(settings.begin() + (address - settings_first), words.size(), words.begin());
    const auto wall = inverter::encode_clock(wall_locked(now));
    for (std::size_t i = 0; i < words.size(); ++i)
      if (inside(clock_range, static_cast<std::uint16_t>(address + i), 1))
        words[i] = wall.at(address + i - clock_range.start);
    return Exception::none;
  }
  for (const Block block : blocks()) {
    const Range range = range_of(block);
    if (!inside(range, address, words.size())) continue;
    const auto& page = page_locked(block);
    std::copy_n(page.begin() + (address - range.start), words.size(), words.begin());
    return Exception::none;
  }
  return Exception::illegal_address;
}

// Whole or not at all.
Exception House::Impl::set_clock_locked(std::span<const std::uint16_t> words) {
  const auto wall = inverter::decode_clock(words.first<3>());
  if (!wall) return Exception::illegal_value;
  shift += std::chrono::floor<std::chrono::seconds>(*wall - wall_locked(now));
  settle_locked();
  return Exception::none;
}

Exception House::Impl::write(std::uint16_t address, std::span<const std::uint16_t> words,
                             bool many) {
  const std::lock_guard lock(mutex);
  const Exception exception = write_locked(address, words, many);
  if (exception == Exception::none && written) written(snapshot_locked());
  return exception;
}

Exception House::Impl::write_locked(std::uint16_t address, std::span<const std::uint16_t> words,
                                    bool many) {
  if (!inside({settings_first, settings_count}, address, words.size()))
    return Exception::illegal_address;
  const auto first = rights.begin() + (address - settings_first);
  if (!std::all_of(first, first + static_cast<std::ptrdiff_t>(words.size()), [](Rights right) {
        return right == Rights::write || right == Rights::read_write;
      }))
    return Exception::illegal_address;
  if (touches(clock_range, address, words.size())) {
    const bool whole = many && address == clock_range.start && words.size() == clock_range.count;
    return whole ? set_clock_locked(words) : Exception::illegal_value;
  }
  Settings wanted = settings;
  std::copy(words.begin(), words.end(), wanted.begin() + (address - settings_first));
  for (const Limit& limit : limits) {
    if (!touches({limit.address, 1}, address, words.size())) continue;
    const std::uint16_t value = wanted.at(static_cast<std::size_t>(limit.address - settings_first));
    if (value < limit.least || value > limit.most) return Exception::illegal_value;
  }
  for (const Register& group : inverter::register_map) {
    const bool is_group = group.type == Type::eco_group || group.type == Type::eco_group_v1;
    if (!is_group || !touches({group.address, group.words}, address, words.size()) ||
        !has_setting(group, options.profile))
      continue;
    if (!sane_group(group, std::span(wanted).subspan(group.address - settings_first)))
      return Exception::illegal_value;
  }
  settings = wanted;
  if (options.profile.response_time.count() == 0)
    obeyed = settings;
  else if (!obeys_at)
    obeys_at = integrated + options.profile.response_time;
  settle_locked();
  return Exception::none;
}

}  // namespace wattledger::simulator
