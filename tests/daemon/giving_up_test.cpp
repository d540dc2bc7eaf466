// What the battery shows of a command, and what happens when it shows nothing.
#include "coordinator/daemon/actuator.hpp"
#include "tests/daemon/daemon_fixture.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using fb::InverterMode;

TEST_SUITE("daemon/giving_up") {
  TEST_CASE_FIXTURE(DaemonFixture, "the battery's power proves a command, once") {
    steering();
    given(charge_decision(at_s(1800)));
    daemon::Actuator actuator(*journal, inverter);
    REQUIRE(actuator.reconcile(at_s(0)).has_value());
    inverter.reading.battery_power_w = -3'900;
    CHECK_FALSE(actuator.judges(inverter.reading, at_s(5)));  // may be from before
    REQUIRE(actuator.judges(inverter.reading, at_s(10)));
    REQUIRE(actuator.watch_effect(inverter.reading, at_s(10)).has_value());
    REQUIRE(count(Kind::CommandConfirmed) == 2);
    const auto confirmed = last<fb::CommandConfirmedT>();
    CHECK(confirmed.battery_power_w == -3'900);
    CHECK(confirmed.took_ms == 10'000);
    CHECK(confirmed.writes == 0);
    CHECK(confirmed.until_us == to_us(at_s(1800)));
    CHECK_FALSE(actuator.judges(inverter.reading, at_s(20)));
    REQUIRE(actuator.reconcile(at_s(20)).has_value());
    CHECK(inverter.wishes.size() == 1);
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "acknowledged and not applied is found, told, tried anew, and given up in "
                    "general mode") {
    steering();
    given(charge_decision(at_s(3000)));
    daemon::Actuator actuator(*journal, inverter);
    inverter.reading.battery_power_w = 800;  // it goes on as before
    std::int64_t now = 0;
    for (int attempt = 1; attempt <= 3; ++attempt) {
      CAPTURE(attempt);
      REQUIRE(actuator.reconcile(at_s(now)).has_value());
      REQUIRE(inverter.wishes.size() == static_cast<std::size_t>(attempt));
      CHECK(inverter.released == attempt - 1);  // entered anew, from general mode
      REQUIRE(actuator.watch_effect(inverter.reading, at_s(now + 80)).has_value());
      CHECK(count(Kind::CommandFailed) == static_cast<std::size_t>(attempt - 1));
      REQUIRE(actuator.watch_effect(inverter.reading, at_s(now + 90)).has_value());
      REQUIRE(count(Kind::CommandFailed) == static_cast<std::size_t>(attempt));
      now += 100;
    }
    const auto failure = last<fb::CommandFailedT>();
    CHECK(failure.trouble == fb::CommandTrouble::not_applied);
    CHECK(failure.attempts == 3);
    CHECK(failure.detail.find("confirmed charge, but 90 s later the battery gives 800 W") !=
          std::string::npos);
    CHECK(count(Kind::FaultRaised) == 1);
    REQUIRE(actuator.reconcile(at_s(now)).has_value());
    CHECK(inverter.released == 3);
    CHECK(inverter.wishes.size() == 3);
    CHECK(journal->state().inverter.confirmed == InverterMode::general);
    REQUIRE(actuator.reconcile(at_s(now + 10)).has_value());
    CHECK(inverter.released == 3);  // once is enough
    REQUIRE(actuator.reconcile(at_s(now + 900)).has_value());
    CHECK(inverter.wishes.size() == 4);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "who gave up goes on until the inverter is let go") {
    steering();
    given(charge_decision(at_s(3000)));
    daemon::Actuator actuator(*journal, inverter);
    inverter.trouble = Error{ErrorKind::timed_out, "no answer", ""};
    for (int i = 0; i < 6; ++i) REQUIRE(actuator.reconcile(at_s(i * 10)).has_value());
    CHECK(inverter.released == 2);  // ever more rarely
    CHECK(count(Kind::CommandConfirmed) == 0);
    inverter.trouble.reset();
    inverter.deaf = true;  // it takes the writes and goes on
    REQUIRE(actuator.reconcile(at_s(60)).has_value());
    CHECK(inverter.released == 3);
    CHECK(count(Kind::CommandConfirmed) == 0);
    const auto failure = last<fb::CommandFailedT>();
    CHECK(failure.writes == 3);  // each try writes, and is counted
    CHECK(failure.detail.find("told to serve the house and reads charge") != std::string::npos);
    inverter.deaf = false;
    for (int i = 7; i < 20; ++i) REQUIRE(actuator.reconcile(at_s(i * 10)).has_value());
    CHECK(inverter.released == 4);
    CHECK(last<fb::CommandConfirmedT>().mode == InverterMode::general);
    CHECK(count(Kind::CommandIssued) == 3);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "who steers no more ends what was forced while steering") {
    for (const bool confirmed : {true, false}) {
      CAPTURE(confirmed);
      steering();
      fb::CommandIssuedT issued;
      issued.mode = InverterMode::charge;
      issued.until_us = to_us(at_s(3000));
      const Sequence command = given(std::move(issued));
      if (confirmed) {
        fb::CommandConfirmedT done;
        done.command = command.value;
        done.mode = InverterMode::charge;
        done.until_us = to_us(at_s(3000));
        given(std::move(done));
      }
      steering(fb::ControlMode::advise);  // as after SIGKILL and a restart
      daemon::Actuator actuator(*journal, inverter);
      inverter.trouble = Error{ErrorKind::timed_out, "no answer", ""};
      const int before = inverter.released;
      REQUIRE(actuator.reconcile(at_s(0)).has_value());
      inverter.trouble.reset();
      REQUIRE(actuator.reconcile(at_s(10)).has_value());
      CHECK(inverter.released == before + 2);
      CHECK(last<fb::CommandConfirmedT>().mode == InverterMode::general);
      for (int i = 2; i < 100; ++i) REQUIRE(actuator.reconcile(at_s(i * 10)).has_value());
      CHECK(inverter.released == before + 2);
    }
  }

  TEST_CASE_FIXTURE(DaemonFixture, "what somebody else forced is theirs where we do not steer") {
    steering(fb::ControlMode::advise);
    fb::ForeignChangeSeenT change;
    change.mode_found = InverterMode::charge;
    given(std::move(change));
    daemon::Actuator actuator(*journal, inverter);
    REQUIRE(actuator.reconcile(at_s(0)).has_value());
    CHECK(inverter.released == 0);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "against another hand that always writes again, once a slot") {
    steering();
    given(charge_decision(at_s(3000)));
    daemon::Actuator actuator(*journal, inverter);
    for (int i = 0; i < 30; ++i) {
      REQUIRE(actuator.reconcile(at_s(i * 10)).has_value());
      inverter.reading.forced_mode = InverterMode::other;
      REQUIRE(actuator.look_for_foreign_hand(inverter.reading, at_s(i * 10 + 5)).has_value());
    }
    CHECK(inverter.wishes.size() == 3);
    REQUIRE(actuator.reconcile(at_s(20 + 900)).has_value());
    CHECK(inverter.wishes.size() == 4);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "without any power of the battery a fault is not cleared") {
    steering();
    given(charge_decision(at_s(3000)));
    fb::FaultRaisedT fault;
    fault.fault = fb::Fault::command_not_applied;
    given(std::move(fault));
    daemon::Actuator actuator(*journal, inverter);
    REQUIRE(actuator.reconcile(at_s(0)).has_value());
    REQUIRE(actuator.watch_effect(inverter.reading, at_s(90)).has_value());
    CHECK(count(Kind::FaultCleared) == 0);
    CHECK(count(Kind::CommandConfirmed) == 1);
  }
}
