// A planning problem as JSON, read exactly: no number passes through a double.
//
//   step_minutes                                 1 to 1440
//   import_price[], export_price[]               per kWh, as many as steps; 1e-8 counts
//   pv_kwh[], load_kwh[]                         AC energy in each step; 1e-8 kWh counts
//   battery {capacity_kwh, soc0, charge_kw, discharge_kw, eff_charge, eff_discharge,
//            soc_min (0), soc_max (1), wear_pln_per_kwh (0)}     soc and eff are fractions
//   grid {import_kw, export_kw}                  none: no limit
//   terminal_value_pln_per_kwh (0), allow_curtailment (true), steps, name, currency, start
//
// In parentheses what an absent key means; every other one must be there. Powers and SOC limits are
// rounded to the limit's inside.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "coordinator/policy/planner.hpp"
#include "events/result.hpp"

namespace wattledger::tool {

struct ProblemFile {
  policy::PlanProblem problem;
  std::chrono::minutes step{15};
  std::string name, currency, start;  // as they stand there; empty when absent
  std::vector<std::string> remarks;   // keys beside it that are none
};

inline constexpr std::size_t problem_bytes_max = 16U << 20U;

// `file` is for the messages. Errors: invalid_input, one line: what, where, what to do.
[[nodiscard]] Result<ProblemFile> parse_problem(std::string_view text, const std::string& file);

}  // namespace wattledger::tool
