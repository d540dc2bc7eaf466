#include "coordinator/config/legacy_keys.hpp"

#include <algorithm>
#include <charconv>

#include "coordinator/sources/parse/decimal.hpp"

namespace wattledger::config {
namespace {

constexpr std::string_view own_business = "places, retention and retries are this program's own";
constexpr std::string_view found_out = "the inverter tells it by itself";
constexpr std::string_view said_elsewhere = "coordinator.emergency_stop_conditions says it";
constexpr std::string_view no_tier = "no rule of this program asks for it";

void add_house(std::vector<LegacyKey>& keys) {
  using enum LegacyForm;
  keys.insert(keys.end(),
              {{"system.timezone", "site.timezone", ""},
               {"weather_integration.location.latitude", "site.latitude", ""},
               {"weather_integration.location.longitude", "site.longitude", ""},
               {"weather_integration.location.timezone", "site.timezone", ""},
               {"inverter.ip_address", "inverter.host", ""},
               {"inverter.comm_addr", "inverter.unit", "", hexadecimal},
               {"inverter.timeout", "inverter.timeout_ms", "", of_a_thousand},
               {"inverter.vendor", "", found_out},
               {"inverter.family", "", found_out},
               {"inverter.retry_delay", "", own_business},
               {"logging.level", "logging.level", "", lower_case},
               {"logging.max_file_size", "", "write logging.max_mb"},
               {"logging.backup_count", "logging.files", ""},
               {"logging.console_output", "", "it always writes to both"},
               {"logging.log_to_file", "", "it always writes to both"},
               {"data_storage.file_storage.enabled", "projections.json.enabled", ""},
               {"data_storage.database_storage.enabled", "projections.sqlite.enabled", ""},
               {"data_storage.database_storage.sqlite.path", "projections.sqlite.path", ""},
               {"timing_awareness.pv_capacity_kw", "pv.peak_power_w", "", of_a_thousand},
               {"grid_flow.max_import", "grid.import_limit_w", ""},
               {"grid_flow.max_export", "grid.export_limit_w", ""},
               {"consumption_monitoring.expected_daily_kwh", "load.default_day_kwh", ""}});
}

// A key misspelt here would else switch nothing, in silence.
void add_storage(std::vector<LegacyKey>& keys) {
  for (const std::string_view path :
       {"data_storage.energy_data_dir", "data_storage.charging_schedules_dir",
        "data_storage.system_state_dir", "data_storage.backup_interval_hours",
        "data_storage.file_storage.energy_data_dir",
        "data_storage.file_storage.charging_schedules_dir",
        "data_storage.file_storage.system_state_dir", "data_storage.file_storage.state_dir",
        "data_storage.file_storage.retention_days",
        "data_storage.database_storage.sqlite.connection_pool_size",
        "data_storage.database_storage.sqlite.timeout",
        "data_storage.database_storage.sqlite.wal_mode",
        "data_storage.database_storage.sqlite.max_retries",
        "data_storage.database_storage.sqlite.retry_delay"})
    keys.push_back({path, "", own_business});
}

void add_battery(std::vector<LegacyKey>& keys) {
  using enum LegacyForm;
  keys.insert(
      keys.end(),
      {{"battery_management.capacity_kwh", "battery.capacity_kwh", ""},
       {"battery_management.soc_thresholds.emergency", "battery.emergency_soc_pct", ""},
       {"battery_management.soc_thresholds.critical", "tiered.critical_soc_pct", ""},
       {"charging.max_power", "battery.charge_power_w", ""},
       {"charging.safety_voltage_min", "", said_elsewhere},
       {"charging.safety_voltage_max", "", said_elsewhere},
       {"charging.safety_temp_min", "", said_elsewhere},
       {"charging.safety_temp_max", "", said_elsewhere},
       {"charging.safety_current_max", "", "the battery's own management limits its current"},
       {"fast_charging.target_soc", "battery.target_soc_pct", ""},
       {"fast_charging.enable", "", "control.mode says whether the inverter is steered"},
       {"fast_charging.power_percentage", "", "write battery.charge_power_w"},
       {"fast_charging.max_charging_time", "", "safety.forced_end_max_min ends a charge"},
       {"timing_awareness.grid_charging_efficiency", "battery.charge_efficiency_pct", "",
        of_a_hundred},
       {"coordinator.emergency_stop_conditions.battery_temp_max",
        "safety.battery_temperature_max_c", ""},
       {"coordinator.emergency_stop_conditions.battery_temp_min", "safety.charge_temperature_min_c",
        ""},
       {"coordinator.emergency_stop_conditions.battery_voltage_min", "safety.battery_voltage_min_v",
        ""},
       {"coordinator.emergency_stop_conditions.battery_voltage_max", "safety.battery_voltage_max_v",
        ""},
       {"coordinator.emergency_stop_conditions.grid_voltage_min", "safety.grid_voltage_min_v", ""},
       {"coordinator.emergency_stop_conditions.grid_voltage_max", "safety.grid_voltage_max_v", ""},
       {"safety.max_battery_temp", "", said_elsewhere},
       {"safety.min_battery_soc", "", "a battery below it is the one that must be charged"},
       {"safety.max_grid_power", "", "write grid.import_limit_w"}});
}

void add_tiers(std::vector<LegacyKey>& keys) {
#define CRITICAL "timing_awareness.smart_critical_charging."
#define OPTIMIZE CRITICAL "optimization_rules."
  keys.insert(
      keys.end(),
      {{CRITICAL "max_critical_price_pln", "tiered.critical_price", ""},
       {CRITICAL "max_wait_hours", "tiered.max_wait_h", ""},
       {CRITICAL "min_price_savings_percent", "tiered.wait_saving_pct", ""},
       {OPTIMIZE "high_price_threshold_pln", "tiered.high_price", ""},
       {OPTIMIZE "pv_poor_threshold_w", "tiered.little_sun_w", ""},
       {OPTIMIZE "battery_target_threshold", "tiered.no_sun_below_soc_pct", ""},
       {OPTIMIZE "max_proactive_price_pln", "tiered.no_sun_price", ""},
       {OPTIMIZE "super_low_price_threshold_pln", "tiered.super_cheap_price", ""},
       {OPTIMIZE "simple_charging.flip_flop_protection_minutes", "policy.anti_flap_min", ""},
       {OPTIMIZE "simple_charging.opportunistic_tolerance_percent", "tiered.near_cheapest_pct", ""},
       {"battery_selling.enabled", "selling.enabled", ""},
       {"battery_selling.min_selling_price_pln", "selling.min_price", ""},
       {"battery_selling.min_battery_soc", "selling.start_soc_pct", ""},
       {"battery_selling.safety_margin_soc", "selling.floor_soc_pct", ""},
       {"battery_selling.max_soc_drop_per_session", "selling.session_max_pct", ""},
       {"battery_selling.max_soc_drop_per_day", "selling.day_max_pct", ""},
       {"battery_selling.max_daily_cycles", "selling.sales_max", ""},
       {"battery_selling.grid_export_limit_w", "selling.power_w", ""},
       {"battery_selling.revenue_factor", "", "tariff.feed_in says what a kWh fed in earns"},
       {"battery_selling.dynamic_min_price", "", "write selling.over_median_pct"}});
#undef OPTIMIZE
#undef CRITICAL
}

}  // namespace

const std::vector<LegacyKey>& legacy_keys() {
  static const std::vector<LegacyKey> keys = [] {
    std::vector<LegacyKey> all;
    add_house(all);
    add_storage(all);
    add_battery(all);
    add_tiers(all);
    return all;
  }();
  return keys;
}

const std::vector<LegacySection>& legacy_sections() {
  constexpr std::string_view ask = "write sources.prices, peak_hours, weather or pv_forecast";
  static const std::vector<LegacySection> sections{
      {"system", no_tier},
      {"data_storage.database_storage.timeseries_db", "this program keeps no such database"},
      {"data_storage.database_storage.relational_db", "this program keeps no such database"},
      {"data_storage.database_storage.archival", "wattledger log archive does it"},
      {"battery_management", no_tier},
      {"battery_selling", no_tier},
      {"charging", no_tier},
      {"fast_charging", no_tier},
      {"coordinator", no_tier},
      {"consumption_monitoring", no_tier},
      {"grid_flow", no_tier},
      {"timing_awareness", no_tier},
      {"weather_integration", ask},
      {"price_analysis", ask},
      {"pse_price_forecast", ask},
      {"pse_peak_hours", ask},
      {"pv_monitoring", no_tier},
      {"pv_consumption_analysis", no_tier},
      {"price_window_analysis", no_tier},
      {"weather_aware_decisions", no_tier},
      {"hybrid_charging", no_tier},
      {"performance_monitoring", "this program does not watch the computer"},
      {"notifications", "this program sends none"},
      {"web_server", "this program serves no web pages"},
      {"debug", no_tier},
  };
  return sections;
}

std::string from_legacy(const std::string& text, LegacyForm form) {
  const auto scaled = [&](int digits) {
    const auto number = sources::parse_decimal(text, 6);
    if (number.trouble) return text;
    return sources::decimal_text(number.count, 6 - digits);
  };
  switch (form) {
    case LegacyForm::same:
      return text;
    case LegacyForm::lower_case: {
      std::string lower = text;
      std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      });
      return lower == "warning" ? "warn" : lower;
    }
    case LegacyForm::hexadecimal: {
      unsigned number = 0;
      const char* end = text.data() + text.size();
      if (text.rfind("0x", 0) != 0) return text;
      const auto read = std::from_chars(text.data() + 2, end, number, 16);
      return read.ec == std::errc() && read.ptr == end ? std::to_string(number) : text;
    }
    case LegacyForm::of_a_hundred:
      return scaled(2);
    case LegacyForm::of_a_thousand:
      return scaled(3);
  }
  return text;
}

}  // namespace wattledger::config
