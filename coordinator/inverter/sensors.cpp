#include "coordinator/inverter/sensors.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <span>
#include <utility>

#include "coordinator/inverter/eco_group.hpp"
#include "coordinator/inverter/labels.hpp"
#include "coordinator/inverter/register_map.hpp"

namespace wattledger::inverter {
namespace {

using Words = std::span<const std::uint16_t>;

// So many hundredths, tenths … as a decimal number.
std::string decimal(std::int64_t raw, int places) {
  std::string digits = std::to_string(std::abs(raw));
  const auto wanted = static_cast<std::size_t>(places) + 1;
  if (digits.size() < wanted) digits.insert(0, wanted - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - static_cast<std::size_t>(places), ".");
  return raw < 0 ? "-" + digits : digits;
}

std::string two_digits(unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); }

std::optional<std::string> clock_text(Words words) {
  const auto wall = decode_clock(words.first<3>());
  if (!wall) return std::nullopt;
  return iso_text(*wall);
}

std::string days_text(std::uint8_t days) {
  constexpr std::array<std::string_view, 7> names = {"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
  if ((days & 0x7FU) == 0x7FU) return "every day";
  std::string text;
  for (unsigned day = 0; day < names.size(); ++day)
    if ((static_cast<unsigned>(days) >> day & 1U) != 0)
      text += (text.empty() ? "" : " ") + std::string(names.at(day));
  return text.empty() ? "no day" : text;
}

// A number in the library's unit: meters count watt-hours, the library tells kWh.
struct Number {
  std::string text;
  std::string_view unit;
};
std::optional<Number> number_of(const Register& entry, Words words, const Platform& platform) {
  const auto value = decode_value(entry, words, platform.wide);
  if (!value) return std::nullopt;
  if (entry.type == Type::float32) return Number{decimal(*value / 1000, 3), "kWh"};
  return Number{decimal(*value / step_of(entry), std::max(-entry.scale, 0)), unit_text(entry.unit)};
}

Sensor sensor_of(const Register& entry, Words words, const Platform& platform) {
  Sensor sensor{std::string(entry.name), entry.block, entry.address, {}, std::nullopt, false};
  if (entry.type == Type::clock) sensor.value = clock_text(words);
  if (entry.type == Type::text) sensor.value = decode_text(words);
  if (entry.type == Type::eco_group || entry.type == Type::eco_group_v1)
    sensor.value = eco_group_text(words);
  if (!is_number(entry)) return sensor;
  sensor.is_number = true;
  sensor.unit = entry.type == Type::float32 ? "kWh" : unit_text(entry.unit);
  if (auto number = number_of(entry, words, platform)) sensor.value = std::move(number->text);
  return sensor;
}

// What the library calculates from a block.
class Calculated {
 public:
  Calculated(const BlockWords& read, const Platform& platform, std::vector<Sensor>& sensors)
      : read_(read), platform_(platform), sensors_(sensors) {}

  void running() {
    std::int64_t pv = 0;
    for (const char* name : {"ppv1", "ppv2", "ppv3", "ppv4"})
      pv += std::max<std::int64_t>(of(name).value_or(0), 0);
    add_number("ppv", pv, "W");
    for (const char* name : {"pv4_mode", "pv3_mode", "pv2_mode", "pv1_mode"})
      if (platform_.four_strings || name[2] < '3') add_label(name, pv_mode_label);
    add_label("grid_mode", grid_mode_label);
    const auto active = of("active_power");
    if (active) {
      constexpr std::int64_t idle_w = 90;
      const int direction = *active >= idle_w ? 1 : *active < -idle_w ? 2 : 0;
      add_number("grid_in_out", direction, "");
      add("grid_in_out_label", std::string(grid_in_out_label(direction)));
    }
    add_label("battery_mode", battery_mode_label);
    add_label("safety_country", safety_country_label);
    add_label("work_mode", run_state_label);
    add_bits("errors", of("error_codes"), error_labels);
    add_bits("diagnose_result_label", of("diagnose_result"), diagnose_labels);
    if (active) add_number("house_consumption", pv + of("pbattery1").value_or(0) - *active, "W");
  }
  void battery(const std::string& prefix) {
    add_bits(prefix + "error", both(prefix + "error_h", prefix + "error_l"), battery_error_labels);
    add_bits(prefix + "warning", both(prefix + "warning_h", prefix + "warning_l"),
             battery_warning_labels);
  }
  void battery2_power() { add_label("battery2_mode", battery_mode_label); }

 private:
  // In our units: these are watts and codes.
  [[nodiscard]] std::optional<std::int64_t> of(std::string_view name) const {
    for (const Register& entry : register_map)
      if (entry.block == read_.block && entry.name == name)
        return decode_in(entry, read_.words, read_.start, platform_.wide);
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::int64_t> both(const std::string& high,
                                                 const std::string& low) const {
    const auto lower = of(low);
    if (!lower) return std::nullopt;
    return of(high).value_or(0) << 16 | *lower;
  }
  void add(std::string id, std::optional<std::string> value) {
    sensors_.push_back({std::move(id), read_.block, std::nullopt, {}, std::move(value), false});
  }
  void add_number(std::string id, std::int64_t value, std::string_view unit) {
    sensors_.push_back(
        {std::move(id), read_.block, std::nullopt, unit, std::to_string(value), true});
  }
  void add_label(const std::string& name, std::string_view (*label)(std::int64_t)) {
    const auto code = of(name);
    const std::string_view text = code ? label(*code) : std::string_view();
    add(name + "_label", text.empty() ? std::nullopt : std::optional(std::string(text)));
  }
  void add_bits(std::string id, std::optional<std::int64_t> bits,
                std::string (*labels)(std::uint32_t)) {
    add(std::move(id),
        bits ? std::optional(labels(static_cast<std::uint32_t>(*bits))) : std::nullopt);
  }

  const BlockWords& read_;
  const Platform& platform_;
  std::vector<Sensor>& sensors_;
};

void add_calculated(const BlockWords& read, const Platform& platform,
                    std::vector<Sensor>& sensors) {
  Calculated calculated(read, platform, sensors);
  if (read.block == Block::running) calculated.running();
  if (read.block == Block::battery) calculated.battery("battery_");
  if (read.block == Block::battery2) calculated.battery("battery2_");
  if (read.block == Block::battery2_power) calculated.battery2_power();
}

// A longer meter answer holds the shorter ones' registers too.
bool is_in(const Register& entry, Block read) {
  if (entry.block == read) return true;
  if (read == Block::meter_125)
    return entry.block == Block::meter || entry.block == Block::meter_58;
  return read == Block::meter_58 && entry.block == Block::meter;
}

}  // namespace

std::vector<Sensor> sensors_of(const std::vector<BlockWords>& read, const Platform& platform) {
  std::vector<Sensor> sensors;
  for (const BlockWords& each : read) {
    const Words words(each.words);
    for (const Register& entry : register_map) {
      if (!is_in(entry, each.block) || !is_shown(entry, platform) || entry.address < each.start)
        continue;
      const auto offset = static_cast<std::size_t>(entry.address - each.start);
      if (offset + entry.words > words.size()) continue;
      sensors.push_back(sensor_of(entry, words.subspan(offset, entry.words), platform));
    }
    add_calculated(each, platform, sensors);
  }
  return sensors;
}

std::string eco_group_text(Words words) {
  const bool v1 = words.size() == eco_v1_words;
  const EcoGroup group =
      v1 ? decode_eco_v1(words.first<eco_v1_words>()) : decode_eco(words.first<eco_group_words>());
  if (group.start_hour == unused_hour) return "unused";
  const auto time = [](unsigned hour, unsigned minute) {
    return two_digits(hour) + ":" + two_digits(minute);
  };
  const int power = std::abs(group.permille());
  std::string text = group.enabled ? "" : "off, ";
  text += time(group.start_hour, group.start_minute) + "-" + time(group.end_hour, group.end_minute);
  text += group.power < 0 ? " charge " : " discharge ";
  text += (power % 10 != 0 ? decimal(power, 1) : std::to_string(power / 10)) + " %";
  if (!v1) text += " to " + std::to_string(group.soc_percent) + " %";
  return text + ", " + days_text(group.days);
}

}  // namespace wattledger::inverter
