// A plan's hours ahead as an owner reads them.
#include "projections/fold/plan_text.hpp"

#include <doctest/doctest.h>

namespace wattledger::fold {
namespace {

using fb::Action;

// Warsaw's winter; the plan is of hours, from 18:00 of the 28th on.
const ZoneOffsets warsaw({{utc_from_us(0), std::chrono::hours(1)}});
constexpr std::int64_t start_us = 1'764'349'200'000'000;  // 2025-11-28T17:00:00Z

struct Stretch {
  Action action;
  int hours;
  int soc_pct = 50;
};

fb::PlanAdoptedT plan_of(const std::vector<Stretch>& stretches) {
  fb::PlanAdoptedT plan;
  plan.start_us = start_us;
  plan.step_s = 3'600;
  for (const Stretch& each : stretches)
    for (int i = 0; i < each.hours; ++i) {
      plan.actions.push_back(each.action);
      plan.soc_end_bp.push_back(static_cast<std::uint16_t>(each.soc_pct * 100));
    }
  return plan;
}

std::string told(const fb::PlanAdoptedT& plan, int hours_in = 0,
                 Language language = Language::english) {
  const UtcTime now =
      utc_from_us(start_us) + std::chrono::hours(hours_in) + std::chrono::minutes(5);
  return plan_text(plan, {now, warsaw, "PLN", language});
}

}  // namespace

TEST_SUITE("fold/plan text") {
  TEST_CASE(
      "a night's charge is told with its end, its charge and what it saves, in each language") {
    auto plan = plan_of({{Action::self_use, 8},
                         {Action::charge, 3, 80},
                         {Action::hold, 1},
                         {Action::self_use, 18}});
    plan.expected_saving_e8 = 321'400'000;
    CHECK(told(plan) ==
          "Until tomorrow 24:00: charging tomorrow 02:00-05:00 to 80 %, holding the battery "
          "05:00-06:00, serving the house else; saves about 3.21 PLN.");
    CHECK(told(plan, 0, Language::polish) ==
          "Do jutro 24:00: ładowanie jutro 02:00-05:00 do 80%, zachowanie energii w baterii "
          "05:00-06:00, poza tym zasilanie domu; oszczędność około 3,21 PLN.");
  }

  TEST_CASE("what runs now is told by its end, and midnight is the end of its day") {
    const auto plan = plan_of({{Action::charge, 6, 90}, {Action::self_use, 24}});
    CHECK(told(plan, 2) ==
          "Until tomorrow 24:00: charging until 24:00 to 90 %, serving the house else.");
    const auto over_midnight = plan_of({{Action::self_use, 4}, {Action::sell, 4, 35}});
    CHECK(told(over_midnight) ==
          "Until tomorrow 02:00: selling 22:00-tomorrow 02:00 down to 35 %, serving the house "
          "else.");
  }

  TEST_CASE("a plan that only serves the house says so, and what is over says nothing") {
    const auto plan = plan_of({{Action::self_use, 6}});
    CHECK(told(plan) == "Until 24:00: serving the house.");
    CHECK(told(plan, 6).empty());
    CHECK(told(fb::PlanAdoptedT{}).empty());
  }

  TEST_CASE(
      "at most four stretches are told, the others counted; a saving that rounds to 0 is not") {
    std::vector<Stretch> stretches;
    for (int i = 0; i < 7; ++i) {
      stretches.push_back({Action::charge, 1, 60});
      stretches.push_back({Action::self_use, 1});
    }
    auto plan = plan_of(stretches);
    plan.expected_saving_e8 = 400'000;
    const std::string text = told(plan);
    CHECK(text.find("tomorrow 00:00-01:00 to 60 % and 3 more, serving the house else.") !=
          std::string::npos);
    plan.expected_saving_e8 = 500'000;
    CHECK(told(plan).find("; saves about 0.01 PLN.") != std::string::npos);
  }

  TEST_CASE("a plan that lacks members of its lists is told without them") {
    auto plan = plan_of({{Action::charge, 2, 80}});
    plan.soc_end_bp.clear();
    CHECK(told(plan) == "Until 20:00: charging until 20:00 to ?.");
  }
}

}  // namespace wattledger::fold
