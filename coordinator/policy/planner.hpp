// The exact planner: what a battery should do in every slot of a known horizon, at the least cost.
// Pure, integers only, no clock: the same problem gives the same plan everywhere. Method: backward
// dynamic programming on piecewise-linear functions of the stored energy (value_function.hpp),
// whose pieces come from one slot's cost (slot_cost.hpp).
//
// Cost = import × import price − export × export price + energy taken from the battery's store ×
// wear − (stored at the end − stored at the start) × terminal value. There is one meter: no slot
// imports and exports. No slot charges and discharges.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "events/result.hpp"
#include "events/units.hpp"

namespace wattledger::policy {

using Energy = Quantity<struct EnergyUnit>;          // 10 µWh = 1e-8 kWh
using Efficiency = Quantity<struct EfficiencyUnit>;  // 1e-9; 1 000 000 000 loses nothing
inline constexpr Energy energy_per_kwh{100'000'000};
inline constexpr Efficiency lossless{1'000'000'000};

[[nodiscard]] constexpr Efficiency to_efficiency(BasisPoints efficiency) {
  return Efficiency(efficiency.count() * 100'000);
}
[[nodiscard]] constexpr Energy to_energy(MilliwattHours energy) {
  return Energy(energy.count() * 100);
}
// Rounded toward zero.
[[nodiscard]] constexpr MilliwattHours to_milliwatt_hours(Energy energy) {
  return MilliwattHours(energy.count() / 100);
}
// What a power is in a time, rounded toward zero, so that a limit stays a limit.
[[nodiscard]] constexpr Energy energy_in(Watts power, std::chrono::seconds time) {
  return Energy(power.count() * 100'000 * time.count() / 3600);
}

// All energies are those of the whole slot, on the AC side, never negative; no limit is no value.
struct PlanSlot {
  std::chrono::seconds length{900};  // for people: the solver does not use it
  PriceE8 import_price, export_price;
  Energy load, pv;
  std::optional<Energy> import_max, export_max;
  Energy charge_max, discharge_max;
};

struct PlanProblem {
  std::vector<PlanSlot> slots;
  Energy start, min, max;  // stored
  // What of one AC kWh is stored, and of one stored kWh becomes AC.
  Efficiency charge_efficiency = lossless, discharge_efficiency = lossless;
  PriceE8 wear;             // per kWh that leaves the store; never negative
  PriceE8 terminal_value;   // per kWh stored at the end
  bool curtailment = true;  // may PV be turned down
  // A slot in which the battery gives more than the load lacks beside the PV (a sale) leaves at
  // least this much stored. It can be an obstacle (export_limit) only where PV cannot be turned
  // down, for then room for it may have to be made.
  std::optional<Energy> sale_floor;
};

// Ranges: a problem beyond one of them is refused (PlanObstacle::numbers). They keep every sum in
// 128 bits.
inline constexpr std::size_t plan_slots_max = 40'000;          // a year of quarters
inline constexpr Energy plan_energy_max{100'000'000'000};      // 1 000 kWh, in a slot or stored
inline constexpr PriceE8 plan_price_max{1'000'000'000'000};    // 10 000 per kWh, either sign
inline constexpr Efficiency plan_efficiency_min{100'000'000};  // 10 %

struct PlanStep {
  Energy charge, discharge;   // AC; one of them is zero
  Energy imported, exported;  // one of them is zero
  Energy curtailed;           // of the PV
  Energy stored;              // at the slot's end
  bool operator==(const PlanStep&) const = default;
};
// Holds exactly in every slot: pv − curtailed + discharge + imported == load + charge +
// exported; charging stores ⌊charge × charge_efficiency⌋; ⌊taken from the store ×
// discharge_efficiency⌋ == discharge.

struct Plan {
  std::vector<PlanStep> steps;
  MoneyE8 cost;  // exact for these steps, rounded once
  // What one more kWh stored at the start is worth, and what one less costs: by how much the least
  // cost of all that follows would change per kWh (the start's own terminal value left out), taken
  // at the first cell (10 µWh) to that side. None where the side is out of reach. Below 0 where the
  // room in the battery is worth more than what is in it.
  std::optional<PriceE8> value_of_more, value_of_less;
  // False: the functions were thinned (PlannerLimits). The plan still breaks no limit.
  bool exact = true;
};

// What makes a plan impossible, at which slot.
enum class PlanObstacle {
  import_limit,  // the load cannot be served: import and battery together do not reach
  export_limit,  // the surplus cannot go anywhere: export, battery and curtailment do not reach
  charge_limit,  // of a given course only: more than charge_max
  discharge_limit,
  stored_min,
  stored_max,
  numbers,     // a range above is left, or a course is not as long as the problem
  sale_floor,  // of a given course only
};
[[nodiscard]] std::string_view name_of(PlanObstacle obstacle);

struct Infeasible {
  std::size_t slot = 0;  // 0 is the first; of `numbers` about no slot, 0
  PlanObstacle obstacle = PlanObstacle::numbers;
  bool operator==(const Infeasible&) const = default;
};

template <class T>
using Planned = tl::expected<T, Infeasible>;

// Counts of steps, never time. Where one slot's function has more pieces, or convex runs, than
// these, every so many of its break points are left out: the plan is then feasible, its cost is
// exact for it, but it may not be the least (`exact` is false); it never costs more than an idle
// battery or self_consumption() where these are possible.
struct PlannerLimits {
  std::size_t pieces_max = 20'000;
  std::size_t runs_max = 2'000;
};

// The cheapest plan. Ties (equal within 1e-12 of a currency unit per kWh): least energy through the
// battery, then the earlier slot, then the lower stored energy.
// A start below `min`: the battery is not discharged while it is below, may be charged or left, and
// once it has reached `min` never falls below again; above `max` likewise. Neither is an obstacle.
[[nodiscard]] Planned<Plan> plan(const PlanProblem& problem, const PlannerLimits& limits = {});

// What a given course costs: the stored energy at each slot's end, as many as slots. It is settled
// at the cheapest curtailment, as a plan's is; `value_*` are none. An obstacle if it breaks a
// limit: so the cost of an old plan under a new problem.
[[nodiscard]] Planned<Plan> settle(const PlanProblem& problem, std::span<const Energy> stored);

// The same for a course that may not be possible any more, for the start was otherwise or a limit
// came: each slot comes as near to the course as the limits let it.
[[nodiscard]] Planned<Plan> follow(const PlanProblem& problem, std::span<const Energy> stored);

// What the battery does without any plan: takes the PV's surplus, gives to the load. No foresight.
[[nodiscard]] Planned<Plan> self_consumption(const PlanProblem& problem);

// Costs without a battery. Obstacles: import_limit, export_limit, numbers.
[[nodiscard]] Planned<MoneyE8> no_battery_cost(const PlanProblem& problem);

}  // namespace wattledger::policy
