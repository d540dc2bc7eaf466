#include "projections/sqlite/sqlite_operation_rows.hpp"

#include <string>
#include <utility>

#include "events/catalogue.hpp"
#include "events/time.hpp"

namespace wattledger::projections::sqlite {
namespace {

// In the order of OperationRow::Does; the values in the order that it names.
constexpr std::array<const char*, 11> statements_sql = {
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
    "digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"};

constexpr const char* quality_sql =
    "INSERT INTO data_quality(date, good, partial, implausible) VALUES (?, ?, ?, ?) ON "
    "CONFLICT(date) DO UPDATE SET good = good + excluded.good, partial = partial + "
    "excluded.partial, implausible = implausible + excluded.implausible";

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
  auto quality = connection.prepare(quality_sql);
  if (!quality) return Failure(quality.error());
  return OperationRowWriter(std::move(statements), std::move(*quality));
}

Result<void> OperationRowWriter::write(const fold::OperationRow& row) {
  Statement& statement = statements_.at(static_cast<std::size_t>(row.does));
  int position = 1;
  for (const fold::Cell& cell : row.cells) bind(statement, position++, cell);
  return statement.run();
}

void OperationRowWriter::add(const fold::QualityRow& reading) {
  const auto kind = static_cast<std::size_t>(reading.quality);
  Counts& counts = days_.try_emplace(reading.day, Counts{}).first->second;
  if (kind < counts.size()) ++counts[kind];
}

Result<void> OperationRowWriter::flush() {
  for (const auto& [day, counts] : days_) {
    const std::string date = date_text(LocalTime(day));
    quality_.bind(1, std::string_view(date))
        .bind(2, counts[0])
        .bind(3, counts[1])
        .bind(4, counts[2]);
    WATTLEDGER_TRY(quality_.run());
  }
  days_.clear();
  return {};
}

}  // namespace wattledger::projections::sqlite
