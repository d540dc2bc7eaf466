// The legacy schema's versions 1 to 4, the last to the letter (nine tables, sixteen indexes, four
// rows of schema_version), and one table of ours in each; version 5 is version 4 with more tables
// of ours beside. Source: the legacy storage contract §1.1 and §1.2; tests compare with a file that
// the legacy system wrote.
//
//   1  the tables, seven indexes
//   2  no change of tables: decisions carry prices and costs in their JSON, which ours do in each
//   3  eight composite and specialized indexes
//   4  five columns of energy_data, and an index on one of them
//   5  hourly_stats, daily_stats, monthly_stats, market_prices, decision_audit, operations,
//      data_quality, forecast_scores
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "events/result.hpp"
#include "projections/sqlite/sqlite_handle.hpp"

namespace wattledger::projections::sqlite {

inline constexpr std::uint32_t schema_first = 1;
inline constexpr std::uint32_t schema_last = 5;
[[nodiscard]] constexpr bool schema_known(std::uint32_t schema) {
  return schema >= schema_first && schema <= schema_last;
}
// Since when energy_data has counters and the tariff's zone.
inline constexpr std::uint32_t schema_with_counters = 4;
// Since when there are tables of ours beside the legacy ones.
inline constexpr std::uint32_t schema_with_ours = 5;
// Raised when the file changes shape or retention while the rows' meaning
// (fold::legacy_rows_version) and the schema stay.
inline constexpr std::uint32_t sqlite_revision = 6;

// Written at creation in every file of ours: a backup needs equal page sizes on both sides. Smaller
// than SQLite's own: a minute's rows touch some fifteen pages, which are most of what a day writes,
// and a rebuild takes a twentieth longer.
inline constexpr std::int64_t page_bytes = 2'048;

// Every table, its primary key's columns in order (what a canonical dump sorts by).
struct TableName {
  std::string_view name;
  std::string_view order;
  std::uint32_t since = schema_first;
};
inline constexpr std::array<TableName, 28> tables{{
    {"schema_version", "version"},
    {"energy_data", "timestamp"},
    {"system_state", "id"},
    {"coordinator_decisions", "id"},
    {"charging_sessions", "session_id"},
    {"battery_selling_sessions", "session_id"},
    {"weather_data", "timestamp"},
    {"price_forecasts", "forecast_date, hour, source, timestamp"},
    {"pv_forecasts", "forecast_date, hour, source, timestamp"},
    {"projection_checkpoint", "projection"},
    {"sqlite_sequence", "name"},
    {"hourly_stats", "start", schema_with_ours},
    {"daily_stats", "date", schema_with_ours},
    {"monthly_stats", "month", schema_with_ours},
    {"market_prices", "kind, start", schema_with_ours},
    {"decision_audit", "decision_id", schema_with_ours},
    {"commands", "sequence", schema_with_ours},
    {"faults", "sequence", schema_with_ours},
    {"alerts", "sequence", schema_with_ours},
    {"source_outages", "sequence", schema_with_ours},
    {"policies", "sequence", schema_with_ours},
    {"sessions_measured", "kind, session", schema_with_ours},
    {"reports", "sequence", schema_with_ours},
    {"changes", "sequence", schema_with_ours},
    {"backups", "sequence", schema_with_ours},
    {"system_stats", "sequence", schema_with_ours},
    {"data_quality", "date", schema_with_ours},
    {"forecast_scores", "kind, source, horizon_h", schema_with_ours},
}};

// Inside the caller's transaction. schema_version's applied_at stays NULL until the first row of
// the log is applied: every value of a projection comes from an event.
Result<void> create_tables(Connection& connection, std::uint32_t schema);
Result<void> create_indexes(Connection& connection, std::uint32_t schema);

}  // namespace wattledger::projections::sqlite
