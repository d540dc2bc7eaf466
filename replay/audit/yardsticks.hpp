// What a stretch of known quarters can cost at the least: one problem for the exact planner, whose
// answer is proven. Nobody can do better with this battery on this connection, for the plan knows
// all prices, loads and suns before.
#pragma once

#include <chrono>
#include <span>
#include <vector>

#include "coordinator/policy/planner.hpp"
#include "projections/fold/policy_settings.hpp"

namespace wattledger::tool {

// A quarter of an hour, or what is known of it.
struct KnownQuarter {
  std::chrono::seconds length{900};
  PriceE8 import_price, export_price;
  policy::Energy load, pv;
  std::int32_t day = 0;  // local, since 1970
};

struct PlannedBattery {
  policy::Energy start, min, max;
  policy::Efficiency charge = policy::lossless, discharge = policy::lossless;
  Watts charge_max, discharge_max;
  PriceE8 wear;
  bool sells = false;                        // else it gives to the house alone
  std::optional<policy::Energy> sale_floor;  // a sale leaves at least this
  std::optional<Watts> export_max;           // then the sun may be turned down
};

// Quarters follow one another; where one is missing, the battery stands still.
[[nodiscard]] policy::PlanProblem problem_of(std::span<const KnownQuarter> quarters,
                                             const PlannedBattery& battery, PriceE8 terminal_value);

}  // namespace wattledger::tool
