#include "projections/fold/legacy_current_data.hpp"

#include <cstdlib>

#include "projections/fold/python_json.hpp"

namespace wattledger::fold {
namespace {

using Count = std::optional<std::int64_t>;

constexpr double milli = 1e3;
constexpr double micro = 1e6;
constexpr double basis = 1e2;  // basis points to per cent

std::optional<double> kilo(Count watts) {
  if (!watts) return std::nullopt;
  return static_cast<double>(*watts) / milli;
}

// Unknown power is an unknown answer, not "idle".
std::optional<bool> is_charging(const fb::ReadingRecorded& reading) {
  if (const auto power = reading.battery_power_w()) return *power < 0;
  if (const auto mode = reading.battery_mode()) return *mode == fb::BatteryMode::charging;
  return std::nullopt;
}

std::optional<bool> is_forced_to_charge(const fb::ReadingRecorded& reading) {
  if (const auto fast = reading.fast_charging()) return *fast;
  if (const auto mode = reading.forced_mode()) return *mode == fb::InverterMode::charge;
  return std::nullopt;
}

std::string battery(const fb::ReadingRecorded& r) {
  const Count power = whole(r.battery_power_w());
  return PythonObject()
      .add_or_unknown("soc_percent", divided(r.battery_soc_bp(), basis))
      .add_or_unknown("voltage", divided(r.battery_voltage_mv(), milli))
      .add_or_unknown("current", divided(r.battery_current_ma(), milli))
      .add_or_unknown("power_w", power)
      .add_or_unknown("power_kw", kilo(power))
      .add_or_unknown("temperature", divided(r.battery_temperature_mc(), milli))
      .add_or_unknown("charging_status", is_charging(r))
      .add_or_unknown("fast_charging_enabled", is_forced_to_charge(r))
      .text();
}

std::string photovoltaic(const fb::ReadingRecorded& r) {
  const Count power = whole(r.pv_power_w());
  const auto today = divided(r.pv_today_mwh(), micro);
  return PythonObject()
      .add_or_unknown("current_power_w", power)
      .add_or_unknown("current_power_kw", kilo(power))
      .add_or_unknown("pv1_power_w", whole(r.pv1_power_w()))
      .add_or_unknown("pv2_power_w", whole(r.pv2_power_w()))
      .add_or_unknown("pv1_voltage", divided(r.pv1_voltage_mv(), milli))
      .add_or_unknown("pv1_current", divided(r.pv1_current_ma(), milli))
      .add_or_unknown("pv2_voltage", divided(r.pv2_voltage_mv(), milli))
      .add_or_unknown("pv2_current", divided(r.pv2_current_ma(), milli))
      .add_or_unknown("daily_production_kwh", today)
      .add("efficiency_percent", 0.0)                 // the legacy system never computed it
      .add_or_unknown("daily_generation_kwh", today)  // the name the dashboard asks for
      .text();
}

// The legacy system held the two rates the wrong way round; here import is what comes in.
std::string grid(const fb::ReadingRecorded& r) {
  const Count power = whole(r.grid_power_w());
  const char* direction = "Unknown";
  if (power) direction = *power > 0 ? "Export" : *power < 0 ? "Import" : "Neutral";
  std::optional<double> import_rate;
  std::optional<double> export_rate;
  if (power) {
    import_rate = *power < 0 ? static_cast<double>(-*power) / milli : 0.0;
    export_rate = *power > 0 ? static_cast<double>(*power) / milli : 0.0;
  }
  return PythonObject()
      .add_or_unknown("power_w", power)
      .add_or_unknown("power_kw", kilo(power))
      .add_or_unknown("voltage", divided(r.grid_l1_voltage_mv(), milli))
      .add("flow_direction", direction)
      .add_or_unknown("import_rate", import_rate)
      .add_or_unknown("export_rate", export_rate)
      .add_or_unknown("l1_current_a", divided(r.grid_l1_current_ma(), milli))
      .add_or_unknown("l2_current_a", divided(r.grid_l2_current_ma(), milli))
      .add_or_unknown("l3_current_a", divided(r.grid_l3_current_ma(), milli))
      .add_or_unknown("l1_power", whole(r.grid_l1_power_w()))
      .add_or_unknown("l2_power", whole(r.grid_l2_power_w()))
      .add_or_unknown("l3_power", whole(r.grid_l3_power_w()))
      .add_or_unknown("total_exported_kwh", divided(r.export_total_mwh(), micro))
      .add_or_unknown("total_imported_kwh", divided(r.import_total_mwh(), micro))
      .add_or_unknown("today_exported_kwh", divided(r.export_today_mwh(), micro))
      .add_or_unknown("today_imported_kwh", divided(r.import_today_mwh(), micro))
      .text();
}

std::string house_consumption(const fb::ReadingRecorded& r) {
  const Count power = whole(r.load_power_w());
  const auto today = divided(r.load_today_mwh(), micro);
  return PythonObject()
      .add_or_unknown("current_power_w", power)
      .add_or_unknown("current_power_kw", kilo(power))
      .add_or_unknown("daily_total_kwh", today)
      .add_or_unknown("total_consumption_kwh", divided(r.load_total_mwh(), micro))
      .add("calculated_power_w", std::int64_t{0})  // read sensors that no inverter has
      .add("calculated_power_kw", 0.0)
      .add_or_unknown("daily_consumption_kwh", today)  // the name the dashboard asks for
      .text();
}

PythonObject device(const State& state, const std::string& timestamp) {
  const auto named = [](const std::string& name) {
    return name.empty() ? std::string("Unknown") : name;
  };
  PythonObject object;
  object.add("inverter_model", named(state.site.device_model))
      .add("inverter_serial", named(state.site.device_serial))
      .add("connection_status", "Connected")
      .add("last_update", timestamp);
  return object;
}

std::string error_codes(const fb::ReadingRecorded& r) {
  const auto error = r.inverter_error();
  return error && *error != 0 ? "[" + std::to_string(*error) + "]" : "[]";
}

}  // namespace

std::string legacy_tariff_zone(const State& state, UtcTime at) {
  std::string zone = tariff_zone(state, at);
  if (zone.empty()) return "T1";
  // To the older system whatever was not G12's peak was T2, these tariffs' hours always.
  const std::string& tariff = state.policy->settings.tariff;
  const bool own_names = tariff == "g13s" || tariff == "g14dynamic";
  return own_names && zone != "T1" ? "T2" : zone;
}

std::string legacy_current_data(const State& state, const fb::ReadingRecorded& reading, UtcTime at,
                                const std::string& timestamp) {
  const Count pv = whole(reading.pv_power_w());
  const Count load = whole(reading.load_power_w());
  return PythonObject()
      .add("timestamp", timestamp)
      .add("date", timestamp.substr(0, 10))
      .add("time", timestamp.substr(11, 8))
      .add_raw("battery", battery(reading))
      .add_raw("photovoltaic", photovoltaic(reading))
      .add_raw("grid", grid(reading))
      .add_raw("house_consumption", house_consumption(reading))
      .add_raw("system", device(state, timestamp).text())
      .add("tariff_zone", legacy_tariff_zone(state, at))
      .add_raw("inverter",
               device(state, timestamp).add_raw("error_codes", error_codes(reading)).text())
      .add_raw("pv", PythonObject()
                         .add_or_unknown("power", pv)
                         .add_or_unknown("power_w", pv)
                         .add_or_unknown("total_power", pv)
                         .text())
      .add_raw("consumption", PythonObject()
                                  .add_or_unknown("house_consumption", load)
                                  .add_or_unknown("power_w", load)
                                  .add_or_unknown("current_power_w", load)
                                  .text())
      .text();
}

}  // namespace wattledger::fold
