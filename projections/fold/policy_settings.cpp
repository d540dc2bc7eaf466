#include "projections/fold/policy_settings.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <type_traits>

#include "projections/fold/tariff_lines.hpp"

namespace wattledger::fold {
namespace {

// One key of the canonical text: how to write it, how to read it, and what it may be.
struct Key {
  std::string name;
  std::int64_t min;
  std::int64_t max;
  std::function<std::int64_t(const PolicySettings&)> get;
  std::function<void(PolicySettings&, std::int64_t)> set;
  bool may_lack = false;  // no line stands for the default
};

template <class Quantity>
Key key(std::string name, Quantity PolicySettings::*member, std::int64_t min, std::int64_t max) {
  return {std::move(name), min, max,
          [member](const PolicySettings& settings) {
            return static_cast<std::int64_t>((settings.*member).count());
          },
          [member](PolicySettings& settings, std::int64_t value) {
            settings.*member = Quantity(static_cast<typename Quantity::rep>(value));
          }};
}

template <class Quantity>
Key later_key(std::string name, Quantity PolicySettings::*member, std::int64_t min,
              std::int64_t max) {
  Key later = key(std::move(name), member, min, max);
  later.may_lack = true;
  return later;
}

template <class Value>
std::int64_t count_of(const Value& value) {
  if constexpr (std::is_integral_v<Value>)
    return static_cast<std::int64_t>(value);
  else
    return static_cast<std::int64_t>(value.count());
}

// Of a part of the settings: `part` a member of PolicySettings, `member` one of that.
template <class Part, class Value>
Key part_key(std::string name, Part PolicySettings::*part, Value Part::*member, std::int64_t min,
             std::int64_t max) {
  return {
      std::move(name),
      min,
      max,
      [part, member](const PolicySettings& settings) { return count_of((settings.*part).*member); },
      [part, member](PolicySettings& settings, std::int64_t value) {
        (settings.*part).*member = static_cast<Value>(value);
      },
      /*may_lack=*/true};
}

constexpr std::int64_t watts_max = 1'000'000;
constexpr std::int64_t hours_mask_max = 0x00FFFFFF;
constexpr std::int64_t day_s = 86'400;

std::vector<Key> selling_keys() {
  using S = SellingSettings;
  const auto key = [](std::string name, auto member, std::int64_t min, std::int64_t max) {
    return part_key("selling." + std::move(name), &PolicySettings::selling, member, min, max);
  };
  return {key("day_max_bp", &S::day_max, 0, 10'000),
          key("enabled", &S::enabled, 0, 1),
          key("floor_bp", &S::floor, 0, 10'000),
          key("hours", &S::hours, 0, hours_mask_max),
          key("over_median_bp", &S::over_median, 0, 100'000),
          key("power_max_w", &S::power_max, 0, watts_max),
          key("price_min_e8", &S::price_min, -price_max, price_max),
          key("sales_max", &S::sales_max, 0, 1'000),
          key("session_max_bp", &S::session_max, 0, 10'000),
          key("start_bp", &S::start, 0, 10'000)};
}

std::vector<Key> tiered_keys() {
  using S = TieredSettings;
  const auto key = [](std::string name, auto member, std::int64_t min, std::int64_t max) {
    return part_key("tiered." + std::move(name), &PolicySettings::tiered, member, min, max);
  };
  return {key("before_peak_from_bp", &S::before_peak_from, 0, 10'000),
          key("before_peak_price_e8", &S::before_peak_price, -price_max, price_max),
          key("before_peak_rise_bp", &S::before_peak_rise, 0, 100'000),
          key("cheap_quantile_bp", &S::cheap_quantile, 0, 10'000),
          key("cheap_quantile_low_bp", &S::cheap_quantile_low, 0, 10'000),
          key("critical_bp", &S::critical, 0, 10'000),
          key("evening_hours", &S::evening_hours, 0, hours_mask_max),
          key("little_sun_w", &S::little_sun, 0, watts_max),
          key("middle_bp", &S::middle, 0, 10'000),
          key("near_cheapest_bp", &S::near_cheapest, 0, 100'000),
          key("near_within_s", &S::near_within, 0, 7 * day_s),
          key("no_sun_below_bp", &S::no_sun_below, 0, 10'000),
          key("no_sun_price_e8", &S::no_sun_price, -price_max, price_max),
          key("price_critical_e8", &S::price_critical, -price_max, price_max),
          key("price_high_e8", &S::price_high, -price_max, price_max),
          key("session_again_below_bp", &S::session_again_below, 0, 10'000),
          key("session_min_s", &S::session_min, 0, day_s),
          key("session_start_below_bp", &S::session_start_below, 0, 10'000),
          key("sessions_max", &S::sessions_max, 0, 1'000),
          key("super_cheap_e8", &S::super_cheap, -price_max, price_max),
          key("wait_max_s", &S::wait_max, 0, 7 * day_s),
          key("wait_saving_bp", &S::wait_saving, 0, 10'000)};
}

std::vector<Key> policy_keys() {
  using S = PolicySettings;
  return {
      key("battery.capacity_mwh", &S::battery_capacity, 1, 1'000'000'000'000),
      key("battery.charge_efficiency_bp", &S::charge_efficiency, 1, 10'000),
      key("battery.charge_power_max_w", &S::charge_power_max, 0, watts_max),
      key("battery.discharge_efficiency_bp", &S::discharge_efficiency, 1, 10'000),
      key("battery.discharge_power_max_w", &S::discharge_power_max, 0, watts_max),
      key("battery.soc_emergency_bp", &S::soc_emergency, 0, 10'000),
      key("battery.soc_emergency_target_bp", &S::soc_emergency_target, 0, 10'000),
      key("battery.soc_min_bp", &S::soc_min, 0, 10'000),
      key("battery.soc_target_bp", &S::soc_target, 0, 10'000),
      key("cadence.energy_row_s", &S::energy_row_every, 1, day_s),
      key("cadence.slot_s", &S::slot, 60, 3600),
      key("cadence.state_row_s", &S::state_row_every, 1, day_s),
      key("policy.anti_flap_s", &S::anti_flap, 0, day_s),
      key("policy.charge_price_max_e8", &S::charge_price_max, -price_max, price_max),
      key("policy.horizon_s", &S::horizon, 3600, 7 * day_s),
      key("safety.battery_temperature_charge_min_mc", &S::battery_temperature_charge_min, -60'000,
          100'000),
      key("safety.battery_temperature_max_mc", &S::battery_temperature_max, -60'000, 100'000),
      key("safety.battery_voltage_max_mv", &S::battery_voltage_max, 0, 2'000'000),
      key("safety.battery_voltage_min_mv", &S::battery_voltage_min, 0, 2'000'000),
      key("safety.forced_end_max_s", &S::forced_end_max, 60, 3600),
      key("safety.grid_voltage_max_mv", &S::grid_voltage_max, 0, 1'000'000),
      key("safety.grid_voltage_min_mv", &S::grid_voltage_min, 0, 1'000'000),
      key("safety.reading_stale_after_s", &S::reading_stale_after, 10, day_s),
      key("tariff.component_e8", &S::tariff_component, -price_max, price_max),
      later_key("battery.soc_max_bp", &S::soc_max, 0, 10'000),
      later_key("battery.wear_e8", &S::wear, 0, price_max),
      later_key("grid.export_max_w", &S::export_max, 0, watts_max),
      later_key("grid.import_max_w", &S::import_max, 0, watts_max),
      later_key("load.default_day_mwh", &S::load_default_day, 0, 1'000'000'000),
      later_key("policy.forecast_margin_bp", &S::forecast_margin, 0, 10'000),
      later_key("policy.plan_gain_min_e8", &S::plan_gain_min, 0, price_max),
      later_key("policy.terminal_value_bp", &S::terminal_value, 0, 100'000),
      later_key("safety.battery_temperature_charge_max_mc", &S::battery_temperature_charge_max,
                -60'000, 100'000),
      later_key("safety.battery_temperature_min_mc", &S::battery_temperature_min, -60'000, 100'000),
      later_key("tariff.feed_in_price_e8", &S::feed_in_price, -price_max, price_max),
      later_key("tariff.vat_bp", &S::tariff_vat, 0, 10'000),
  };
}

const std::vector<Key>& keys() {
  static const std::vector<Key> all = [] {
    std::vector<Key> list = policy_keys();
    for (const auto& part : {selling_keys(), tiered_keys()})
      list.insert(list.end(), part.begin(), part.end());
    return list;
  }();
  return all;
}

Failure bad_line(std::size_t line, const std::string& why) {
  return fail(ErrorKind::invalid_input, "policy text, line " + std::to_string(line) + ": " + why);
}

// Values that are text. Their lines stand among the others, sorted by key.
std::map<std::string, std::string PolicySettings::*> text_keys() {
  return {{"policy.name", &PolicySettings::policy},
          {"price.currency", &PolicySettings::currency},
          {"tariff.name", &PolicySettings::tariff}};
}

Result<void> read_line(PolicySettings& settings, const std::string& name, std::string_view value,
                       std::size_t line) {
  const auto texts = text_keys();
  if (const auto text = texts.find(name); text != texts.end()) {
    if (!is_name(value))
      return bad_line(line, name + " is longer than " + std::to_string(name_max) +
                                " bytes or holds control characters");
    if (name == "policy.name" && value != "cheapest" && value != "tiered" && value != "optimal")
      return bad_line(line, "\"" + std::string(value) + "\" is not a policy of this program");
    settings.*(text->second) = std::string(value);
    return {};
  }
  if (is_tariff_line(name)) {
    const std::string trouble = read_tariff_line(settings, name, value);
    if (!trouble.empty()) return bad_line(line, trouble);
    return {};
  }
  const auto found = std::find_if(keys().begin(), keys().end(),
                                  [&](const Key& candidate) { return candidate.name == name; });
  if (found == keys().end()) return bad_line(line, "unknown key " + name);
  const auto number = canonical_integer(value);
  if (!number || *number < found->min || *number > found->max)
    return bad_line(line, name + " is \"" + std::string(value.substr(0, name_max)) +
                              "\", not an integer from " + std::to_string(found->min) + " to " +
                              std::to_string(found->max));
  if (found->may_lack && *number == found->get({}))
    return bad_line(line, name + " says nothing, and has no line then");
  found->set(settings, *number);
  return {};
}

Result<void> check_complete(const std::vector<std::string>& lines) {
  const auto missing = [&](const std::string& name) -> Failure {
    // The lines are in order, so this is where it should stand.
    const auto place = std::lower_bound(lines.begin(), lines.end(), name);
    return bad_line(static_cast<std::size_t>(place - lines.begin()) + 1, name + " is missing");
  };
  for (const Key& each : keys())
    if (!each.may_lack && !std::binary_search(lines.begin(), lines.end(), each.name))
      return missing(each.name);
  for (const auto& [name, member] : text_keys())
    if (!std::binary_search(lines.begin(), lines.end(), name)) return missing(name);
  return {};
}

// What no line can say alone. `lines` are the keys in their order.
Result<void> check_together(const PolicySettings& settings, const std::vector<std::string>& lines) {
  const auto line_of = [&](std::string_view name) {
    return static_cast<std::size_t>(std::find(lines.begin(), lines.end(), name) - lines.begin()) +
           1;
  };
  const auto ascending = [&](const char* low, std::int64_t low_value, const char* high,
                             std::int64_t high_value) -> Result<void> {
    if (low_value <= high_value) return {};
    return bad_line(line_of(low), std::string(low) + " is above " + high);
  };
  const PolicySettings& s = settings;
  WATTLEDGER_TRY(ascending("battery.soc_emergency_bp", s.soc_emergency.count(),
                           "battery.soc_emergency_target_bp", s.soc_emergency_target.count()));
  WATTLEDGER_TRY(ascending("battery.soc_min_bp", s.soc_min.count(), "battery.soc_target_bp",
                           s.soc_target.count()));
  if (s.soc_target > s.soc_max)
    return bad_line(line_of("battery.soc_target_bp"),
                    "battery.soc_target_bp is above battery.soc_max_bp");
  if (s.battery_temperature_min > s.battery_temperature_max)
    return bad_line(line_of("safety.battery_temperature_max_mc"),
                    "safety.battery_temperature_max_mc is below safety.battery_temperature_min_mc");
  if (s.battery_temperature_charge_min > s.battery_temperature_charge_max)
    return bad_line(line_of("safety.battery_temperature_charge_min_mc"),
                    "safety.battery_temperature_charge_min_mc is above "
                    "safety.battery_temperature_charge_max_mc");
  WATTLEDGER_TRY(ascending("safety.battery_voltage_min_mv", s.battery_voltage_min.count(),
                           "safety.battery_voltage_max_mv", s.battery_voltage_max.count()));
  WATTLEDGER_TRY(ascending("safety.grid_voltage_min_mv", s.grid_voltage_min.count(),
                           "safety.grid_voltage_max_mv", s.grid_voltage_max.count()));
  if (3'600 % s.slot.count() != 0)
    return bad_line(line_of("cadence.slot_s"), "cadence.slot_s does not divide an hour");
  return {};
}

}  // namespace

std::string render_policy(const PolicySettings& settings) {
  std::map<std::string, std::string> lines;
  for (const Key& each : keys())
    if (const std::int64_t value = each.get(settings); !each.may_lack || value != each.get({}))
      lines[each.name] = std::to_string(value);
  for (const auto& [name, member] : text_keys()) lines[name] = settings.*member;
  render_tariff(settings, lines);
  std::string text;
  for (const auto& [name, value] : lines) text += name + "=" + value + "\n";
  return text;
}

Result<PolicySettings> parse_policy(std::string_view text) {
  PolicySettings settings;
  std::vector<std::string> seen;
  std::size_t line = 0;
  while (!text.empty()) {
    ++line;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return bad_line(line, "does not end");
    const std::string_view content = text.substr(0, end);
    text.remove_prefix(end + 1);
    const std::size_t equals = content.find('=');
    if (equals == std::string_view::npos) return bad_line(line, "has no \"=\"");
    std::string name(content.substr(0, equals));
    if (!seen.empty() && seen.back() >= name) return bad_line(line, name + " is not in order");
    WATTLEDGER_TRY(read_line(settings, name, content.substr(equals + 1), line));
    seen.push_back(std::move(name));
  }
  WATTLEDGER_TRY(check_complete(seen));
  WATTLEDGER_TRY(check_together(settings, seen));
  return settings;
}

std::vector<TariffZone> g12_zones() {
  std::uint32_t peak = 0;
  for (std::uint32_t hour = 7; hour < 22; ++hour)
    if (hour != 13 && hour != 14) peak |= 1U << hour;
  TariffZone day;
  day.name = "T1";
  day.hours = peak;
  day.price = PriceE8(35'660'000);
  TariffZone night;
  night.name = "T2";
  night.price = PriceE8(7'490'000);
  return {day, night};
}

}  // namespace wattledger::fold
