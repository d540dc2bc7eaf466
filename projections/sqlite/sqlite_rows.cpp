#include "projections/sqlite/sqlite_rows.hpp"

#include <charconv>
#include <chrono>
#include <utility>

#include "events/catalogue.hpp"
#include "events/time.hpp"
#include "projections/sqlite/sqlite_schema.hpp"

namespace wattledger::projections::sqlite {
namespace {

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

constexpr const char* early_energy_sql =
    "INSERT OR REPLACE INTO energy_data(timestamp, battery_soc, pv_power, grid_power, "
    "house_consumption, battery_power, grid_voltage, grid_frequency, battery_voltage, "
    "battery_current, battery_temperature, price_pln, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* energy_sql =
    "INSERT OR REPLACE INTO energy_data(timestamp, battery_soc, pv_power, grid_power, "
    "house_consumption, battery_power, "
    "grid_voltage, grid_frequency, battery_voltage, battery_current, battery_temperature, "
    "price_pln, created_at, "
    "grid_import_total_kwh, grid_export_total_kwh, house_consumption_total_kwh, "
    "pv_generation_total_kwh, tariff_zone) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* state_sql =
    "INSERT INTO system_state(id, timestamp, state, uptime, active_modules, last_error, metrics, "
    "created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* decision_sql =
    "INSERT INTO coordinator_decisions(id, timestamp, decision_type, action, reason, parameters, "
    "source_module, "
    "created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
// `timestamp` decides here through its index; the unary plus keeps the planner from walking the ids
// instead.
constexpr const char* cut_range_sql =
    "DELETE FROM system_state WHERE timestamp < ?1 AND +id > 1000000000";
constexpr const char* cut_ahead_sql =
    "DELETE FROM system_state WHERE timestamp >= ?1 AND +id > 1000000000";
constexpr const char* cut_one_sql = "DELETE FROM system_state WHERE id = ?1";
constexpr const char* count_sql = "INSERT INTO system_state(id, timestamp) VALUES (?1, '')";
constexpr const char* applied_at_sql =
    "UPDATE schema_version SET applied_at = ? WHERE applied_at IS NULL";

std::int64_t born_id(const fold::LegacyRow& row) {
  return born_ids_from + static_cast<std::int64_t>(row.sequence.value);
}

}  // namespace

std::string retention_cut(std::string_view newest, std::uint32_t days) {
  using namespace std::chrono;
  if (newest.size() < 10 || newest[4] != '-' || newest[7] != '-') return {};
  const auto y = number(newest.substr(0, 4)), m = number(newest.substr(5, 2)),
             d = number(newest.substr(8, 2));
  if (!y || !m || !d) return {};
  const year_month_day day{year(*y), month(static_cast<unsigned>(*m)),
                           std::chrono::day(static_cast<unsigned>(*d))};
  if (!day.ok()) return {};
  return date_text(LocalTime(local_days(day) - std::chrono::days(days)));
}

Result<RowWriter> RowWriter::prepare(Connection& connection, std::uint32_t schema,
                                     const Retention& retention) {
  Result<Statement> energy =
      connection.prepare(schema >= schema_with_counters ? energy_sql : early_energy_sql);
  if (!energy) return Failure(energy.error());
  Result<Statement> state = connection.prepare(state_sql);
  if (!state) return Failure(state.error());
  Result<Statement> decision = connection.prepare(decision_sql);
  if (!decision) return Failure(decision.error());
  Result<Statement> cut = connection.prepare(retention.indexed ? cut_range_sql : cut_one_sql);
  if (!cut) return Failure(cut.error());
  Result<Statement> cut_ahead = connection.prepare(cut_ahead_sql);
  if (!cut_ahead) return Failure(cut_ahead.error());
  Result<Statement> applied_at = connection.prepare(applied_at_sql);
  if (!applied_at) return Failure(applied_at.error());
  Result<Statement> count = connection.prepare(count_sql);
  if (!count) return Failure(count.error());
  Result<TableRowWriter> others = TableRowWriter::prepare(connection);
  if (!others) return Failure(others.error());
  RowWriter writer(connection, schema, retention, std::move(*energy), std::move(*state),
                   std::move(*decision), std::move(*cut), std::move(*cut_ahead),
                   std::move(*applied_at), std::move(*count), std::move(*others));
  if (schema >= schema_with_ours) {
    Result<HouseRowWriter> house = HouseRowWriter::prepare(connection);
    if (!house) return Failure(house.error());
    writer.house_.emplace(std::move(*house));
  }
  WATTLEDGER_TRY(writer.read_newest());
  if (!retention.indexed && retention.state_days) WATTLEDGER_TRY(writer.read_born());
  return writer;
}

Result<void> RowWriter::read_newest() {
  Result<std::string> newest = connection_->text(
      "SELECT coalesce(max(timestamp), '') FROM system_state WHERE id > 1000000000");
  if (!newest) return Failure(newest.error());
  newest_ = std::move(*newest);
  return {};
}

Result<void> RowWriter::read_born() {
  Result<Statement> rows =
      connection_->prepare("SELECT timestamp, id FROM system_state WHERE id > 1000000000");
  if (!rows) return Failure(rows.error());
  while (true) {
    const Result<bool> row = rows->step();
    if (!row) return Failure(row.error());
    if (!*row) return {};
    born_.emplace(std::string(rows->text(0)), rows->integer(1));
  }
}

Result<void> RowWriter::write(std::span<const fold::LegacyRow> rows) {
  if (rows.empty()) return {};
  if (!dated_) {
    const std::string applied_at = rows.front().created_at();
    WATTLEDGER_TRY(applied_at_.bind(1, std::string_view(applied_at)).run());
    dated_ = true;
  }
  for (const fold::LegacyRow& row : rows) {
    const Result<void> written = write_row(row);
    if (written) continue;
    Error error = written.error();
    error.what =
        "sequence " + std::to_string(row.sequence.value) + " cannot be written: " + error.what;
    return Failure(std::move(error));
  }
  if (house_) WATTLEDGER_TRY(house_->flush());
  WATTLEDGER_TRY(count_unwritten());
  return cut_old_states();
}

Result<void> RowWriter::write_row(const fold::LegacyRow& row) {
  return std::visit(
      Overloaded{
          [&](const fold::EnergyRow& energy) { return write_energy(row, energy); },
          [&](const fold::SystemStateRow& state) { return write_state(row, state); },
          [&](const fold::DecisionRow& decision) { return write_decision(row, decision); },
          [&](const fold::SessionRow& session) { return others_.write(row, session); },
          [&](const fold::WeatherRow& weather) { return others_.write(row, weather); },
          [&](const fold::ForecastRow& hour) { return others_.write(row, hour); },
          [&](const fold::ClockSetRow&) { return cut_states_ahead(row.local); },
          [&](const fold::ImportedRow& imported) { return write_imported(row, imported); },
          // Files alone hold these.
          [&](const fold::DailyPlanRow&) { return Result<void>(); },
          [&](const fold::FileRow&) { return Result<void>(); },
          [&](const fold::EnergyHourRow& hour) -> Result<void> {
            if (house_) house_->add(hour);
            return {};
          },
          [&](const fold::QualityRow& reading) -> Result<void> {
            if (house_) house_->add(reading);
            return {};
          },
          [&](const fold::DayQualityRow& part) -> Result<void> {
            if (house_) house_->add(part);
            return {};
          },
          [&](const fold::ScoreRow& quarter) -> Result<void> {
            if (house_) house_->add(quarter);
            return {};
          },
          [&](const auto& ours) { return house_ ? house_->write(row, ours) : Result<void>(); }},
      row.row);
}

Result<void> RowWriter::write_energy(const fold::LegacyRow& row, const fold::EnergyRow& energy) {
  const std::string created_at = row.created_at();
  energy_.bind(1, std::string_view(energy.timestamp))
      .bind(2, energy.battery_soc)
      .bind(3, energy.pv_power)
      .bind(4, energy.grid_power)
      .bind(5, energy.house_consumption)
      .bind(6, energy.battery_power)
      .bind(7, energy.grid_voltage)
      .bind(8, energy.grid_frequency)
      .bind(9, energy.battery_voltage)
      .bind(10, energy.battery_current)
      .bind(11, energy.battery_temperature)
      .bind(12, energy.price_pln)
      .bind(13, std::string_view(created_at));
  if (schema_ < schema_with_counters) return energy_.run();
  return energy_.bind(14, energy.grid_import_total_kwh)
      .bind(15, energy.grid_export_total_kwh)
      .bind(16, energy.house_consumption_total_kwh)
      .bind(17, energy.pv_generation_total_kwh)
      .bind(18, std::string_view(energy.tariff_zone))
      .run();
}

Result<void> RowWriter::write_state(const fold::LegacyRow& row, const fold::SystemStateRow& state) {
  if (row.at < retention_.states_from) {
    unwritten_ = std::max(unwritten_, born_id(row));
    return {};
  }
  if (retention_.state_days) {
    newest_ = std::max(newest_, state.timestamp);
    late_row_ = late_row_ || state.timestamp < last_cut_;
    if (!retention_.indexed) born_.emplace(state.timestamp, born_id(row));
  }
  const std::string created_at = row.created_at();
  return state_.bind(1, born_id(row))
      .bind(2, std::string_view(state.timestamp))
      .bind(3, std::string_view(state.state))
      .bind(4, state.uptime)
      .bind(5, std::string_view(state.active_modules))
      .bind(6, state.last_error)
      .bind(7, std::string_view(state.metrics))
      .bind(8, std::string_view(created_at))
      .run();
}

Result<void> RowWriter::write_decision(const fold::LegacyRow& row,
                                       const fold::DecisionRow& decision) {
  const std::string created_at = row.created_at();
  return decision_.bind(1, born_id(row))
      .bind(2, std::string_view(decision.timestamp))
      .bind(3, decision.decision_type)
      .bind(4, std::string_view(decision.action))
      .bind(5, decision.reason)
      .bind(6, std::string_view(decision.parameters))
      .bind(7, decision.source_module)
      .bind(8, std::string_view(created_at))
      .run();
}

Result<void> RowWriter::write_imported(const fold::LegacyRow& row,
                                       const fold::ImportedRow& imported) {
  const fold::LegacyRecord& record = imported.record;
  if (imported.replaces && record.place == "coordinator_decisions")
    WATTLEDGER_TRY(imported_.remove(
        record.place, born_ids_from + static_cast<std::int64_t>(imported.replaces->value)));
  return imported_.write(record, born_id(row));
}

// AUTOINCREMENT remembers the highest id that a table ever had, of rows that are gone too. Only
// while staging, where cut_ takes an id.
Result<void> RowWriter::count_unwritten() {
  if (unwritten_ == 0) return {};
  WATTLEDGER_TRY(count_.bind(1, unwritten_).run());
  WATTLEDGER_TRY(cut_.bind(1, unwritten_).run());
  unwritten_ = 0;
  return {};
}

Result<void> RowWriter::cut_old_states() {
  if (!retention_.state_days) return {};
  const std::string cut = retention_cut(newest_, *retention_.state_days);
  if (cut.empty() || (cut == last_cut_ && !late_row_)) return {};
  if (retention_.indexed) {
    WATTLEDGER_TRY(cut_.bind(1, std::string_view(cut)).run());
  } else {
    const auto stays = born_.lower_bound(cut);
    for (auto row = born_.begin(); row != stays; ++row)
      WATTLEDGER_TRY(cut_.bind(1, row->second).run());
    born_.erase(born_.begin(), stays);
  }
  last_cut_ = cut;
  late_row_ = false;
  return {};
}

// Afterwards the newest row is the newest of those that stay, as it is after a restart.
Result<void> RowWriter::cut_states_ahead(LocalTime now) {
  if (!retention_.state_days) return {};
  WATTLEDGER_TRY(cut_old_states());
  const std::string ahead = date_text(now + std::chrono::days(1));
  if (newest_ < ahead) return {};
  WATTLEDGER_TRY(cut_ahead_.bind(1, std::string_view(ahead)).run());
  born_.erase(born_.lower_bound(ahead), born_.end());
  WATTLEDGER_TRY(read_newest());
  last_cut_ = retention_cut(newest_, *retention_.state_days);
  return {};
}

}  // namespace wattledger::projections::sqlite
