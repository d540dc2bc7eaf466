// Writes derived rows into an open file of ours, with prepared statements, and keeps system_state
// to its retention.
//
// Retention is counted in local days back from the newest state row and depends on nothing but the
// rows, so that the content is the same however the rows were cut into batches: a row stands if its
// day is at most `days` before the newest one's, nor later than that of a clock set
// back since. Imported rows (ids up to 1 000 000 000) are never cut.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "projections/fold/legacy_rows.hpp"
#include "projections/sqlite/sqlite_handle.hpp"
#include "projections/sqlite/sqlite_house_rows.hpp"
#include "projections/sqlite/sqlite_imported_rows.hpp"
#include "projections/sqlite/sqlite_table_rows.hpp"

namespace wattledger::projections::sqlite {

// Ids of rows born here: this plus the event's sequence.
inline constexpr std::int64_t born_ids_from = 1'000'000'000;

// The first timestamp that stays: "YYYY-MM-DD" of `days` before the day of `newest`; empty when
// `newest` holds no date.
[[nodiscard]] std::string retention_cut(std::string_view newest, std::uint32_t days);

struct Retention {
  std::optional<std::uint32_t> state_days;  // nullopt: keep all
  bool indexed = true;  // false while staging, without the index on time: the ids to cut are then
                        // kept in memory
  UtcTime states_from = UtcTime::min();  // not indexed only: rows before it will be cut
                                         // in the end and are not written
};

class RowWriter {
 public:
  // The tables exist. The connection outlives the writer.
  static Result<RowWriter> prepare(Connection& connection, std::uint32_t schema,
                                   const Retention& retention);

  // Inside the caller's transaction; an error names the row's sequence. After an error the writer
  // is thrown away.
  Result<void> write(std::span<const fold::LegacyRow> rows);

 private:
  RowWriter(Connection& connection, std::uint32_t schema, Retention retention, Statement energy,
            Statement state, Statement decision, Statement cut, Statement cut_ahead,
            Statement applied_at, Statement count, TableRowWriter others)
      : connection_(&connection),
        schema_(schema),
        retention_(retention),
        energy_(std::move(energy)),
        state_(std::move(state)),
        decision_(std::move(decision)),
        cut_(std::move(cut)),
        cut_ahead_(std::move(cut_ahead)),
        applied_at_(std::move(applied_at)),
        count_(std::move(count)),
        others_(std::move(others)),
        imported_(connection) {}
  Result<void> read_newest();
  Result<void> read_born();
  Result<void> write_row(const fold::LegacyRow& row);
  Result<void> write_energy(const fold::LegacyRow& row, const fold::EnergyRow& energy);
  Result<void> write_state(const fold::LegacyRow& row, const fold::SystemStateRow& state);
  Result<void> write_decision(const fold::LegacyRow& row, const fold::DecisionRow& decision);
  Result<void> write_imported(const fold::LegacyRow& row, const fold::ImportedRow& imported);
  Result<void> cut_old_states();
  Result<void> cut_states_ahead(LocalTime now);
  Result<void> count_unwritten();

  Connection* connection_;
  std::uint32_t schema_;
  Retention retention_;
  Statement energy_, state_, decision_, cut_, cut_ahead_, applied_at_, count_;
  TableRowWriter others_;  // of the legacy tables
  ImportedRowWriter imported_;
  bool dated_ = false;     // schema_version has its applied_at
  bool late_row_ = false;  // a row older than the last cut came
  std::string newest_;     // timestamp of the newest state row
  std::string last_cut_;
  std::int64_t unwritten_ = 0;  // the highest id of a row that was not written, not yet counted
  std::optional<HouseRowWriter> house_;            // from schema version 5
  std::multimap<std::string, std::int64_t> born_;  // timestamp → id, only without the index
};

}  // namespace wattledger::projections::sqlite
