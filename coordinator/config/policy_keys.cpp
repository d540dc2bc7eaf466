// Keys of what the policies `optimal` and `tiered` read, and of selling.
#include "coordinator/config/scalar_key.hpp"

namespace wattledger::config {
namespace {

using fold::SellingSettings;
using fold::TieredSettings;

// Hours of the wall clock, "17-22" or "22-6".
std::optional<std::uint32_t> hours_mask(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  return hour_bits(text.substr(0, dash), text.substr(dash + 1));
}

std::string hours_text(std::uint32_t mask) {
  std::uint32_t from = 0;
  const auto in = [mask](std::uint32_t hour) { return (mask >> (hour % 24) & 1U) != 0; };
  while (from < 24 && !(in(from) && !in(from + 23))) ++from;
  if (from == 24) return "0-24";
  std::uint32_t to = from;
  while (in(to)) to = (to + 1) % 24;
  return std::to_string(from) + "-" + std::to_string(to == 0 ? 24 : to);
}

template <class Of>
ScalarKey hours_key(std::string path, Of of) {
  ScalarKey key{std::move(path), "h", "a stretch of hours, as 17-22", {}, {}};
  key.take = [of](std::string_view text, Config& into) -> Result<void> {
    const auto mask = hours_mask(text);
    if (!mask)
      return fail(ErrorKind::invalid_input, shown(text) + " is no stretch of hours",
                  "write two hours from 0 to 24, as 17-22 or 22-6");
    of(into) = *mask;
    return {};
  };
  key.show = [of](const Config& config) {
    Config copy = config;
    return hours_text(of(copy));
  };
  return key;
}

// The one price that need not be given.
ScalarKey fixed_price_key() {
  static constexpr NumberRange range = price(-100, 100);
  ScalarKey key{"prices.fixed", "currency/kWh", range_text(range), {}, {}};
  key.take = [](std::string_view text, Config& into) -> Result<void> {
    const auto value = take_number(text, range);
    if (!value) return Failure(value.error());
    into.prices.fixed = PriceE8(*value);
    return {};
  };
  key.show = [](const Config& config) -> std::string {
    const auto& fixed = config.prices.fixed;
    return fixed ? sources::decimal_text(fixed->count(), range.places) : "";
  };
  return key;
}

// Of a part of the policy's settings.
auto selling(auto member) {
  return [member](Config & c) -> auto& { return c.policy.selling.*member; };
}
auto tiered(auto member) {
  return [member](Config & c) -> auto& { return c.policy.tiered.*member; };
}

void add_selling_keys(std::vector<ScalarKey>& keys) {
  using S = SellingSettings;
  keys.push_back(word("selling.enabled", {"false", "true"}, selling(&S::enabled)));
  keys.push_back(number("selling.power_w", "W", whole(1, 100'000), selling(&S::power_max)));
  keys.push_back(number("selling.floor_soc_pct", "%", percent(0, 100), selling(&S::floor)));
  keys.push_back(number("selling.session_max_pct", "%", percent(0, 100), selling(&S::session_max)));
  keys.push_back(number("selling.day_max_pct", "%", percent(0, 100), selling(&S::day_max)));
  keys.push_back(
      number("selling.min_price", "currency/kWh", price(-100, 100), selling(&S::price_min)));
  keys.push_back(number("selling.start_soc_pct", "%", percent(0, 100), selling(&S::start)));
  keys.push_back(
      number("selling.over_median_pct", "%", percent(0, 1'000), selling(&S::over_median)));
  keys.push_back(number("selling.sales_max", "", whole(0, 1'000), selling(&S::sales_max)));
  keys.push_back(hours_key("selling.hours", selling(&S::hours)));
}

void add_tiered_keys(std::vector<ScalarKey>& keys) {
  using S = TieredSettings;
  const auto soc = [&](const char* name, auto member) {
    keys.push_back(number("tiered." + std::string(name), "%", percent(0, 100), tiered(member)));
  };
  const auto money = [&](const char* name, auto member) {
    keys.push_back(
        number("tiered." + std::string(name), "currency/kWh", price(-100, 100), tiered(member)));
  };
  soc("critical_soc_pct", &S::critical);
  soc("middle_soc_pct", &S::middle);
  money("high_price", &S::price_high);
  money("critical_price", &S::price_critical);
  soc("wait_saving_pct", &S::wait_saving);
  keys.push_back(number("tiered.max_wait_h", "h", whole(0, 24, 3'600), tiered(&S::wait_max)));
  keys.push_back(number("tiered.little_sun_w", "W", whole(0, 100'000), tiered(&S::little_sun)));
  soc("no_sun_below_soc_pct", &S::no_sun_below);
  money("no_sun_price", &S::no_sun_price);
  soc("before_peak_from_soc_pct", &S::before_peak_from);
  money("before_peak_price", &S::before_peak_price);
  soc("before_peak_rise_pct", &S::before_peak_rise);
  keys.push_back(hours_key("tiered.evening_hours", tiered(&S::evening_hours)));
  soc("near_cheapest_pct", &S::near_cheapest);
  keys.push_back(
      number("tiered.near_cheapest_within_h", "h", whole(1, 48, 3'600), tiered(&S::near_within)));
  soc("cheap_quantile_pct", &S::cheap_quantile);
  soc("cheap_quantile_low_soc_pct", &S::cheap_quantile_low);
  soc("session_start_below_soc_pct", &S::session_start_below);
  soc("session_again_below_pct", &S::session_again_below);
  keys.push_back(number("tiered.sessions_max", "", whole(0, 1'000), tiered(&S::sessions_max)));
  keys.push_back(
      number("tiered.session_min_min", "min", whole(0, 1'440, 60), tiered(&S::session_min)));
  money("super_cheap_price", &S::super_cheap);
}

}  // namespace

void add_plan_keys(std::vector<ScalarKey>& keys) {
  keys.push_back(fixed_price_key());
  keys.push_back(number(
      "battery.max_soc_pct", "%", percent(0, 100),
      [](Config & c) -> auto& { return c.policy.soc_max; }));
  keys.push_back(number(
      "battery.wear_cost", "currency/kWh", price(0, 10),
      [](Config & c) -> auto& { return c.policy.wear; }));
  keys.push_back(number(
      "grid.import_limit_w", "W", whole(0, 1'000'000),
      [](Config & c) -> auto& { return c.policy.import_max; }));
  keys.push_back(number(
      "grid.export_limit_w", "W", whole(0, 1'000'000),
      [](Config & c) -> auto& { return c.policy.export_max; }));
  keys.push_back(number(
      "load.default_day_kwh", "kWh", {3, 0, 1'000'000, 1'000},
      [](Config & c) -> auto& { return c.policy.load_default_day; }));
  keys.push_back(number(
      "policy.terminal_value_pct", "%", percent(0, 1'000),
      [](Config & c) -> auto& { return c.policy.terminal_value; }));
  keys.push_back(number(
      "policy.forecast_margin_pct", "%", percent(0, 100),
      [](Config & c) -> auto& { return c.policy.forecast_margin; }));
  keys.push_back(number(
      "policy.plan_gain_min", "currency", price(0, 100),
      [](Config & c) -> auto& { return c.policy.plan_gain_min; }));
  add_selling_keys(keys);
  add_tiered_keys(keys);
}

}  // namespace wattledger::config
