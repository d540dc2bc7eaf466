#include "projections/sqlite/sqlite_schema.hpp"

#include <array>
#include <string>

namespace wattledger::projections::sqlite {
namespace {

constexpr const char* tables_sql = R"sql(
CREATE TABLE schema_version (
    version INTEGER PRIMARY KEY,
    applied_at TEXT DEFAULT CURRENT_TIMESTAMP,
    description TEXT
);
CREATE TABLE energy_data (
    timestamp TEXT PRIMARY KEY,
    battery_soc REAL,
    pv_power INTEGER,
    grid_power INTEGER,
    house_consumption INTEGER,
    battery_power INTEGER,
    grid_voltage REAL,
    grid_frequency REAL,
    battery_voltage REAL,
    battery_current REAL,
    battery_temperature REAL,
    price_pln REAL,
    created_at TEXT DEFAULT CURRENT_TIMESTAMP/*counters*/
);
CREATE TABLE system_state (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp TEXT NOT NULL,
    state TEXT,
    uptime REAL,
    active_modules TEXT,
    last_error TEXT,
    metrics TEXT,
    created_at TEXT DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE coordinator_decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    timestamp TEXT NOT NULL,
    decision_type TEXT,
    action TEXT,
    reason TEXT,
    parameters TEXT,
    source_module TEXT,
    created_at TEXT DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE charging_sessions (
    session_id TEXT PRIMARY KEY,
    start_time TEXT NOT NULL,
    end_time TEXT,
    target_soc INTEGER,
    energy_kwh REAL,
    cost_pln REAL,
    status TEXT,
    avg_price REAL,
    created_at TEXT DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE battery_selling_sessions (
    session_id TEXT PRIMARY KEY,
    start_time TEXT NOT NULL,
    end_time TEXT,
    energy_sold_kwh REAL,
    revenue_pln REAL,
    avg_price REAL,
    status TEXT,
    created_at TEXT DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE weather_data (
    timestamp TEXT NOT NULL,
    source TEXT,
    temperature REAL,
    humidity REAL,
    pressure REAL,
    wind_speed REAL,
    wind_direction REAL,
    cloud_cover REAL,
    solar_irradiance REAL,
    precipitation REAL,
    created_at TEXT DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (timestamp)
);
CREATE TABLE price_forecasts (
    timestamp TEXT NOT NULL,
    forecast_date TEXT NOT NULL,
    hour INTEGER,
    price_pln REAL,
    source TEXT,
    confidence REAL,
    created_at TEXT DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (forecast_date, hour, source)
);
CREATE TABLE pv_forecasts (
    timestamp TEXT NOT NULL,
    forecast_date TEXT NOT NULL,
    hour INTEGER,
    predicted_power_w REAL,
    source TEXT,
    confidence REAL,
    weather_conditions TEXT,
    created_at TEXT DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (forecast_date, hour, source)
);
CREATE TABLE projection_checkpoint (
    projection TEXT PRIMARY KEY,
    log_uuid TEXT,
    sequence INTEGER,
    root TEXT,
    version INTEGER
);
)sql";

// Behind created_at, where ALTER TABLE put them: `SELECT *` gives them in this order.
constexpr std::string_view counters_mark = "/*counters*/";
constexpr std::string_view counters_sql = R"sql(,
    grid_import_total_kwh REAL,
    grid_export_total_kwh REAL,
    house_consumption_total_kwh REAL,
    pv_generation_total_kwh REAL,
    tariff_zone TEXT)sql";

constexpr std::array<const char*, schema_last> descriptions = {
    "Initial schema",
    "Add price snapshot fields (current_price_pln, energy_kwh, costs) to decisions",
    "Add composite and specialized indexes for query optimization",
    "Add cumulative energy columns and tariff_zone to energy_data"};

// Those of each version, beside the ones before.
constexpr std::array<const char*, schema_last> indexes_sql = {
    R"sql(
CREATE INDEX IF NOT EXISTS idx_energy_timestamp ON energy_data(timestamp);
CREATE INDEX IF NOT EXISTS idx_state_timestamp ON system_state(timestamp);
CREATE INDEX IF NOT EXISTS idx_decisions_timestamp ON coordinator_decisions(timestamp);
CREATE INDEX IF NOT EXISTS idx_sessions_start ON charging_sessions(start_time);
CREATE INDEX IF NOT EXISTS idx_weather_timestamp ON weather_data(timestamp);
CREATE INDEX IF NOT EXISTS idx_price_timestamp ON price_forecasts(timestamp);
CREATE INDEX IF NOT EXISTS idx_pv_timestamp ON pv_forecasts(timestamp);
)sql",
    "", R"sql(
CREATE INDEX IF NOT EXISTS idx_decisions_type_time ON coordinator_decisions(decision_type, timestamp);
CREATE INDEX IF NOT EXISTS idx_sessions_status_start ON charging_sessions(status, start_time);
CREATE INDEX IF NOT EXISTS idx_selling_status_start ON battery_selling_sessions(status, start_time);
CREATE INDEX IF NOT EXISTS idx_price_forecast_date ON price_forecasts(forecast_date, hour);
CREATE INDEX IF NOT EXISTS idx_pv_forecast_date ON pv_forecasts(forecast_date, hour);
CREATE INDEX IF NOT EXISTS idx_energy_timestamp_soc ON energy_data(timestamp, battery_soc);
CREATE INDEX IF NOT EXISTS idx_state_timestamp_state ON system_state(timestamp, state);
CREATE INDEX IF NOT EXISTS idx_weather_source_time ON weather_data(source, timestamp);
)sql",
    R"sql(
CREATE INDEX IF NOT EXISTS idx_energy_tariff_zone ON energy_data(tariff_zone);
)sql"};

}  // namespace

Result<void> create_tables(Connection& connection, std::uint32_t schema) {
  std::string sql(tables_sql);
  sql.replace(sql.find(counters_mark), counters_mark.size(),
              schema >= schema_with_counters ? counters_sql : std::string_view());
  for (std::uint32_t version = schema_first; version <= schema; ++version)
    sql += "INSERT INTO schema_version(version, applied_at, description) VALUES (" +
           std::to_string(version) + ", NULL, '" + descriptions[version - 1] + "');\n";
  return connection.execute(sql);
}

Result<void> create_indexes(Connection& connection, std::uint32_t schema) {
  for (std::uint32_t version = schema_first; version <= schema; ++version)
    WATTLEDGER_TRY(connection.execute(indexes_sql[version - 1]));
  return {};
}

}  // namespace wattledger::projections::sqlite
