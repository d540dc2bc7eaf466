// Judges of a plan that share no code with the planner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "coordinator/policy/planner.hpp"

namespace wattledger::testing {

// Every balance, limit and the cost, counted again from the plan's steps alone; empty when all
// holds, else what does not, and where.
[[nodiscard]] std::string trouble_in(const policy::PlanProblem& problem, const policy::Plan& plan);

// The best of all plans whose stored energies lie on multiples of `cell`, and whose curtailment
// lies on multiples of `unit`: exact where all that bends lies there.
struct Judged {
  std::optional<MoneyE8> cost;                   // none when there is no plan
  std::size_t stuck = 0;                         // then: the first slot that no plan gets past,
  std::optional<policy::PlanObstacle> obstacle;  // and the limit that, lifted there, lets one pass
};
[[nodiscard]] Judged judged(const policy::PlanProblem& problem, std::int64_t cell,
                            std::int64_t unit);

// The same in doubles, for long horizons: the cost of the best plan on a grid of `levels` stored
// energies; none when none of them is possible. The truth is at most this.
[[nodiscard]] std::optional<double> grid_cost(const policy::PlanProblem& problem, int levels);

}  // namespace wattledger::testing
