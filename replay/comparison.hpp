// Live tables and files beside what a log gives: for `replay --dry-run --diff` and `backup drill`.
#pragma once

#include <string>
#include <string_view>

#include "projections/rebuild.hpp"
#include "replay/owner.hpp"

namespace wattledger::tool {

[[nodiscard]] projections::LivePlaces live_places(const Place& place, const Wanted& wanted);

// An object with `compared`, `differences` and `left_out`.
[[nodiscard]] std::string comparison_json(const projections::LiveComparison& comparison);

// Each difference, "sqlite <done> as of record 5", and what was left out.
void say_comparison(const projections::LiveComparison& comparison, std::string_view done);

// "3 differences (first: live, second: what the log gives)"; `from`: "the log".
[[nodiscard]] std::string differences_text(const projections::LiveComparison& comparison,
                                           std::string_view from);

}  // namespace wattledger::tool
