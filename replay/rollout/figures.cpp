#include "replay/rollout/figures.hpp"

#include <fmt/format.h>

#include <ctime>
#include <fstream>

#include "projections/damage.hpp"
#include "projections/sqlite/sqlite_checkpoint.hpp"
#include "projections/sqlite/sqlite_handle.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

namespace fs = std::filesystem;
using projections::sqlite::Access;
using projections::sqlite::Connection;

constexpr const char* playbook_tables[] = {"energy_data",
                                           "system_state",
                                           "coordinator_decisions",
                                           "charging_sessions",
                                           "battery_selling_sessions",
                                           "weather_data",
                                           "price_forecasts",
                                           "pv_forecasts"};
constexpr const char* dated_tables[] = {"energy_data", "system_state", "coordinator_decisions"};
constexpr std::streamoff text_read_max = 1 << 20;
constexpr std::size_t stamp_length = 19;  // "2025-11-29 16:00:00"

Result<void> read_tables(Connection& connection, TableFigures& figures) {
  auto checkpoint = projections::sqlite::read_checkpoint(connection);
  if (!checkpoint) return Failure(checkpoint.error());
  if (*checkpoint) figures.schema = projections::sqlite_schema_of((*checkpoint)->version);
  auto journal = connection.text("PRAGMA journal_mode");
  if (!journal) return Failure(journal.error());
  figures.journal = *std::move(journal);
  for (const char* table : playbook_tables) {
    const auto there = connection.integer(
        fmt::format("SELECT count(*) FROM sqlite_master WHERE type='table' AND name='{}'", table));
    if (!there) return Failure(there.error());
    if (*there == 0) continue;  // of a later schema
    const auto rows = connection.integer(fmt::format("SELECT count(*) FROM {}", table));
    if (!rows) return Failure(rows.error());
    figures.rows[table] = *rows;
  }
  for (const char* table : dated_tables) {
    if (!figures.rows.contains(table) || figures.rows[table] == 0) continue;
    auto newest = connection.text(fmt::format("SELECT max(timestamp) FROM {}", table));
    if (!newest) return Failure(newest.error());
    figures.newest[table] = *std::move(newest);
  }
  return {};
}

bool holds(const std::string& line, std::initializer_list<const char*> patterns) {
  for (const char* pattern : patterns)
    if (line.find(pattern) != std::string::npos) return true;
  return false;
}

std::string words_of(const fb::DecisionMade& decision) {
  std::string text = fb::EnumNameAction(decision.action());
  if (decision.power_w()) text += fmt::format(" at {} W", *decision.power_w());
  return text + ", " + fb::EnumNameRule(decision.rule());
}

}  // namespace

TableFigures table_figures(const fs::path& file) {
  TableFigures figures;
  std::error_code error;
  figures.there = fs::is_regular_file(file, error);
  if (!figures.there) return figures;
  figures.bytes = bytes_of(file);
  figures.wal_bytes = bytes_of(projections::sqlite::write_ahead_log_of(file));
  auto connection = Connection::open(file, Access::read_only);
  const auto read =
      connection ? read_tables(*connection, figures) : Result<void>(Failure(connection.error()));
  if (!read) figures.trouble = read.error().line();
  return figures;
}

Result<std::string> quick_check(const fs::path& file) {
  auto connection = Connection::open(file, Access::read_only);
  if (!connection) return Failure(connection.error());
  return connection->text("PRAGMA quick_check(1)");
}

fs::path text_log_file(const Place& place) {
  if (place.config && !place.config->logging.file.empty()) return place.config->logging.file;
  return place.data / "logs" / "master_coordinator.log";
}

std::string machine_time(UtcTime at) {
  const std::time_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local)};
}

TextLogFigures text_log_figures(const fs::path& file, const std::string& hour_ago) {
  TextLogFigures figures;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return figures;
  figures.there = true;
  stream.seekg(0, std::ios::end);
  const std::streamoff size = stream.tellg();
  stream.seekg(size > text_read_max ? size - text_read_max : 0);
  for (std::string line; std::getline(stream, line);) {
    if (line.size() < stamp_length) continue;
    if (holds(line, {" - error - ", " - critical - "})) figures.last_error = line;
    if (holds(line, {"Storage layer initialized"})) figures.errors = 0;
    if (line.substr(0, stamp_length) < hour_ago) continue;
    if (holds(line, {" - error - Error saving", " - error - Failed to connect"})) ++figures.errors;
    if (holds(line, {"retrying"})) ++figures.retries;
  }
  return figures;
}

Result<LogFigures> log_figures(const OpenLog& open, UtcTime now) {
  LogFigures figures;
  figures.head = open.snapshot.head();
  figures.bytes = open.log.file_bytes();
  const auto from = open.snapshot.first_recorded_at_or_after(now - std::chrono::days(1));
  if (!from) return Failure(from.error());
  if (from->value == 0) return figures;
  projections::Damage damage;
  bool running = false, known = false;
  WATTLEDGER_TRY(projections::scan_over_damage(
      open.snapshot, *from, figures.head,
      [&](const log::RecordView& record) -> Result<bool> {
        if (record.recorded_at >= now - std::chrono::hours(1)) {
          ++figures.hour[std::string(kind_name(record.event.kind()))];
          ++figures.hour_all;
        }
        const UtcTime at = utc_from_us(record.event.event().occurred_at_us());
        if (record.event.kind() == Kind::ReadingRecorded) figures.last_reading = at;
        if (const auto* decision = record.event.as<fb::DecisionMade>()) {
          figures.last_decision = at;
          figures.decision = words_of(*decision);
        }
        if (record.event.kind() == Kind::CoordinatorStarted) {
          if (known && running) ++figures.crashes;
          running = known = true;
        }
        if (record.event.kind() == Kind::CoordinatorStopped) {
          running = false;
          known = true;
        }
        return true;
      },
      damage));
  return figures;
}

Result<Look> look_at(const Place& place, const fs::path& tables) {
  const auto open = open_log(place);
  if (!open) return Failure(open.error());
  const auto state = fold_all(place.data, open->snapshot);
  if (!state) return Failure(state.error());
  Look look;
  look.at = house_now(open->snapshot);
  look.zone = state->site.zone;
  if (state->coordinator.running) look.started = state->coordinator.started_at;
  auto figures = log_figures(*open, look.at);
  if (!figures) return Failure(figures.error());
  look.log = *std::move(figures);
  look.tables = table_figures(tables);
  look.text =
      text_log_figures(text_log_file(place), machine_time(clock_now() - std::chrono::hours(1)));
  return look;
}

std::uint64_t bytes_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : size;
}

std::uint64_t bytes_under(const fs::path& directory) {
  std::uint64_t bytes = 0;
  std::error_code error;
  fs::recursive_directory_iterator at(directory, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code gone;
    if (const auto size = at->file_size(gone); !gone) bytes += size;
  }
  return bytes;
}

std::optional<std::uint64_t> disk_free(const fs::path& directory) {
  std::error_code error;
  const auto space = fs::space(directory, error);
  return error ? std::nullopt : std::optional<std::uint64_t>(space.available);
}

}  // namespace wattledger::tool
