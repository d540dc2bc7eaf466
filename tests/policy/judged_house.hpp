// A house before a decision, in few words: a charged battery, prices, faults, the owner's wish.
// Numbers are round: 10 kWh, 5 kW, no losses unless asked for, no tariff.
#pragma once

#include "coordinator/policy/decide.hpp"
#include "tests/fold/told_house.hpp"

namespace wattledger::testing {

// On a quarter: 2025-10-01T12:00:00Z.
inline const UtcTime noon = at_s(12 * 3600);

inline fold::PolicySettings plain_settings() {
  fold::PolicySettings settings;
  settings.battery_capacity = MilliwattHours(10'000'000);
  settings.charge_power_max = Watts(5'000);
  settings.charge_efficiency = BasisPoints(10'000);
  settings.discharge_efficiency = BasisPoints(10'000);
  settings.tariff_component = PriceE8(0);
  return settings;
}

// 2025-10-01T12:00Z, the policy adopted, read this very moment.
inline ToldHouse house_at(std::optional<int> soc_bp,
                          const fold::PolicySettings& settings = plain_settings()) {
  ToldHouse house;
  house.tell(noon, warsaw()).tell(noon, adopted(settings)).tell(noon, reading(soc_bp));
  return house;
}

inline fb::DecisionMadeT decided(fb::Action action, fb::Rule rule) {
  fb::DecisionMadeT fact;
  fact.action = action;
  fact.rule = rule;
  return fact;
}

inline fb::FaultRaisedT fault(fb::Fault which, bool latched = true) {
  fb::FaultRaisedT fact;
  fact.fault = which;
  fact.latched = latched;
  return fact;
}

inline fb::OverrideRequestedT wish(fb::Action action, std::optional<int> target_bp = {},
                                   std::optional<int> power_w = {},
                                   std::optional<UtcTime> until = {}) {
  fb::OverrideRequestedT fact;
  fact.action = action;
  if (target_bp) fact.target_soc_bp = static_cast<std::uint16_t>(*target_bp);
  if (power_w) fact.power_w = *power_w;
  if (until) fact.until_us = to_us(*until);
  return fact;
}

// The trace of one rule; nullptr if it was not looked at.
inline const fb::TriedRuleT* tried(const fb::DecisionMadeT& decision, fb::Rule rule) {
  for (const auto& each : decision.tried)
    if (each->rule == rule) return each.get();
  return nullptr;
}

}  // namespace wattledger::testing
