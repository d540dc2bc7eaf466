// Ten thousand tiny problems against all plans that there are.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "tests/planner/judge.hpp"
#include "tests/planner/made_problems.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_SUITE("planner/brute_force") {
  TEST_CASE("the plan costs what the best of all plans costs, or names what stops them all") {
    int solved = 0, stuck = 0, outside = 0;
    CHECK(rc::check("a hundred problems from one seed, a hundred times", [&] {
      const auto seed = *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
      for (std::uint64_t i = 0; i < 100; ++i) {
        const TinyProblem tiny = tiny_problem(seed + i);
        const Judged truth = judged(tiny.problem, tiny.cell, tiny.unit);
        const auto plan = policy::plan(tiny.problem);
        RC_LOG() << "problem of seed " << seed + i << "\n";
        RC_ASSERT(plan.has_value() == truth.cost.has_value());
        if (!plan) {
          ++stuck;
          RC_ASSERT(plan.error().slot == truth.stuck);
          RC_ASSERT(plan.error().obstacle == *truth.obstacle);
          continue;
        }
        ++solved;
        outside += tiny.problem.start < tiny.problem.min || tiny.problem.start > tiny.problem.max;
        RC_ASSERT(trouble_in(tiny.problem, *plan) == "");
        RC_ASSERT(plan->exact);
        RC_ASSERT(plan->cost.count() == truth.cost->count());
      }
    }));
    MESSAGE(solved << " solved, " << outside << " of them from outside the bounds; " << stuck
                   << " without a plan");
    CHECK(solved > 5'000);
    CHECK(outside > 100);
    CHECK(stuck > 500);
  }
}
