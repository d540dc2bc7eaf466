// The legacy files that hold more than one row's worth: the day's plan and sessions, the sales, the
// summaries of days and months. What they need of earlier rows is remembered here, in the target
// itself (its manifest): so that a rebuild with corrections hands over what it came to.
//   out/multi_session_data/daily_plan_YYYYMMDD.json          whole, at each change
//   out/charging_schedule_YYYY-MM-DD.json                    whole: the day's charging sessions
//   out/battery_selling_analytics/session_records.json       an element when a sale ends
//   out/battery_selling_analytics/daily_summaries.json       … when a day with sales is over
//   out/battery_selling_analytics/monthly_reports.json       … when a month with sales is over
//   out/daily_snapshots/snapshot_YYYYMMDD.json               whole, when a day with decisions is
//   over out/monthly_snapshots/monthly_snapshot_YYYYMM.json       … a month
//   data/daily_soc_drops.json                                whole, when a sale ends
//   data/price_history.json, data/price_cache.json           whole, by the hour
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "projections/fold/legacy_rows.hpp"
#include "projections/json/day_sums.hpp"

namespace wattledger::projections {

// What rows give to files, by name under <data>.
struct FileChanges {
  std::map<std::string, std::optional<std::string>> whole;  // the text; nullopt: removed
  std::map<std::string, std::string> elements;              // of arrays, joined: for their end
};

// A session as far as its changes tell: what a change does not say stays.
struct KnownSession {
  fold::SessionRow row;
  bool counted = false;  // its end is in the sums
  bool operator==(const KnownSession&) const = default;
};

struct DocumentsState {
  std::optional<DaySums> today;
  std::vector<DaySums> month;                         // days of today's month that are over
  std::vector<DaySums> last_month;                    // for a clock that is set back into it
  std::optional<std::int64_t> import_mwh;             // the meter's at the last reading
  UtcTime import_at{};                                // … and when that was
  std::vector<KnownSession> sessions;                 // of the last days
  std::vector<fold::DailyPlanRow> plans;              // of the last days
  std::map<std::int64_t, std::int64_t> soc_drops_bp;  // by local day
  bool operator==(const DocumentsState&) const = default;
};

// How long a session or a plan is remembered, counted back from the newest row's day.
inline constexpr std::int64_t documents_days = 3;
inline constexpr std::size_t documents_sessions_max = 256;
inline constexpr std::size_t documents_plans_max = 8;
// data/daily_soc_drops.json keeps so many days.
inline constexpr std::int64_t soc_drop_days = 7;

// Takes the rows in their order; what it changes is added to `changes`. Rows of days that are over
// change no day any more.
void take_row(DocumentsState& state, const fold::LegacyRow& row, FileChanges& changes);

// For the manifest, which keeps it across restarts: one line of JSON, and it again (throws what the
// JSON parser throws).
[[nodiscard]] std::string documents_text(const DocumentsState& state);
[[nodiscard]] DocumentsState read_documents(const std::string& text);

}  // namespace wattledger::projections
