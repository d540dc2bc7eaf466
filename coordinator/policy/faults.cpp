// Which safety limits the newest reading breaks, and which faults are over by rule. Latched ones
// wait for the owner.
#include <algorithm>
#include <array>

#include "coordinator/policy/decide.hpp"

namespace wattledger::policy {
namespace {

struct Check {
  fb::Fault fault;
  std::optional<std::int64_t> measured;
  std::int64_t min;
  std::int64_t max;
  bool latched;
  const char* what;
};

template <class Quantity>
std::optional<std::int64_t> count(const std::optional<Quantity>& value) {
  if (!value) return std::nullopt;
  return value->count();
}

const fold::LatchedFault* standing(const fold::State& state, fb::Fault fault) {
  const auto found =
      std::find_if(state.faults.begin(), state.faults.end(),
                   [&](const fold::LatchedFault& each) { return each.fault == fault; });
  return found == state.faults.end() ? nullptr : &*found;
}

void look(const fold::State& state, const Check& check, SafetyFindings& findings) {
  if (!check.measured) return;  // unknown is not a fault; staleness has its own rule
  const fold::LatchedFault* const stands = standing(state, check.fault);
  const bool low = *check.measured < check.min;
  if (low || *check.measured > check.max) {
    // Standing already, unless what stood would have cleared by itself and this does not.
    if (stands != nullptr && (stands->latched || !check.latched)) return;
    fb::FaultRaisedT raised;
    raised.fault = check.fault;
    raised.latched = check.latched;
    raised.measured = *check.measured;
    raised.limit = low ? check.min : check.max;
    raised.detail = check.what;
    findings.raised.push_back(std::move(raised));
    return;
  }
  if (stands == nullptr || stands->latched) return;
  // Over only well inside, so that a value at its limit does not raise and clear all day.
  const std::int64_t margin = (check.max - check.min) / 50;
  if (*check.measured < check.min + margin || *check.measured > check.max - margin) return;
  fb::FaultClearedT cleared;
  cleared.fault = check.fault;
  cleared.raised = stands->raised.value;
  cleared.reason = "back within limits";
  findings.cleared.push_back(std::move(cleared));
}

}  // namespace

SafetyFindings look_for_faults(const fold::State& state, UtcTime now) {
  SafetyFindings findings;
  if (!state.policy || !state.reading) return findings;
  const fold::PolicySettings& limits = state.policy->settings;
  const fold::Reading& reading = *state.reading;
  if (now - reading.at > limits.reading_stale_after || reading.quality == fb::Quality::implausible)
    return findings;
  const bool cold =
      reading.battery_temperature && *reading.battery_temperature < limits.battery_temperature_min;
  std::optional<std::int64_t> error;
  if (reading.inverter_error) error = static_cast<std::int64_t>(*reading.inverter_error);
  const std::array<Check, 4> checks = {{
      {fb::Fault::battery_voltage, count(reading.battery_voltage),
       limits.battery_voltage_min.count(), limits.battery_voltage_max.count(), /*latched=*/true,
       "battery voltage, mV"},
      // Too cold ends by itself in the morning; too hot is looked at by a person.
      {fb::Fault::battery_temperature, count(reading.battery_temperature),
       limits.battery_temperature_min.count(), limits.battery_temperature_max.count(),
       /*latched=*/!cold, "battery temperature, thousandths of a degree"},
      {fb::Fault::grid_voltage, count(reading.grid_voltage), limits.grid_voltage_min.count(),
       limits.grid_voltage_max.count(), /*latched=*/false, "grid voltage, mV"},
      {fb::Fault::inverter_error, error, 0, 0, /*latched=*/false, "inverter error bits"},
  }};
  for (const Check& check : checks) look(state, check, findings);
  return findings;
}

}  // namespace wattledger::policy
