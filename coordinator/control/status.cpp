#include "coordinator/control/status.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "coordinator/control/time_json.hpp"
#include "projections/fold/plan_text.hpp"
#include "projections/fold/reason.hpp"

namespace wattledger::control {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::seconds;

Json time_json(UtcTime time, const ZoneOffsets& zone) { return offset_time_text(time, zone); }

Json time_json(const std::optional<UtcTime>& time, const ZoneOffsets& zone) {
  return time ? time_json(*time, zone) : Json(nullptr);
}

template <class Quantity>
Json scaled(const std::optional<Quantity>& value, double unit) {
  return value ? Json(static_cast<double>(value->count()) / unit) : Json(nullptr);
}

Json watts(const std::optional<Watts>& value) {
  return value ? Json(value->count()) : Json(nullptr);
}

std::int64_t age_s(UtcTime now, UtcTime then) {
  return std::chrono::floor<seconds>(now - then).count();
}

Json reading_json(const fold::State& state, UtcTime now) {
  if (!state.reading) return nullptr;
  const fold::Reading& reading = *state.reading;
  return {{"at", time_json(reading.at, state.site.zone)},
          {"age_s", age_s(now, reading.at)},
          {"soc_pct", scaled(reading.soc, 100)},
          {"battery_w", watts(reading.battery_power)},
          {"pv_w", watts(reading.pv_power)},
          {"load_w", watts(reading.load_power)},
          {"grid_w", watts(reading.grid_power)},
          {"battery_temp_c", scaled(reading.battery_temperature, 1000)}};
}

Json price_json(const fold::State& state, UtcTime now) {
  Json result = {{"now", nullptr},
                 {"next", nullptr},
                 {"next_at", nullptr},
                 {"currency", nullptr},
                 {"zone", nullptr}};
  if (state.policy) result["currency"] = state.policy->settings.currency;
  if (const std::string zone = fold::tariff_zone(state, now); !zone.empty()) result["zone"] = zone;
  const auto kwh = [&](const fold::PriceSlot& slot) {
    return static_cast<double>(fold::final_price(state, slot).count()) / 1e8;
  };
  const fold::PriceSlot* here = fold::price_at(state, now);
  if (here != nullptr) result["now"] = kwh(*here);
  if (here == nullptr) return result;
  // The next other price, of a slot that is known to follow: no gap between.
  UtcTime end = here->start + here->length;
  for (const fold::PriceSlot& slot : state.prices) {
    if (slot.start <= now) continue;
    if (slot.start != end) break;
    end = slot.start + slot.length;
    if (fold::final_price(state, slot) == fold::final_price(state, *here)) continue;
    result["next"] = kwh(slot);
    result["next_at"] = time_json(slot.start, state.site.zone);
    break;
  }
  return result;
}

std::string reason(const fold::LastDecision& last, const ZoneOffsets& zone,
                   const StatusExtras& extras) {
  if (extras.decision != nullptr) return fold::reason_text(*extras.decision, zone, extras.language);
  fb::DecisionMadeT known;
  known.action = last.action;
  known.rule = last.rule;
  if (last.power) known.power_w = static_cast<std::int32_t>(last.power->count());
  if (last.target_soc) known.target_soc_bp = static_cast<std::uint16_t>(last.target_soc->count());
  if (last.until) known.until_us = to_us(*last.until);
  return fold::reason_text(known, zone, extras.language);
}

Json decision_json(const fold::State& state, const StatusExtras& extras) {
  if (!state.decision) return nullptr;
  const fold::LastDecision& last = *state.decision;
  const ZoneOffsets& zone = state.site.zone;
  return {{"at", time_json(last.at, zone)},       {"action", fb::EnumNameAction(last.action)},
          {"power_w", watts(last.power)},         {"target_soc_pct", scaled(last.target_soc, 100)},
          {"until", time_json(last.until, zone)}, {"rule", fb::EnumNameRule(last.rule)},
          {"reason", reason(last, zone, extras)}, {"sequence", last.sequence.value}};
}

bool from_the_plan(fb::Rule rule) {
  return rule == fb::Rule::cheapest_slots || rule == fb::Rule::serve_house ||
         rule == fb::Rule::anti_flap || rule == fb::Rule::battery_full ||
         rule == fb::Rule::planned || rule == fb::Rule::plan_kept;
}

// The plan's next slot with another action, while the plan is what decides; else the end of what
// was decided, after which the policy is asked again.
Json next_change_json(const fold::State& state, UtcTime now) {
  if (!state.decision) return nullptr;
  const ZoneOffsets& zone = state.site.zone;
  const fold::LastDecision& last = *state.decision;
  const bool planned = from_the_plan(last.rule) && state.plan && state.plan->step.count() > 0;
  for (std::size_t i = 0; planned && i < state.plan->actions.size(); ++i) {
    const UtcTime at = state.plan->start + state.plan->step * static_cast<std::int64_t>(i);
    if (at > now && state.plan->actions[i] != last.action)
      return {{"at", time_json(at, zone)}, {"action", fb::EnumNameAction(state.plan->actions[i])}};
  }
  if (last.until && *last.until > now)
    return {{"at", time_json(*last.until, zone)}, {"action", "decide again"}};
  return nullptr;
}

// More of the hours ahead than a screen can show is in the log.
constexpr std::size_t plan_slots_shown = 288;

bool plan_is_in_force(const fold::State& state) {
  return state.plan && state.policy && state.plan->policy == state.policy->settings.policy;
}

Json plan_json(const fold::State& state, UtcTime now, const StatusExtras& extras) {
  if (extras.plan == nullptr || !plan_is_in_force(state)) return nullptr;
  const fb::PlanAdoptedT& plan = *extras.plan;
  const ZoneOffsets& zone = state.site.zone;
  const std::string& currency = state.policy->settings.currency;
  const std::string says = fold::plan_text(plan, {now, zone, currency, extras.language});
  if (says.empty()) return nullptr;
  const std::size_t first = fold::plan_slot_at(plan, now);
  const std::size_t last = std::min(plan.actions.size(), first + plan_slots_shown);
  Json at = Json::array();
  Json action = Json::array();
  for (std::size_t i = first; i < last; ++i) {
    at.push_back(time_json(
        utc_from_us(plan.start_us) + seconds(plan.step_s) * static_cast<std::int64_t>(i), zone));
    action.push_back(fb::EnumNameAction(plan.actions[i]));
  }
  const auto numbers = [&](const auto& values, double unit) {
    Json list = Json::array();
    for (std::size_t i = first; i < last; ++i)
      list.push_back(i < values.size() ? Json(static_cast<double>(values[i]) / unit)
                                       : Json(nullptr));
    return list;
  };
  return {{"sequence", state.plan->sequence.value},
          {"says", says},
          {"expected_saving", plan.expected_saving_e8
                                  ? Json(static_cast<double>(*plan.expected_saving_e8) / 1e8)
                                  : Json(nullptr)},
          {"step_s", plan.step_s},
          {"at", std::move(at)},
          {"action", std::move(action)},
          {"battery_w", numbers(plan.battery_power_w, 1)},
          {"soc_pct", numbers(plan.soc_end_bp, 100)},
          {"price", numbers(plan.price_e8, 1e8)}};
}

Json forecast_json(const std::optional<fold::PowerForecast>& forecast, const std::string& model,
                   const ZoneOffsets& zone) {
  if (!forecast) return nullptr;
  return {{"provider", forecast->provider},
          {"stands_on", model.empty() ? Json(nullptr) : Json(model)},
          {"issued_at", time_json(forecast->issued, zone)},
          {"sequence", forecast->sequence.value}};
}

// Nothing rests on forecasts before there is a policy.
Json forecasts_json(const fold::State& state, const StatusExtras& extras) {
  if (!state.policy) return nullptr;
  constexpr double mwh_per_kwh = 1e6;
  return {{"load", forecast_json(state.load_forecast, extras.load_model, state.site.zone)},
          {"pv", forecast_json(state.pv_forecast, extras.pv_model, state.site.zone)},
          {"default_day_kwh",
           static_cast<double>(state.policy->settings.load_default_day.count()) / mwh_per_kwh}};
}

Json inverter_json(const fold::State& state) {
  const fold::InverterState& inverter = state.inverter;
  Json result = {{"mode", fb::EnumNameInverterMode(inverter.confirmed)},
                 {"confirmed_at", nullptr},
                 {"until", nullptr}};
  if (inverter.confirmed == fb::InverterMode::unknown) result["mode"] = nullptr;
  if (inverter.confirmed_at != UtcTime{})
    result["confirmed_at"] = time_json(inverter.confirmed_at, state.site.zone);
  result["until"] = time_json(inverter.confirmed_until, state.site.zone);
  return result;
}

Json override_json(const fold::State& state, UtcTime now) {
  if (!state.owner_override) return nullptr;
  const fold::Override& wish = *state.owner_override;
  if (wish.until && *wish.until <= now) return nullptr;
  return {{"action", fb::EnumNameAction(wish.action)},
          {"until", time_json(wish.until, state.site.zone)},
          {"target_soc_pct", scaled(wish.target_soc, 100)},
          {"power_w", watts(wish.power)},
          {"sequence", wish.request.value}};
}

Json faults_json(const fold::State& state) {
  Json result = Json::array();
  for (const fold::LatchedFault& fault : state.faults)
    result.push_back({{"fault", fb::EnumNameFault(fault.fault)},
                      {"at", time_json(fault.at, state.site.zone)},
                      {"latched", fault.latched},
                      {"detail", fault.detail},
                      {"sequence", fault.raised.value}});
  return result;
}

Json projections_json(const StatusExtras& extras) {
  Json result = Json::array();
  for (const ProjectionStatus& each : extras.projections) {
    const bool behind = extras.head > each.sequence;
    result.push_back({{"name", each.name},
                      {"standing", each.standing},
                      {"sequence", each.sequence.value},
                      {"lag", behind ? extras.head.value - each.sequence.value : 0},
                      {"message", each.message}});
  }
  return result;
}

}  // namespace

void take_records(const fold::State& state, const FindEvent& find, StatusRecords& records,
                  StatusExtras& extras) {
  const auto event_of = [&](const auto& known) -> const EventView* {
    return known ? find(known->sequence) : nullptr;
  };
  if (const EventView* event = event_of(state.decision))
    if (const auto* fact = event->as<fb::DecisionMade>()) {
      fact->UnPackTo(&records.decision);
      extras.decision = &records.decision;
    }
  if (const EventView* event = event_of(state.plan))
    if (const auto* fact = event->as<fb::PlanAdopted>()) {
      fact->UnPackTo(&records.plan);
      extras.plan = &records.plan;
    }
  if (const EventView* event = event_of(state.load_forecast))
    if (const auto* fact = event->as<fb::LoadForecastIssued>(); fact && fact->model() != nullptr)
      extras.load_model = fact->model()->str();
  if (const EventView* event = event_of(state.pv_forecast))
    if (const auto* fact = event->as<fb::PvForecastIssued>(); fact && fact->model() != nullptr)
      extras.pv_model = fact->model()->str();
}

std::string status_json(const fold::State& state, UtcTime now, const StatusExtras& extras) {
  Json result;
  result["running"] = extras.running;
  result["holder"] = extras.holder.empty() ? Json(nullptr) : Json(extras.holder);
  result["version"] = extras.version;
  result["site"] = state.site.name;
  const bool ever_started = state.coordinator.started_at != UtcTime{};
  result["control_mode"] =
      ever_started ? Json(fb::EnumNameControlMode(state.coordinator.control_mode)) : Json(nullptr);
  result["data"] = extras.data;
  result["demo"] = extras.demo;
  result["now"] = time_json(now, state.site.zone);
  result["last_reading"] = reading_json(state, now);
  result["price"] = price_json(state, now);
  result["decision"] = decision_json(state, extras);
  result["next_change"] = next_change_json(state, now);
  result["plan"] = plan_json(state, now, extras);
  result["forecasts"] = forecasts_json(state, extras);
  result["inverter"] = inverter_json(state);
  result["override"] = override_json(state, now);
  result["faults"] = faults_json(state);
  result["projections"] = projections_json(extras);
  result["log"] = {{"head", extras.head.value}, {"uuid", extras.log.hex()}};
  std::optional<UtcTime> contact = extras.last_contact;
  if (!contact && state.reading) contact = state.reading->at;
  result["last_contact_s"] = contact ? Json(age_s(now, *contact)) : Json(nullptr);
  result["warnings"] = extras.warnings;
  const Json health = Json::parse(extras.health, nullptr, /*allow_exceptions=*/false);
  result["health"] = health.is_object() ? health : Json(nullptr);
  // Names come from events and configuration: what is not UTF-8 there must not keep the rest from
  // being shown.
  return result.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace wattledger::control
