// A day's quality in words and numbers: as a line of a table, as JSON or CSV, and what was wrong in
// a sentence.
#pragma once

#include <string>

#include "replay/command.hpp"
#include "replay/quality/judged_days.hpp"

namespace wattledger::tool {

// Days, the worst with why, and a line about all; `remark` behind them, where there is one.
void say_quality(const JudgedDays& days, const ZoneOffsets& zone);
// One object a line.
void say_quality_json(const JudgedDays& days, const ZoneOffsets& zone);
// A head, then a line a day.
void say_quality_csv(const JudgedDays& days, const ZoneOffsets& zone);

// What takes points off, the largest first: "3 h 2 min without believable readings (4 gaps, the
// longest 2 h from 02:10:00+02:00): -12.6; …". Empty for a day without flaws.
[[nodiscard]] std::string why_text(const fold::DayQuality& day, const ZoneOffsets& zone);

}  // namespace wattledger::tool
