#include "coordinator/policy/decide.hpp"

#include <algorithm>

#include "coordinator/policy/judge.hpp"

namespace wattledger::policy {
namespace {

using fb::Action;
using fb::Outcome;
using fb::Rule;
using std::chrono::seconds;

constexpr BasisPoints soc_full{10'000};

}  // namespace

void Judge::note(Rule rule, Outcome outcome, std::vector<std::int64_t> numbers) {
  auto tried = std::make_unique<fb::TriedRuleT>();
  tried->rule = rule;
  tried->outcome = outcome;
  tried->numbers = std::move(numbers);
  result_.decision.tried.push_back(std::move(tried));
}

bool Judge::chosen(Rule rule, Action action, std::vector<std::int64_t> numbers) {
  note(rule, Outcome::chosen, std::move(numbers));
  result_.decision.rule = rule;
  result_.decision.action = action;
  return true;
}

bool Judge::passed(Rule rule, Outcome outcome, std::vector<std::int64_t> numbers) {
  note(rule, outcome, std::move(numbers));
  return false;
}

bool Judge::data_missing() {
  if (state_.policy && state_.reading && state_.reading->soc)
    return passed(Rule::data_missing, Outcome::not_applicable);
  return chosen(Rule::data_missing, Action::self_use, {});
}

bool Judge::data_stale() {
  const std::int64_t age = seconds_since(state_.reading->at);
  const std::int64_t limit = settings_.reading_stale_after.count();
  // A reading from ahead of now is as far from now as one from behind.
  if (age <= limit && age >= -limit)
    return passed(Rule::data_stale, Outcome::not_applicable, {age, limit});
  return chosen(Rule::data_stale, Action::self_use, {age, limit});
}

bool Judge::data_implausible() {
  const bool implausible = state_.reading->quality == fb::Quality::implausible ||
                           soc() < BasisPoints(0) || soc() > soc_full;
  if (!implausible) return passed(Rule::data_implausible, Outcome::not_applicable);
  return chosen(Rule::data_implausible, Action::self_use, {});
}

namespace {

bool is_safety(fb::Fault fault) {
  switch (fault) {
    case fb::Fault::battery_voltage:
    case fb::Fault::battery_temperature:
    case fb::Fault::grid_voltage:
    case fb::Fault::inverter_error:
    case fb::Fault::register_writes_excessive:
      return true;
    case fb::Fault::unknown:
    case fb::Fault::inverter_silent:
    case fb::Fault::command_not_applied:
    case fb::Fault::clock_unreliable:
    case fb::Fault::projection_stopped:
    case fb::Fault::log_damaged:
      return false;
  }
  return false;
}

}  // namespace

bool Judge::latched_safety() {
  for (const fold::LatchedFault& each : state_.faults)
    if (is_safety(each.fault))
      return chosen(Rule::latched_safety, Action::stop, {static_cast<std::int64_t>(each.fault)});
  return passed(Rule::latched_safety, Outcome::not_applicable);
}

// Needs no price. Once begun it goes on to its own target, so that it does not flutter about the
// limit.
bool Judge::emergency_charge() {
  const bool begun = state_.decision && state_.decision->rule == Rule::emergency_charge;
  const BasisPoints target = std::min(settings_.soc_emergency_target, settings_.soc_max);
  const BasisPoints limit = begun ? target : settings_.soc_emergency;
  std::vector<std::int64_t> numbers = {soc().count(), limit.count()};
  if (soc() >= limit) return passed(Rule::emergency_charge, Outcome::not_applicable, numbers);
  if (temperature_forbids_charge()) passed(Rule::emergency_charge, Outcome::rejected, numbers);
  if (charge_temperature(/*charges=*/true, Action::hold)) return true;
  charge_until(now_ + settings_.forced_end_max, target);
  if (charge_power() > Watts(0))
    return chosen(Rule::emergency_charge, Action::charge, std::move(numbers));
  // The connection leaves nothing to charge with: at least nothing is taken out.
  result_.decision.power_w = flatbuffers::nullopt;
  result_.decision.target_soc_bp = static_cast<std::uint16_t>(soc().count());
  return chosen(Rule::emergency_charge, Action::hold, std::move(numbers));
}

// Until the clock is right only safety and emergency are decided: prices and ends mean nothing.
bool Judge::clock_unreliable() {
  for (const fold::LatchedFault& each : state_.faults)
    if (each.fault == fb::Fault::clock_unreliable)
      return chosen(Rule::latched_safety, Action::self_use,
                    {static_cast<std::int64_t>(each.fault)});
  return false;
}

bool Judge::owner_override() {
  const auto& wish = state_.owner_override;
  if (!wish || (wish->until && *wish->until <= now_))
    return passed(Rule::owner_override, Outcome::not_applicable);
  const auto request = static_cast<std::int64_t>(wish->request.value);
  const bool charge = wish->action == Action::charge;
  const bool sell = wish->action == Action::sell;
  // Whatever was asked for, a battery holds 0 to 100 %, and is not sold below its minimum.
  const BasisPoints target =
      std::clamp(wish->target_soc.value_or(charge ? soc_full : settings_.soc_min),
                 charge ? BasisPoints(0) : std::min(settings_.soc_min, soc_full), soc_full);
  if ((charge && soc() >= target) || (sell && soc() <= target))
    return passed(Rule::owner_override, Outcome::rejected, {request});
  if (charge && temperature_forbids_charge())
    passed(Rule::owner_override, Outcome::rejected,
           {request, state_.reading->battery_temperature->count()});
  if (charge_temperature(charge, Action::self_use)) return true;
  fb::DecisionMadeT& decision = result_.decision;
  if (charge || sell) {
    const Watts most = charge ? settings_.charge_power_max : settings_.discharge_power_max;
    const Watts power = std::clamp(wish->power.value_or(most), Watts(0), most);
    decision.power_w = static_cast<std::int32_t>(power.count());
    decision.target_soc_bp = static_cast<std::uint16_t>(target.count());
  }
  if (wish->action == Action::hold)
    decision.target_soc_bp = static_cast<std::uint16_t>(soc().count());
  if (charge || sell || wish->action == Action::hold)
    decision.until_us = to_us(wish->until.value_or(now_ + settings_.forced_end_max));
  return chosen(Rule::owner_override, wish->action, {request});
}

void Judge::charge_until(UtcTime until, BasisPoints target) {
  result_.decision.power_w = static_cast<std::int32_t>(charge_power().count());
  result_.decision.target_soc_bp = static_cast<std::uint16_t>(target.count());
  result_.decision.until_us = to_us(until);
}

Judgement Judge::judge() {
  fb::DecisionMadeT& decision = result_.decision;
  decision.based_on = state_.through.value;
  decision.engine_revision = engine_revision;
  decision.state_digest = std::make_unique<fb::Digest256>(to_fb(fold::state_digest(state_)));
  decision.policy_digest =
      std::make_unique<fb::Digest256>(to_fb(state_.policy ? state_.policy->digest : Digest{}));
  decision.control_mode = state_.coordinator.control_mode;
  const bool decided = data_missing() || data_stale() || data_implausible() || latched_safety() ||
                       emergency_charge() || clock_unreliable() || owner_override();
  if (!decided && settings_.policy == "tiered")
    judge_tiered(*this);
  else if (!decided && settings_.policy == "optimal")
    judge_optimal(*this);
  else if (!decided)
    judge_cheapest(*this);
  return std::move(result_);
}

Judgement decide(const fold::State& state, UtcTime now) { return Judge(state, now).judge(); }

bool plan_differs(const fb::PlanAdoptedT& plan, const std::optional<fold::LastPlan>& last) {
  if (!last || plan.step_s == 0 || last->step != seconds(plan.step_s)) return true;
  __extension__ using Wide = __int128;
  const Wide step_us = std::chrono::microseconds(last->step).count();
  const Wide after = static_cast<Wide>(plan.start_us) - to_us(last->start);
  if (after < 0 || after % step_us != 0) return true;
  const std::size_t size = last->actions.size();
  const auto ahead = static_cast<std::size_t>(std::min(after / step_us, static_cast<Wide>(size)));
  // A slot that only one of the two reaches is news if something is to happen in it.
  const std::size_t slots = std::max(plan.actions.size(), size - ahead);
  for (std::size_t i = 0; i < slots; ++i) {
    const bool here = i < plan.actions.size();
    const std::size_t there = i + ahead;
    const Action action = here ? plan.actions[i] : Action::self_use;
    const Action before = there < size ? last->actions[there] : Action::self_use;
    const std::int32_t power =
        here && i < plan.battery_power_w.size() ? plan.battery_power_w[i] : 0;
    const std::int32_t power_before =
        there < last->battery_power_w.size() ? last->battery_power_w[there] : 0;
    if (action != before || power != power_before) return true;
  }
  return false;
}

}  // namespace wattledger::policy
