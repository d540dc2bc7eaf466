// A health report as JSON: <data>/health.json, the status' member `health`, and what
// `wattledger health --format json` writes.
//
// {"at": local time with its offset, "overall": "ok|degraded|failed", "every_s": seconds after
//  which it is written anew | null, "items": [{"name", "state", "detail", "remedy"}],
//  "figures": {"uptime_pct", "uptime_s", "uptime_of_s", "backups", "backups_ok", "measured": {"at",
//  "resident_bytes", "anonymous_bytes", "cpu_ms", "bytes_written", "disk_free_bytes", "log_bytes",
//  "commit_p50_us", "commit_p99_us", "poll_p99_ms", "register_writes_today", "uptime_s"} | null}}
//
// Unknown is null. Uptime and backups are of the last 30 days, or of as many as there are; what was
// measured is the last SystemMeasured, counted since that daemon's start.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "coordinator/health/health.hpp"
#include "events/result.hpp"

namespace wattledger::control {

[[nodiscard]] std::string health_json(const health::HealthReport& report, const ZoneOffsets& zone,
                                      std::optional<std::chrono::seconds> every);

// The report again, and how often it is written; corrupt when the text is none. What a later
// version adds is passed over.
struct ReadHealth {
  health::HealthReport report;
  std::optional<std::chrono::seconds> every;
};
[[nodiscard]] Result<ReadHealth> read_health(const std::string& json);

}  // namespace wattledger::control
