#include "replay/decide/scenario.hpp"

#include <algorithm>
#include <numeric>

#include "coordinator/policy/decide.hpp"

namespace wattledger::tool {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* forecaster = "scenario";

// As one series of equal steps, the longest that every piece is made of.
Result<std::optional<fold::PowerForecast>> forecast_of(const std::vector<ForecastPiece>& pieces,
                                                       const char* name, UtcTime now) {
  if (pieces.empty()) return std::optional<fold::PowerForecast>();
  const UtcTime start = pieces.front().start;
  const auto since_start = [&](UtcTime at) {
    return std::chrono::floor<seconds>(at - start).count();
  };
  std::int64_t step = 0;
  for (const ForecastPiece& each : pieces)
    step = std::gcd(std::gcd(step, each.length.count()), since_start(each.start));
  const auto count = static_cast<std::size_t>(
      (since_start(pieces.back().start) + pieces.back().length.count()) / step);
  if (step < fold::slot_step_min_s || count > fold::forecast_slots_max)
    return fail(ErrorKind::invalid_input,
                std::string(name) + ": as equal steps of " + std::to_string(step) + " s it is " +
                    std::to_string(count) + " of them, and at most " +
                    std::to_string(fold::forecast_slots_max) + " are looked at",
                "begin every member on a quarter of an hour, and leave out what lies far ahead");
  fold::PowerForecast forecast;
  forecast.provider = forecaster;
  forecast.issued = now;
  forecast.start = start;
  forecast.step = seconds(step);
  forecast.power_w.resize(count);
  for (const ForecastPiece& each : pieces)
    for (std::int64_t i = 0; i < each.length.count() / step; ++i)
      forecast.power_w[static_cast<std::size_t>(since_start(each.start) / step + i)] = each.watts;
  return std::optional(std::move(forecast));
}

// By which rule the policy would have come to what it does.
fb::Rule rule_before(const Scenario& scenario) {
  const HouseBefore& before = scenario.before;
  const std::string& policy = scenario.settings.policy;
  if (policy == "optimal") return fb::Rule::planned;
  if (before.selling) return fb::Rule::sale;
  if (!before.charging) return fb::Rule::serve_house;
  if (policy != "tiered") return fb::Rule::cheapest_slots;
  return before.session_open ? fb::Rule::cheap_price : fb::Rule::charge_goes_on;
}

void tell_before(const Scenario& scenario, fold::State& state) {
  const HouseBefore& before = scenario.before;
  const UtcTime now = scenario.now;
  const bool forced = before.charging || before.selling;
  // Since when is unknown: then for as long as anything here lies back.
  const UtcTime since =
      now - (forced ? before.charging_since.value_or(before.session_open ? before.session_length
                                                                         : minutes(scenario_reach))
                    : before.stopped_since.value_or(minutes(scenario_reach)));
  if (forced || before.stopped_since) {
    fold::LastDecision& last = state.decision.emplace();
    last.sequence = Sequence{3};
    last.since = since;
    last.at = last.since;
    last.action = before.charging  ? fb::Action::charge
                  : before.selling ? fb::Action::sell
                                   : fb::Action::self_use;
    last.rule = rule_before(scenario);
  }
  fold::InverterState& inverter = state.inverter;
  inverter.confirmed = before.charging  ? fb::InverterMode::charge
                       : before.selling ? fb::InverterMode::discharge
                                        : fb::InverterMode::general;
  inverter.wished = inverter.confirmed;
  inverter.since = since;
  inverter.confirmed_at = inverter.since;
  if (!before.charging && before.stopped_since)
    inverter.charge_stopped_at = now - *before.stopped_since;
}

void tell_sessions(const Scenario& scenario, fold::State& state) {
  const HouseBefore& before = scenario.before;
  fold::SessionHistory& sessions = state.sessions;
  sessions.day = static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(scenario.zone.to_local(scenario.now))
          .time_since_epoch()
          .count());
  sessions.charges = before.charges_today;
  sessions.sold = before.sold_today;
  sessions.charged_to = before.last_full_soc;
  if (state.inverter.charge_stopped_at) sessions.charge_ended_at = state.inverter.charge_stopped_at;
  if (!before.session_open) return;
  fold::Session session;
  session.name = before.selling ? "sale" : "charge";
  session.started = Sequence{3};
  session.decision = session.started;
  session.started_at = scenario.now - before.session_length;
  session.told_at = session.started_at;
  session.mark.at = session.started_at;
  session.start_soc = before.session_start_soc;
  (before.selling ? sessions.sale : sessions.charge) = std::move(session);
}

void tell_faults(const Scenario& scenario, fold::State& state) {
  for (const fb::Fault fault : scenario.before.faults)
    state.faults.push_back({fault, Sequence{3}, scenario.now, /*latched=*/true, ""});
  policy::SafetyFindings findings = policy::look_for_faults(state, scenario.now);
  for (const fb::FaultRaisedT& each : findings.raised) {
    std::erase_if(state.faults,
                  [&](const fold::LatchedFault& other) { return other.fault == each.fault; });
    state.faults.push_back({each.fault, Sequence{2}, scenario.now, each.latched, each.detail});
  }
}

}  // namespace

Result<fold::State> state_of(const Scenario& scenario) {
  fold::State state;
  state.through = Sequence{3};
  state.recorded_at = scenario.now;
  state.site.zone = scenario.zone;
  fold::Policy& policy = state.policy.emplace();
  policy.settings = scenario.settings;
  policy.digest = fold::text_digest(fold::render_policy(scenario.settings));
  policy.adopted = Sequence{1};
  state.reading = scenario.reading;
  state.prices = scenario.prices;
  state.feed_in = scenario.feed_in;
  state.peaks = scenario.peaks;
  auto pv = forecast_of(scenario.pv, "pv_forecast", scenario.now);
  if (!pv) return Failure(pv.error());
  state.pv_forecast = std::move(*pv);
  auto load = forecast_of(scenario.load, "load_forecast", scenario.now);
  if (!load) return Failure(load.error());
  state.load_forecast = std::move(*load);
  state.coordinator.control_mode = fb::ControlMode::on;
  state.coordinator.running = true;
  tell_before(scenario, state);
  tell_sessions(scenario, state);
  tell_faults(scenario, state);
  return state;
}

}  // namespace wattledger::tool
