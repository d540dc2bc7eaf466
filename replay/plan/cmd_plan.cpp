// wattledger plan PROBLEM.json: the cheapest plan for a problem from a file (problem_file.hpp has
// its form), proven and exact; exit code 1 when there is none. Needs nothing else.
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "coordinator/sources/parse/decimal.hpp"
#include "replay/plan/commands.hpp"
#include "replay/plan/problem_file.hpp"
#include "replay/text_file.hpp"

namespace wattledger::tool {
namespace {

using policy::Energy;
using Json = nlohmann::ordered_json;

// What the plan is measured against; none where even that is impossible.
struct Answer {
  policy::Plan plan;
  std::optional<MoneyE8> no_battery, self_consumption;
};

template <class Unit>
double number_of(Quantity<Unit> e8) {
  return static_cast<double>(e8.count()) / 1e8;
}
template <class Unit>
Json number_or_null(const std::optional<Quantity<Unit>>& e8) {
  return e8 ? Json(number_of(*e8)) : Json(nullptr);
}

// The worth of one more kWh; where the battery is full, of the last one.
std::optional<PriceE8> value_of(const policy::Plan& plan) {
  return plan.value_of_more ? plan.value_of_more : plan.value_of_less;
}

Json schedule_json(const policy::PlanProblem& problem, const policy::Plan& plan) {
  Json schedule{{"charge_kwh", Json::array()},  {"discharge_kwh", Json::array()},
                {"import_kwh", Json::array()},  {"export_kwh", Json::array()},
                {"curtail_kwh", Json::array()}, {"stored_kwh", Json::array()}};
  schedule["stored_kwh"].push_back(number_of(problem.start));
  for (const policy::PlanStep& step : plan.steps) {
    schedule["charge_kwh"].push_back(number_of(step.charge));
    schedule["discharge_kwh"].push_back(number_of(step.discharge));
    schedule["import_kwh"].push_back(number_of(step.imported));
    schedule["export_kwh"].push_back(number_of(step.exported));
    schedule["curtail_kwh"].push_back(number_of(step.curtailed));
    schedule["stored_kwh"].push_back(number_of(step.stored));
  }
  return schedule;
}

void say_json(const Json& json) { say(json.dump(-1, ' ', false, Json::error_handler_t::replace)); }

void print_json(const ProblemFile& file, const Answer& answer) {
  const policy::Plan& plan = answer.plan;
  Json json;
  if (!file.name.empty()) json["name"] = file.name;
  json["status"] = plan.exact ? "optimal" : "feasible";
  json["total_cost"] = number_of(plan.cost);
  json["no_battery_cost"] = number_or_null(answer.no_battery);
  json["self_consumption_cost"] = number_or_null(answer.self_consumption);
  if (answer.no_battery)
    json["max_saving_vs_no_battery"] = number_of(*answer.no_battery - plan.cost);
  json["value_of_stored_kwh"] = number_or_null(value_of(plan));
  json["value_of_one_more_kwh"] = number_or_null(plan.value_of_more);
  json["value_of_one_less_kwh"] = number_or_null(plan.value_of_less);
  json["schedule"] = schedule_json(file.problem, plan);
  say_json(json);
}

template <class Unit>
std::string exact(Quantity<Unit> e8) {
  return sources::decimal_text(e8.count(), 8);
}
void print_summary(const ProblemFile& file, const Answer& answer) {
  const auto row = [](std::string_view name, std::string_view value) {
    say(fmt::format("{:<18}{}", name, value));
  };
  const auto amount = [&](const auto& e8) -> std::string {
    if (!e8) return "-";
    return exact(*e8) + (file.currency.empty() ? "" : " " + file.currency);
  };
  if (!file.name.empty()) row("problem", file.name);
  row("slots", fmt::format("{} of {} min{}", file.problem.slots.size(), file.step.count(),
                           file.start.empty() ? "" : " from " + file.start));
  row("plan", answer.plan.exact ? "optimal" : "feasible; too many pieces to prove the optimum");
  row("cost", amount(std::optional(answer.plan.cost)));
  row("without battery", amount(answer.no_battery));
  row("self-consumption", amount(answer.self_consumption));
  row("one kWh more", amount(answer.plan.value_of_more));
  row("one kWh less", amount(answer.plan.value_of_less));
}

void print(const ProblemFile& file, const Answer& answer) {
  print_summary(file, answer);
  say("");
  say(fmt::format("{:>5} {:>7} {:>10} {:>10} {:>8} {:>8} {:>9} {:>9} {:>8} {:>8}", "slot", "after",
                  "import", "export", "load", "pv", "battery", "grid", "curtail", "stored"));
  const auto kwh = [](Energy energy) { return static_cast<double>(energy.count()) / 1e8; };
  for (std::size_t i = 0; i < answer.plan.steps.size(); ++i) {
    const policy::PlanSlot& slot = file.problem.slots[i];
    const policy::PlanStep& step = answer.plan.steps[i];
    const auto minutes = file.step.count() * static_cast<std::int64_t>(i);
    say(fmt::format(
        "{:>5} {:>4}:{:02} {:>10.5f} {:>10.5f} {:>8.4f} {:>8.4f} {:>9.4f} {:>9.4f} "
        "{:>8.4f} {:>8.4f}",
        i, minutes / 60, minutes % 60, number_of(slot.import_price), number_of(slot.export_price),
        kwh(slot.load), kwh(slot.pv), kwh(step.discharge - step.charge),
        kwh(step.exported - step.imported), kwh(step.curtailed), kwh(step.stored)));
  }
  say("");
  say("prices per kWh, the rest in kWh of the slot; battery: + gives, - takes; grid: + export, "
      "- import; stored: at its end");
}

std::string_view reason_of(policy::PlanObstacle obstacle) {
  switch (obstacle) {
    case policy::PlanObstacle::import_limit:
      return "the load needs more than the import limit and the battery give; raise "
             "grid.import_kw, "
             "battery.soc0 or battery.discharge_kw";
    case policy::PlanObstacle::export_limit:
      return "the surplus is more than the export limit and the battery take; raise grid.export_kw "
             "or battery.charge_kw, or allow curtailment";
    case policy::PlanObstacle::charge_limit:
    case policy::PlanObstacle::discharge_limit:
    case policy::PlanObstacle::stored_min:
    case policy::PlanObstacle::stored_max:
    case policy::PlanObstacle::sale_floor:
      return "no course keeps it";
    case policy::PlanObstacle::numbers:
      return "its numbers, or their sum, are beyond what is counted";
  }
  return "?";
}

Exit say_infeasible(const Invocation& invocation, const ProblemFile& file, const std::string& path,
                    const policy::Infeasible& why) {
  if (invocation.format == Format::json)
    say_json({{"status", "infeasible"}, {"slot", why.slot}, {"limit", name_of(why.obstacle)}});
  const auto minutes = file.step.count() * static_cast<std::int64_t>(why.slot);
  note(fmt::format("{}: infeasible at slot {} ({}:{:02} after the start), {}: {}", path, why.slot,
                   minutes / 60, minutes % 60, name_of(why.obstacle), reason_of(why.obstacle)));
  return Exit::findings;
}

Exit run(const Invocation& invocation, const std::string& path) {
  const auto text = read_regular_file(path, problem_bytes_max);
  if (!text) return usage(text.error().what, text.error().remedy);
  const auto file = parse_problem(*text, path);
  if (!file) return usage(file.error().what, file.error().remedy);
  for (const std::string& remark : file->remarks) note(remark);
  const auto plan = policy::plan(file->problem);
  if (!plan) return say_infeasible(invocation, *file, path, plan.error());
  Answer answer{*plan, {}, {}};
  if (const auto cost = policy::no_battery_cost(file->problem)) answer.no_battery = *cost;
  if (const auto course = policy::self_consumption(file->problem))
    answer.self_consumption = course->cost;
  if (invocation.format == Format::json)
    print_json(*file, answer);
  else
    print(*file, answer);
  return Exit::done;
}

}  // namespace

void add_plan(CLI::App& parent, Invocation& invocation) {
  CLI::App* command = add_command(
      parent, "plan",
      "The cheapest plan for a battery over known prices, load and PV, proven. Needs no "
      "data directory. Read-only.",
      "wattledger plan PROBLEM.json --format json");
  const auto file = std::make_shared<std::string>();
  add_text(*command, "PROBLEM", *file, "The problem's file (JSON)").type_name("FILE").required();
  on_call(*command, invocation, [&invocation, file] { return run(invocation, *file); });
}

}  // namespace wattledger::tool
