#include <nlohmann/json.hpp>

#include "replay/audit/explain.hpp"
#include "replay/display.hpp"
#include "replay/rule_words.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

template <class Optional>
Json scaled(const Optional& value, double unit) {
  return value ? Json(static_cast<double>(*value) / unit) : Json(nullptr);
}
template <class Optional>
Json whole(const Optional& value) {
  return value ? Json(*value) : Json(nullptr);
}
template <class Optional>
Json time_json(const Optional& us) {
  return us ? Json(utc_text(utc_from_us(*us))) : Json(nullptr);
}
Json record_json(Sequence sequence) {
  return sequence.value == 0 ? Json(nullptr) : Json(sequence.value);
}

Json decision_json(const fb::DecisionMadeT& d) {
  return {{"action", fb::EnumNameAction(d.action)},
          {"power_w", whole(d.power_w)},
          {"target_soc_pct", scaled(d.target_soc_bp, 100)},
          {"until", time_json(d.until_us)},
          {"rule", fb::EnumNameRule(d.rule)},
          {"price_kwh", scaled(d.price_e8, 1e8)},
          {"expected_cost", scaled(d.expected_cost_e8, 1e8)},
          {"expected_saving", scaled(d.expected_saving_e8, 1e8)},
          {"expected_energy_kwh", scaled(d.expected_energy_mwh, 1e6)},
          {"control_mode", fb::EnumNameControlMode(d.control_mode)},
          {"based_on", d.based_on},
          {"engine_revision", d.engine_revision},
          {"plan", whole(d.plan)}};
}

Json facts_json(const Explanation& explanation) {
  Json facts = Json::array();
  for (const FactShown& each : explanation.facts)
    facts.push_back({{"fact", each.name},
                     {"record", record_json(each.sequence)},
                     {"age_s", each.age ? Json(each.age->count()) : Json(nullptr)},
                     {"words", each.words}});
  return facts;
}

Json rules_json(const Explanation& explanation) {
  Json rules = Json::array();
  for (const RuleShown& each : explanation.rules)
    rules.push_back({{"rule", fb::EnumNameRule(each.tried->rule)},
                     {"outcome", fb::EnumNameOutcome(each.tried->outcome)},
                     {"numbers", each.tried->numbers},
                     {"words", each.words}});
  return rules;
}

Json plan_json(const Explanation& explanation) {
  if (!explanation.plan) return nullptr;
  const fb::PlanAdoptedT& p = explanation.plan->plan;
  Json slots = Json::array();
  for (std::size_t i = 0; i < p.actions.size(); ++i) {
    const auto number_at = [&](const auto& values, double unit) {
      return i < values.size() ? Json(static_cast<double>(values[i]) / unit) : Json(nullptr);
    };
    const std::int64_t start = p.start_us + static_cast<std::int64_t>(i) * p.step_s * 1'000'000;
    slots.push_back({{"start", utc_text(utc_from_us(start))},
                     {"action", fb::EnumNameAction(p.actions[i])},
                     {"battery_w", number_at(p.battery_power_w, 1)},
                     {"soc_end_pct", number_at(p.soc_end_bp, 100)},
                     {"price_kwh", number_at(p.price_e8, 1e8)}});
  }
  return {{"record", explanation.plan->sequence.value},
          {"policy", p.policy},
          {"expected_cost", scaled(p.expected_cost_e8, 1e8)},
          {"expected_saving", scaled(p.expected_saving_e8, 1e8)},
          {"stored_value_kwh", scaled(p.stored_value_e8, 1e8)},
          {"slots", std::move(slots)}};
}

Json alternatives_json(const Explanation& explanation) {
  if (!explanation.alternatives) return nullptr;
  const Alternatives& all = *explanation.alternatives;
  const auto count = [](const auto& value, double unit) {
    return value ? Json(static_cast<double>(value->count()) / unit) : Json(nullptr);
  };
  Json rows = Json::array();
  for (const Alternative& each : all.each)
    rows.push_back({{"action", fb::EnumNameAction(each.action)},
                    {"decided", each.chosen},
                    {"slot_cost", count(each.slot_cost, 1e8)},
                    {"horizon_cost", count(each.horizon_cost, 1e8)},
                    {"soc_end_pct", count(each.soc_end, 100)},
                    {"not_open", each.forbidden.empty() ? Json(nullptr) : Json(each.forbidden)}});
  return {{"slot_end", utc_text(all.slot_end)},
          {"horizon_end", utc_text(all.horizon_end)},
          {"actions", std::move(rows)}};
}

Json confirmation_json(const std::optional<CommandTold::Confirmation>& told) {
  if (!told) return nullptr;
  return {{"record", told->sequence.value},
          {"at", utc_text(told->at)},
          {"mode", fb::EnumNameInverterMode(told->fact.mode)},
          {"power_w", whole(told->fact.power_w)},
          {"until", time_json(told->fact.until_us)},
          {"battery_w", whole(told->fact.battery_power_w)}};
}

Json commands_json(const FollowedDecision& told) {
  Json commands = Json::array();
  for (const CommandTold& each : told.commands) {
    Json command = {{"record", each.sequence.value},
                    {"at", utc_text(each.at)},
                    {"mode", fb::EnumNameInverterMode(each.issued.mode)},
                    {"power_w", whole(each.issued.power_w)},
                    {"target_soc_pct", scaled(each.issued.target_soc_bp, 100)},
                    {"until", time_json(each.issued.until_us)},
                    {"attempt", each.issued.attempt},
                    {"confirmed", confirmation_json(each.confirmed)},
                    {"shown", confirmation_json(each.shown)},
                    {"failed", nullptr}};
    if (each.failed)
      command["failed"] = {{"record", each.failed->sequence.value},
                           {"at", utc_text(each.failed->at)},
                           {"trouble", fb::EnumNameCommandTrouble(each.failed->trouble)},
                           {"detail", each.failed->detail}};
    commands.push_back(std::move(command));
  }
  return commands;
}

Json happened_json(const FollowedDecision& told) {
  const Metering& m = told.metering;
  const fold::EnergySums& s = m.sums;
  Json result = {{"next", told.next ? Json(told.next->value) : Json(nullptr)},
                 {"metered_s", s.covered_s},
                 {"priced_s", s.priced_s},
                 {"cost", scaled(m.paid_e8(), 1e8)},
                 {"saved", scaled(m.saved_e8(), 1e8)},
                 {"soc_from_pct", scaled(m.soc_from_bp, 100)},
                 {"soc_to_pct", scaled(m.soc_to_bp, 100)}};
  const bool metered = m.to && s.covered_s > 0;
  const auto energy = [&](std::int64_t mwh) {
    return metered ? Json(static_cast<double>(mwh) / 1e6) : Json(nullptr);
  };
  result["import_kwh"] = energy(s.import_mwh);
  result["export_kwh"] = energy(s.export_mwh);
  result["pv_kwh"] = energy(s.pv_mwh);
  result["load_kwh"] = energy(s.load_mwh);
  result["charge_kwh"] = energy(s.charge_mwh);
  result["discharge_kwh"] = energy(s.discharge_mwh);
  return result;
}

Json remade_json(const std::optional<Remade>& remade) {
  if (!remade) return nullptr;
  Json fields = Json::array();
  for (const FieldDifference& each : remade->differences)
    fields.push_back({{"field", each.field}, {"recorded", each.recorded}, {"remade", each.remade}});
  return {
      {"answer", answer_name(remade->answer)}, {"why", remade->why}, {"fields", std::move(fields)}};
}

}  // namespace

std::string explain_json(const Explanation& explanation) {
  const FollowedDecision& told = explanation.told;
  Json corrections = Json::array();
  for (const CorrectionShown& each : explanation.corrections)
    corrections.push_back({{"record", each.corrects.value},
                           {"field", each.field},
                           {"recorded", each.recorded},
                           {"corrected", each.corrected},
                           {"by", each.by.value},
                           {"superseded", each.superseded},
                           {"reason", each.reason}});
  const Json result = {{"sequence", told.sequence.value},
                       {"at", utc_text(told.at)},
                       {"local_time", local_text(told.at, explanation.zone)},
                       {"imported", told.is_imported},
                       {"sentence", explanation.sentence},
                       {"decision", decision_json(told.decision)},
                       {"currency", explanation.currency},
                       {"policy", explanation.policy},
                       {"policy_digest", explanation.policy_digest},
                       {"facts", facts_json(explanation)},
                       {"rules", rules_json(explanation)},
                       {"plan", plan_json(explanation)},
                       {"alternatives", alternatives_json(explanation)},
                       {"outcome", fate_name(told.fate)},
                       {"commands", commands_json(told)},
                       {"happened", happened_json(told)},
                       {"remade", remade_json(explanation.remade)},
                       {"corrections", std::move(corrections)},
                       {"corrections_through", explanation.corrections_through.value}};
  return result.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace wattledger::tool
