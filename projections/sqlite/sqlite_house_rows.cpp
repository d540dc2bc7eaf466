#include "projections/sqlite/sqlite_house_rows.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "events/catalogue.hpp"
#include "events/time.hpp"
#include "projections/sqlite/sqlite_rows.hpp"

namespace wattledger::projections::sqlite {
namespace {

using fold::EnergySums;
using fold::short_utc;

struct SumColumn {
  const char* name;
  std::int64_t EnergySums::*member;
};
constexpr std::array<SumColumn, 13> sum_columns{{
    {"covered_s", &EnergySums::covered_s},
    {"pv_mwh", &EnergySums::pv_mwh},
    {"load_mwh", &EnergySums::load_mwh},
    {"import_mwh", &EnergySums::import_mwh},
    {"export_mwh", &EnergySums::export_mwh},
    {"charge_mwh", &EnergySums::charge_mwh},
    {"discharge_mwh", &EnergySums::discharge_mwh},
    {"priced_s", &EnergySums::priced_s},
    {"price_seconds_e8", &EnergySums::price_seconds_e8},
    {"priced_import_mwh", &EnergySums::priced_import_mwh},
    {"import_cost_e8", &EnergySums::import_cost_e8},
    {"export_revenue_e8", &EnergySums::export_revenue_e8},
    {"load_cost_e8", &EnergySums::load_cost_e8},
}};

// Adds to the row of this key, or makes it.
std::string add_sql(const std::string& table, const std::string& key_columns,
                    const std::string& key) {
  std::string columns = key_columns;
  std::string places = "?";
  for (const char letter : key_columns)
    if (letter == ',') places += ", ?";
  std::string sums;
  for (const SumColumn& column : sum_columns) {
    const std::string name(column.name);
    columns += ", " + name;
    places += ", ?";
    sums += (sums.empty() ? "" : ", ") + name + " = " + name + " + excluded." + name;
  }
  return "INSERT INTO " + table + "(" + columns + ") VALUES (" + places + ") ON CONFLICT(" + key +
         ") DO UPDATE SET " + sums;
}

void bind_sums(Statement& statement, int position, const EnergySums& sums) {
  for (const SumColumn& column : sum_columns) statement.bind(position++, sums.*column.member);
}

std::optional<double> money(const std::optional<std::int64_t>& e8) {
  if (!e8) return std::nullopt;
  return static_cast<double>(*e8) / 1e8;
}

constexpr const char* price_sql =
    "INSERT OR REPLACE INTO market_prices(kind, start, date, local_time, length_s, price, "
    "currency, provider, suspect, issued_at, sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr const char* decision_sql =
    "INSERT INTO decision_audit(decision_id, sequence, time, action, rule, control_mode, price, "
    "expected_cost, expected_saving, based_on, policy_digest, engine_revision, state_digest) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr const char* score_sql =
    "INSERT INTO forecast_scores(kind, source, horizon_h, horizon, count, error_sum_w, "
    "absolute_sum_w) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(kind, source, horizon_h) DO UPDATE "
    "SET count = count + excluded.count, error_sum_w = error_sum_w + excluded.error_sum_w, "
    "absolute_sum_w = absolute_sum_w + excluded.absolute_sum_w";

}  // namespace

Result<HouseRowWriter> HouseRowWriter::prepare(Connection& connection) {
  auto hour = connection.prepare(add_sql("hourly_stats", "start, date, hour", "start"));
  if (!hour) return Failure(hour.error());
  auto day = connection.prepare(add_sql("daily_stats", "date", "date"));
  if (!day) return Failure(day.error());
  auto month = connection.prepare(add_sql("monthly_stats", "month", "month"));
  if (!month) return Failure(month.error());
  auto price = connection.prepare(price_sql);
  if (!price) return Failure(price.error());
  auto decision = connection.prepare(decision_sql);
  if (!decision) return Failure(decision.error());
  auto score = connection.prepare(score_sql);
  if (!score) return Failure(score.error());
  auto operations = OperationRowWriter::prepare(connection);
  if (!operations) return Failure(operations.error());
  return HouseRowWriter(std::move(*hour), std::move(*day), std::move(*month), std::move(*price),
                        std::move(*decision), std::move(*score), std::move(*operations));
}

void HouseRowWriter::add(const fold::EnergyHourRow& hour) {
  hours_.try_emplace(hour.start, fold::EnergyHourRow{hour.start, hour.local, {}})
      .first->second.sums += hour.sums;
}

Result<void> HouseRowWriter::write(const fold::LegacyRow& row, const fold::MarketPriceRow& price) {
  const std::string start = short_utc(price.start);
  const std::string local = iso_text(price.local);
  std::optional<std::string> issued;
  if (price.issued_at) issued = short_utc(*price.issued_at);
  return price_.bind(1, std::string_view(fb::EnumNamePriceKind(price.kind)))
      .bind(2, std::string_view(start))
      .bind(3, std::string_view(local).substr(0, 10))
      .bind(4, std::string_view(local))
      .bind(5, static_cast<std::int64_t>(price.length.count()))
      .bind(6, static_cast<double>(price.price_e8) / 1e8)
      .bind(7, std::string_view(price.currency))
      .bind(8, std::string_view(price.provider))
      .bind(9, static_cast<std::int64_t>(price.suspect))
      .bind(10, issued)
      .bind(11, static_cast<std::int64_t>(row.sequence.value))
      .run();
}

Result<void> HouseRowWriter::write(const fold::LegacyRow& row,
                                   const fold::DecisionAuditRow& decision) {
  const std::string time = short_utc(decision.at);
  const auto sequence = static_cast<std::int64_t>(row.sequence.value);
  return decision_.bind(1, born_ids_from + sequence)
      .bind(2, sequence)
      .bind(3, std::string_view(time))
      .bind(4, std::string_view(fb::EnumNameAction(decision.action)))
      .bind(5, std::string_view(fb::EnumNameRule(decision.rule)))
      .bind(6, std::string_view(fb::EnumNameControlMode(decision.control_mode)))
      .bind(7, money(decision.price_e8))
      .bind(8, money(decision.expected_cost_e8))
      .bind(9, money(decision.expected_saving_e8))
      .bind(10, static_cast<std::int64_t>(decision.based_on.value))
      .bind(11, std::string_view(decision.policy_digest))
      .bind(12, static_cast<std::int64_t>(decision.engine_revision))
      .bind(13, std::string_view(decision.state_digest))
      .run();
}

void HouseRowWriter::add(const fold::ScoreRow& quarter) {
  scores_[{quarter.of, quarter.source, quarter.horizon}] += quarter.score;
}

Result<void> HouseRowWriter::flush() {
  WATTLEDGER_TRY(flush_energy());
  WATTLEDGER_TRY(flush_scores());
  return operations_.flush();
}

Result<void> HouseRowWriter::flush_energy() {
  std::map<std::string, EnergySums> days, months;
  for (const auto& [start, hour] : hours_) {
    const std::string key = short_utc(start);
    const std::string date = date_text(hour.local);
    const auto of_day = hour.local - std::chrono::floor<std::chrono::days>(hour.local);
    hour_.bind(1, std::string_view(key))
        .bind(2, std::string_view(date))
        .bind(3, static_cast<std::int64_t>(of_day / std::chrono::hours(1)));
    bind_sums(hour_, 4, hour.sums);
    WATTLEDGER_TRY(hour_.run());
    days[date] += hour.sums;
    months[date.substr(0, 7)] += hour.sums;
  }
  hours_.clear();
  for (const auto& [date, sums] : days) {
    bind_sums(day_.bind(1, std::string_view(date)), 2, sums);
    WATTLEDGER_TRY(day_.run());
  }
  for (const auto& [month, sums] : months) {
    bind_sums(month_.bind(1, std::string_view(month)), 2, sums);
    WATTLEDGER_TRY(month_.run());
  }
  return {};
}

Result<void> HouseRowWriter::flush_scores() {
  for (const auto& [key, sum] : scores_) {
    const auto& [of, source, horizon] = key;
    const int ends = fold::horizon_ends_h.at(horizon);
    const int begins = horizon == 0 ? 0 : fold::horizon_ends_h.at(horizon - 1);
    const std::string hours = std::to_string(begins) + "-" + std::to_string(ends) + " h";
    WATTLEDGER_TRY(score_.bind(1, std::string_view(of == fold::Scored::pv ? "pv" : "load"))
                       .bind(2, std::string_view(source))
                       .bind(3, static_cast<std::int64_t>(ends))
                       .bind(4, std::string_view(hours))
                       .bind(5, static_cast<std::int64_t>(sum.count))
                       .bind(6, sum.error_sum_w)
                       .bind(7, sum.absolute_sum_w)
                       .run());
  }
  scores_.clear();
  return {};
}

}  // namespace wattledger::projections::sqlite
