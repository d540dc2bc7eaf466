// What of a plan the battery must be told, slot by slot, and what comes of it. Pure integers.
#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/policy/planner.hpp"
#include "events/codec.hpp"

namespace wattledger::policy {

struct Order {
  fb::Action action = fb::Action::self_use;
  std::int32_t power_w = 0;  // of a charge (-) or a sale (+)
  bool operator==(const Order&) const = default;
};

// Whether the battery may give more in the slot than the load lacks beside the PV.
[[nodiscard]] bool may_sell(const PlanSlot& slot);

// Rounded down: a limit stays one.
[[nodiscard]] std::int32_t watts_of(Energy energy, std::chrono::seconds length);

// A plan's steps as orders. Who gives the load what it needs, or takes the sun's surplus, serves
// the house by itself; so does a battery that comes to its limit in the slot, and one that gives or
// takes half of that or more, for what the sun and the house really do is known then and not now.
[[nodiscard]] std::vector<Order> orders_of(const PlanProblem& problem, const Plan& plan);

// The stored energy at each slot's end if the orders are carried out and the forecasts come true.
[[nodiscard]] std::vector<Energy> course_of(const PlanProblem& problem,
                                            const std::vector<Order>& orders);

// The orders without the changes of mode that gain less than `least` each: a run of equal actions
// takes on its neighbour's, the shortest runs first, where that costs less; a sale's only where all
// of its slots may sell. `before`: what is done now. Whether a charge begins in the first slot
// stays as it is: what the plan of least cost charges falls with what is stored, while the cost of
// a whole run does not, so that a fuller battery might begin a charge that an emptier one would
// not. At most `calming_max` such questions are asked.
inline constexpr std::size_t calming_max = 120;
[[nodiscard]] std::vector<Order> calmed(const PlanProblem& problem, std::vector<Order> orders,
                                        Order before, MoneyE8 least);

}  // namespace wattledger::policy
