// Policy `cheapest`: charge in the cheapest known slots that pay for their losses, else serve the
// house. The decisions of engine revisions 1 and 2 are all its own.
#include <algorithm>

#include "coordinator/policy/cheapest_slots.hpp"
#include "coordinator/policy/judge.hpp"

namespace wattledger::policy {
namespace {

using fb::Action;
using fb::Outcome;
using fb::Rule;
using std::chrono::seconds;

// Once full, the cheapest slots charge again only this far below the target, so that a battery at
// its target does not start and stop all night.
constexpr BasisPoints full_again_below{200};

class Cheapest {
 public:
  explicit Cheapest(Judge& judge)
      : judge_(judge), state_(judge.state()), settings_(judge.settings()), now_(judge.now()) {}
  void judge();

 private:
  void expect(const SlotChoice& choice);
  void make_plan(const SlotChoice& choice);

  Judge& judge_;
  const fold::State& state_;
  const fold::PolicySettings& settings_;
  const UtcTime now_;
};

void Cheapest::judge() {
  const bool was_full = state_.decision && state_.decision->rule == Rule::battery_full;
  const BasisPoints enough = settings_.soc_target - (was_full ? full_again_below : BasisPoints(0));
  std::vector<std::int64_t> levels = {judge_.soc().count(), settings_.soc_target.count()};
  if (judge_.soc() >= enough) {
    judge_.chosen(Rule::battery_full, Action::self_use, std::move(levels));
    return;
  }
  judge_.passed(Rule::battery_full, Outcome::not_applicable, std::move(levels));
  const SlotChoice choice = choose_slots(state_, settings_, judge_.soc(), now_);
  const UtcTime slot = slot_start(now_, settings_.slot);
  if (choice.slots.empty() || choice.slots.front().start != slot) {
    judge_.chosen(Rule::no_price, Action::self_use, {});
    return;
  }
  make_plan(choice);
  const KnownSlot& here = choice.slots.front();
  judge_.result().decision.price_e8 = here.price.count();
  std::vector<std::int64_t> numbers = {
      here.price.count(), choice.dearest_chosen.value_or(PriceE8(0)).count(), choice.chosen,
      static_cast<std::int64_t>(choice.slots.size())};
  if (!choice.dearest_chosen) numbers = {};
  if (judge_.restrained(here.charge ? Action::charge : Action::self_use)) return;
  if (here.charge && judge_.charge_power() <= Watts(0)) {
    judge_.no_power(Rule::cheapest_slots, std::move(numbers));
    return;
  }
  if (!here.charge) {
    judge_.passed(Rule::cheapest_slots, Outcome::rejected, numbers);
    judge_.chosen(Rule::serve_house, Action::self_use, std::move(numbers));
    return;
  }
  UtcTime end = slot;
  for (const KnownSlot& each : choice.slots)
    if (each.charge && each.start == end) end += settings_.slot;
  judge_.charge_until(end, settings_.soc_target);
  expect(choice);
  judge_.chosen(Rule::cheapest_slots, Action::charge, std::move(numbers));
}

// What charging in this slot costs, and what it saves against the mean of the known slots.
void Cheapest::expect(const SlotChoice& choice) {
  const KnownSlot& here = choice.slots.front();
  const auto left = std::chrono::floor<seconds>(here.start + settings_.slot - now_);
  const MilliwattHours bought = std::min(choice.needed, energy(judge_.charge_power(), left));
  judge_.result().decision.expected_energy_mwh = bought.count();
  judge_.result().decision.expected_cost_e8 = cost(bought, here.price).count();
  judge_.result().decision.expected_saving_e8 = cost(bought, choice.mean - here.price).count();
}

void Cheapest::make_plan(const SlotChoice& choice) {
  fb::PlanAdoptedT plan;
  plan.policy = settings_.policy;
  plan.start_us = to_us(choice.slots.front().start);
  plan.step_s = static_cast<std::uint32_t>(settings_.slot.count());
  MilliwattHours open = choice.needed;
  std::int64_t cost_sum = 0;
  UtcTime expected = choice.slots.front().start;
  for (const KnownSlot& slot : choice.slots) {
    if (slot.start != expected) break;  // a gap in the prices ends what can be planned
    expected += settings_.slot;
    MilliwattHours bought(0);
    const auto left = std::chrono::floor<seconds>(expected - std::max(slot.start, now_));
    if (slot.charge) bought = std::min(open, energy(settings_.charge_power_max, left));
    open -= bought;
    cost_sum += cost(bought, slot.price).count();
    const std::int64_t missing_bp =
        open.count() * settings_.charge_efficiency.count() / settings_.battery_capacity.count();
    plan.actions.push_back(slot.charge ? Action::charge : Action::self_use);
    plan.battery_power_w.push_back(
        slot.charge ? -static_cast<std::int32_t>(settings_.charge_power_max.count()) : 0);
    plan.soc_end_bp.push_back(static_cast<std::uint16_t>(
        std::clamp<std::int64_t>(settings_.soc_target.count() - missing_bp, 0, 10'000)));
    plan.price_e8.push_back(slot.price.count());
  }
  plan.expected_cost_e8 = cost_sum;
  judge_.result().plan = std::move(plan);
}

}  // namespace

void judge_cheapest(Judge& judge) { Cheapest(judge).judge(); }

}  // namespace wattledger::policy
