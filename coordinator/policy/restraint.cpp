// What restrains a policy's wish: the battery's temperature, the grid operator's limits, then
// anti-flap. Emergency charges and the owner's override stand above the last two.
#include <algorithm>

#include "coordinator/policy/judge.hpp"
#include "coordinator/policy/price_slots.hpp"

namespace wattledger::policy {
namespace {

using fb::Action;
using fb::Outcome;
using fb::Rule;
using std::chrono::seconds;

// PeakHoursPublished.codes
constexpr std::uint32_t recommended_saving = 2;
constexpr std::uint32_t required_reduction = 3;

// A forced mode whose end has just come is being decided on, not over: a poll takes a while.
constexpr seconds end_slack{60};
// The poll that decides in a slot comes a moment earlier or later than the one in the slot before.
constexpr seconds jitter{5};

bool is_above_policies(Rule rule) {
  switch (rule) {
    case Rule::none:
    case Rule::data_missing:
    case Rule::data_stale:
    case Rule::data_implausible:
    case Rule::latched_safety:
    case Rule::emergency_charge:
    case Rule::owner_override:
    case Rule::no_price:
    case Rule::plan_infeasible:
    case Rule::charge_temperature:
      return true;
    case Rule::battery_full:
    case Rule::operator_limit:
    case Rule::anti_flap:
    case Rule::cheapest_slots:
    case Rule::serve_house:
    case Rule::planned:
    case Rule::plan_kept:
    case Rule::price_too_high:
    case Rule::charge_goes_on:
    case Rule::no_sun:
    case Rule::critical_charge:
    case Rule::critical_wait:
    case Rule::zone_ending:
    case Rule::before_peak:
    case Rule::near_cheapest:
    case Rule::price_above_cheapest:
    case Rule::session_goes_on:
    case Rule::session_limit:
    case Rule::recently_full:
    case Rule::cheap_price:
    case Rule::charge_kept:
    case Rule::connection_limit:
    case Rule::super_cheap:
    case Rule::sale_limits:
    case Rule::sale_floor:
    case Rule::sale_cap:
    case Rule::sale_price:
    case Rule::sale_buy_back:
    case Rule::sale_timing:
    case Rule::sale_sun:
    case Rule::sale:
      return false;
  }
  return true;
}

}  // namespace

bool Judge::policy_decided() const {
  return state_.decision && !is_above_policies(state_.decision->rule);
}

bool Judge::counted_today() const {
  const auto day = std::chrono::floor<std::chrono::days>(state_.site.zone.to_local(now_));
  return state_.sessions.day == day.time_since_epoch().count();
}

bool Judge::runs(Action action) const {
  const auto& last = state_.decision;
  return last && last->action == action && (!last->until || now_ <= *last->until + end_slack);
}

// With a limit of the connection that matters, in whole steps, so that the load's flutter does not
// command anew with every reading.
Watts Judge::charge_power() const {
  constexpr std::int64_t step = 500;
  const Watts most = settings_.charge_power_max;
  const Watts room = settings_.import_max - drawn();
  if (room >= most) return most;
  return Watts(std::max<std::int64_t>(room.count(), 0) / step * step);
}

Watts Judge::drawn() const {
  const fold::Reading& reading = *state_.reading;
  const Watts load = reading.load_power.value_or(load_at(state_, settings_, now_));
  return std::max(load - reading.pv_power.value_or(Watts(0)), Watts(0));
}

Watts Judge::export_room() const {
  constexpr std::int64_t step = 500;
  const Watts fed_in = std::max(state_.reading->pv_power.value_or(Watts(0)), Watts(0));
  if (fed_in == Watts(0)) return settings_.export_max;
  return Watts(std::max<std::int64_t>((settings_.export_max - fed_in).count(), 0) / step * step);
}

// Whether anti-flap would go on with a charge that the policy would end.
bool Judge::holds_charge(Action wanted) const {
  const auto& last = state_.decision;
  return policy_decided() && last->action == Action::charge && wanted != Action::charge &&
         last->since + settings_.anti_flap > now_ && charge_power() > Watts(0) &&
         soc() < std::min(last->target_soc.value_or(settings_.soc_target), settings_.soc_max);
}

// A charge begins only where it would not end again at once.
bool Judge::temperature_forbids_charge() const {
  const auto& measured = state_.reading->battery_temperature;
  if (!measured) return false;
  constexpr std::int64_t well_inside = 1'000;
  const std::int64_t least = settings_.battery_temperature_charge_min.count();
  const std::int64_t most = settings_.battery_temperature_charge_max.count();
  const std::int64_t margin = charging() ? 0 : std::min(well_inside, (most - least) / 2);
  return measured->count() < least + margin || measured->count() > most - margin;
}

// Outside of its temperatures a battery is not charged, whoever wishes it.
bool Judge::charge_temperature(bool charges, Action instead) {
  const auto& measured = state_.reading->battery_temperature;
  if (!charges || !measured) return false;
  std::vector<std::int64_t> numbers = {measured->count(),
                                       settings_.battery_temperature_charge_min.count(),
                                       settings_.battery_temperature_charge_max.count()};
  if (!temperature_forbids_charge())
    return passed(Rule::charge_temperature, Outcome::not_applicable, std::move(numbers));
  if (instead == Action::hold) {
    result_.decision.target_soc_bp = static_cast<std::uint16_t>(soc().count());
    result_.decision.until_us = to_us(now_ + settings_.forced_end_max);
  }
  return chosen(Rule::charge_temperature, instead, std::move(numbers));
}

// A required reduction (3): no charge begins or goes on. Recommended saving (2): none begins.
bool Judge::operator_limit(bool charges) {
  const auto code = peak_code(state_, now_);
  std::vector<std::int64_t> numbers;
  if (code) numbers.push_back(*code);
  const bool limits = code == required_reduction || (code == recommended_saving && !charging());
  if (!charges || !limits)
    return passed(Rule::operator_limit, Outcome::not_applicable, std::move(numbers));
  return chosen(Rule::operator_limit, Action::self_use, std::move(numbers));
}

// A start waits until what is has lasted a while, and so does the end of a charge; a sale may end
// at once.
bool Judge::anti_flap(Action wanted, bool holds) {
  const auto& last = state_.decision;
  const bool starts = policy_decided() && last->action != wanted &&
                      (wanted == Action::charge || wanted == Action::sell);
  const bool ends = policy_decided() && last->action == Action::charge && wanted != Action::charge;
  if (!starts && !ends) return passed(Rule::anti_flap, Outcome::not_applicable);
  std::vector<std::int64_t> numbers = {seconds_since(last->since), settings_.anti_flap.count()};
  const bool early = numbers[0] + jitter.count() < numbers[1];
  if (holds) {
    charge_until(std::max(last->since + settings_.anti_flap, now_ + end_slack),
                 std::min(last->target_soc.value_or(settings_.soc_target), settings_.soc_max));
    return chosen(Rule::anti_flap, Action::charge, std::move(numbers));
  }
  if (!starts || !early) return passed(Rule::anti_flap, Outcome::rejected, std::move(numbers));
  return chosen(Rule::anti_flap, Action::self_use, std::move(numbers));
}

bool Judge::restrained(Action wanted) {
  const bool holds = holds_charge(wanted);
  const bool charges = holds || wanted == Action::charge;
  return charge_temperature(charges, Action::self_use) || operator_limit(charges) ||
         anti_flap(wanted, holds);
}

void Judge::no_power(Rule wished, std::vector<std::int64_t> numbers) {
  passed(wished, Outcome::rejected, std::move(numbers));
  chosen(Rule::connection_limit, Action::self_use, {settings_.import_max.count(), drawn().count()});
}

void Judge::settle(Wish wish) {
  if (restrained(wish.action)) return;
  if (wish.action == Action::charge && charge_power() <= Watts(0)) {
    no_power(wish.rule, std::move(wish.numbers));
    return;
  }
  fb::DecisionMadeT& decision = result_.decision;
  if (wish.power) decision.power_w = static_cast<std::int32_t>(wish.power->count());
  if (wish.target) decision.target_soc_bp = static_cast<std::uint16_t>(wish.target->count());
  if (wish.until) decision.until_us = to_us(*wish.until);
  if (wish.energy) decision.expected_energy_mwh = wish.energy->count();
  if (wish.cost) decision.expected_cost_e8 = wish.cost->count();
  if (wish.saving) decision.expected_saving_e8 = wish.saving->count();
  chosen(wish.rule, wish.action, std::move(wish.numbers));
}

}  // namespace wattledger::policy
