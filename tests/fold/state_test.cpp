// evolve: what each kind of event leaves behind in the state.
#include <limits>

#include "tests/fold/told_house.hpp"

namespace wattledger::fold {
namespace {

using namespace wattledger::testing;

const UtcTime noon = at_s(12 * 3600);

fb::DecisionMadeT decision(fb::Action action, fb::Rule rule) {
  fb::DecisionMadeT fact;
  fact.action = action;
  fact.rule = rule;
  return fact;
}

fb::CommandConfirmedT confirmed(fb::InverterMode mode) {
  fb::CommandConfirmedT fact;
  fact.mode = mode;
  return fact;
}

fb::FaultRaisedT raised(fb::Fault fault, bool latched) {
  fb::FaultRaisedT fact;
  fact.fault = fault;
  fact.latched = latched;
  fact.detail = "why";
  return fact;
}

fb::OverrideRequestedT override_to(fb::Action action) {
  fb::OverrideRequestedT fact;
  fact.action = action;
  return fact;
}

}  // namespace

TEST_SUITE("fold/state") {
  TEST_CASE("every event moves `through` and `recorded_at`, also one that nothing reads") {
    ToldHouse house;
    house.tell(noon, fb::WeatherObservedT{}).tell(noon + seconds(5), fb::AlertEndedT{});
    CHECK(house.state().through == Sequence{2});
    CHECK(house.state().recorded_at == noon + seconds(5) + std::chrono::milliseconds(20));
    State expected;
    expected.through = house.state().through;
    expected.recorded_at = house.state().recorded_at;
    CHECK(house.state() == expected);
  }

  TEST_CASE("a site brings its clock, its transitions put in order, impossible ones left out") {
    fb::SiteAdoptedT site = warsaw();
    std::swap(site.transitions[0], site.transitions[3]);
    site.transitions.push_back(fb::ZoneTransition(to_us(noon), 1'000'000'000));
    site.rated_power_w = 10'000;
    ToldHouse house;
    house.tell(noon, site);
    const Site& there = house.state().site;
    CHECK(there.name == "home");
    CHECK(there.device_serial == "SAMPLE0000000001");
    CHECK(there.rated_power == Watts(10'000));
    REQUIRE(there.zone.transitions().size() == 4);
    CHECK(there.zone.offset_at(utc("2025-12-01")) == seconds(3600));
    CHECK(there.zone.offset_at(utc("2025-07-01")) == seconds(7200));
  }

  TEST_CASE("a policy that parses is taken; its digest is of its text, whatever the fact claims") {
    PolicySettings settings;
    settings.soc_target = BasisPoints(8'000);
    fb::PolicyAdoptedT honest = adopted(settings);
    fb::PolicyAdoptedT boasting = adopted(settings);
    boasting.digest = std::make_unique<fb::Digest256>(1, 2, 3, 4);
    ToldHouse house;
    house.tell(noon, honest);
    REQUIRE(house.state().policy.has_value());
    CHECK(house.state().policy->settings == settings);
    CHECK(house.state().policy->adopted == Sequence{1});
    const Digest digest = house.state().policy->digest;
    house.tell(noon, boasting);
    CHECK(house.state().policy->digest == digest);
    settings.soc_target = BasisPoints(8'001);
    house.tell(noon, adopted(settings));
    CHECK(house.state().policy->digest != digest);
  }

  TEST_CASE("a policy that does not parse leaves the one before") {
    ToldHouse house;
    house.tell(noon, adopted({}));
    const auto before = house.state().policy;
    for (const std::string text : {"", "garbage", "battery.capacity_mwh=1\n", "=\n", "\n\n",
                                   "battery.capacity_mwh=99999999999999999999\n"}) {
      fb::PolicyAdoptedT hostile = adopted({});
      hostile.text = text;
      house.tell(noon, hostile);
      CHECK_MESSAGE(house.state().policy == before, text);
    }
  }

  TEST_CASE("a reading replaces the one before, absent values stay absent") {
    fb::ReadingRecordedT fact = reading(4'200);
    fact.grid_power_w = -300;
    fact.grid_l1_voltage_mv = 231'000;
    fact.inverter_error = 0;
    ToldHouse house;
    house.tell(noon, fact).tell(noon + minutes(1), reading(std::nullopt));
    const auto& now = house.state().reading;
    REQUIRE(now.has_value());
    CHECK(now->at == noon + minutes(1));
    CHECK(now->sequence == Sequence{2});
    CHECK_FALSE(now->soc.has_value());
    CHECK_FALSE(now->grid_power.has_value());
    CHECK_FALSE(now->grid_voltage.has_value());
    CHECK_FALSE(now->inverter_error.has_value());
    house.tell(noon + minutes(2), fact);
    CHECK(now->soc == BasisPoints(4'200));
    CHECK(now->grid_power == Watts(-300));
    CHECK(now->grid_voltage == Millivolts(231'000));
    CHECK(now->inverter_error == 0U);
  }

  TEST_CASE("an older reading or decision told late does not replace a newer one") {
    ToldHouse house;
    house.tell(noon, reading(5'000)).tell(noon - hours(24), reading(1'000));
    CHECK(house.state().reading->soc == BasisPoints(5'000));
    house.tell(noon, decision(fb::Action::charge, fb::Rule::cheapest_slots))
        .tell(noon - hours(24), decision(fb::Action::sell, fb::Rule::owner_override));
    CHECK(house.state().decision->action == fb::Action::charge);
    CHECK(house.state().coordinator.decisions == 1);
  }

  TEST_CASE("a clock set back forgets the reading and leaves nothing ahead of it") {
    ToldHouse house;
    house.tell(noon, reading(5'000))
        .tell(noon, decision(fb::Action::charge, fb::Rule::cheapest_slots))
        .tell(noon, confirmed(fb::InverterMode::charge))
        .tell(noon, raised(fb::Fault::grid_voltage, false));
    const UtcTime back = noon - hours(3);
    fb::ClockSteppedT step;
    step.before_us = to_us(noon);
    step.after_us = to_us(back);
    house.tell(back, step);
    CHECK_FALSE(house.state().reading.has_value());
    CHECK(house.state().decision->at == back);
    CHECK(house.state().decision->since == back);
    CHECK(house.state().inverter.since == back);
    CHECK(house.state().inverter.confirmed_at == back);
    CHECK(house.state().faults.front().at == back);
    house.tell(back + minutes(1), reading(4'900));
    CHECK(house.state().reading->soc == BasisPoints(4'900));
  }

  TEST_CASE("a clock set forward keeps all") {
    ToldHouse house;
    house.tell(noon, reading(5'000));
    fb::ClockSteppedT step;
    step.before_us = to_us(noon);
    step.after_us = to_us(noon + hours(3));
    house.tell(noon + hours(3), step);
    CHECK(house.state().reading->at == noon);
  }

  TEST_CASE("`since` of a decision is when its action began, not when it was last repeated") {
    ToldHouse house;
    house.tell(noon, decision(fb::Action::self_use, fb::Rule::serve_house))
        .tell(noon + minutes(1), decision(fb::Action::self_use, fb::Rule::battery_full));
    CHECK(house.state().decision->since == noon);
    CHECK(house.state().decision->rule == fb::Rule::battery_full);
    house.tell(noon + minutes(2), decision(fb::Action::charge, fb::Rule::cheapest_slots));
    CHECK(house.state().decision->since == noon + minutes(2));
    CHECK(house.state().coordinator.decisions == 3);
  }

  TEST_CASE("a decision and a plan keep what comes after them") {
    fb::DecisionMadeT fact = decision(fb::Action::charge, fb::Rule::owner_override);
    fact.power_w = 3'000;
    fact.target_soc_bp = 8'000;
    fact.until_us = to_us(noon + hours(1));
    fb::PlanAdoptedT plan;
    plan.start_us = to_us(noon);
    plan.step_s = 900;
    plan.actions = {fb::Action::charge, fb::Action::self_use};
    plan.battery_power_w = {-5'000, 0};
    ToldHouse house;
    house.tell(noon, fact).tell(noon, plan);
    CHECK(house.state().decision->power == Watts(3'000));
    CHECK(house.state().decision->target_soc == BasisPoints(8'000));
    CHECK(house.state().decision->until == noon + hours(1));
    CHECK(house.state().plan->sequence == Sequence{2});
    CHECK(house.state().plan->step == seconds(900));
    CHECK(house.state().plan->actions == plan.actions);
    CHECK(house.state().plan->battery_power_w == plan.battery_power_w);
  }

  TEST_CASE("a command is wished first, confirmed later; failures count until then") {
    fb::CommandIssuedT command;
    command.mode = fb::InverterMode::charge;
    command.power_w = 5'000;
    command.target_soc_bp = 9'000;
    command.until_us = to_us(noon + hours(1));
    ToldHouse house;
    house.tell(noon, command);
    const InverterState& inverter = house.state().inverter;
    CHECK(inverter.wished == fb::InverterMode::charge);
    CHECK(inverter.wished_power == Watts(5'000));
    CHECK(inverter.wished_soc == BasisPoints(9'000));
    CHECK(inverter.wished_until == noon + hours(1));
    CHECK(inverter.command == Sequence{1});
    CHECK(inverter.confirmed == fb::InverterMode::unknown);
    house.tell(noon, fb::CommandFailedT{}).tell(noon, fb::CommandFailedT{});
    CHECK(inverter.failures == 2);
    fb::CommandConfirmedT answer = confirmed(fb::InverterMode::charge);
    answer.until_us = to_us(noon + minutes(59));
    house.tell(noon + seconds(3), answer);
    CHECK(inverter.confirmed == fb::InverterMode::charge);
    CHECK(inverter.confirmed_until == noon + minutes(59));
    CHECK(inverter.confirmed_at == noon + seconds(3));
    CHECK(inverter.since == noon + seconds(3));
    CHECK(inverter.failures == 0);
  }

  TEST_CASE("the end of charging is remembered, whoever ended it") {
    ToldHouse house;
    house.tell(noon, confirmed(fb::InverterMode::charge))
        .tell(noon + minutes(5), confirmed(fb::InverterMode::charge));
    CHECK(house.state().inverter.since == noon);
    CHECK_FALSE(house.state().inverter.charge_stopped_at.has_value());
    fb::ForeignChangeSeenT foreign;
    foreign.mode_found = fb::InverterMode::general;
    house.tell(noon + minutes(7), foreign);
    CHECK(house.state().inverter.charge_stopped_at == noon + minutes(7));
    CHECK(house.state().inverter.foreign_change_at == noon + minutes(7));
    CHECK(house.state().inverter.confirmed == fb::InverterMode::general);
    house.tell(noon + minutes(8), confirmed(fb::InverterMode::charge));
    fb::CoordinatorStoppedT stopped;
    stopped.inverter_released = true;
    house.tell(noon + minutes(9), stopped);
    CHECK(house.state().inverter.charge_stopped_at == noon + minutes(9));
    CHECK(house.state().inverter.wished == fb::InverterMode::general);
  }

  TEST_CASE("an override stands until its own end, or automatic control") {
    ToldHouse house;
    fb::OverrideRequestedT wish = override_to(fb::Action::charge);
    wish.until_us = to_us(noon + hours(2));
    wish.target_soc_bp = 7'000;
    wish.power_w = 2'000;
    house.tell(noon, wish);
    REQUIRE(house.state().owner_override.has_value());
    CHECK(*house.state().owner_override == Override{Sequence{1}, fb::Action::charge,
                                                    noon + hours(2), BasisPoints(7'000),
                                                    Watts(2'000)});
    fb::OverrideEndedT other;
    other.request = 99;
    house.tell(noon, other);
    CHECK(house.state().owner_override.has_value());
    fb::OverrideEndedT end;
    end.request = 1;
    house.tell(noon, end);
    CHECK_FALSE(house.state().owner_override.has_value());
    fb::OverrideRequestedT automatic;
    automatic.automatic = true;
    house.tell(noon, wish).tell(noon, automatic);
    CHECK_FALSE(house.state().owner_override.has_value());
  }

  TEST_CASE("a fault stands once, the newest raise counts, clearing removes it alone") {
    ToldHouse house;
    house.tell(noon, raised(fb::Fault::battery_temperature, false))
        .tell(noon, raised(fb::Fault::grid_voltage, false))
        .tell(noon + minutes(1), raised(fb::Fault::battery_temperature, true));
    REQUIRE(house.state().faults.size() == 2);
    CHECK(house.state().faults[1] == LatchedFault{fb::Fault::battery_temperature, Sequence{3},
                                                  noon + minutes(1), true, "why"});
    fb::FaultClearedT cleared;
    cleared.fault = fb::Fault::battery_temperature;
    house.tell(noon, cleared);
    REQUIRE(house.state().faults.size() == 1);
    CHECK(house.state().faults[0].fault == fb::Fault::grid_voltage);
  }

  TEST_CASE("the coordinator's own life") {
    ToldHouse house;
    house.tell(noon, decision(fb::Action::self_use, fb::Rule::serve_house));
    fb::CoordinatorStartedT started;
    started.control_mode = fb::ControlMode::on;
    house.tell(noon, started);
    const Coordinator& life = house.state().coordinator;
    CHECK(life ==
          Coordinator{noon, fb::ControlMode::on, fb::CoordinatorState::initializing, 0, true});
    fb::CoordinatorStateChangedT changed;
    changed.state = fb::CoordinatorState::charging;
    changed.control_mode = fb::ControlMode::advise;
    house.tell(noon, changed);
    CHECK(life.state == fb::CoordinatorState::charging);
    CHECK(life.control_mode == fb::ControlMode::advise);
    house.tell(noon, fb::CoordinatorStoppedT{});
    CHECK_FALSE(life.running);
    CHECK(house.state().inverter.wished == fb::InverterMode::unknown);
  }

  TEST_CASE("times beyond all calendars are held to it") {
    constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
    ToldHouse house;
    fb::PlanAdoptedT plan;
    plan.start_us = last;
    plan.step_s = 900;
    house.tell(noon, reading(5'000)).tell(noon, plan);
    fb::OverrideRequestedT wish = override_to(fb::Action::charge);
    wish.until_us = last;
    house.tell(noon, wish);
    fb::ClockSteppedT step;
    step.after_us = std::numeric_limits<std::int64_t>::min();
    const UtcTime year_9999 = utc("9999-12-31T23:59:59Z");
    CHECK(house.state().plan->start == year_9999);
    CHECK(house.state().owner_override->until == year_9999);
    house.tell(noon, step);
    CHECK(house.state().inverter.since == UtcTime{});
  }
}

}  // namespace wattledger::fold
