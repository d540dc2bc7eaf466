// The fields of what the fold remembers, in the order of their declaration: one list that writing
// and reading share. Each is as long as its struct, so that a new field does not compile until it
// is named here. Inside this part only.
#pragma once

#include <concepts>
#include <tuple>
#include <type_traits>

#include "projections/fold/legacy_rows.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::fold {

// T is Struct, to be read or to be filled.
template <class T, class Struct>
concept Is = std::same_as<std::remove_const_t<T>, Struct>;

template <Is<ZoneOffsets::Transition> T>
auto fields(T& value) {
  auto& [at, offset] = value;
  return std::tie(at, offset);
}
template <Is<Site> T>
auto fields(T& value) {
  auto& [name, model, serial, zone, rated_power] = value;
  return std::tie(name, model, serial, zone, rated_power);
}
// The digest covers the settings; they need not stand here twice.
template <Is<Policy> T>
auto fields(T& value) {
  auto& [settings, digest, adopted] = value;
  return std::tie(digest, adopted);
}
template <Is<Reading> T>
auto fields(T& value) {
  auto& [sequence, at, quality, soc, battery_power, battery_voltage, battery_temperature, pv_power,
         load_power, grid_power, grid_voltage, import_total, export_total, charge_total,
         discharge_total, inverter_error, forced_mode] = value;
  return std::tie(sequence, at, quality, soc, battery_power, battery_voltage, battery_temperature,
                  pv_power, load_power, grid_power, grid_voltage, import_total, export_total,
                  charge_total, discharge_total, inverter_error, forced_mode);
}
template <Is<PriceSlot> T>
auto fields(T& value) {
  auto& [start, length, market] = value;
  return std::tie(start, length, market);
}
template <Is<PeakSlot> T>
auto fields(T& value) {
  auto& [start, length, code] = value;
  return std::tie(start, length, code);
}
template <Is<InverterState> T>
auto fields(T& value) {
  auto& [wished, wished_until, wished_power, wished_soc, command, confirmed, confirmed_until,
         confirmed_at, since, charge_stopped_at, failures, foreign_change_at, settings_found] =
      value;
  return std::tie(wished, wished_until, wished_power, wished_soc, command, confirmed,
                  confirmed_until, confirmed_at, since, charge_stopped_at, failures,
                  foreign_change_at, settings_found);
}
template <Is<LatchedFault> T>
auto fields(T& value) {
  auto& [fault, raised, at, latched, detail] = value;
  return std::tie(fault, raised, at, latched, detail);
}
template <Is<Override> T>
auto fields(T& value) {
  auto& [request, action, until, target_soc, power] = value;
  return std::tie(request, action, until, target_soc, power);
}
template <Is<LastDecision> T>
auto fields(T& value) {
  auto& [sequence, at, since, action, power, target_soc, until, rule] = value;
  return std::tie(sequence, at, since, action, power, target_soc, until, rule);
}
template <Is<LastPlan> T>
auto fields(T& value) {
  auto& [sequence, start, step, actions, battery_power_w, policy] = value;
  return std::tie(sequence, start, step, actions, battery_power_w, policy);
}
template <Is<PowerForecast> T>
auto fields(T& value) {
  auto& [sequence, provider, issued, start, step, power_w, low_w, high_w] = value;
  return std::tie(sequence, provider, issued, start, step, power_w, low_w, high_w);
}
template <Is<MeterMark> T>
auto fields(T& value) {
  auto& [at, battery, grid, battery_power, grid_power] = value;
  return std::tie(at, battery, grid, battery_power, grid_power);
}
template <Is<Session> T>
auto fields(T& value) {
  auto& [name, started, started_at, told_at, decision, planned_end, start_soc, target_soc, battery,
         grid, money, metered, unmetered, unpriced, mark, battery_open, grid_open, left_at, left_by,
         left_with] = value;
  return std::tie(name, started, started_at, told_at, decision, planned_end, start_soc, target_soc,
                  battery, grid, money, metered, unmetered, unpriced, mark, battery_open, grid_open,
                  left_at, left_by, left_with);
}
template <Is<PlannedSession> T>
auto fields(T& value) {
  auto& [name, start, end, change] = value;
  return std::tie(name, start, end, change);
}
template <Is<SessionHistory> T>
auto fields(T& value) {
  auto& [charge, sale, day, charges, sales, sold, charged_to, charge_ended_at, sale_ended_at,
         planned_day, planned] = value;
  return std::tie(charge, sale, day, charges, sales, sold, charged_to, charge_ended_at,
                  sale_ended_at, planned_day, planned);
}
template <Is<Coordinator> T>
auto fields(T& value) {
  auto& [started_at, control_mode, state, decisions, running] = value;
  return std::tie(started_at, control_mode, state, decisions, running);
}
template <Is<State> T>
auto fields(T& value) {
  auto& [through, recorded_at, site, policy, reading, prices, feed_in, peaks, pv_forecast,
         load_forecast, inverter, faults, owner_override, decision, plan, sessions, coordinator] =
      value;
  return std::tie(through, recorded_at, site, policy, reading, prices, feed_in, peaks, pv_forecast,
                  load_forecast, inverter, faults, owner_override, decision, plan, sessions,
                  coordinator);
}
template <Is<Metered> T>
auto fields(T& value) {
  auto& [at, device, pv_w, load_w, grid_w, battery_w, pv_mwh, load_mwh, import_mwh, export_mwh,
         charge_mwh, discharge_mwh] = value;
  return std::tie(at, device, pv_w, load_w, grid_w, battery_w, pv_mwh, load_mwh, import_mwh,
                  export_mwh, charge_mwh, discharge_mwh);
}
template <Is<QuarterMeter> T>
auto fields(T& value) {
  auto& [quarter, last_at, last, watt_us, covered_us] = value;
  return std::tie(quarter, last_at, last, watt_us, covered_us);
}
template <Is<ScoreBoard::Said> T>
auto fields(T& value) {
  auto& [quarter, watts] = value;
  return std::tie(quarter, watts);
}
template <Is<ScoreBoard::Source> T>
auto fields(T& value) {
  auto& [name, said] = value;
  return std::tie(name, said);
}
template <Is<ScoreBoard> T>
auto fields(T& value) {
  auto& [sources] = value;
  return std::tie(sources);
}
template <Is<ScoresMemory> T>
auto fields(T& value) {
  auto& [pv_meter, load_meter, pv, load] = value;
  return std::tie(pv_meter, load_meter, pv, load);
}
template <Is<DayQuality> T>
auto fields(T& value) {
  auto& [of] = value;
  return std::tie(of);
}
template <Is<CounterWatch> T>
auto fields(T& value) {
  auto& [mwh, at, flowed_mwh, stands] = value;
  return std::tie(mwh, at, flowed_mwh, stands);
}
template <Is<QualityMemory::Part> T>
auto fields(T& value) {
  auto& [day, part] = value;
  return std::tie(day, part);
}
template <Is<QualityMemory> T>
auto fields(T& value) {
  auto& [seen_to, covered_to, believed, believed_soc_bp, values, same_since, same, clock_s,
         clock_goes, counters, quarter, pending] = value;
  return std::tie(seen_to, covered_to, believed, believed_soc_bp, values, same_since, same, clock_s,
                  clock_goes, counters, quarter, pending);
}
template <Is<LegacyRowsState> T>
auto fields(T& value) {
  auto& [energy_row_at, state_row_at, energy_times, metered, state_file_quarter, price_files_hour,
         state_file_times, decision_file_times, scores, quality] = value;
  return std::tie(energy_row_at, state_row_at, energy_times, metered, state_file_quarter,
                  price_files_hour, state_file_times, decision_file_times, scores, quality);
}

template <class T>
concept HasFields = requires(T& value) {
  fields(value);
};

}  // namespace wattledger::fold
