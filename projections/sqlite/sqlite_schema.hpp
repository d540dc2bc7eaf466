// The legacy schema, version 4, to the letter (nine tables, sixteen indexes, four rows of
// schema_version), and one table of ours. Source: the legacy storage contract §1.1 and §1.2; tests
// compare with a file that the legacy system wrote.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "events/result.hpp"
#include "projections/sqlite/sqlite_handle.hpp"

namespace wattledger::projections::sqlite {

inline constexpr std::uint32_t schema_legacy = 4;
// Raised when the file changes shape or retention while the rows' meaning
// (fold::legacy_rows_version) and the schema stay.
inline constexpr std::uint32_t sqlite_revision = 1;

// Written at creation in every file of ours: a backup needs equal page sizes on both sides.
inline constexpr std::int64_t page_bytes = 4'096;

// Every table of the file, its primary key's columns in order (what a canonical dump sorts by).
struct TableName {
  std::string_view name;
  std::string_view order;
};
inline constexpr std::array<TableName, 11> tables{{
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
}};

// Inside the caller's transaction. schema_version's applied_at stays NULL until the first row of
// the log is applied: every value of a projection comes from an event.
Result<void> create_tables(Connection& connection);
Result<void> create_indexes(Connection& connection);

}  // namespace wattledger::projections::sqlite
