#include "projections/sqlite/sqlite_schema.hpp"

#include <array>
#include <string>

#include "projections/fold/day_quality.hpp"

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
    "Add cumulative energy columns and tariff_zone to energy_data",
    "Add statistics by hour, day and month, market_prices, decision_audit and operations"};

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
)sql",
    R"sql(
CREATE INDEX IF NOT EXISTS idx_hourly_stats_date ON hourly_stats(date);
CREATE INDEX IF NOT EXISTS idx_market_prices_start ON market_prices(start);
CREATE INDEX IF NOT EXISTS idx_market_prices_date ON market_prices(date);
CREATE INDEX IF NOT EXISTS idx_decision_audit_time ON decision_audit(time);
CREATE INDEX IF NOT EXISTS idx_decision_audit_rule_time ON decision_audit(rule, time);
CREATE INDEX IF NOT EXISTS idx_commands_time ON commands(time);
CREATE INDEX IF NOT EXISTS idx_commands_decision ON commands(decision);
CREATE INDEX IF NOT EXISTS idx_faults_fault_cleared ON faults(fault, cleared);
CREATE INDEX IF NOT EXISTS idx_source_outages_provider ON source_outages(provider, recovered);
CREATE INDEX IF NOT EXISTS idx_policies_digest ON policies(digest);
CREATE INDEX IF NOT EXISTS idx_sessions_measured_started ON sessions_measured(started);
CREATE INDEX IF NOT EXISTS idx_changes_id ON changes(id);
CREATE INDEX IF NOT EXISTS idx_changes_started ON changes(started);
CREATE INDEX IF NOT EXISTS idx_backups_id ON backups(id);
CREATE INDEX IF NOT EXISTS idx_system_stats_time ON system_stats(time);
)sql"};

// What hours, days and months have in common. Sums are integers (1e-6 kWh, 1e-8 of the currency),
// for they are added to; what people ask for is reckoned from them as it is read.
constexpr std::string_view sums_mark = "/*sums*/";
constexpr std::string_view sums_sql = R"sql(
    covered_s INTEGER NOT NULL DEFAULT 0,
    pv_mwh INTEGER NOT NULL DEFAULT 0,
    load_mwh INTEGER NOT NULL DEFAULT 0,
    import_mwh INTEGER NOT NULL DEFAULT 0,
    export_mwh INTEGER NOT NULL DEFAULT 0,
    charge_mwh INTEGER NOT NULL DEFAULT 0,
    discharge_mwh INTEGER NOT NULL DEFAULT 0,
    priced_s INTEGER NOT NULL DEFAULT 0,
    price_seconds_e8 INTEGER NOT NULL DEFAULT 0,
    priced_import_mwh INTEGER NOT NULL DEFAULT 0,
    import_cost_e8 INTEGER NOT NULL DEFAULT 0,
    export_revenue_e8 INTEGER NOT NULL DEFAULT 0,
    load_cost_e8 INTEGER NOT NULL DEFAULT 0,
    consumption_kwh REAL AS (load_mwh / 1e6),
    pv_kwh REAL AS (pv_mwh / 1e6),
    import_kwh REAL AS (import_mwh / 1e6),
    export_kwh REAL AS (export_mwh / 1e6),
    charged_kwh REAL AS (charge_mwh / 1e6),
    discharged_kwh REAL AS (discharge_mwh / 1e6),
    self_use_kwh REAL AS (max(pv_mwh - export_mwh, 0) / 1e6),
    average_price REAL AS (price_seconds_e8 / 1e8 / nullif(priced_s, 0)),
    weighted_price REAL AS (import_cost_e8 / 1e2 / nullif(priced_import_mwh, 0)),
    cost REAL AS (CASE WHEN priced_s > 0 THEN (import_cost_e8 - export_revenue_e8) / 1e8 END),
    savings REAL AS (CASE WHEN priced_s > 0
        THEN (load_cost_e8 - import_cost_e8 + export_revenue_e8) / 1e8 END))sql";

// Of a day's quality: what is added up.
constexpr std::string_view figures_mark = "/*figures*/";

constexpr const char* our_tables_sql = R"sql(
CREATE TABLE hourly_stats (
    start TEXT PRIMARY KEY,
    date TEXT NOT NULL,
    hour INTEGER NOT NULL,/*sums*/
);
CREATE TABLE daily_stats (
    date TEXT PRIMARY KEY,/*sums*/
);
CREATE TABLE monthly_stats (
    month TEXT PRIMARY KEY,/*sums*/
);
CREATE TABLE market_prices (
    kind TEXT NOT NULL,
    start TEXT NOT NULL,
    date TEXT NOT NULL,
    local_time TEXT NOT NULL,
    length_s INTEGER NOT NULL,
    price REAL NOT NULL,
    currency TEXT NOT NULL,
    provider TEXT NOT NULL,
    suspect INTEGER NOT NULL,
    issued_at TEXT,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (kind, start)
) WITHOUT ROWID;
CREATE TABLE decision_audit (
    decision_id INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    time TEXT NOT NULL,
    action TEXT NOT NULL,
    rule TEXT NOT NULL,
    control_mode TEXT NOT NULL,
    price REAL,
    expected_cost REAL,
    expected_saving REAL,
    based_on INTEGER NOT NULL,
    policy_digest TEXT NOT NULL,
    engine_revision INTEGER NOT NULL,
    state_digest TEXT NOT NULL
);
CREATE TABLE commands (
    sequence INTEGER PRIMARY KEY,
    decision INTEGER,
    time TEXT NOT NULL,
    mode TEXT NOT NULL,
    power_w INTEGER,
    target_soc REAL,
    until TEXT,
    attempt INTEGER NOT NULL,
    outcome TEXT,
    answer INTEGER,
    answered_at TEXT,
    battery_power_w INTEGER,
    writes INTEGER,
    took_ms INTEGER,
    trouble TEXT,
    detail TEXT
);
CREATE TABLE faults (
    sequence INTEGER PRIMARY KEY,
    fault TEXT NOT NULL,
    latched INTEGER NOT NULL,
    raised_at TEXT NOT NULL,
    measured INTEGER,
    limit_value INTEGER,
    detail TEXT,
    cleared INTEGER,
    cleared_at TEXT,
    cleared_because TEXT
);
CREATE TABLE alerts (
    sequence INTEGER PRIMARY KEY,
    alert TEXT,
    severity TEXT NOT NULL,
    raised_at TEXT NOT NULL,
    measured INTEGER,
    limit_value INTEGER,
    detail TEXT,
    ended INTEGER,
    ended_at TEXT,
    ended_with TEXT
);
CREATE TABLE source_outages (
    sequence INTEGER PRIMARY KEY,
    provider TEXT,
    trouble TEXT NOT NULL,
    failed_at TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    detail TEXT,
    recovered INTEGER,
    recovered_at TEXT,
    outage_ms INTEGER
);
CREATE TABLE policies (
    sequence INTEGER PRIMARY KEY,
    adopted_at TEXT NOT NULL,
    digest TEXT NOT NULL,
    engine_revision INTEGER NOT NULL,
    text TEXT
);
CREATE TABLE sessions_measured (
    kind TEXT NOT NULL,
    session TEXT NOT NULL,
    status TEXT NOT NULL,
    planned_start TEXT,
    planned_end TEXT,
    started TEXT,
    ended TEXT,
    start_soc REAL,
    end_soc REAL,
    target_soc REAL,
    power_w INTEGER,
    energy_kwh REAL,
    grid_energy_kwh REAL,
    exported_kwh REAL,
    amount REAL,
    average_price REAL,
    reason TEXT,
    first_sequence INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL,
    changed_at TEXT NOT NULL,
    unmetered_s INTEGER,
    unpriced_s INTEGER,
    PRIMARY KEY (kind, session)
) WITHOUT ROWID;
CREATE TABLE reports (
    sequence INTEGER PRIMARY KEY,
    made_at TEXT NOT NULL,
    report TEXT,
    from_time TEXT,
    to_time TEXT,
    up_to INTEGER NOT NULL,
    language TEXT,
    bytes INTEGER NOT NULL,
    digest TEXT NOT NULL
);
CREATE TABLE changes (
    sequence INTEGER PRIMARY KEY,
    id TEXT,
    verb TEXT,
    arguments TEXT,
    started TEXT NOT NULL,
    finished TEXT,
    finished_with INTEGER,
    result TEXT,
    detail TEXT
);
CREATE TABLE backups (
    sequence INTEGER PRIMARY KEY,
    id TEXT,
    taken_at TEXT,
    tree_size INTEGER,
    size INTEGER,
    encrypted INTEGER,
    incremental INTEGER,
    result TEXT,
    detail TEXT,
    drilled INTEGER,
    drilled_at TEXT,
    drill_result TEXT,
    took_ms INTEGER,
    differences INTEGER,
    drill_detail TEXT
);
CREATE TABLE system_stats (
    sequence INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    resident_bytes INTEGER,
    anonymous_bytes INTEGER,
    cpu_ms INTEGER,
    bytes_written INTEGER,
    disk_free_bytes INTEGER,
    log_bytes INTEGER,
    commit_p50_us INTEGER,
    commit_p99_us INTEGER,
    poll_p99_ms INTEGER,
    register_writes_today INTEGER,
    uptime_s INTEGER
);
CREATE TABLE data_quality (
    date TEXT PRIMARY KEY,
    score INTEGER,
    worst TEXT,
    completeness_percent REAL,
    soc_apart_percent REAL,
    counters_apart_percent REAL,
    balance_apart_percent REAL,/*figures*/
);
CREATE TABLE forecast_scores (
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    horizon_h INTEGER NOT NULL,
    horizon TEXT NOT NULL,
    count INTEGER NOT NULL,
    error_sum_w INTEGER NOT NULL,
    absolute_sum_w INTEGER NOT NULL,
    mean_absolute_error_w INTEGER AS (CAST(round(absolute_sum_w * 1.0 / count) AS INTEGER)),
    bias_w INTEGER AS (CAST(round(error_sum_w * 1.0 / count) AS INTEGER)),
    PRIMARY KEY (kind, source, horizon_h)
) WITHOUT ROWID;
)sql";

}  // namespace

Result<void> create_tables(Connection& connection, std::uint32_t schema) {
  std::string sql(tables_sql);
  sql.replace(sql.find(counters_mark), counters_mark.size(),
              schema >= schema_with_counters ? counters_sql : std::string_view());
  if (schema >= schema_with_ours) {
    std::string ours(our_tables_sql);
    for (auto at = ours.find(sums_mark); at != std::string::npos; at = ours.find(sums_mark))
      ours.replace(at, sums_mark.size(), sums_sql);
    std::string figures;
    for (const char* name : fold::quality_figure_names)
      figures += (figures.empty() ? "\n    " : ",\n    ") + std::string(name) +
                 " INTEGER NOT NULL DEFAULT 0";
    ours.replace(ours.find(figures_mark), figures_mark.size(), figures);
    sql += ours;
  }
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
