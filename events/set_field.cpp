#include "events/set_field.hpp"

#include <charconv>
#include <concepts>
#include <string>
#include <type_traits>

namespace wattledger {
namespace {

// The values of each enum that such a field can have, and their words.
#define WATTLEDGER_ENUMS(X) \
  X(Action) X(BatteryMode) X(ControlMode) X(InverterMode) X(Quality) X(Rule) X(SessionChange)
#define WATTLEDGER_WORD(Enum)                           \
  bool word(fb::Enum& into, std::string_view text) {    \
    for (const fb::Enum value : fb::EnumValues##Enum()) \
      if (text == fb::EnumName##Enum(value)) {          \
        into = value;                                   \
        return true;                                    \
      }                                                 \
    return false;                                       \
  }
WATTLEDGER_ENUMS(WATTLEDGER_WORD)
#undef WATTLEDGER_WORD
#undef WATTLEDGER_ENUMS

bool assign(std::string& into, std::string_view text) {
  into = text;
  return true;
}
bool assign(bool& into, std::string_view text) {
  if (text != "true" && text != "false") return false;
  into = text == "true";
  return true;
}
template <std::integral Number>
bool assign(Number& into, std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  into = value;
  return true;
}
template <class Enum>
requires std::is_enum_v<Enum>
bool assign(Enum& into, std::string_view text) { return word(into, text); }
template <class Value>
bool assign(flatbuffers::Optional<Value>& into, std::string_view text) {
  if (text == "unknown") {
    into = flatbuffers::nullopt;
    return true;
  }
  Value value{};
  if (!assign(value, text)) return false;
  into = value;
  return true;
}

// Single values of each kind, in the schema's order; tests hold them against its reflection.
// clang-format off
#define WATTLEDGER_FIELDS_ReadingRecorded(X)                                                   \
  X(device) X(quality) X(poll_ms) X(battery_soc_bp) X(battery_soh_bp) X(battery_power_w)       \
  X(battery_voltage_mv) X(battery_current_ma) X(battery_temperature_mc) X(battery_mode)        \
  X(battery_charge_limit_ma) X(battery_discharge_limit_ma) X(battery_error) X(battery_warning) \
  X(pv_power_w) X(pv1_power_w) X(pv1_voltage_mv) X(pv1_current_ma) X(pv2_power_w)              \
  X(pv2_voltage_mv) X(pv2_current_ma) X(grid_power_w) X(grid_l1_power_w) X(grid_l2_power_w)    \
  X(grid_l3_power_w) X(grid_l1_voltage_mv) X(grid_l2_voltage_mv) X(grid_l3_voltage_mv)         \
  X(grid_l1_current_ma) X(grid_l2_current_ma) X(grid_l3_current_ma) X(grid_frequency_mhz)      \
  X(load_power_w) X(backup_power_w) X(inverter_power_w) X(inverter_temperature_mc)             \
  X(inverter_error) X(inverter_run_mode) X(inverter_clock_offset_s) X(work_mode) X(ems_mode)   \
  X(forced_mode) X(fast_charging) X(export_limit_w) X(pv_total_mwh) X(pv_today_mwh)            \
  X(load_total_mwh) X(load_today_mwh) X(export_total_mwh) X(export_today_mwh)                  \
  X(import_total_mwh) X(import_today_mwh) X(battery_charge_total_mwh)                          \
  X(battery_charge_today_mwh) X(battery_discharge_total_mwh) X(battery_discharge_today_mwh)    \
  X(battery2_soc_bp) X(battery2_soh_bp) X(battery2_power_w) X(battery2_voltage_mv)             \
  X(battery2_current_ma) X(battery2_temperature_mc) X(pv3_power_w) X(pv3_voltage_mv)           \
  X(pv3_current_ma) X(pv4_power_w) X(pv4_voltage_mv) X(pv4_current_ma)
#define WATTLEDGER_FIELDS_DecisionMade(X)                                                 \
  X(action) X(power_w) X(target_soc_bp) X(until_us) X(rule) X(expected_cost_e8)           \
  X(expected_saving_e8) X(expected_energy_mwh) X(price_e8) X(based_on) X(engine_revision) \
  X(control_mode) X(plan)
#define WATTLEDGER_FIELDS_ChargingSessionChanged(X)                                    \
  X(session) X(change) X(planned_start_us) X(planned_end_us) X(started_us) X(ended_us) \
  X(start_soc_bp) X(end_soc_bp) X(target_soc_bp) X(planned_energy_mwh) X(energy_mwh)   \
  X(grid_energy_mwh) X(cost_e8) X(average_price_e8) X(reason) X(unmetered_s)   \
  X(unpriced_s)
#define WATTLEDGER_FIELDS_SellingSessionChanged(X)                                       \
  X(session) X(change) X(planned_start_us) X(planned_end_us) X(started_us) X(ended_us)   \
  X(start_soc_bp) X(end_soc_bp) X(floor_soc_bp) X(power_w) X(energy_mwh) X(exported_mwh) \
  X(revenue_e8) X(average_price_e8) X(reason) X(unmetered_s)   \
  X(unpriced_s)
#define WATTLEDGER_FIELDS_WeatherObserved(X)                                               \
  X(provider) X(station) X(observed_at_us) X(temperature_mc) X(humidity_bp) X(pressure_pa) \
  X(wind_speed_mm_s) X(wind_direction_deg) X(cloud_cover_bp) X(solar_irradiance_mw_m2)     \
  X(precipitation_um)
// clang-format on

struct Field {
  Kind kind;
  std::string_view name;
  bool (*set)(fb::EventT& event, std::string_view text);
};

#define WATTLEDGER_FIELD(Fact, field)                                                       \
  {Kind::Fact, #field, [](fb::EventT& event, std::string_view text) {                       \
     return event.fact.As##Fact() != nullptr && assign(event.fact.As##Fact()->field, text); \
   }},
// clang-format off
constexpr Field fields[] = {
#define X(field) WATTLEDGER_FIELD(ReadingRecorded, field)
  WATTLEDGER_FIELDS_ReadingRecorded(X)
#undef X
#define X(field) WATTLEDGER_FIELD(DecisionMade, field)
  WATTLEDGER_FIELDS_DecisionMade(X)
#undef X
#define X(field) WATTLEDGER_FIELD(ChargingSessionChanged, field)
  WATTLEDGER_FIELDS_ChargingSessionChanged(X)
#undef X
#define X(field) WATTLEDGER_FIELD(SellingSessionChanged, field)
  WATTLEDGER_FIELDS_SellingSessionChanged(X)
#undef X
#define X(field) WATTLEDGER_FIELD(WeatherObserved, field)
  WATTLEDGER_FIELDS_WeatherObserved(X)
#undef X
};
// clang-format on
#undef WATTLEDGER_FIELD

const Field* find(Kind kind, std::string_view name) {
  for (const Field& field : fields)
    if (field.kind == kind && field.name == name) return &field;
  return nullptr;
}

}  // namespace

bool can_set_field(Kind kind, std::string_view field) { return find(kind, field) != nullptr; }

bool set_field(fb::EventT& event, std::string_view field, std::string_view text) {
  const Field* found = find(event.fact.type, field);
  return found != nullptr && found->set(event, text);
}

}  // namespace wattledger
