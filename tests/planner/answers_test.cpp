// The example problems of ../shared/data against their proven optimum (a MILP, three solvers
// agree).
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "replay/plan/problem_file.hpp"
#include "tests/planner/judge.hpp"
#include "tests/support/places.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_SUITE("planner/answers") {
  TEST_CASE("each example's optimum is met") {
    const auto examples = shared_data() / "planner_examples";
    if (!std::filesystem::exists(examples)) {
      MESSAGE("skipped: " << examples.string() << " is not there");
      return;
    }
    for (const char* name :
         {"negative-prices", "two-days-tariff", "weekday-15min", "zero-export"}) {
      INFO(std::string(name));
      const auto file =
          tool::parse_problem(text_of(examples / (std::string(name) + ".json")), name);
      REQUIRE_MESSAGE(file.has_value(), file.error().line());
      CHECK(file->remarks.empty());
      const auto answer =
          nlohmann::json::parse(text_of(examples / (std::string(name) + ".solution.json")));
      const auto plan = policy::plan(file->problem);
      REQUIRE(plan.has_value());
      CHECK(plan->exact);
      CHECK(trouble_in(file->problem, *plan) == "");
      const auto near = [&](MoneyE8 cost, const char* key) {
        return std::abs(static_cast<double>(cost.count()) / 1e8 - answer.at(key).get<double>());
      };
      MESSAGE(std::string(name) << ": " << near(plan->cost, "total_cost")
                                << " from the proven optimum");
      // The answers are given to 1e-6.
      CHECK(near(plan->cost, "total_cost") < 2e-6);
      CHECK(near(*policy::no_battery_cost(file->problem), "no_battery_cost") < 2e-6);
      CHECK(near(policy::self_consumption(file->problem)->cost, "self_consumption_cost") < 2e-6);
    }
  }
}
