// Which charges and sales of a plan are told for the day, and what of that is news.
#include "tests/policy/steered_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;
using fb::Action;
using fb::InverterMode;
using fb::SessionChange;

}  // namespace

TEST_SUITE("policy/daily plan") {
  TEST_CASE("slots in a row are one planned session, told once") {
    SteeredHouse house;
    house.tell(noon, plan_of(noon, "-cc-ss-c"));
    const auto plans = house.plans(noon);
    REQUIRE(plans.size() == 1);
    const auto& sessions = plans[0].sessions;
    REQUIRE(sessions.size() == 3);
    CHECK(sessions[0]->session == "charge-2025-10-01-1");
    CHECK(sessions[0]->start_us == to_us(noon + minutes(15)));
    CHECK(sessions[0]->end_us == to_us(noon + minutes(45)));
    CHECK(sessions[0]->energy_mwh == 2'000'000);
    CHECK(sessions[0]->cost_e8 == 200'000'000 + 100'000'000);
    CHECK(sessions[1]->session == "sale-2025-10-01-1");
    CHECK(sessions[1]->energy_mwh == 1'000'000);
    CHECK_FALSE(sessions[1]->cost_e8.has_value());  // no price is known then
    CHECK(sessions[2]->session == "charge-2025-10-01-2");
    CHECK(house.plans(noon + minutes(1)).empty());
  }

  TEST_CASE("each session newly planned is told by itself, and so is one that was dropped") {
    SteeredHouse house;
    house.tell(noon, plan_of(noon, "-cc---c"));
    auto told = house.charges(noon);
    REQUIRE(told.size() == 2);
    CHECK(told[0].change == SessionChange::planned);
    CHECK(told[0].planned_energy_mwh == 2'000'000);
    house.tell(noon, plan_of(noon, "-ccc---"));
    told = house.charges(noon);
    REQUIRE(told.size() == 2);
    CHECK(told[0].session == "charge-2025-10-01-1");
    CHECK(told[0].change == SessionChange::planned);
    CHECK(told[0].planned_end_us == to_us(noon + hours(1)));
    CHECK(told[1].session == "charge-2025-10-01-2");
    CHECK(told[1].change == SessionChange::cancelled);
    CHECK(told[1].reason == "planned otherwise");
    CHECK(house.charges(noon).empty());
  }

  TEST_CASE("a charge that begins is the one that was planned, and a shorter plan keeps its name") {
    SteeredHouse house;
    house.tell(noon, plan_of(noon, "cccc"));
    (void)house.charges(noon);
    house.decide(noon, Action::charge, noon + hours(1))
        .command(noon, InverterMode::charge, noon + hours(1))
        .read(noon + seconds(10), 5'000, -5'000, 10'000);
    const auto begun = house.charge(noon + seconds(10));
    CHECK(begun.session == "charge-2025-10-01-1");
    CHECK(begun.planned_start_us == to_us(noon));
    house.tell(noon + minutes(15), plan_of(noon + minutes(15), "cc"));
    const auto plans = house.plans(noon + minutes(15));
    REQUIRE(plans.size() == 1);
    REQUIRE(plans[0].sessions.size() == 1);
    CHECK(plans[0].sessions[0]->session == "charge-2025-10-01-1");
    CHECK(plans[0].sessions[0]->change == SessionChange::started);
    CHECK(plans[0].sessions[0]->start_us == to_us(noon));
    CHECK(plans[0].sessions[0]->end_us == to_us(noon + minutes(45)));
  }

  TEST_CASE("what is advised is planned and never begins; its time passes") {
    SteeredHouse house(fb::ControlMode::advise);
    house.tell(noon, plan_of(noon, "cc"));
    CHECK(house.charges(noon).size() == 1);
    house.decide(noon, Action::charge, noon + minutes(30)).read(noon, 5'000, -5'000, 10'000);
    CHECK(house.charges(noon).empty());
    const auto told = house.charge(noon + minutes(30));
    CHECK(told.change == SessionChange::cancelled);
    CHECK(told.reason == "its time passed and it did not begin");
  }

  TEST_CASE("a new local day has a plan of its own, and yesterday's leftovers are dropped") {
    const UtcTime late = utc("2025-10-01T21:30:00Z");  // 23:30 in Warsaw
    SteeredHouse house;
    house.tell(late, plan_of(late, "-c-cc"));
    const auto today = house.plans(late);
    REQUIRE(today.size() == 1);
    REQUIRE(today[0].sessions.size() == 1);
    CHECK(today[0].day == 20'362);
    const UtcTime midnight = late + minutes(30);
    std::vector<fb::EventT> due = look_at_sessions(house.state(), midnight);
    REQUIRE(due.size() == 3);
    CHECK(due[0].fact.AsChargingSessionChanged()->session == "charge-2025-10-01-1");
    CHECK(due[0].fact.AsChargingSessionChanged()->change == SessionChange::cancelled);
    CHECK(due[1].fact.AsChargingSessionChanged()->session == "charge-2025-10-02-1");
    CHECK(due[2].fact.AsDailyPlanChanged()->day == 20'363);
  }

  TEST_CASE("a plan of nothing but changes is bounded") {
    SteeredHouse house;
    for (int i = 0; i < 200; ++i) {
      house.tell(noon, plan_of(noon, i % 2 == 0 ? "--c----c" : "----c----c"));
      (void)house.plans(noon);
    }
    CHECK(house.state().sessions.planned.size() == fold::planned_sessions_max);
  }
}

}  // namespace wattledger::policy
