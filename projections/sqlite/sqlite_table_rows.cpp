#include "projections/sqlite/sqlite_table_rows.hpp"

#include <chrono>
#include <string>

#include "events/time.hpp"

namespace wattledger::projections::sqlite {
namespace {

// What a change leaves unsaid stays, and what was measured stays before what was planned; the start
// is the instant of the telling as long as nobody knows better. ?11, ?12: the start, the end is
// measured.
std::string session_sql(const std::string& table, const std::string& energy,
                        const std::string& amount, bool with_target) {
  const std::string target = with_target ? ", target_soc" : "";
  const auto kept = [](const std::string& column, const std::string& place) {
    return column + " = coalesce(" + place + ", " + column + ")";
  };
  return "INSERT INTO " + table + "(session_id, start_time, end_time, " + energy + ", " + amount +
         ", avg_price, status, created_at" + target +
         ") VALUES (?1, coalesce(?2, ?9), ?3, ?4, ?5, ?6, ?7, ?8" + (with_target ? ", ?10" : "") +
         ") ON CONFLICT(session_id) DO UPDATE SET start_time = CASE WHEN ?11 OR ?7 = 'planned' "
         "THEN "
         "coalesce(?2, start_time) ELSE start_time END, end_time = CASE WHEN ?12 OR ?7 IN "
         "('planned', 'active') THEN coalesce(?3, end_time) ELSE coalesce(end_time, ?3) END, " +
         kept(energy, "?4") + ", " + kept(amount, "?5") + ", " + kept("avg_price", "?6") +
         ", status = ?7, created_at = ?8" + (with_target ? ", " + kept("target_soc", "?10") : "");
}

constexpr const char* weather_sql =
    "INSERT OR REPLACE INTO weather_data(timestamp, source, temperature, humidity, pressure, "
    "wind_speed, wind_direction, cloud_cover, solar_irradiance, precipitation, created_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

std::string forecast_sql(const std::string& table, const std::string& value) {
  return "INSERT OR REPLACE INTO " + table + "(timestamp, forecast_date, hour, " + value +
         ", source, created_at) VALUES (?, ?, ?, ?, ?, ?)";
}

}  // namespace

Result<TableRowWriter> TableRowWriter::prepare(Connection& connection) {
  auto charging =
      connection.prepare(session_sql("charging_sessions", "energy_kwh", "cost_pln", true));
  if (!charging) return Failure(charging.error());
  auto selling = connection.prepare(
      session_sql("battery_selling_sessions", "energy_sold_kwh", "revenue_pln", false));
  if (!selling) return Failure(selling.error());
  auto weather = connection.prepare(weather_sql);
  if (!weather) return Failure(weather.error());
  auto price = connection.prepare(forecast_sql("price_forecasts", "price_pln"));
  if (!price) return Failure(price.error());
  auto pv = connection.prepare(forecast_sql("pv_forecasts", "predicted_power_w"));
  if (!pv) return Failure(pv.error());
  return TableRowWriter(std::move(*charging), std::move(*selling), std::move(*weather),
                        std::move(*price), std::move(*pv));
}

Result<void> TableRowWriter::write(const fold::LegacyRow& row, const fold::SessionRow& session) {
  const std::string created_at = row.created_at();
  Statement& statement = session.selling ? selling_ : charging_;
  statement.bind(1, std::string_view(session.session_id))
      .bind(2, session.start_time)
      .bind(3, session.end_time)
      .bind(4, session.energy_kwh)
      .bind(5, session.amount)
      .bind(6, session.average_price)
      .bind(7, std::string_view(session.status))
      .bind(8, std::string_view(created_at))
      .bind(9, std::string_view(session.told_at))
      .bind(11, std::int64_t{session.started_at.has_value()})
      .bind(12, std::int64_t{session.completed_at.has_value()});
  if (!session.selling) statement.bind(10, session.target_soc);
  return statement.run();
}

Result<void> TableRowWriter::write(const fold::LegacyRow& row, const fold::WeatherRow& weather) {
  const std::string created_at = row.created_at();
  return weather_.bind(1, std::string_view(weather.timestamp))
      .bind(2, std::string_view(weather.source))
      .bind(3, weather.temperature_c)
      .bind(4, weather.humidity_percent)
      .bind(5, weather.pressure_hpa)
      .bind(6, weather.wind_speed_m_s)
      .bind(7, weather.wind_direction_deg)
      .bind(8, weather.cloud_cover_percent)
      .bind(9, weather.solar_irradiance_w_m2)
      .bind(10, weather.precipitation_mm)
      .bind(11, std::string_view(created_at))
      .run();
}

Result<void> TableRowWriter::write(const fold::LegacyRow& row, const fold::ForecastRow& hour) {
  const std::string created_at = row.created_at();
  const auto day = std::chrono::floor<std::chrono::days>(hour.hour);
  const std::string date = date_text(hour.hour);
  Statement& statement = hour.of == fold::ForecastRow::Of::price ? price_ : pv_;
  return statement.bind(1, std::string_view(hour.issued))
      .bind(2, std::string_view(date))
      .bind(3, static_cast<std::int64_t>((hour.hour - day) / std::chrono::hours(1)))
      .bind(4, hour.value)
      .bind(5, std::string_view(hour.source))
      .bind(6, std::string_view(created_at))
      .run();
}

}  // namespace wattledger::projections::sqlite
