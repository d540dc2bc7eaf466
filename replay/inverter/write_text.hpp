// Register writes for people: which register, its words before and after, and what they mean. Pure.
#pragma once

#include <string>
#include <vector>

#include "coordinator/inverter/controls.hpp"

namespace wattledger::tool {

// A line for each register, or eco group, in the order of writing:
//   47510  grid_export_limit  2710 -> 1388  10000 W -> 5000 W
// What cannot be read beforehand has "?" as its words before.
[[nodiscard]] std::vector<std::string> write_lines(const std::vector<inverter::Write>& writes,
                                                   const inverter::RegisterWords& standing);
// {"written":[{"address":47510,"name":"grid_export_limit","before":[10000],"after":[5000]}]}
[[nodiscard]] std::string writes_json(const std::vector<inverter::Write>& writes,
                                      const inverter::RegisterWords& standing);

}  // namespace wattledger::tool
