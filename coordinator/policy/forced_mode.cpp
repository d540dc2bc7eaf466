#include "coordinator/policy/forced_mode.hpp"

#include <algorithm>

namespace wattledger::policy {
namespace {

using fb::Action;
using fb::InverterMode;

InverterMode mode_for(Action action) {
  switch (action) {
    case Action::charge:
      return InverterMode::charge;
    case Action::hold:
      return InverterMode::hold;
    case Action::sell:
      return InverterMode::discharge;
    case Action::self_use:
    case Action::stop:
      return InverterMode::general;
  }
  return InverterMode::general;
}

}  // namespace

ForcedMode forced_mode(const fold::State& state, UtcTime now) {
  ForcedMode forced;
  const ZoneOffsets& zone = state.site.zone;
  if (!state.decision || zone.to_utc(zone.to_local(now), /*second_pass=*/true) > now) return forced;
  const fold::LastDecision& decision = *state.decision;
  const UtcTime planned = decision.until.value_or(now);
  if (mode_for(decision.action) == InverterMode::general || planned <= now) return forced;
  // Minutes are what the inverter's schedule can say, and its day ends at 23:59 of its own clock.
  const UtcTime midnight = zone.next_day_start(now) - std::chrono::minutes(1);
  const fold::PolicySettings fallback;
  const auto most = (state.policy ? state.policy->settings : fallback).forced_end_max;
  forced.until =
      std::chrono::floor<std::chrono::minutes>(std::min({planned, now + most, midnight}));
  if (forced.until <= now) return {};
  forced.mode = mode_for(decision.action);
  forced.power = decision.power.value_or(Watts(0));
  forced.target_soc = decision.target_soc.value_or(BasisPoints(0));
  return forced;
}

}  // namespace wattledger::policy
