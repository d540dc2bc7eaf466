#include "coordinator/daemon/actuator.hpp"

#include "tests/daemon/daemon_fixture.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using fb::InverterMode;

namespace {

fold::State deciding(fb::Action action, std::optional<UtcTime> until) {
  fold::State state;
  state.decision.emplace();
  state.decision->action = action;
  state.decision->power = Watts(4'000);
  state.decision->target_soc = BasisPoints(9'000);
  state.decision->until = until;
  return state;
}

fold::State in_mode(InverterMode mode, std::optional<UtcTime> until = {}) {
  fold::State state;
  state.inverter.wished = mode;
  state.inverter.confirmed = mode;
  state.inverter.confirmed_until = until;
  state.inverter.wished_power = Watts(4'000);
  state.inverter.wished_soc = BasisPoints(9'000);
  return state;
}

inverter::Wish charge_until(UtcTime until) {
  return {InverterMode::charge, Watts(4'000), BasisPoints(9'000), until};
}

}  // namespace

TEST_SUITE("daemon/actuator") {
  TEST_CASE(
      "a wish ends where the plan ends, at most an hour ahead, never past midnight, on a whole "
      "minute") {
    struct Row {
      const char* name;
      std::int64_t now;
      fb::Action action;
      std::optional<std::int64_t> until;
      InverterMode mode;
      std::int64_t end;
    };
    const Row rows[] = {
        {"self use is general", 0, fb::Action::self_use, std::nullopt, InverterMode::general, 0},
        {"a stop is general", 0, fb::Action::stop, 900, InverterMode::general, 0},
        {"a quarter", 0, fb::Action::charge, 900, InverterMode::charge, 900},
        {"an odd second", 0, fb::Action::charge, 959, InverterMode::charge, 900},
        {"three hours", 0, fb::Action::charge, 3 * 3600, InverterMode::charge, 3600},
        {"over", 901, fb::Action::charge, 900, InverterMode::general, 0},
        {"less than a minute left", 890, fb::Action::charge, 930, InverterMode::charge, 900},
        {"at 23:30", 84'600, fb::Action::charge, 2 * 86'400, InverterMode::charge, 86'340},
        {"at 23:59:30", 86'370, fb::Action::charge, 2 * 86'400, InverterMode::general, 0},
        {"a hold", 0, fb::Action::hold, 900, InverterMode::hold, 900},
        {"a sale", 0, fb::Action::sell, 900, InverterMode::discharge, 900},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      const auto until = row.until ? std::optional(at_s(*row.until)) : std::nullopt;
      const inverter::Wish wish = daemon::wish_for(deciding(row.action, until), at_s(row.now));
      CHECK(wish.mode == row.mode);
      if (row.mode != InverterMode::general) CHECK(wish.until == at_s(row.end));
    }
  }

  TEST_CASE("without a decision the wish is to serve the house") {
    CHECK(daemon::wish_for(fold::State{}, at_s(0)).mode == InverterMode::general);
  }

  TEST_CASE("nothing is forced in an hour that the wall clock will show again") {
    // Autumn: at `change` two hours from UTC become one.
    const UtcTime change = at_s(30 * 86'400);
    const std::chrono::seconds hour(3'600);
    fold::State state = deciding(fb::Action::charge, change + 3 * hour);
    state.site.zone = ZoneOffsets({{at_s(0), 2 * hour}, {change, hour}});
    const auto mode = [&](UtcTime now) { return daemon::wish_for(state, now).mode; };
    CHECK(mode(change - hour - std::chrono::seconds(1)) == InverterMode::charge);
    CHECK(mode(change - hour) == InverterMode::general);
    CHECK(mode(change - std::chrono::seconds(1)) == InverterMode::general);
    CHECK(mode(change) == InverterMode::charge);  // the second pass
  }

  TEST_CASE("a forced mode whose end has passed is general by itself") {
    CHECK(daemon::mode_expected(in_mode(InverterMode::charge, at_s(900)), at_s(899)) ==
          InverterMode::charge);
    CHECK(daemon::mode_expected(in_mode(InverterMode::charge, at_s(900)), at_s(900)) ==
          InverterMode::general);
    CHECK(daemon::mode_expected(in_mode(InverterMode::general), at_s(900)) ==
          InverterMode::general);
  }

  TEST_CASE("a command is issued only when something must change") {
    struct Row {
      const char* name;
      fold::State state;
      inverter::Wish wish;
      std::int64_t now;
      bool needed;
    };
    inverter::Wish weaker = charge_until(at_s(3600));
    weaker.power = Watts(2'000);
    const Row rows[] = {
        {"unknown to general", in_mode(InverterMode::unknown), {}, 0, true},
        {"general stays", in_mode(InverterMode::general), {}, 0, false},
        {"general to charge", in_mode(InverterMode::general), charge_until(at_s(900)), 0, true},
        {"charge stays", in_mode(InverterMode::charge, at_s(3600)), charge_until(at_s(3600)), 0,
         false},
        {"a later end waits", in_mode(InverterMode::charge, at_s(3600)), charge_until(at_s(5400)),
         60, false},
        {"until less than a slot is left", in_mode(InverterMode::charge, at_s(3600)),
         charge_until(at_s(5400)), 2'701, true},
        {"an earlier end does not wait", in_mode(InverterMode::charge, at_s(3600)),
         charge_until(at_s(900)), 0, true},
        {"another power", in_mode(InverterMode::charge, at_s(3600)), weaker, 0, true},
        {"a charge that ends by its target alone has no end to renew",
         in_mode(InverterMode::charge), charge_until(at_s(5400)), 60, false},
        {"over, and general is wished: its schedule is cleared",
         in_mode(InverterMode::charge, at_s(900)),
         {},
         901,
         true},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CHECK(daemon::command_needed(row.state, row.wish, at_s(row.now)) == row.needed);
    }
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "a command is durable before the first write, and confirmed after") {
    steering();
    given(charge_decision(at_s(1800)));
    daemon::Actuator actuator(*journal, inverter);
    REQUIRE(actuator.reconcile(at_s(0)).has_value());
    REQUIRE(inverter.wishes.size() == 1);
    CHECK(inverter.wishes[0].mode == InverterMode::charge);
    CHECK(inverter.wishes[0].until == at_s(1800));
    CHECK(count(Kind::CommandIssued) == 1);
    CHECK(count(Kind::CommandConfirmed) == 1);
    CHECK(journal->state().inverter.confirmed == InverterMode::charge);
    REQUIRE(actuator.reconcile(at_s(60)).has_value());
    CHECK(inverter.wishes.size() == 1);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "neither off nor advise writes anything") {
    for (const fb::ControlMode mode : {fb::ControlMode::off, fb::ControlMode::advise}) {
      steering(mode);
      given(charge_decision(at_s(1800)));
      daemon::Actuator actuator(*journal, inverter);
      REQUIRE(actuator.reconcile(at_s(0)).has_value());
    }
    CHECK(inverter.wishes.empty());
    CHECK(count(Kind::CommandIssued) == 0);
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "three failures raise a fault, then one attempt a slot; a success clears it") {
    steering();
    given(charge_decision(at_s(3000)));
    daemon::Actuator actuator(*journal, inverter);
    inverter.trouble = Error{ErrorKind::timed_out, "no answer", ""};
    for (int i = 0; i < 6; ++i) REQUIRE(actuator.reconcile(at_s(i * 10)).has_value());
    CHECK(inverter.wishes.size() == 3);
    CHECK(count(Kind::CommandFailed) == 3);
    CHECK(count(Kind::FaultRaised) == 1);
    REQUIRE(actuator.reconcile(at_s(20 + 900)).has_value());
    CHECK(inverter.wishes.size() == 4);
    CHECK(count(Kind::FaultRaised) == 1);
    inverter.trouble.reset();
    REQUIRE(actuator.reconcile(at_s(20 + 1800)).has_value());
    CHECK(count(Kind::CommandConfirmed) == 1);
    CHECK(count(Kind::FaultCleared) == 0);  // a promise is no proof
    inverter.reading.battery_power_w = -3'900;
    REQUIRE(actuator.watch_effect(inverter.reading, at_s(20 + 1810)).has_value());
    CHECK(count(Kind::FaultCleared) == 1);
    CHECK(journal->state().faults.empty());
  }

  TEST_CASE_FIXTURE(DaemonFixture, "an export limit that changes is somebody else's hand, always") {
    for (const auto mode : {fb::ControlMode::advise, fb::ControlMode::on}) {
      steering(mode);
      const std::size_t before = count(Kind::ForeignChangeSeen);
      daemon::Actuator actuator(*journal, inverter);
      inverter.reading.export_limit_w = flatbuffers::nullopt;
      REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(0)).has_value());
      inverter.reading.export_limit_w = 0;
      REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(60)).has_value());
      REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(120)).has_value());
      CHECK(count(Kind::ForeignChangeSeen) == before + 1);
    }
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "an inverter's clock is set without a forced mode too, once a day") {
    steering();
    daemon::Actuator actuator(*journal, inverter);
    REQUIRE(actuator.reconcile(at_s(0)).has_value());
    CHECK(inverter.clocks_set == 0);
    inverter.clock_stuck = true;
    inverter.clock_off = std::chrono::seconds(200);
    inverter.reading.inverter_clock_offset_s = 200;
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(60)).has_value());
    REQUIRE(actuator.reconcile(at_s(60)).has_value());
    CHECK(inverter.clocks_set == 1);
    CHECK(count(Kind::CommandFailed) == 0);  // serving the house needs no clock
    REQUIRE(actuator.reconcile(at_s(120)).has_value());
    CHECK(inverter.clocks_set == 1);
    REQUIRE(actuator.reconcile(at_s(60 + 86'400)).has_value());
    CHECK(inverter.clocks_set == 2);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "somebody else's hand is recorded once") {
    steering();
    given(charge_decision(at_s(3000)));
    daemon::Actuator actuator(*journal, inverter);
    REQUIRE(actuator.reconcile(at_s(0)).has_value());
    inverter.reading.forced_mode = InverterMode::charge;
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(60)).has_value());
    CHECK(count(Kind::ForeignChangeSeen) == 0);
    inverter.reading.forced_mode = InverterMode::general;
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(120)).has_value());
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(180)).has_value());
    CHECK(count(Kind::ForeignChangeSeen) == 1);
    CHECK(journal->state().inverter.foreign_change_at == at_s(0));
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "a charge without an end stops at its target by no foreign hand") {
    steering();
    inverter.tells_end = false;
    given(charge_decision(at_s(3000)));
    daemon::Actuator actuator(*journal, inverter);
    REQUIRE(actuator.reconcile(at_s(0)).has_value());
    inverter.reading.forced_mode = InverterMode::general;
    inverter.reading.battery_soc_bp = static_cast<std::uint16_t>(9'000);
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(120)).has_value());
    CHECK(count(Kind::ForeignChangeSeen) == 0);
    inverter.reading.battery_soc_bp = static_cast<std::uint16_t>(7'000);
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(180)).has_value());
    CHECK(count(Kind::ForeignChangeSeen) == 1);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "what a failed command left in the inverter is our own hand") {
    steering();
    daemon::Actuator actuator(*journal, inverter);
    REQUIRE(actuator.reconcile(at_s(0)).has_value());  // general mode, confirmed
    given(charge_decision(at_s(3000)));
    inverter.trouble = Error{ErrorKind::timed_out, "no answer", ""};
    REQUIRE(actuator.reconcile(at_s(10)).has_value());
    REQUIRE(count(Kind::CommandFailed) == 1);
    inverter.reading.forced_mode = InverterMode::charge;
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(20)).has_value());
    CHECK(count(Kind::ForeignChangeSeen) == 0);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "what a command did that we were killed in is our own hand") {
    steering();
    {
      daemon::Actuator before(*journal, inverter);
      REQUIRE(before.reconcile(at_s(0)).has_value());
    }
    given(charge_decision(at_s(3000)));
    fb::CommandIssuedT issued;
    issued.mode = InverterMode::charge;
    issued.until_us = to_us(at_s(3000));
    given(std::move(issued));
    daemon::Actuator actuator(*journal, inverter);
    inverter.reading.forced_mode = InverterMode::charge;
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(60)).has_value());
    CHECK(count(Kind::ForeignChangeSeen) == 0);
    // Its end is past: whoever charges now is not us.
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(3001)).has_value());
    CHECK(count(Kind::ForeignChangeSeen) == 1);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "our own release on the way to advise is nobody else's hand") {
    steering();
    daemon::Actuator actuator(*journal, inverter);
    inverter.reading.work_mode = static_cast<std::uint16_t>(3);
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(0)).has_value());
    fb::CoordinatorStateChangedT changed;
    changed.control_mode = fb::ControlMode::advise;
    given(std::move(changed));
    inverter.reading.work_mode = static_cast<std::uint16_t>(0);
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(60)).has_value());
    CHECK(count(Kind::ForeignChangeSeen) == 0);
    inverter.reading.work_mode = static_cast<std::uint16_t>(3);
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(120)).has_value());
    CHECK(count(Kind::ForeignChangeSeen) == 1);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "too many register writes a day are a latched fault") {
    steering();
    daemon::Actuator actuator(*journal, inverter);
    for (int i = 0; i < 70; ++i) {
      fb::DecisionMadeT decision = charge_decision(at_s(1800));
      decision.power_w = 1'000 + i;
      given(std::move(decision));
      REQUIRE(actuator.reconcile(at_s(0)).has_value());
    }
    CHECK(inverter.writes() > daemon::register_writes_per_day_max);
    REQUIRE(count(Kind::FaultRaised) == 1);
    CHECK(journal->state().faults.front().fault == fb::Fault::register_writes_excessive);
    CHECK(journal->state().faults.front().latched);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "register writes are counted across restarts, day by day") {
    const auto command = [&](int power, std::int64_t at) {
      clock.set(at_s(at));
      fb::DecisionMadeT decision = charge_decision(at_s(at + 1800));
      decision.power_w = power;
      given(std::move(decision));
      // Another process each time: nothing is remembered but by the log.
      reopen();
      daemon::Actuator actuator(*journal, inverter);
      REQUIRE(actuator.reconcile(at_s(at)).has_value());
    };
    steering();
    for (int i = 0; i < 66; ++i) command(1'000 + i, 60);
    CHECK(journal->writes_since(at_s(0)) == 198);
    CHECK(count(Kind::FaultRaised) == 0);
    command(2'000, 86'400 + 60);  // the next day begins anew
    CHECK(journal->writes_since(at_s(86'400)) == 3);
    CHECK(count(Kind::FaultRaised) == 0);
    for (int i = 0; i < 66; ++i) command(3'000 + i, 86'400 + 120);
    REQUIRE(count(Kind::FaultRaised) == 1);
    CHECK(journal->state().faults.front().fault == fb::Fault::register_writes_excessive);
    command(4'000, 86'400 + 180);  // said once
    CHECK(count(Kind::FaultRaised) == 1);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "nothing is written before it is known what was set before us") {
    fb::CoordinatorStartedT started;
    started.control_mode = fb::ControlMode::on;
    given(std::move(started));
    given(charge_decision(at_s(1800)));
    daemon::Actuator actuator(*journal, inverter);
    REQUIRE(actuator.reconcile(at_s(0)).has_value());
    CHECK(inverter.wishes.empty());
    given(fb::InverterSettingsFoundT{});
    REQUIRE(actuator.reconcile(at_s(10)).has_value());
    CHECK(inverter.wishes.size() == 1);
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "where we do not steer, a register that changes is somebody else's hand") {
    steering(fb::ControlMode::advise);
    daemon::Actuator actuator(*journal, inverter);
    inverter.reading.work_mode = static_cast<std::uint16_t>(0);
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(0)).has_value());
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(60)).has_value());
    CHECK(count(Kind::ForeignChangeSeen) == 0);
    inverter.reading.work_mode = static_cast<std::uint16_t>(3);
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(120)).has_value());
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(180)).has_value());
    CHECK(count(Kind::ForeignChangeSeen) == 1);
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "an inverter's clock that is off is set before anything is forced") {
    steering();
    given(charge_decision(at_s(1800)));
    daemon::Actuator actuator(*journal, inverter);
    inverter.reading.inverter_clock_offset_s = 3600;
    inverter.clock_off = std::chrono::seconds(3600);
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(0)).has_value());
    REQUIRE(actuator.reconcile(at_s(0)).has_value());
    CHECK(inverter.clocks_set == 1);
    CHECK(count(Kind::CommandConfirmed) == 1);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "an inverter's clock that cannot be set forbids forced modes") {
    steering();
    given(charge_decision(at_s(1800)));
    daemon::Actuator actuator(*journal, inverter);
    inverter.clock_stuck = true;
    inverter.reading.inverter_clock_offset_s = -600;
    inverter.clock_off = std::chrono::seconds(-600);
    REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(0)).has_value());
    REQUIRE(actuator.reconcile(at_s(0)).has_value());
    CHECK(inverter.wishes.empty());
    CHECK(count(Kind::CommandFailed) == 1);
  }
}
