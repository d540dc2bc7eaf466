// The message catalogue behind reason.hpp and plan_text.hpp, for their .cpp: what can be said, and
// each language's text for it (reason_english.cpp, reason_polish.cpp).
//
// A text names its values in braces, in whatever order its language wants: "{price} per kWh is
// above {limit}". "{count|charge|charges}" is the form of a word that goes with the value `count`,
// which must be a number: one and more in English, one, few and many in Polish.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "projections/fold/reason.hpp"

namespace wattledger::fold {

enum class Phrase : std::uint8_t {
  sentence,  // {action}, {because}
  // What is done. {at}, {until}, {to} are the four after them, or empty.
  serving,
  charging,
  holding,
  selling,
  stopped,
  unknown_action,
  at_power,
  until_time,
  up_to_soc,
  down_to_soc,
  // Why, by rule; `_bare` ones are of decisions that carry no numbers.
  no_rule,
  unknown_rule,
  data_missing,
  data_stale,
  data_stale_bare,
  data_implausible,
  latched,
  latched_bare,
  emergency,
  emergency_without_power,
  emergency_bare,
  owner,
  owner_bare,
  operator_requires,
  operator_recommends,
  operator_bare,
  anti_flap,
  anti_flap_bare,
  full,
  full_until_below,
  full_bare,
  no_price,
  // Policy cheapest. {slots} is one of the first two.
  the_cheapest_slot,
  the_cheapest_slots,
  among_cheapest,
  among_cheapest_bare,
  above_cheapest,
  not_among_cheapest,
  serve_bare,
  // Policy optimal. {weighed} is one of those whose names begin so, {gain} one of `gain_…`.
  planned,
  planned_bare,
  kept,
  kept_bare,
  gain_nothing,
  gain_too_little,
  weighed_worth,
  weighed_later,
  weighed_less,
  weighed_both,
  weighed_sale,
  weighed_fed_in,
  weighed_all,
  weighed_price,
  infeasible,
  infeasible_bare,
  obstacle_import,
  obstacle_export,
  obstacle_charge,
  obstacle_discharge,
  obstacle_stored_min,
  obstacle_stored_max,
  obstacle_numbers,
  // Policy tiered. {sun} and {more} are pieces of no_sun, the second may be empty.
  critical,
  critical_within,
  critical_no_waiting,
  critical_bare,
  wait_for_price,
  wait_for_sun,
  wait_bare,
  no_sun,
  no_sun_bare,
  sun_below_load,
  sun_above_load,
  sun_no_more,
  sun_at_most,
  zone_ending,
  zone_ending_bare,
  session_goes_on,
  session_goes_on_bare,
  session_limit,
  session_limit_bare,
  recently_full,
  recently_full_bare,
  charge_kept,
  charge_kept_bare,
  charge_temperature,
  charge_temperature_begins,
  charge_temperature_bare,
  connection_limit,
  connection_limit_bare,
  price_too_high,
  price_too_high_bare,
  charge_goes_on,
  charge_goes_on_bare,
  before_peak,
  before_peak_bare,
  near_cheapest,
  near_cheapest_bare,
  price_above_cheapest,
  price_above_cheapest_bare,
  cheap,
  not_cheap,
  cheap_bare,
  super_cheap,
  super_cheap_bare,
  // Sales.
  sale_hours,
  sale_no_power,
  sale_limits_bare,
  sale_needs,
  sale_ends_here,
  sale_floor_bare,
  sale_session_cap,
  sale_day_cap,
  sale_count_cap,
  sale_cap_bare,
  sale_sun,
  sale_sun_bare,
  sale_price,
  sale_price_bare,
  buy_back,
  buy_back_unknown,
  buy_back_bare,
  sale_timing,
  sale_timing_bare,
  sale,
  sale_bare,
  // The owner's names of faults.
  fault_unknown,
  fault_battery_voltage,
  fault_battery_temperature,
  fault_grid_voltage,
  fault_inverter_error,
  fault_inverter_silent,
  fault_command_not_applied,
  fault_clock_unreliable,
  fault_register_writes_excessive,
  fault_projection_stopped,
  fault_log_damaged,
  // A plan ahead (plan_text.hpp). {what} is stretches, each with {when}; {saving} may be empty.
  plan,
  plan_serves,
  plan_serves_else,
  plan_charges,
  plan_holds,
  plan_sells,
  plan_more,
  plan_until,
  plan_tomorrow,
  plan_saves,
};
inline constexpr std::size_t phrase_count = static_cast<std::size_t>(Phrase::plan_saves) + 1;

struct Text {
  Phrase phrase;
  std::string_view text;
};

// Every phrase once, in the order above: a language that misses one does not compile.
constexpr bool whole(std::span<const Text> texts) {
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (static_cast<std::size_t>(texts[i].phrase) != i || texts[i].text.empty()) return false;
  return texts.size() == phrase_count;
}
[[nodiscard]] std::span<const Text> english_texts();
[[nodiscard]] std::span<const Text> polish_texts();

struct Value {
  std::string_view name;
  std::string text;
  std::int64_t count = 0;  // of counted() ones
};
// Of "charge|charges" or "sesja|sesje|sesji" the form that goes with the number.
[[nodiscard]] std::string_view form_for(Language language, std::int64_t count,
                                        std::string_view forms);
[[nodiscard]] Value counted(std::string_view name, std::int64_t count);

// Says phrases and numbers in one language.
class Words {
 public:
  explicit Words(Language language);

  [[nodiscard]] std::string say(Phrase phrase, std::initializer_list<Value> values = {}) const;

  [[nodiscard]] std::string price(std::int64_t e8) const;              // 0.4521
  [[nodiscard]] std::string money(std::int64_t e8) const;              // 3.21
  [[nodiscard]] std::string percent(std::int64_t basis_points) const;  // 12.5 %
  [[nodiscard]] std::string kilowatts(std::int64_t watts) const;       // 4.7 kW, without sign
  [[nodiscard]] std::string celsius(std::int64_t thousandths) const;   // -3.5 °C

 private:
  [[nodiscard]] std::string decimal(std::int64_t value, int digits, int shown, int least) const;

  Language language_;
  std::span<const Text> texts_;
};

}  // namespace wattledger::fold
