// The legacy tables' and files' rows, derived purely from the log: the one meaning that SQLite and
// JSON share; with them the rows of our own tables (house_rows.hpp). Names, units and signs: facts
// of the legacy storage contract (schema version 4).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "projections/fold/house_rows.hpp"
#include "projections/fold/imported.hpp"
#include "projections/fold/operation_rows.hpp"
#include "projections/fold/quality_rows.hpp"
#include "projections/fold/score_rows.hpp"
#include "projections/fold/state.hpp"
#include "projections/fold/table_rows.hpp"

namespace wattledger::fold {

// Raised when rows change: a projection of another version is rebuilt.
inline constexpr std::uint32_t legacy_rows_version = 2;
// Raised when what derivation remembers (LegacyRowsState) changes: fold snapshots begin anew.
inline constexpr std::uint32_t rows_memory_version = 5;

// A row of energy_data and an object of energy_data_YYYY-MM-DD.json. Absent = NULL / null.
struct EnergyRow {
  std::string timestamp;  // naive local, see iso_text
  std::optional<double> battery_soc;
  std::optional<std::int64_t> pv_power, grid_power, house_consumption, battery_power;
  std::optional<double> grid_voltage, grid_frequency, battery_voltage, battery_current,
      battery_temperature, price_pln;
  std::optional<double> grid_import_total_kwh, grid_export_total_kwh, house_consumption_total_kwh,
      pv_generation_total_kwh;
  std::string tariff_zone;
  bool operator==(const EnergyRow&) const = default;
};

// A row of system_state and a line of coordinator_state_YYYYMMDD.json.
struct SystemStateRow {
  std::string timestamp;  // a text like metrics and file_line, see RowTexts
  std::string state;      // "monitoring", "charging", "error", …
  std::optional<double> uptime;
  std::string active_modules;
  std::optional<std::string> last_error;
  std::string metrics;    // column system_state.metrics: compact Python-style JSON
  std::string file_line;  // the JSONL line, without the newline
  // The first row of each quarter hour has a file of its own too: the time in its name.
  std::optional<LocalTime> file_time;
  bool operator==(const SystemStateRow&) const = default;
};

// A row of coordinator_decisions and a line of charging_decision_YYYYMMDD.json.
struct DecisionRow {
  std::string timestamp;
  std::optional<std::string> decision_type;
  std::string action;
  std::optional<std::string> reason;
  std::string parameters;  // compact Python-style JSON, whitelisted keys in their order
  std::optional<std::string> source_module;
  std::string file_line;
  LocalTime file_time;  // in the name of its own file
  // For the day's sums. The amounts are those of a charge that is carried out, else absent.
  std::optional<std::int64_t> energy_mwh, cost_e8, savings_e8, price_e8;
  std::string source;  // "grid", "hybrid": of a charge
  std::string tariff_zone;
  bool operator==(const DecisionRow&) const = default;
};

// A file of <data>/data/ that is a view of the state, as it is from now on; nullopt: it is gone.
struct FileRow {
  enum class Which { price_history, price_cache } which = Which::price_history;
  std::optional<std::string> text;
  bool operator==(const FileRow&) const = default;
};

// The house's clock was set, to the row's own time. What lies on a later day than that was never
// then: a file or a table that keeps so many days drops it, for it would count as the newest for as
// long as the clock was ahead.
struct ClockSetRow {
  bool operator==(const ClockSetRow&) const = default;
};

// A record that an import brought, given back as it stood: a row into its table, all others into
// their file. Retention never cuts it.
struct ImportedRow {
  LegacyRecord record;
  // Of a row: the earlier event of the same fact, which a file alone had told. The row that was
  // made of it goes.
  std::optional<Sequence> replaces = {};
  bool operator==(const ImportedRow&) const = default;
};

// The legacy rows, and ours.
using RowContent =
    std::variant<EnergyRow, SystemStateRow, DecisionRow, SessionRow, DailyPlanRow, FileRow,
                 WeatherRow, ForecastRow, EnergyHourRow, MarketPriceRow, DecisionAuditRow,
                 OperationRow, QualityRow, DayQualityRow, ScoreRow, ClockSetRow, ImportedRow>;

struct LegacyRow {
  Sequence sequence;  // of the event it came from; row ids are 1 000 000 000 + sequence
  UtcTime at;         // occurred-at, for retention
  UtcTime recorded_at;
  LocalTime local;  // occurred-at by the house's clock: its date is the file's day
  RowContent row;

  [[nodiscard]] std::string created_at() const;  // UTC "YYYY-MM-DD HH:MM:SS" of recorded-at
};

// Whether a day's legacy files have such a row.
[[nodiscard]] inline bool in_day_files(const LegacyRow& row) {
  return std::holds_alternative<EnergyRow>(row.row) ||
         std::holds_alternative<SystemStateRow>(row.row) ||
         std::holds_alternative<DecisionRow>(row.row);
}

// What the derivation must remember between events.
struct LegacyRowsState {
  std::optional<UtcTime> energy_row_at;
  std::optional<UtcTime> state_row_at;
  // Wall-clock times given to energy rows in the last hours: a repeated hour must not give one
  // twice (it is the key).
  std::vector<LocalTime> energy_times;
  std::optional<Metered> metered;                               // the reading before
  std::optional<UtcTime> state_file_quarter, price_files_hour;  // of the last such files
  // Times in names of files given in the last hours, as energy_times.
  std::vector<LocalTime> state_file_times, decision_file_times;
  ScoresMemory scores;
  QualityMemory quality;
  bool operator==(const LegacyRowsState&) const = default;
};

// For fold snapshots: its bytes, and it again from them (as canonical_bytes and read_state).
[[nodiscard]] std::vector<std::byte> canonical_bytes(const LegacyRowsState& memory);
[[nodiscard]] Result<LegacyRowsState> read_legacy_rows_state(std::span<const std::byte> bytes);

// From when on (occurred-at) somebody reads these texts; those that nobody reads are not made and
// stay empty (and with both the whole SystemStateRow). They are most of what a row costs.
struct RowTexts {
  UtcTime metrics = UtcTime::min();     // of SystemStateRow
  UtcTime file_lines = UtcTime::min();  // of SystemStateRow, DecisionRow and FileRow
};

// An event, and what rows say of it: the same, or as an owner corrected it later.
struct ToldEvent {
  Sequence sequence;
  UtcTime recorded_at;
  const EventView& event;
  const EventView& shown;
};

// Appends to `rows` what the event adds. `state` is the fold *after* it. When rows are due rests on
// the events as recorded, so that what is remembered is the same with and without corrections.
void derive_rows(LegacyRowsState& memory, const State& state, const ToldEvent& told,
                 const RowTexts& texts, std::vector<LegacyRow>& rows);

// One English sentence for a decision, with the numbers that decided it. Clock times are UTC
// ("02:15Z").
[[nodiscard]] std::string reason_text(const fb::DecisionMadeT& decision);
// The same with the house's clock ("02:15"): the legacy `reason`.
[[nodiscard]] std::string reason_text(const fb::DecisionMadeT& decision, const ZoneOffsets& zone);

}  // namespace wattledger::fold
