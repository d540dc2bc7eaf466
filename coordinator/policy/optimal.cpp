// Policy `optimal`: the plan of least cost over all that is known, made anew with each slot of the
// grid and each forecast, and kept while a new one would gain too little.
#include <algorithm>
#include <cstdlib>

#include "coordinator/policy/horizon.hpp"
#include "coordinator/policy/judge.hpp"
#include "coordinator/policy/orders.hpp"
#include "coordinator/policy/price_slots.hpp"
#include "coordinator/policy/sale.hpp"
#include "coordinator/policy/sale_caps.hpp"

namespace wattledger::policy {
namespace {

using fb::Action;
using fb::Outcome;
using fb::Rule;
using std::chrono::seconds;
__extension__ using Wide = __int128;

constexpr std::int64_t whole_bp = 10'000;
constexpr std::int64_t percent_bp = 100;

class Optimal {
 public:
  explicit Optimal(Judge& judge)
      : judge_(judge), state_(judge.state()), settings_(judge.settings()), now_(judge.now()) {}

  void judge() {
    if (stands()) return;
    // Below the minimum it plans as at it: nothing of what is there may be used.
    auto horizon = horizon_of(state_, settings_, std::max(judge_.soc(), settings_.soc_min), now_);
    if (!horizon) {
      judge_.chosen(Rule::no_price, Action::self_use, {});
      return;
    }
    judge_.passed(Rule::no_price, Outcome::not_applicable);
    auto best = plan(horizon->problem);
    if (best) best = within_caps(*horizon, std::move(*best));
    if (!best) {
      const std::size_t slot = std::min(best.error().slot, horizon->slots.size() - 1);
      judge_.chosen(Rule::plan_infeasible, Action::self_use,
                    {static_cast<std::int64_t>(best.error().obstacle),
                     to_us(horizon->slots[slot].start) / 1'000'000});
      return;
    }
    judge_.result().decision.price_e8 = horizon->problem.slots.front().import_price.count();
    decide(*horizon, *best);
  }

 private:
  bool stands();
  [[nodiscard]] Planned<Plan> within_caps(Horizon& horizon, Plan best);
  [[nodiscard]] std::vector<std::int64_t> cap_numbers(const SaleRoom& room) const;
  void decide(const Horizon& horizon, const Plan& best);
  [[nodiscard]] bool lacks_power(const Horizon& horizon, const PlanStep& step,
                                 std::optional<PriceE8> value) const;
  [[nodiscard]] Order doing_now() const;
  [[nodiscard]] std::optional<std::vector<Order>> standing_orders(const Horizon& horizon) const;
  Wish carry_out(const Horizon& horizon, const std::vector<Order>& orders,
                 const std::vector<PlanStep>& steps, std::optional<PriceE8> value);
  Wish charge(const Horizon& horizon, const Order& order, const PlanStep& step, Energy end,
              std::optional<PriceE8> value);
  Wish sell(const Horizon& horizon, const Order& order, const PlanStep& step, Energy end);
  void repeat(Wish& wish) const;
  void adopt(const Horizon& horizon, const std::vector<Order>& orders, const Plan& chosen,
             std::optional<PriceE8> value, std::optional<MoneyE8> saving);
  [[nodiscard]] std::uint16_t level(Energy stored) const {
    const std::int64_t capacity =
        std::max<std::int64_t>(to_energy(settings_.battery_capacity).count(), 1);
    return static_cast<std::uint16_t>(std::clamp<std::int64_t>(
        static_cast<std::int64_t>(static_cast<Wide>(stored.count()) * whole_bp / capacity), 0,
        whole_bp));
  }

  Judge& judge_;
  const fold::State& state_;
  const fold::PolicySettings& settings_;
  const UtcTime now_;
};

// Planned anew with each slot of the grid and with each forecast: in between what was decided
// stands.
bool Optimal::stands() {
  const auto& last = state_.decision;
  if (!last || (last->rule != Rule::planned && last->rule != Rule::plan_kept) || !state_.plan ||
      state_.plan->policy != settings_.policy || state_.policy->adopted > last->sequence ||
      slot_start(last->at, settings_.slot) != slot_start(now_, settings_.slot) || now_ < last->at ||
      (last->until && *last->until <= now_))
    return false;
  for (const auto& forecast : {state_.pv_forecast, state_.load_forecast})
    if (forecast && forecast->sequence > last->sequence) return false;
  // Nor what the connection does not bear: a battery that stands still, or that takes too much.
  if ((last->action == Action::hold && judge_.overloaded()) ||
      (last->action == Action::charge && last->power > judge_.charge_power()))
    return false;
  judge_.result().keeps_plan = true;
  if (judge_.restrained(last->action)) return true;
  fb::DecisionMadeT& decision = judge_.result().decision;
  if (last->power) decision.power_w = static_cast<std::int32_t>(last->power->count());
  if (last->target_soc)
    decision.target_soc_bp = static_cast<std::uint16_t>(last->target_soc->count());
  if (last->until) decision.until_us = to_us(*last->until);
  return judge_.chosen(last->rule, last->action, {});
}

// A plan that would sell more than it may is made again with sales where they earn most.
Planned<Plan> Optimal::within_caps(Horizon& horizon, Plan best) {
  const SaleRoom room = sale_room(judge_);
  if (!cap_sales(settings_, state_.site.zone, room, best, horizon)) return best;
  judge_.passed(Rule::sale_cap, Outcome::rejected, cap_numbers(room));
  return plan(horizon.problem);
}

std::vector<std::int64_t> Optimal::cap_numbers(const SaleRoom& room) const {
  return {room.sold_session.count(),
          settings_.selling.session_max.count(),
          room.sold_day.count(),
          settings_.selling.day_max.count(),
          room.sales,
          settings_.selling.sales_max};
}

Order Optimal::doing_now() const {
  if (!state_.decision) return {};
  const fold::LastDecision& last = *state_.decision;
  const auto power = static_cast<std::int32_t>(last.power.value_or(Watts(0)).count());
  if (power == 0 && last.action != Action::hold) return {};
  if (last.action == Action::charge) return {last.action, -power};
  if (last.action == Action::sell) return {last.action, power};
  if (last.action == Action::hold) return {last.action, 0};
  return {};
}

// Whether more of a charge would pay in this slot, and only the connection is in its way.
bool Optimal::lacks_power(const Horizon& horizon, const PlanStep& step,
                          std::optional<PriceE8> value) const {
  if (!value || judge_.soc() >= settings_.soc_max || judge_.charge_power() > Watts(0) ||
      settings_.charge_power_max <= Watts(0) ||
      step.charge >= horizon.problem.slots.front().charge_max)
    return false;
  const Wide worth = static_cast<Wide>(value->count()) * settings_.charge_efficiency.count();
  return worth > static_cast<Wide>(horizon.problem.slots.front().import_price.count()) * whole_bp;
}

// What the last plan says of the slots to come; nothing where it does not reach as far as what is
// known, or is another policy's.
std::optional<std::vector<Order>> Optimal::standing_orders(const Horizon& horizon) const {
  const auto& last = state_.plan;
  if (!last || last->policy != settings_.policy || last->step != settings_.slot)
    return std::nullopt;
  if (horizon.grid_start < last->start ||
      (horizon.grid_start - last->start) % last->step != seconds(0))
    return std::nullopt;
  const auto ahead = static_cast<std::size_t>((horizon.grid_start - last->start) / last->step);
  // Of a first slot whose rest is less than a second the horizon knows nothing.
  const std::size_t first =
      ahead + (horizon.slots.front().start >= horizon.grid_start + last->step ? 1 : 0);
  if (first + horizon.slots.size() > last->actions.size() ||
      last->battery_power_w.size() != last->actions.size())
    return std::nullopt;
  std::vector<Order> orders;
  for (std::size_t i = 0; i < horizon.slots.size(); ++i)
    if (last->actions[first + i] == Action::sell && !may_sell(horizon.problem.slots[i]))
      orders.emplace_back();  // what may be sold is less by now, or was sold elsewhere
    else
      orders.push_back({last->actions[first + i], last->battery_power_w[first + i]});
  return orders;
}

void Optimal::decide(const Horizon& horizon, const Plan& best) {
  const PlanProblem& problem = horizon.problem;
  const Order before = doing_now();
  const std::vector<Order> orders =
      calmed(problem, orders_of(problem, best), before, settings_.plan_gain_min);
  const auto calm = follow(problem, course_of(problem, orders));
  const Plan& chosen = calm ? *calm : best;
  const std::int64_t value =
      best.value_of_more.value_or(best.value_of_less.value_or(PriceE8(0))).count();
  const PlanSlot& now = problem.slots.front();
  const std::int64_t feed_in = now.export_price.count();
  // What feeding in earns is a reason only where something is fed in.
  const auto feeds_in = [&](const Wish& wish) {
    return wish.action == Action::sell || now.pv > now.load;
  };
  if (const auto standing = standing_orders(horizon)) {
    const auto kept = settle(problem, course_of(problem, *standing));
    const std::int64_t least = settings_.plan_gain_min.count();
    const std::int64_t gain = kept ? (kept->cost - chosen.cost).count() : least;
    if (kept && gain < least) {
      judge_.result().keeps_plan = true;
      Wish wish = carry_out(horizon, *standing, kept->steps, best.value_of_more);
      if (wish.rule == Rule::serve_house) {
        wish.rule = Rule::plan_kept;
        wish.numbers = {gain, least, value};
        if (feeds_in(wish)) wish.numbers.push_back(feed_in);
      }
      judge_.settle(std::move(wish));
      return;
    }
    judge_.passed(Rule::plan_kept, Outcome::rejected, {gain, least, value});
  }
  const auto idle = self_consumption(problem);
  const MoneyE8 saving = idle ? idle->cost - chosen.cost : MoneyE8(0);
  adopt(horizon, orders, chosen, best.value_of_more, idle ? std::optional(saving) : std::nullopt);
  Wish wish = carry_out(horizon, orders, chosen.steps, best.value_of_more);
  const auto ahead =
      std::chrono::floor<seconds>(horizon.slots.back().start + horizon.slots.back().length - now_);
  if (wish.rule == Rule::serve_house) {
    wish.rule = Rule::planned;
    wish.numbers = {chosen.cost.count(), saving.count(), value, ahead.count()};
    if (feeds_in(wish)) wish.numbers.push_back(feed_in);
  }
  judge_.settle(std::move(wish));
}

// The first slot's order, until its run ends.
Wish Optimal::carry_out(const Horizon& horizon, const std::vector<Order>& orders,
                        const std::vector<PlanStep>& steps, std::optional<PriceE8> value) {
  const Order& first = orders.front();
  std::size_t run = 1;
  while (run < orders.size() && orders[run].action == first.action) ++run;
  const HorizonSlot& last = horizon.slots[run - 1];
  const Energy end = steps[run - 1].stored;
  Wish wish;
  if (first.action == Action::self_use && lacks_power(horizon, steps.front(), value)) {
    wish.action = Action::charge;  // settle() says what is in its way
    return wish;
  }
  if (first.action == Action::charge) wish = charge(horizon, first, steps.front(), end, value);
  if (first.action == Action::sell) wish = sell(horizon, first, steps.front(), end);
  if (first.action == Action::hold) {
    wish.action = Action::hold;
    wish.target = judge_.soc();
  }
  if (wish.action == Action::hold && judge_.overloaded()) return {};
  if (wish.action == Action::self_use) return wish;
  wish.until = std::min(last.start + last.length, now_ + settings_.forced_end_max);
  repeat(wish);
  return wish;
}

// The same wish is not worded anew with every reading: what the last decision asked for stands
// while the plan does.
void Optimal::repeat(Wish& wish) const {
  const auto& last = state_.decision;
  const bool same = judge_.result().keeps_plan && last &&
                    (last->rule == Rule::planned || last->rule == Rule::plan_kept) &&
                    last->action == wish.action && last->until == wish.until;
  if (!same) return;
  if (last->target_soc) wish.target = last->target_soc;
}

// To where the run leaves the battery, rounded up to a whole percent.
Wish Optimal::charge(const Horizon& horizon, const Order& order, const PlanStep& step, Energy end,
                     std::optional<PriceE8> value) {
  Wish wish;
  const Watts power = std::min(Watts(std::abs(order.power_w)), judge_.charge_power());
  wish.target = std::min(BasisPoints((level(end) + percent_bp - 1) / percent_bp * percent_bp),
                         settings_.soc_max);
  // Full before its time: what is stored was not to be used meanwhile.
  if (judge_.soc() >= settings_.soc_max) {
    wish.action = Action::hold;
    wish.target = judge_.soc();
    return wish;
  }
  wish.action = Action::charge;
  wish.power = power;
  const MilliwattHours bought = to_milliwatt_hours(std::min(step.charge, step.imported));
  const MoneyE8 paid = wattledger::cost(bought, horizon.problem.slots.front().import_price);
  wish.energy = bought;
  wish.cost = paid;
  if (value)
    wish.saving =
        wattledger::cost(bought * settings_.charge_efficiency.count() / whole_bp, *value) - paid;
  return wish;
}

// To where the run leaves the battery, rounded down to a whole percent, and not below what a sale
// may leave. A sale that may not be is the house's.
Wish Optimal::sell(const Horizon& horizon, const Order& order, const PlanStep& step, Energy end) {
  Wish wish;
  const SaleRoom room = sale_room(judge_);
  const BasisPoints target = std::max({BasisPoints(level(end) / percent_bp * percent_bp),
                                       room.target(judge_.soc()), settings_.soc_min});
  const Watts power =
      std::min({Watts(order.power_w), settings_.discharge_power_max, judge_.export_room()});
  if (judge_.soc() <= target || power <= judge_.drawn()) {
    // The rule that forbids it decides; its numbers are those of policy `tiered`.
    if (judge_.soc() <= room.floor) {
      wish.rule = Rule::sale_floor;
      wish.numbers = {judge_.soc().count(), room.floor.count()};
    } else if (power <= judge_.drawn()) {
      // Nothing of it would be fed in.
      const LocalTime local = state_.site.zone.to_local(now_);
      const auto hour = std::chrono::floor<std::chrono::hours>(
          local - std::chrono::floor<std::chrono::days>(local));
      wish.rule = Rule::sale_limits;
      wish.numbers = {hour.count(), 0};
    } else {
      wish.rule = Rule::sale_cap;
      wish.numbers = cap_numbers(room);
    }
    return wish;
  }
  wish.action = Action::sell;
  wish.power = power;
  wish.target = target;
  wish.energy = to_milliwatt_hours(std::min(step.discharge, step.exported));
  wish.cost = -wattledger::cost(*wish.energy, horizon.problem.slots.front().export_price);
  return wish;
}

void Optimal::adopt(const Horizon& horizon, const std::vector<Order>& orders, const Plan& chosen,
                    std::optional<PriceE8> value, std::optional<MoneyE8> saving) {
  fb::PlanAdoptedT plan;
  plan.policy = settings_.policy;
  plan.start_us = to_us(slot_start(horizon.slots.front().start, settings_.slot));
  plan.step_s = static_cast<std::uint32_t>(settings_.slot.count());
  plan.expected_cost_e8 = chosen.cost.count();
  if (saving) plan.expected_saving_e8 = saving->count();
  if (value) plan.stored_value_e8 = value->count();
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const PlanSlot& slot = horizon.problem.slots[i];
    const PlanStep& step = chosen.steps[i];
    const seconds length = horizon.slots[i].length;
    plan.actions.push_back(orders[i].action);
    const bool told = orders[i].action == Action::charge || orders[i].action == Action::sell;
    plan.battery_power_w.push_back(told ? orders[i].power_w
                                        : watts_of(step.discharge - step.charge, length));
    plan.soc_end_bp.push_back(level(step.stored));
    plan.price_e8.push_back(slot.import_price.count());
    plan.feed_in_e8.push_back(slot.export_price.count());
    plan.pv_w.push_back(watts_of(slot.pv, length));
    plan.load_w.push_back(watts_of(slot.load, length));
  }
  judge_.result().plan = std::move(plan);
}

}  // namespace

void judge_optimal(Judge& judge) { Optimal(judge).judge(); }

}  // namespace wattledger::policy
