// Lifelike problems against a fine grid, which knows nothing of functions.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "tests/planner/judge.hpp"
#include "tests/planner/made_problems.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_SUITE("planner/grid") {
  TEST_CASE("no plan on a grid of 301 levels is cheaper, and the best of them is near") {
    double nearest = 1e9;
    CHECK(rc::check("two days of half hours", [&] {
      static int calls = 0;
      if (++calls > 40) return;  // each takes a hundred thousand steps for every slot
      const auto seed = *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
      const auto prices = static_cast<Prices>(calls % 3);
      const auto problem = lifelike_problem(seed, 96, prices);
      const auto plan = policy::plan(problem);
      RC_ASSERT(plan.has_value());
      RC_ASSERT(trouble_in(problem, *plan) == "");
      const auto grid = grid_cost(problem, 301);
      if (!grid) return;  // limits so tight that only the exact levels keep them
      const double excess = static_cast<double>(plan->cost.count()) / 1e8 - *grid;
      RC_ASSERT(excess < 1e-5);
      nearest = std::min(nearest, -excess);
    }));
    MESSAGE("the nearest grid plan costs " << nearest << " more");
    CHECK(nearest < 0.5);
  }

  TEST_CASE("a week of quarters, not convex, breaks no limit") {
    for (const Prices prices : {Prices::convex, Prices::negative, Prices::export_above_import})
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto problem = lifelike_problem(seed, 672, prices);
        const auto plan = policy::plan(problem);
        REQUIRE(plan.has_value());
        CHECK(plan->exact);
        CHECK(trouble_in(problem, *plan) == "");
      }
  }
}
