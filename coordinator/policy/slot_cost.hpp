// What one slot costs as a function of the change of the stored energy, and how a change is
// settled: battery, grid, curtailment. For the planner's own files and its tests.
//
// At the bus: net = load + charge − discharge − PV; what the grid gives is net + curtailed, within
// the limits, at the cheapest. At one price sign that is one or two convex runs:
//
//   import, export ≥ 0           grid = net, curtailed only beyond the export limit
//   export < 0 ≤ import          grid = net, or 0 while there is PV to curtail
//   import, export < 0           grid = net + all PV, up to the import limit
//   import < 0 ≤ export          the better of the first and the third
//
// and where export pays more than import costs, the run is cut at grid = 0; where charging more is
// cheaper per stored kWh than discharging less (a negative import price), at no change.
#pragma once

#include "coordinator/policy/planner.hpp"
#include "coordinator/policy/value_function.hpp"

namespace wattledger::policy {

// Charge (+) or discharge (−) at the bus that keeps every limit of the slot; empty when none does.
[[nodiscard]] CellRange bus_range(const PlanProblem& problem, const PlanSlot& slot);

// The change of stored energy by what the battery takes (+) or gives (−) at the bus, rounded down:
// never more is stored than was taken, never less taken out than given.
[[nodiscard]] std::int64_t change_of(const PlanProblem& problem, std::int64_t bus);

// Of a bus range that is not empty; the range of bus_range() exactly, not a cell lost.
[[nodiscard]] CellRange change_range(const PlanProblem& problem, CellRange bus);

// What a change within change_range() comes to; `stored` is left alone. `cost` in 1e-16 currency.
struct Settled {
  PlanStep step;
  Wide cost = 0;
};
[[nodiscard]] Settled settled(const PlanProblem& problem, const PlanSlot& slot, CellRange bus,
                              std::int64_t change);

// The cost of each change, in 1e-20 currency, of changes in change_range(); nothing when `bus` is
// empty. One unit per cell is added to every change, so that of equal plans the one that moves less
// energy is the cheaper. Breaks and values are within a cell of settled()'s.
void slot_cost(const PlanProblem& problem, const PlanSlot& slot, CellRange bus,
               PiecewiseLinear& out);

}  // namespace wattledger::policy
