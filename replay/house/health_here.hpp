// How the house's computer is doing: the daemon's report if one answers, else judged anew from log
// and files, of which the first thing told is that no daemon runs.
#pragma once

#include "coordinator/control/health_json.hpp"
#include "replay/place.hpp"

namespace wattledger::tool {

// By the log, its files and the configuration if one was given. `holder`: who holds the log and
// does not answer.
[[nodiscard]] health::HealthReport judge_from_log(const Place& place, const OpenLog& open,
                                                  const fold::State& state,
                                                  const std::string& holder);

struct HealthHere {
  health::HealthReport report;
  ZoneOffsets zone;
  std::optional<std::chrono::seconds> every;
  std::string json;    // the report as health_json() has it
  std::string remark;  // of a <data>/health.json that is not refreshed; empty: none
};

// A daemon that answers and judges no more is said to hang.
[[nodiscard]] Result<HealthHere> health_here(const Place& place);

// The report as a table of aligned columns, the figures below. `colour`: ANSI's.
[[nodiscard]] std::string health_table(const HealthHere& health, UtcTime now, bool colour);

// Shows what `look` finds again and again, on a cleared screen if `screen`, until `pause` says no:
// its exit code is that of the last look.
Exit watch_health(const std::function<Exit()>& look, const std::function<bool()>& pause,
                  bool screen);

}  // namespace wattledger::tool
