#include <array>
#include <system_error>
#include <utility>

#include "replay/legacy_import/collect.hpp"
#include "replay/legacy_import/legacy_database.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using projections::sqlite::Connection;
using projections::sqlite::Statement;
using projections::sqlite::ValueKind;

constexpr std::int64_t newest_legacy_version = 4;
constexpr std::array<const char*, 8> tables = {
    "energy_data",  "system_state",    "coordinator_decisions", "charging_sessions",
    "weather_data", "price_forecasts", "pv_forecasts",          "battery_selling_sessions"};

Result<void> require_legacy(Connection& source) {
  auto tables_there = source.prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('projection_checkpoint', "
      "'schema_version')");
  if (!tables_there) return Failure(tables_there.error());
  bool versioned = false;
  while (true) {
    const auto row = tables_there->step();
    if (!row) return Failure(row.error());
    if (!*row) break;
    if (tables_there->text(0) == "projection_checkpoint")
      return fail(ErrorKind::invalid_input,
                  "is a wattledger's own projection, not an older system's");
    versioned = true;
  }
  if (!versioned) return {};
  const auto version = source.integer("SELECT coalesce(max(version), 0) FROM schema_version");
  if (!version) return Failure(version.error());
  if (*version > newest_legacy_version)
    return fail(ErrorKind::newer, "has schema version " + std::to_string(*version) +
                                      "; this program knows versions 1 to 4");
  return {};
}

SourceRecord record_of(const Statement& row, const std::string& table) {
  SourceRecord record;
  record.family = *family_of_table(table);
  record.form = fb::LegacyForm::row;
  record.place = table;
  record.position = static_cast<std::uint64_t>(row.integer(0));
  for (int column = 1; column < row.columns(); ++column)
    if (row.kind(column) != ValueKind::null)
      record.fields.push_back({std::string(row.column_name(column)), column_text(row, column)});
  if (record.family == Family::decision && text_of(record.fields, "action") == "battery_selling")
    record.family = Family::sale;
  return record;
}

// `own`: the error is of what takes the rows, not of the source.
Result<void> read_table(Connection& source, const std::string& table, Collector& collector,
                        bool& own) {
  collector.begin(table);
  // In the order in which they were written, which tells the passes of a repeated hour apart.
  auto row = source.prepare("SELECT rowid, * FROM " + table + " ORDER BY rowid");
  if (!row) return Failure(row.error());
  while (true) {
    const auto there = row->step();
    if (!there) return Failure(there.error());
    if (!*there) return {};
    if (auto taken = collector.take(record_of(*row, table)); !taken) {
      own = true;
      return taken;
    }
  }
}

Result<void> read_tables(Connection& source, Collector& collector, bool& own) {
  WATTLEDGER_TRY(require_legacy(source));
  for (const char* table : tables) {
    const auto there = has_table(source, table);
    if (!there) return Failure(there.error());
    if (*there) WATTLEDGER_TRY(read_table(source, table, collector, own));
  }
  return {};
}

}  // namespace

Result<void> read_legacy_tables(const fs::path& database, Collector& collector) {
  bool own = false;
  collector.begin(database.filename().string());
  auto source = open_legacy_database(database);
  const auto read =
      source ? read_tables(*source, collector, own) : Result<void>(Failure(source.error()));
  if (read || own) return read;
  // Somebody has it for longer than we wait: that is to be tried again, not a part to be left out.
  if (read.error().kind == ErrorKind::locked)
    return fail(ErrorKind::locked, read.error().what,
                "stop what writes it, or give a copy with --db");
  collector.count();
  collector.reject(0, read.error().what);
  return {};
}

}  // namespace wattledger::tool
