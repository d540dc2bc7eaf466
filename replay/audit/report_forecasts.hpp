// The month's forecasts beside what came: forecast_scores' judging, of this month's quarters alone.
#pragma once

#include "replay/audit/report.hpp"

namespace wattledger::tool {

// report.period is set; fills report.forecasts. Raw readings: what was corrected later is not.
[[nodiscard]] Result<void> judge_forecasts(const log::Snapshot& snapshot, Report& report);

}  // namespace wattledger::tool
