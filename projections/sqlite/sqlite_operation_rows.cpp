#include "projections/sqlite/sqlite_operation_rows.hpp"

#include <string>
#include <utility>

#include "events/catalogue.hpp"
#include "events/time.hpp"

namespace wattledger::projections::sqlite {
namespace {

// In the order of OperationRow::Does; the values in the order that it names.
constexpr std::array<const char*, 16> statements_sql = {
    "INSERT INTO commands(sequence, decision, time, mode, power_w, target_soc, until, attempt) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    "UPDATE commands SET outcome = ?2, answer = ?3, answered_at = ?4, battery_power_w = ?5, "
    "writes = coalesce(writes, 0) + ?6, took_ms = ?7, trouble = ?8, detail = ?9 WHERE sequence = "
    "?1",
    "INSERT INTO faults(sequence, fault, latched, raised_at, measured, limit_value, detail) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    "UPDATE faults SET cleared = ?3, cleared_at = ?4, cleared_because = ?5 WHERE fault = ?2 AND "
    "cleared IS NULL AND (?1 IS NULL OR sequence = ?1)",
    "INSERT INTO alerts(sequence, alert, severity, raised_at, measured, limit_value, detail) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    "UPDATE alerts SET ended = ?3, ended_at = ?4, ended_with = ?5 WHERE sequence = ?1 AND ended IS "
    "NULL",
    "INSERT INTO source_outages(sequence, provider, trouble, failed_at, attempts, detail) VALUES "
    "(?1, ?2, ?3, ?4, ?5, ?6)",
    "UPDATE source_outages SET recovered = ?3, recovered_at = ?4, outage_ms = ?5 WHERE recovered "
    "IS NULL AND provider IS ?2 AND (?1 IS NULL OR sequence = ?1)",
    "INSERT INTO policies(sequence, adopted_at, digest, engine_revision, text) "
    "VALUES (?1, ?2, ?3, ?4, ?5)",
    // What a change leaves unsaid stays.
    "INSERT INTO sessions_measured(kind, session, status, planned_start, planned_end, started, "
    "ended, start_soc, end_soc, target_soc, power_w, energy_kwh, grid_energy_kwh, exported_kwh, "
    "amount, average_price, reason, first_sequence, last_sequence, changed_at, unmetered_s, "
    "unpriced_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
    "?17, ?18, ?18, ?19, ?20, ?21) ON "
    "CONFLICT(kind, session) DO UPDATE SET status = ?3, planned_start = coalesce(?4, "
    "planned_start), planned_end = coalesce(?5, planned_end), started = coalesce(?6, started), "
    "ended = coalesce(?7, ended), start_soc = coalesce(?8, start_soc), end_soc = coalesce(?9, "
    "end_soc), target_soc = coalesce(?10, target_soc), power_w = coalesce(?11, power_w), "
    "energy_kwh = coalesce(?12, energy_kwh), grid_energy_kwh = coalesce(?13, grid_energy_kwh), "
    "exported_kwh = coalesce(?14, exported_kwh), amount = coalesce(?15, amount), average_price = "
    "coalesce(?16, average_price), reason = coalesce(?17, reason), last_sequence = ?18, changed_at "
    "= ?19, unmetered_s = coalesce(?20, unmetered_s), unpriced_s = coalesce(?21, unpriced_s)",
    "INSERT INTO reports(sequence, made_at, report, from_time, to_time, up_to, language, bytes, "
    "digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    "INSERT INTO changes(sequence, id, verb, arguments, started) VALUES (?1, ?2, ?3, ?4, ?5)",
    "UPDATE changes SET finished_with = ?3, finished = ?4, result = ?5, detail = ?6 WHERE "
    "finished IS NULL AND sequence = coalesce(?1, (SELECT max(sequence) FROM changes WHERE id = "
    "?2))",
    "INSERT INTO backups(sequence, id, taken_at, tree_size, size, encrypted, incremental, result, "
    "detail) VALUES (?3, ?1, ?2, ?4, ?5, ?6, ?7, ?8, ?9)",
    // Of a name that was taken twice, the newest. One that a log does not know, for it was restored
    // from it, gets a row of its own.
    "INSERT INTO backups(sequence, id, drilled, drilled_at, drill_result, took_ms, differences, "
    "drill_detail) SELECT coalesce(max(sequence), ?3), ?1, ?3, ?2, ?4, ?5, ?6, ?7 FROM backups "
    "WHERE id IS ?1 ON CONFLICT(sequence) DO UPDATE SET drilled = ?3, drilled_at = ?2, "
    "drill_result = ?4, took_ms = ?5, differences = ?6, drill_detail = ?7",
    "INSERT INTO system_stats(sequence, time, resident_bytes, anonymous_bytes, cpu_ms, "
    "bytes_written, disk_free_bytes, log_bytes, commit_p50_us, commit_p99_us, poll_p99_ms, "
    "register_writes_today, uptime_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
    "?13)"};

std::string figure_names() {
  std::string names;
  for (const char* name : fold::quality_figure_names)
    names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

// What is told of a day beside its figures.
constexpr int told_of_day = 7;

std::string quality_sql() {
  std::string places;
  for (std::size_t i = 0; i < told_of_day + fold::figures; ++i) places += i == 0 ? "?" : ", ?";
  return "INSERT OR REPLACE INTO data_quality(date, score, worst, completeness_percent, "
         "soc_apart_percent, counters_apart_percent, balance_apart_percent, " +
         figure_names() + ") VALUES (" + places + ")";
}

std::optional<double> percent(const std::optional<BasisPoints>& share) {
  if (!share) return std::nullopt;
  return static_cast<double>(share->count()) / 1e2;
}

void bind(Statement& statement, int position, const fold::Cell& cell) {
  std::visit(
      Overloaded{[&](std::monostate) { statement.bind_null(position); },
                 [&](const std::string& text) { statement.bind(position, std::string_view(text)); },
                 [&](auto number) { statement.bind(position, number); }},
      cell);
}

}  // namespace

Result<OperationRowWriter> OperationRowWriter::prepare(Connection& connection) {
  std::vector<Statement> statements;
  for (const char* sql : statements_sql) {
    auto statement = connection.prepare(sql);
    if (!statement) return Failure(statement.error());
    statements.push_back(std::move(*statement));
  }
  auto quality = connection.prepare(quality_sql());
  if (!quality) return Failure(quality.error());
  auto day = connection.prepare("SELECT " + figure_names() + " FROM data_quality WHERE date = ?");
  if (!day) return Failure(day.error());
  return OperationRowWriter(std::move(statements), std::move(*quality), std::move(*day));
}

Result<void> OperationRowWriter::write(const fold::OperationRow& row) {
  Statement& statement = statements_.at(static_cast<std::size_t>(row.does));
  int position = 1;
  for (const fold::Cell& cell : row.cells) bind(statement, position++, cell);
  return statement.run();
}

void OperationRowWriter::add(const fold::QualityRow& reading) {
  fold::DayQuality& day = days_[reading.day];
  switch (reading.quality) {
    case fb::Quality::good:
      ++day[fold::Figure::good];
      return;
    case fb::Quality::partial:
      ++day[fold::Figure::partial];
      return;
    case fb::Quality::implausible:
      ++day[fold::Figure::implausible];
      return;
  }
}

Result<void> OperationRowWriter::add_before(std::string_view date, fold::DayQuality& day) {
  const auto found = quality_before_.bind(1, date).step();
  if (!found) return Failure(found.error());
  if (!*found) return {};
  fold::DayQuality before;
  for (std::size_t i = 0; i < before.of.size(); ++i)
    before.of[i] = quality_before_.integer(static_cast<int>(i));
  quality_before_.reset();
  day += before;
  return {};
}

Result<void> OperationRowWriter::write_quality(std::string_view date, const fold::DayQuality& day) {
  const auto worst = fold::deductions(day);
  quality_.bind(1, date)
      .bind(2, fold::score(day))
      .bind(4, percent(fold::completeness(day)))
      .bind(5, percent(fold::soc_apart(day)))
      .bind(6, percent(fold::counters_apart(day)))
      .bind(7, percent(fold::balance_apart(day)));
  if (worst.empty())
    quality_.bind_null(3);
  else
    quality_.bind(3, fold::flaw_name(worst.front().flaw));
  int position = told_of_day;
  for (const std::int64_t figure : day.of) quality_.bind(++position, figure);
  return quality_.run();
}

Result<void> OperationRowWriter::flush() {
  for (auto& [day, quality] : days_) {
    const std::string date = date_text(LocalTime(day));
    WATTLEDGER_TRY(add_before(date, quality));
    WATTLEDGER_TRY(write_quality(date, quality));
  }
  days_.clear();
  return {};
}

}  // namespace wattledger::projections::sqlite
