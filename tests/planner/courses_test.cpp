// What a plan is worth beside other courses, what a stored kWh is worth, and what may not change
// it.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "tests/planner/judge.hpp"
#include "tests/planner/made_problems.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using policy::Energy;
using policy::PlanObstacle;

namespace {

Energy kwh(double amount) { return Energy(static_cast<std::int64_t>(amount * 1e8)); }
PriceE8 price(double amount) { return PriceE8(static_cast<std::int64_t>(amount * 1e8)); }

// 10 kWh, half full, lossless; each slot 1 kWh of load, prices 1 and 0.5, 2 kWh of power; what is
// left is worth more than it sells for.
policy::PlanProblem plain(std::size_t slots) {
  policy::PlanProblem problem;
  problem.start = kwh(5);
  problem.min = kwh(1);
  problem.max = kwh(10);
  problem.terminal_value = price(0.6);
  problem.slots.resize(slots);
  for (policy::PlanSlot& slot : problem.slots) {
    slot.import_price = price(1);
    slot.export_price = price(0.5);
    slot.load = kwh(1);
    slot.charge_max = slot.discharge_max = kwh(2);
  }
  return problem;
}

std::vector<Energy> stored_in(const policy::Plan& plan) {
  std::vector<Energy> stored;
  for (const policy::PlanStep& step : plan.steps) stored.push_back(step.stored);
  return stored;
}

std::uint64_t any_seed() {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
}

Prices any_prices() { return static_cast<Prices>(any_seed() % 3); }

// The cost without what the start itself is worth at the end.
double to_go(policy::PlanProblem problem, Energy start) {
  problem.start = start;
  const auto plan = policy::plan(problem);
  RC_ASSERT(plan.has_value());
  return static_cast<double>(plan->cost.count()) / 1e8 -
         static_cast<double>(start.count()) * static_cast<double>(problem.terminal_value.count()) /
             1e16;
}

}  // namespace

TEST_SUITE("planner/courses") {
  TEST_CASE("a plan costs what its own course costs, and no other course costs less") {
    CHECK(rc::check("courses", [] {
      const auto problem = lifelike_problem(any_seed(), 48, any_prices());
      const auto plan = policy::plan(problem);
      RC_ASSERT(plan.has_value());
      const auto again = policy::settle(problem, stored_in(*plan));
      RC_ASSERT(again.has_value());
      RC_ASSERT(again->cost.count() == plan->cost.count());
      RC_ASSERT(again->steps == plan->steps);
      std::vector<Energy> wish = stored_in(*plan);
      for (Energy& each : wish)
        each = Energy((each.count() + static_cast<std::int64_t>(any_seed() % 400'000'000)) %
                      policy::plan_energy_max.count());
      const auto other = policy::follow(problem, wish);
      RC_ASSERT(other.has_value());
      RC_ASSERT(trouble_in(problem, *other) == "");
      RC_ASSERT(plan->cost.count() <= other->cost.count() + 100);
      const auto simple = policy::self_consumption(problem);
      RC_ASSERT(simple.has_value());
      RC_ASSERT(trouble_in(problem, *simple) == "");
      RC_ASSERT(plan->cost.count() <= simple->cost.count() + 100);
      RC_ASSERT(plan->cost.count() <= policy::no_battery_cost(problem)->count() + 100);
    }));
  }

  TEST_CASE("an old plan under a new problem: its cost, or the limit that it breaks") {
    const auto problem = plain(3);
    const auto old = policy::plan(problem);
    REQUIRE(old.has_value());
    CHECK(stored_in(*old) == std::vector<Energy>{kwh(4), kwh(3), kwh(2)});
    CHECK(old->cost == MoneyE8(180'000'000));

    auto dearer = problem;
    dearer.slots[1].import_price = price(2);
    CHECK(policy::settle(dearer, stored_in(*old))->cost == old->cost);

    struct Row {
      const char* name;
      std::vector<Energy> course;
      PlanObstacle obstacle;
      std::size_t slot;
    };
    auto tight = problem;
    tight.slots[2].import_max = kwh(0.5);
    tight.slots[1].export_max = kwh(0.25);
    tight.slots[0].discharge_max = kwh(5);
    const std::vector<Row> table = {
        {"charged beyond the power", {kwh(8), kwh(8), kwh(7)}, PlanObstacle::charge_limit, 0},
        {"discharged beyond the power",
         {kwh(5), kwh(5), kwh(2.5)},
         PlanObstacle::discharge_limit,
         2},
        {"exported beyond the limit", {kwh(5), kwh(3.5), kwh(3)}, PlanObstacle::export_limit, 1},
        {"imported beyond the limit", {kwh(5), kwh(4), kwh(4)}, PlanObstacle::import_limit, 2},
        {"below the least", {kwh(0.5), kwh(1), kwh(1)}, PlanObstacle::stored_min, 0},
        {"above the most", {kwh(7), kwh(9), kwh(10.5)}, PlanObstacle::stored_max, 2},
        {"too short", {kwh(5)}, PlanObstacle::numbers, 0},
    };
    for (const Row& row : table) {
      INFO(std::string(row.name));
      const auto answer = policy::settle(tight, row.course);
      REQUIRE_FALSE(answer.has_value());
      CHECK(policy::name_of(answer.error().obstacle) == policy::name_of(row.obstacle));
      CHECK(answer.error().slot == row.slot);
    }
    const auto followed = policy::follow(tight, std::vector<Energy>{kwh(8), kwh(8), kwh(8)});
    REQUIRE(followed.has_value());
    CHECK(stored_in(*followed) == std::vector<Energy>{kwh(7), kwh(8), kwh(7.5)});
    CHECK(trouble_in(tight, *followed) == "");
  }

  TEST_CASE("what stops every plan is named, at its slot") {
    auto hungry = plain(4);
    for (policy::PlanSlot& slot : hungry.slots) slot.import_max = kwh(0);
    hungry.start = kwh(3);
    const auto starved = policy::plan(hungry);
    REQUIRE_FALSE(starved.has_value());
    CHECK(starved.error() == policy::Infeasible{2, PlanObstacle::import_limit});

    auto sunny = plain(4);
    sunny.curtailment = false;
    for (policy::PlanSlot& slot : sunny.slots) {
      slot.pv = kwh(3);
      slot.export_max = kwh(0);
    }
    const auto full = policy::plan(sunny);
    REQUIRE_FALSE(full.has_value());
    CHECK(full.error() == policy::Infeasible{2, PlanObstacle::export_limit});
    sunny.curtailment = true;
    CHECK(policy::plan(sunny).has_value());

    for (auto change :
         {+[](policy::PlanProblem& p) { p.slots.clear(); },
          +[](policy::PlanProblem& p) { p.charge_efficiency = policy::Efficiency(0); },
          +[](policy::PlanProblem& p) { p.slots[1].load = Energy(-1); },
          +[](policy::PlanProblem& p) { p.min = p.max + Energy(1); },
          +[](policy::PlanProblem& p) { p.wear = PriceE8(-1); },
          +[](policy::PlanProblem& p) {
            p.slots[2].import_price = policy::plan_price_max + PriceE8(1);
          }}) {
      auto problem = plain(3);
      change(problem);
      const auto answer = policy::plan(problem);
      REQUIRE_FALSE(answer.has_value());
      CHECK(answer.error().obstacle == PlanObstacle::numbers);
    }
  }

  TEST_CASE("a battery found below its least is not discharged, and not forced up") {
    auto problem = plain(4);
    problem.start = kwh(0.5);
    const auto idle = policy::plan(problem);
    REQUIRE(idle.has_value());
    CHECK(stored_in(*idle) == std::vector<Energy>(4, kwh(0.5)));
    CHECK_FALSE(idle->value_of_less.has_value());
    CHECK(stored_in(*policy::self_consumption(problem)) == std::vector<Energy>(4, kwh(0.5)));
    const std::vector<Energy> course{kwh(0.75), kwh(0.25), kwh(3), kwh(0.25)};
    const auto followed = policy::follow(problem, course);
    REQUIRE(followed.has_value());
    CHECK(stored_in(*followed) == std::vector<Energy>{kwh(0.75), kwh(0.75), kwh(2.75), kwh(1)});
    CHECK(policy::settle(problem, course).error() ==
          policy::Infeasible{1, PlanObstacle::stored_min});

    problem.slots[0].import_price = price(0.2);
    const auto charged = policy::plan(problem);
    REQUIRE(charged.has_value());
    CHECK(stored_in(*charged) == std::vector<Energy>{kwh(2.5), kwh(1.5), kwh(1), kwh(1)});
    CHECK(*charged->value_of_more == price(1));
  }

  TEST_CASE("and one above its most is not charged") {
    auto problem = plain(2);
    problem.start = kwh(10.5);
    problem.slots[0].import_price = price(-0.1);
    problem.slots[1].load = kwh(0);
    problem.slots[1].export_price = price(0.05);
    const auto plan = policy::plan(problem);
    REQUIRE(plan.has_value());
    CHECK(plan->steps[0].charge == Energy(0));
    CHECK(plan->steps[0].stored == kwh(10.5));
    CHECK(trouble_in(problem, *plan) == "");
  }

  TEST_CASE("of equal plans: nothing for nothing, then the earlier slot") {
    auto problem = plain(4);  // one price, no wear: any two slots may be served from the store
    problem.start = kwh(3);
    const auto served = policy::plan(problem);
    REQUIRE(served.has_value());
    CHECK(stored_in(*served) == std::vector<Energy>{kwh(2), kwh(1), kwh(1), kwh(1)});

    for (policy::PlanSlot& slot : problem.slots) slot.export_price = slot.import_price;
    problem.start = problem.min;
    const auto nothing = policy::plan(problem);  // buying and selling at one price gains nothing
    REQUIRE(nothing.has_value());
    CHECK(stored_in(*nothing) == std::vector<Energy>(4, problem.min));
  }

  TEST_CASE("a stored kWh is worth less the more there are, and what its slope says") {
    CHECK(rc::check("convex problems", [] {
      const auto problem = lifelike_problem(any_seed(), 48, Prices::convex);
      std::optional<PriceE8> before;
      const Energy step = (problem.max - problem.min) / 7;
      for (Energy start = problem.min; start <= problem.max; start += step) {
        auto there = problem;
        there.start = start;
        const auto plan = policy::plan(there);
        RC_ASSERT(plan.has_value());
        const auto& [more, less] = std::pair(plan->value_of_more, plan->value_of_less);
        if (less && before) RC_ASSERT(less->count() <= before->count() + 1);
        if (less && more) RC_ASSERT(more->count() <= less->count() + 1);
        if (more) {
          // A chord lies between the slopes at its ends; both costs are within rounding.
          const Energy next = std::min(start + Energy(5'000'000), problem.max);
          const double width = static_cast<double>((next - start).count()) / 1e8;
          const double gain = to_go(problem, start) - to_go(problem, next);
          RC_ASSERT(gain <= static_cast<double>(more->count()) / 1e8 * width + 2e-6);
        }
        before = more;
      }
    }));
  }

  TEST_CASE("prices shifted alike, the end's value with them, change no lossless plan") {
    CHECK(rc::check("shifts", [] {
      auto problem = lifelike_problem(any_seed(), 48, any_prices());
      problem.curtailment = false;
      problem.charge_efficiency = problem.discharge_efficiency = policy::lossless;
      for (policy::PlanSlot& slot : problem.slots) slot.export_max.reset();
      const auto plan = policy::plan(problem);
      auto shifted = problem;
      const PriceE8 by(static_cast<std::int64_t>(any_seed() % 300'000'000) - 150'000'000);
      shifted.terminal_value += by;
      for (policy::PlanSlot& slot : shifted.slots) {
        slot.import_price += by;
        slot.export_price += by;
      }
      const auto same = policy::plan(shifted);
      RC_ASSERT(plan.has_value());
      RC_ASSERT(same.has_value());
      RC_ASSERT(same->steps == plan->steps);
    }));
  }

  TEST_CASE("with losses a shift does change a plan: losses are paid at the price") {
    auto problem = plain(2);
    problem.start = problem.min;
    problem.terminal_value = PriceE8(0);
    problem.charge_efficiency = policy::to_efficiency(BasisPoints(9'000));
    problem.slots[0].import_price = price(0.2);
    problem.slots[1].import_price = price(0.3);
    CHECK(policy::plan(problem)->steps[0].charge > Energy(0));
    for (policy::PlanSlot& slot : problem.slots) slot.import_price += price(1);
    CHECK(policy::plan(problem)->steps[0].charge == Energy(0));
  }

  TEST_CASE("functions thinned to a few pieces still give a plan that breaks no limit") {
    int worse = 0;
    CHECK(rc::check("few pieces", [&] {
      const auto problem = lifelike_problem(any_seed(), 96, any_prices());
      const auto best = policy::plan(problem);
      const auto rough = policy::plan(problem, {6, 3});
      RC_ASSERT(best.has_value());
      RC_ASSERT(rough.has_value());
      RC_ASSERT(best->exact);
      RC_ASSERT(trouble_in(problem, *rough) == "");
      RC_ASSERT(rough->cost.count() >= best->cost.count() - 100);
      RC_ASSERT(rough->cost.count() <= policy::self_consumption(problem)->cost.count());
      worse += !rough->exact && rough->cost > best->cost;
    }));
    CHECK(worse > 20);
  }

  TEST_CASE("a hundred runs are enough for a hard week") {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const auto problem = lifelike_problem(seed, 672, Prices::export_above_import);
      const auto plan = policy::plan(problem, {2'000, 100});
      REQUIRE(plan.has_value());
      CHECK(plan->exact);
    }
  }
}
