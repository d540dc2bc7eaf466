// A planning problem's file, and the plan for what it says.
#include "replay/plan/problem_file.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/planner/judge.hpp"

namespace wattledger::fuzz {
namespace {

const Target plan_problem("plan_problem", [](Bytes bytes) {
  const auto file = tool::parse_problem(text_of(bytes), "fuzz");
  if (!file) {
    must(file.error().kind == ErrorKind::invalid_input, "a refusal says whose fault it is");
    must(!file.error().what.empty() && !file.error().remedy.empty(), "and what to do");
    return;
  }
  const policy::PlanProblem& problem = file->problem;
  if (problem.slots.size() > 200) return;
  const auto plan = policy::plan(problem);
  const auto simple = policy::self_consumption(problem);
  if (!plan) return must(!simple, "what has no plan has no course");
  must(testing::trouble_in(problem, *plan).empty(), "a plan keeps every limit");
  std::vector<policy::Energy> stored;
  for (const policy::PlanStep& step : plan->steps) stored.push_back(step.stored);
  const auto again = policy::settle(problem, stored);
  must(again && again->cost == plan->cost, "a plan costs what its course costs");
  // A cell of rounding in each slot, at the price and through the losses.
  if (!simple) return;
  std::int64_t rounding = 100;
  for (const policy::PlanSlot& slot : problem.slots)
    rounding += (std::abs(slot.import_price.count()) + std::abs(slot.export_price.count()) +
                 problem.wear.count() + std::abs(problem.terminal_value.count())) /
                1'000'000;
  must(plan->cost.count() <= simple->cost.count() + rounding, "no course is cheaper");
});

}  // namespace
}  // namespace wattledger::fuzz
