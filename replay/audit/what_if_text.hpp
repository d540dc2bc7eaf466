// A what-if for people, for programs, and for a spreadsheet.
#pragma once

#include <string>
#include <vector>

#include "replay/audit/what_if.hpp"

namespace wattledger::tool {

inline constexpr std::size_t days_told = 5;

// Table, difference, the days that made most of it, assumptions and the model's error.
[[nodiscard]] std::string what_if_text(const WhatIf& what_if);
// One object; days with every way's sums.
[[nodiscard]] std::string what_if_json(const WhatIf& what_if);
// One row a day and way.
[[nodiscard]] std::string what_if_csv(const WhatIf& what_if);

// What holds for every figure, one sentence each.
[[nodiscard]] std::vector<std::string> what_if_assumptions(const WhatIf& what_if);

}  // namespace wattledger::tool
