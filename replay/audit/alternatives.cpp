#include "replay/audit/alternatives.hpp"

#include <algorithm>

#include "coordinator/policy/horizon.hpp"
#include "coordinator/policy/orders.hpp"

namespace wattledger::tool {
namespace {

using policy::Energy;
using policy::Order;

struct Courses {
  const policy::Horizon& horizon;
  const fold::PolicySettings& settings;

  void price(Alternative& alternative, const Order& order, bool planned) const;
};

BasisPoints level(const fold::PolicySettings& settings, Energy stored) {
  __extension__ using Wide = __int128;
  const std::int64_t capacity =
      std::max<std::int64_t>(policy::to_energy(settings.battery_capacity).count(), 1);
  return BasisPoints(
      static_cast<std::int64_t>(static_cast<Wide>(stored.count()) * 10'000 / capacity));
}

void Courses::price(Alternative& alternative, const Order& order, bool planned) const {
  policy::PlanProblem first = horizon.problem;
  first.slots.resize(1);
  first.terminal_value = PriceE8(0);
  const auto slot = policy::follow(first, policy::course_of(first, {order}));
  if (!slot) {
    alternative.forbidden = policy::name_of(slot.error().obstacle);
    return;
  }
  alternative.slot_cost = slot->cost;
  std::vector<Energy> course = {slot->steps.front().stored};
  alternative.soc_end = level(settings, course.front());
  if (!planned) return;
  policy::PlanProblem rest = horizon.problem;
  rest.slots.erase(rest.slots.begin());
  rest.start = course.front();
  if (!rest.slots.empty()) {
    const auto best = policy::plan(rest);
    if (!best) {
      alternative.forbidden = policy::name_of(best.error().obstacle);
      return;
    }
    for (const policy::PlanStep& step : best->steps) course.push_back(step.stored);
  }
  if (const auto whole = policy::follow(horizon.problem, course))
    alternative.horizon_cost = whole->cost;
}

}  // namespace

std::optional<Alternatives> alternatives_of(const fold::State& past, UtcTime now,
                                            const fb::DecisionMadeT& decision) {
  if (!past.policy || !past.reading || !past.reading->soc) return std::nullopt;
  const fold::PolicySettings& settings = past.policy->settings;
  const BasisPoints soc = std::clamp(*past.reading->soc, BasisPoints(0), BasisPoints(10'000));
  const auto horizon = policy::horizon_of(past, settings, soc, now);
  if (!horizon) return std::nullopt;
  const auto end_of = [](const policy::HorizonSlot& slot) { return slot.start + slot.length; };
  Alternatives result;
  result.slot_end = end_of(horizon->slots.front());
  result.horizon_end = end_of(horizon->slots.back());
  result.planned = settings.policy == "optimal";
  const Courses courses{*horizon, settings};
  for (const fb::Action action :
       {fb::Action::charge, fb::Action::hold, fb::Action::self_use, fb::Action::sell}) {
    Alternative alternative;
    alternative.action = action;
    alternative.chosen = decision.action == action;
    Watts power(0);
    if (action == fb::Action::charge) power = -settings.charge_power_max;
    if (action == fb::Action::sell) power = settings.discharge_power_max;
    if (alternative.chosen && decision.power_w)
      power = Watts(action == fb::Action::charge ? -*decision.power_w : *decision.power_w);
    if (action == fb::Action::sell && !settings.selling.enabled)
      alternative.forbidden = forbidden_selling_off;
    else if (action == fb::Action::sell &&
             horizon->problem.slots.front().export_price < settings.selling.price_min)
      alternative.forbidden = forbidden_price;
    else
      courses.price(alternative, {action, static_cast<std::int32_t>(power.count())},
                    result.planned);
    result.each.push_back(alternative);
  }
  return result;
}

}  // namespace wattledger::tool
