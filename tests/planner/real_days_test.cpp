// Every day of the recorded prices with the recorded house, where they are there.
#include "tests/planner/real_days.hpp"

#include <doctest/doctest.h>

#include "tests/planner/judge.hpp"
#include "tests/support/places.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// Never dearer than without a battery and than without a plan, but for a cell's rounding in each
// slot. Returns what it saves over no plan.
double check_day(const policy::PlanProblem& problem) {
  const auto plan = policy::plan(problem);
  REQUIRE(plan.has_value());
  CHECK(plan->exact);
  CHECK(trouble_in(problem, *plan) == "");
  const auto simple = policy::self_consumption(problem);
  REQUIRE(simple.has_value());
  CHECK(trouble_in(problem, *simple) == "");
  CHECK(plan->cost.count() <= policy::no_battery_cost(problem)->count() + 100);
  CHECK(plan->cost.count() <= simple->cost.count() + 100);
  return static_cast<double>((simple->cost - plan->cost).count()) / 1e8;
}

}  // namespace

TEST_SUITE("planner/real_days") {
  TEST_CASE("each day has a plan that keeps every limit and is no worse than none") {
    double saved = 0;
    int days = 0;
    for (const RealDay& day : real_days()) {
      INFO(day.date);
      saved += check_day(example_house(day.slots));
      auto closed = example_house(day.slots);
      for (policy::PlanSlot& slot : closed.slots) slot.export_max = policy::Energy(0);
      check_day(closed);
      auto shifted = example_house(day.slots);
      for (policy::PlanSlot& slot : shifted.slots) {
        slot.import_price -= PriceE8(70'000'000);
        slot.export_price = slot.import_price + PriceE8(40'000'000);
      }
      check_day(shifted);
      ++days;
    }
    if (days == 0) {
      MESSAGE("skipped: " << (shared_data() / "prices").string() << " is not there");
      return;
    }
    CHECK(days == 65);
    MESSAGE(saved << " PLN less than self-consumption over " << days << " days");
    CHECK(saved > 0);
  }

  TEST_CASE("all days as one horizon") {
    std::vector<policy::PlanSlot> slots;
    for (const RealDay& day : real_days())
      slots.insert(slots.end(), day.slots.begin(), day.slots.end());
    if (!slots.empty()) check_day(example_house(slots));
  }
}
