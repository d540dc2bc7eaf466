#include "coordinator/policy/orders.hpp"

#include <algorithm>
#include <cstdlib>

namespace wattledger::policy {
namespace {

using fb::Action;
using std::chrono::seconds;
__extension__ using Wide = __int128;

Order order_of(const PlanProblem& problem, const PlanSlot& slot, const PlanStep& step) {
  const Energy net = slot.load - slot.pv;  // + is needed
  // Less than this beyond what the house does by itself is nothing to tell.
  const Energy trifle = energy_in(Watts(100), slot.length);
  if (step.charge >= std::max(-net, Energy(0)) + trifle)
    return {Action::charge, -watts_of(step.charge, slot.length)};
  if (step.discharge >= std::max(net, Energy(0)) + trifle)
    return {Action::sell, watts_of(step.discharge, slot.length)};
  // At its limit it stops by itself.
  if (net > Energy(0) ? step.stored <= problem.min : step.stored >= problem.max) return {};
  const Energy asked =
      net > Energy(0) ? std::min(net, slot.discharge_max) : std::min(-net, slot.charge_max);
  // Nor may it stand still where the connection does not reach for the load, or for the surplus.
  if ((slot.import_max && net > *slot.import_max) || (slot.export_max && -net > *slot.export_max))
    return {};
  const Energy done = step.charge + step.discharge;
  if (asked > Energy(0) && done + done < asked) return {Action::hold, 0};
  return {};
}

Energy times(Energy energy, Efficiency efficiency) {
  return Energy(static_cast<std::int64_t>(static_cast<Wide>(energy.count()) * efficiency.count() /
                                          lossless.count()));
}
Energy over(Energy energy, Efficiency efficiency) {  // rounded up
  return Energy(static_cast<std::int64_t>(
      (static_cast<Wide>(energy.count()) * lossless.count() + efficiency.count() - 1) /
      efficiency.count()));
}

struct Run {
  std::size_t begin, end;
  [[nodiscard]] std::size_t size() const { return end - begin; }
};

std::vector<Run> runs_of(const std::vector<Order>& orders) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if (i == 0 || orders[i].action != orders[i - 1].action) runs.push_back({i, i});
    runs.back().end = i + 1;
  }
  return runs;
}

bool all_may_sell(const PlanProblem& problem, const Run& run) {
  return std::all_of(problem.slots.begin() + static_cast<std::ptrdiff_t>(run.begin),
                     problem.slots.begin() + static_cast<std::ptrdiff_t>(run.end), may_sell);
}

// Nothing where they break a limit.
std::optional<MoneyE8> cost_of(const PlanProblem& problem, const std::vector<Order>& orders) {
  const auto settled = settle(problem, course_of(problem, orders));
  if (!settled) return std::nullopt;
  return settled->cost;
}

}  // namespace

bool may_sell(const PlanSlot& slot) {
  return slot.discharge_max > std::max(slot.load - slot.pv, Energy(0));
}

std::int32_t watts_of(Energy energy, seconds length) {
  return static_cast<std::int32_t>(energy.count() * 3'600 / (length.count() * 100'000));
}

std::vector<Order> orders_of(const PlanProblem& problem, const Plan& plan) {
  std::vector<Order> orders;
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    orders.push_back(order_of(problem, problem.slots[i], plan.steps[i]));
  return orders;
}

std::vector<Energy> course_of(const PlanProblem& problem, const std::vector<Order>& orders) {
  std::vector<Energy> course;
  Energy stored = problem.start;
  for (std::size_t i = 0; i < problem.slots.size(); ++i) {
    const PlanSlot& slot = problem.slots[i];
    const Energy net = slot.load - slot.pv;
    const Energy ordered = energy_in(Watts(std::abs(orders[i].power_w)), slot.length);
    Energy give;
    Energy take;
    if (orders[i].action == Action::charge) {
      take = ordered;
    } else if (orders[i].action == Action::sell) {
      give = ordered;
    } else if (orders[i].action == Action::self_use) {
      give = std::max(net, Energy(0));
      take = std::max(-net, Energy(0));
    }
    take = std::min(take, slot.charge_max);
    give = std::min(give, slot.discharge_max);
    const Energy room = std::max(problem.max - stored, Energy(0));
    const Energy left = std::max(stored - problem.min, Energy(0));
    stored += std::min(times(take, problem.charge_efficiency), room);
    Energy taken = std::min(over(give, problem.discharge_efficiency), left);
    if (orders[i].action == Action::sell && problem.sale_floor) {
      // Where the sale ends the house goes on.
      const Energy house = over(std::min(std::max(net, Energy(0)), slot.discharge_max),
                                problem.discharge_efficiency);
      taken = std::min(taken, std::max(house, stored - *problem.sale_floor));
    }
    stored -= taken;
    course.push_back(stored);
  }
  return course;
}

std::vector<Order> calmed(const PlanProblem& problem, std::vector<Order> orders, Order before,
                          MoneyE8 least) {
  auto standing = cost_of(problem, orders);
  std::size_t asked = 0;
  bool again = standing.has_value();
  while (again && asked < calming_max) {
    again = false;
    std::vector<Run> runs = runs_of(orders);
    std::stable_sort(runs.begin(), runs.end(),
                     [](const Run& a, const Run& b) { return a.size() < b.size(); });
    for (const Run& run : runs) {
      const Action now = orders[run.begin].action;
      const Order left = run.begin == 0 ? before : orders[run.begin - 1];
      const bool last = run.end == orders.size();
      const Order right = last ? orders[run.begin] : orders[run.end];
      std::optional<MoneyE8> best;
      std::vector<Order> better;
      for (const Order& other : {left, right}) {
        if (other.action == now || (best && left == right) || asked >= calming_max) continue;
        // Whether a charge begins now is the plan's alone (orders.hpp).
        if (run.begin == 0 && before.action != Action::charge &&
            (now == Action::charge || other.action == Action::charge))
          continue;
        if (other.action == Action::sell && !all_may_sell(problem, run)) continue;
        ++asked;
        std::vector<Order> changed = orders;
        std::fill(changed.begin() + static_cast<std::ptrdiff_t>(run.begin),
                  changed.begin() + static_cast<std::ptrdiff_t>(run.end), other);
        // Two changes of mode are saved where both neighbours do the same, else one.
        const std::int64_t saved = left.action == right.action && !last ? 2 : 1;
        const auto cost = cost_of(problem, changed);
        if (!cost || *cost - *standing >= least * saved || (best && *cost >= *best)) continue;
        best = cost;
        better = std::move(changed);
      }
      if (!best) continue;
      orders = std::move(better);
      standing = best;
      again = true;
      break;  // the runs are others now
    }
  }
  return orders;
}

}  // namespace wattledger::policy
