// A plan's hours ahead as a small chart of text: price, charge and what is done, over the wall
// clock. 13 columns of margin, at most 80 in all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wattledger::tool {

// As many members in each list; of the others those that are missing are unknown.
struct PlanHours {
  std::int64_t step_s = 0;
  std::vector<std::string> at;       // "2025-11-29T02:00:00+01:00"
  std::vector<std::string> actions;  // charge, hold, sell; anything else serves the house
  std::vector<std::optional<double>> price, soc_pct;
};

// Lines that end with a newline; empty where there is nothing to draw.
[[nodiscard]] std::string plan_chart(const PlanHours& hours, const std::string& currency);

}  // namespace wattledger::tool
