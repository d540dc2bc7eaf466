// Problems made at random, from a number alone.
#pragma once

#include <cstdint>
#include <random>

#include "coordinator/policy/planner.hpp"

namespace wattledger::testing {

// Tiny ones, all that bends on a grid: see `unit` and `cell`. Negative prices, export above import,
// tight limits, starts outside the bounds; many have no plan.
struct TinyProblem {
  policy::PlanProblem problem;
  std::int64_t unit = 0;  // loads, PV, limits and powers are multiples of it
  std::int64_t cell = 0;  // a unit charged or discharged moves the store by a multiple of it
};
[[nodiscard]] TinyProblem tiny_problem(std::uint64_t seed);

// What the prices are like.
enum class Prices { convex, negative, export_above_import };

// Lifelike ones, with a plan: no import limit that the load alone would break.
[[nodiscard]] policy::PlanProblem lifelike_problem(std::uint64_t seed, std::size_t slots,
                                                   Prices prices);

}  // namespace wattledger::testing
