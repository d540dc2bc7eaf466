#include <algorithm>
#include <array>
#include <system_error>
#include <utility>
#include <vector>

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

// What the source gave before it failed, if it did.
struct ReadSoFar {
  std::optional<std::int64_t> newest;  // rowid
  std::optional<Error> damage;
};

// Errors are of what takes the rows, not of the source.
Result<ReadSoFar> read_rows(Connection& source, const std::string& table, const std::string& which,
                            Collector& collector) {
  ReadSoFar so_far;
  auto row = source.prepare("SELECT rowid, * FROM " + table + " " + which);
  if (!row) {
    so_far.damage = row.error();
    return so_far;
  }
  while (true) {
    const auto there = row->step();
    if (!there) so_far.damage = there.error();
    if (!there || !*there) return so_far;
    so_far.newest = row->integer(0);
    WATTLEDGER_TRY(collector.take(record_of(*row, table)));
  }
}

// Past a damaged page what lies behind it is read from the end.
Result<void> read_table(Connection& source, const std::string& table, Collector& collector) {
  collector.begin(table);
  // In the order in which they were written, which tells the passes of a repeated hour apart.
  const auto forward = read_rows(source, table, "ORDER BY rowid", collector);
  if (!forward) return Failure(forward.error());
  if (!forward->damage) return {};
  if (forward->damage->kind == ErrorKind::locked) return Failure(*forward->damage);
  collector.count();
  collector.reject(
      static_cast<std::uint64_t>(std::max<std::int64_t>(forward->newest.value_or(0), 0)),
      "behind this row the table is damaged (" + forward->damage->what +
          "); what can be read from its end is taken");
  const std::string rest =
      forward->newest ? "WHERE rowid > " + std::to_string(*forward->newest) + " " : "";
  const auto backward = read_rows(source, table, rest + "ORDER BY rowid DESC", collector);
  if (!backward) return Failure(backward.error());
  return {};
}

// The tables of that system's that are there.
Result<std::vector<std::string>> tables_in(Connection& source, Collector& collector) {
  std::vector<std::string> there;
  auto all = source.prepare("SELECT name FROM sqlite_master WHERE type = 'table'");
  if (!all) return Failure(all.error());
  while (true) {
    const auto row = all->step();
    if (!row) return Failure(row.error());
    if (!*row) break;
    const std::string_view name = all->text(0);
    if (!family_of_table(name) && name != "schema_version" && !name.starts_with("sqlite_"))
      collector.leave_aside("table " + std::string(name));
  }
  for (const char* table : tables) {
    const auto found = has_table(source, table);
    if (!found) return Failure(found.error());
    if (*found) there.emplace_back(table);
  }
  if (there.empty())
    return fail(ErrorKind::invalid_input, "holds none of the older system's tables");
  return there;
}

Result<std::vector<std::string>> look(Connection& source, Collector& collector) {
  WATTLEDGER_TRY(require_legacy(source));
  return tables_in(source, collector);
}

}  // namespace

Result<void> read_legacy_tables(const fs::path& database, const fs::path& aside,
                                Collector& collector) {
  collector.begin(database.filename().string());
  auto source = open_legacy_database(database, aside);
  const auto there =
      source ? look(*source, collector) : Result<std::vector<std::string>>(Failure(source.error()));
  if (!there) {
    // Somebody has it for longer than we wait: that is to be tried again, not to be left out.
    if (there.error().kind == ErrorKind::locked)
      return fail(ErrorKind::locked, there.error().what,
                  "stop what writes it, or give a copy with --db");
    collector.count();
    // Without the path, which the finding has, and SQLite's statement.
    const std::string& what = there.error().what;
    const std::size_t last = what.rfind(": ");
    collector.reject(0, last == std::string::npos ? what : what.substr(last + 2));
    return {};
  }
  for (const std::string& table : *there) WATTLEDGER_TRY(read_table(*source, table, collector));
  return {};
}

}  // namespace wattledger::tool
