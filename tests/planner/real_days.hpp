// The recorded prices and the recorded house of ../shared/data, joined day by day: the day's
// prices, and the house on the same date a year before (PV doubled, as in the examples there).
#pragma once

#include <string>
#include <vector>

#include "coordinator/policy/planner.hpp"

namespace wattledger::testing {

struct RealDay {
  std::string date;
  std::vector<policy::PlanSlot> slots;  // quarters; battery and grid limits as in the examples
};

// Empty where the files are not; who finds none says so and skips.
[[nodiscard]] std::vector<RealDay> real_days();

// 20 kWh from 20 to 100 %, half full, 95 % each way, wear 0.05, terminal value 0.3.
[[nodiscard]] policy::PlanProblem example_house(std::vector<policy::PlanSlot> slots);

}  // namespace wattledger::testing
