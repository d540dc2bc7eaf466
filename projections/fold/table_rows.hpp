// Rows of the legacy tables that the older system declared and hardly ever filled: sessions,
// weather, forecasts; and the day's plan, which has a file alone. Names, units and keys: the legacy
// storage contract §1.1 and §1.6. Pure; absent = NULL.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "events/time.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::fold {

// A row of charging_sessions or battery_selling_sessions, told again with every change; what a
// change does not say stays as it was.
struct SessionRow {
  bool selling = false;
  std::string session_id;
  std::optional<std::string> start_time, end_time;  // naive local: as measured, else as planned
  std::string told_at;                              // stands for a start that nobody ever tells
  std::optional<std::int64_t> target_soc;           // %, of charging
  std::optional<double> energy_kwh;                 // into the battery, or sold: by the meter
  std::optional<double> amount;                     // cost, or revenue
  std::optional<double> average_price;              // per kWh
  std::string status;  // "planned", "active", "completed", "cancelled", "failed"
  // For files alone: the instants of the two times; the same as measured, nothing planned.
  std::optional<UtcTime> start_at, end_at;
  std::optional<std::string> started_at, completed_at;  // naive local
  std::optional<std::int64_t> start_soc_bp, end_soc_bp, power_w;
  std::int64_t capacity_mwh = 0;  // of the battery
  bool operator==(const SessionRow&) const = default;
};

struct PlannedSessionRow {
  std::string session_id;
  std::string start_time, end_time;  // naive local
  double duration_hours = 0;
  std::optional<double> energy_kwh, cost, savings;
  std::int64_t priority = 0;
  std::string status;
  bool operator==(const PlannedSessionRow&) const = default;
};

// The plan of a day, told again as a whole with every change.
struct DailyPlanRow {
  std::chrono::local_days day;
  std::string created_at;  // naive local
  std::string status;
  std::vector<PlannedSessionRow> sessions;
  bool operator==(const DailyPlanRow&) const = default;
};

struct WeatherRow {
  // Naive local, of the observation; a microsecond more in the second pass of a repeated hour. The
  // table's key: the same observation told again, or by another source, takes its place.
  std::string timestamp;
  std::string source;
  std::optional<double> temperature_c, humidity_percent, pressure_hpa, wind_speed_m_s,
      wind_direction_deg, cloud_cover_percent, solar_irradiance_w_m2, precipitation_mm;
  bool operator==(const WeatherRow&) const = default;
};

// A row of price_forecasts (market price per kWh) or pv_forecasts (W): the mean over one hour of
// the wall clock, both passes of a repeated one together. A later issue takes its place.
struct ForecastRow {
  enum class Of { price, pv } of = Of::price;
  std::string issued;  // naive local
  LocalTime hour;      // its beginning
  double value = 0;
  std::string source;
  bool operator==(const ForecastRow&) const = default;
};

// Of one event at most so many hours are kept, the earliest.
inline constexpr std::size_t forecast_hours_max = 16 * 24;

// nullopt for a session without a name: it has no key.
[[nodiscard]] std::optional<SessionRow> session_row(const State& state,
                                                    const fb::ChargingSessionChanged& fact,
                                                    UtcTime at);
[[nodiscard]] std::optional<SessionRow> session_row(const State& state,
                                                    const fb::SellingSessionChanged& fact,
                                                    UtcTime at);
// nullopt for a day that no calendar has.
[[nodiscard]] std::optional<DailyPlanRow> daily_plan_row(const State& state,
                                                         const fb::DailyPlanChanged& fact,
                                                         UtcTime at);
[[nodiscard]] WeatherRow weather_row(const State& state, const fb::WeatherObserved& fact,
                                     UtcTime at);
// Of day-ahead prices; none of another kind.
[[nodiscard]] std::vector<ForecastRow> forecast_rows(const State& state,
                                                     const fb::PricesPublished& fact, UtcTime at);
[[nodiscard]] std::vector<ForecastRow> forecast_rows(const State& state,
                                                     const fb::PvForecastIssued& fact, UtcTime at);

}  // namespace wattledger::fold
