// wattledger decide SCENARIO.json [--policy NAME] [--format json]: what would be decided in that
// moment, by which rule, and what was looked at. Nothing else is read and nothing written.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "coordinator/policy/decide.hpp"
#include "projections/fold/reason.hpp"
#include "replay/decide/commands.hpp"
#include "replay/decide/scenario.hpp"
#include "replay/display.hpp"
#include "replay/rule_words.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

struct Wish {
  std::string file;
  std::string policy;
};

double money(std::int64_t e8) { return static_cast<double>(e8) / 1e8; }

std::string money_text(std::int64_t e8) {
  const std::string text = fmt::format("{:.4f}", money(e8));
  return text == "-0.0000" ? "0.0000" : text;
}

template <class T>
nlohmann::ordered_json or_null(const flatbuffers::Optional<T>& value, double divisor) {
  if (!value) return nullptr;
  return static_cast<double>(*value) / divisor;
}

std::string to_json(const Scenario& scenario, const fb::DecisionMadeT& decision,
                    fold::Language language) {
  using Json = nlohmann::ordered_json;
  Json tried = Json::array();
  for (const auto& each : decision.tried)
    tried.push_back({{"rule", fb::EnumNameRule(each->rule)},
                     {"outcome", fb::EnumNameOutcome(each->outcome)},
                     {"numbers", each->numbers}});
  Json until = nullptr;
  if (decision.until_us) {
    std::string text = local_text(utc_from_us(*decision.until_us), scenario.zone);
    text[10] = 'T';
    until = text;
  }
  const Json answer{{"action", fb::EnumNameAction(decision.action)},
                    {"power_w", decision.power_w ? Json(*decision.power_w) : Json(nullptr)},
                    {"target_soc_pct", or_null(decision.target_soc_bp, 100)},
                    {"until", until},
                    {"rule", fb::EnumNameRule(decision.rule)},
                    {"reason", fold::reason_text(decision, scenario.zone, language)},
                    {"expected",
                     {{"cost", or_null(decision.expected_cost_e8, 1e8)},
                      {"saving", or_null(decision.expected_saving_e8, 1e8)}}},
                    {"currency", scenario.settings.currency},
                    {"policy", scenario.settings.policy},
                    {"engine_revision", decision.engine_revision},
                    {"tried", tried}};
  return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void print(const Scenario& scenario, const fb::DecisionMadeT& decision, fold::Language language) {
  const auto row = [](std::string_view name, const std::string& value) {
    say(fmt::format("{:<14}  {}", name, value));
  };
  row("at", local_text(scenario.now, scenario.zone));
  row("action", fb::EnumNameAction(decision.action));
  if (decision.power_w) row("power", fmt::format("{} W", *decision.power_w));
  if (decision.target_soc_bp)
    row("target SOC", fmt::format("{:g} %", *decision.target_soc_bp / 100.0));
  if (decision.until_us) row("until", local_text(utc_from_us(*decision.until_us), scenario.zone));
  row("rule", fb::EnumNameRule(decision.rule));
  row("reason", fold::reason_text(decision, scenario.zone, language));
  const std::string& currency = scenario.settings.currency;
  if (decision.expected_cost_e8)
    row("slot costs", money_text(*decision.expected_cost_e8) + " " + currency);
  if (decision.expected_saving_e8)
    row("slot saves", money_text(*decision.expected_saving_e8) + " " + currency);
  row("policy",
      fmt::format("{}, engine revision {}", scenario.settings.policy, decision.engine_revision));
  say("");
  say(fmt::format("{:<20}  {:<9}  {}", "rules looked at", "outcome", "why"));
  const WordsContext context{scenario.zone, currency, language};
  for (const auto& each : decision.tried)
    say(fmt::format("{:<20}  {:<9}  {}", fb::EnumNameRule(each->rule),
                    outcome_words(*each, language), rule_words(*each, context)));
}

Exit run(const Invocation& invocation, const Wish& wish) {
  const auto text = read_regular_file(wish.file, scenario_bytes_max);
  if (!text)
    return text.error().kind == ErrorKind::io ? cannot(text.error())
                                              : usage(text.error().what, text.error().remedy);
  const auto scenario = read_scenario(*text, wish.policy);
  if (!scenario) return usage(wish.file + ": " + scenario.error().what, scenario.error().remedy);
  for (const std::string& remark : scenario->remarks) note(wish.file + ": " + remark);
  const auto state = state_of(*scenario);
  if (!state) return usage(wish.file + ": " + state.error().what, state.error().remedy);
  const policy::Judgement judgement = policy::decide(*state, scenario->now);
  if (invocation.format == Format::json)
    say(to_json(*scenario, judgement.decision, invocation.language));
  else
    print(*scenario, judgement.decision, invocation.language);
  return Exit::done;
}

}  // namespace

void add_decide(CLI::App& parent, Invocation& invocation) {
  CLI::App* command =
      add_command(parent, "decide",
                  "What would be decided in the moment that a file tells of, and why. Needs no "
                  "data directory, no configuration. Read-only.",
                  "wattledger decide evening.json --policy cheapest --format json");
  const auto wish = std::make_shared<Wish>();
  add_text(*command, "scenario", wish->file, "The moment, as JSON (its format: replay/README.md)")
      .type_name("SCENARIO.json")
      .required();
  add_text(*command, "--policy", wish->policy, "In place of the scenario's policy.name")
      .type_name("NAME");
  on_call(*command, invocation, [&invocation, wish] { return run(invocation, *wish); });
}

}  // namespace wattledger::tool
