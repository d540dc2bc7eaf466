#include "coordinator/daemon/tick.hpp"

#include "tests/daemon/daemon_fixture.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

struct TickFixture : DaemonFixture {
  daemon::PriceFeed prices;
  daemon::Tick tick{*journal, inverter, prices, {std::chrono::seconds(60)}};
  void run_at(std::int64_t seconds) {
    clock.set(at_s(seconds));
    const auto ran = tick.run(clock.now());
    REQUIRE_MESSAGE(ran.has_value(), ran.error().line());
  }
};

}  // namespace

TEST_SUITE("daemon/tick") {
  TEST_CASE_FIXTURE(TickFixture, "of six polls a minute one reading is recorded") {
    steering();
    for (int i = 0; i <= 120; i += 10) run_at(i);
    CHECK(count(Kind::ReadingRecorded) == 3);
    CHECK(tick.contact().last_answer == at_s(120));
  }

  TEST_CASE_FIXTURE(TickFixture, "a reading that a fault rests on is recorded at once") {
    steering();
    run_at(0);
    inverter.reading.battery_voltage_mv = 250'000;
    run_at(10);
    CHECK(count(Kind::ReadingRecorded) == 2);
    CHECK(count(Kind::FaultRaised) == 1);
    CHECK(journal->state().decision->rule == fb::Rule::latched_safety);
    CHECK(journal->state().coordinator.state == fb::CoordinatorState::error);
  }

  TEST_CASE_FIXTURE(TickFixture, "a decision is recorded at each slot and whenever it changes") {
    steering();
    for (int i = 0; i < 1800; i += 60) run_at(i);
    CHECK(count(Kind::DecisionMade) == 2);
    inverter.reading.battery_soc_bp = static_cast<std::uint16_t>(300);
    run_at(1800 + 60);
    CHECK(count(Kind::DecisionMade) == 3);
    CHECK(journal->state().decision->rule == fb::Rule::emergency_charge);
    CHECK(journal->state().inverter.confirmed == fb::InverterMode::charge);
  }

  TEST_CASE_FIXTURE(TickFixture,
                    "three polls without an answer are one fault, the next answer ends it") {
    steering();
    run_at(0);
    inverter.trouble = Error{ErrorKind::timed_out, "no answer", ""};
    for (int i = 10; i <= 60; i += 10) run_at(i);
    CHECK(count(Kind::FaultRaised) == 1);
    inverter.trouble.reset();
    run_at(70);
    CHECK(count(Kind::FaultCleared) == 1);
    CHECK(journal->state().faults.empty());
  }

  TEST_CASE_FIXTURE(TickFixture,
                    "answers whose own clock stands still are no readings after stale_after_s, "
                    "until the clock goes again") {
    steering();
    const auto rule = [&] { return journal->state().decision->rule; };
    const auto stand_still_at = [&](int seconds) {
      inverter.reading.inverter_clock_offset_s = 7 - seconds;
      run_at(seconds);
    };
    for (int i = 0; i <= 180; i += 10) stand_still_at(i);
    CHECK(rule() != fb::Rule::data_implausible);
    stand_still_at(190);
    CHECK(rule() == fb::Rule::data_implausible);
    CHECK(journal->state().decision->action == fb::Action::self_use);
    inverter.reading.inverter_clock_offset_s = -100;
    run_at(200);
    CHECK(rule() != fb::Rule::data_implausible);
  }

  TEST_CASE_FIXTURE(TickFixture, "by answers that stand still no command is judged") {
    steering();
    fb::OverrideRequestedT wish;
    wish.action = fb::Action::charge;
    wish.until_us = to_us(at_s(3'600));
    given(std::move(wish));
    inverter.reading.battery_power_w = -5'000;
    inverter.reading.grid_power_w = -5'500;
    for (int i = 0; i <= 600; i += 10) {
      inverter.reading.inverter_clock_offset_s = 7 - i;
      run_at(i);
    }
    // General mode was commanded, and what is shown is the charge of ten minutes ago.
    CHECK(journal->state().inverter.confirmed == fb::InverterMode::general);
    CHECK(count(Kind::CommandFailed) == 0);
  }

  TEST_CASE_FIXTURE(TickFixture, "what was set before us is written down once, before a command") {
    fb::CoordinatorStartedT started;
    started.control_mode = fb::ControlMode::on;
    given(std::move(started));
    inverter.settings_unreadable = true;
    run_at(0);
    run_at(10);
    CHECK(count(Kind::InverterSettingsFound) == 0);
    CHECK(count(Kind::CommandIssued) == 0);
    CHECK(inverter.wishes.empty());
    inverter.settings_unreadable = false;
    run_at(60);
    run_at(120);
    CHECK(count(Kind::InverterSettingsFound) == 1);
    CHECK(count(Kind::CommandIssued) == 1);
  }

  TEST_CASE_FIXTURE(TickFixture,
                    "a clock that jumps while the inverter is asked costs that pass and no more") {
    steering();
    run_at(0);
    const std::size_t decisions = count(Kind::DecisionMade);
    for (const std::int64_t jump : {-3600, -30, 1'800, 86'400}) {
      CAPTURE(jump);
      clock.set(at_s(7'200));
      inverter.while_polled = [&] { clock.set(at_s(7'200 + jump)); };
      const auto ran = tick.run(clock.now());
      REQUIRE_MESSAGE(ran.has_value(), ran.error().line());
      CHECK(count(Kind::DecisionMade) == decisions);
    }
    inverter.while_polled = {};
    run_at(7'200 + 86'400 + 10);
    CHECK(count(Kind::DecisionMade) == decisions + 1);
  }

  TEST_CASE_FIXTURE(TickFixture, "an inverter that falls silent while the clock jumps is a fault") {
    steering();
    inverter.trouble = Error{ErrorKind::timed_out, "no answer", ""};
    inverter.while_polled = [&] { clock.set(clock.now() + std::chrono::hours(2)); };
    for (int i = 0; i < 3; ++i) {
      const auto ran = tick.run(clock.now());
      REQUIRE_MESSAGE(ran.has_value(), ran.error().line());
    }
    CHECK(count(Kind::FaultRaised) == 1);
  }

  TEST_CASE_FIXTURE(TickFixture, "an override ends by its time or at its target") {
    steering();
    fb::OverrideRequestedT wish;
    wish.action = fb::Action::charge;
    wish.until_us = to_us(at_s(600));
    wish.target_soc_bp = static_cast<std::uint16_t>(8'000);
    given(fb::OverrideRequestedT(wish));
    run_at(0);
    CHECK(journal->state().decision->rule == fb::Rule::owner_override);
    run_at(600);
    CHECK(count(Kind::OverrideEnded) == 1);
    CHECK(journal->state().inverter.wished == fb::InverterMode::general);
    wish.until_us = to_us(at_s(3600));
    given(fb::OverrideRequestedT(wish));
    run_at(660);
    inverter.reading.battery_soc_bp = static_cast<std::uint16_t>(8'000);
    run_at(720);
    CHECK(count(Kind::OverrideEnded) == 2);
    CHECK_FALSE(journal->state().owner_override.has_value());
  }

  TEST_CASE_FIXTURE(TickFixture, "a sale by override ends at its floor") {
    steering();
    fb::OverrideRequestedT wish;
    wish.action = fb::Action::sell;
    wish.until_us = to_us(at_s(3600));
    wish.target_soc_bp = static_cast<std::uint16_t>(4'000);
    given(fb::OverrideRequestedT(wish));
    run_at(0);
    CHECK(journal->state().inverter.confirmed == fb::InverterMode::discharge);
    inverter.reading.battery_soc_bp = static_cast<std::uint16_t>(4'000);
    run_at(60);
    CHECK(count(Kind::OverrideEnded) == 1);
    CHECK(journal->state().inverter.confirmed == fb::InverterMode::general);
  }

  TEST_CASE_FIXTURE(TickFixture, "control off reads and records, and decides nothing") {
    steering(fb::ControlMode::off);
    for (int i = 0; i <= 1800; i += 60) run_at(i);
    CHECK(count(Kind::ReadingRecorded) == 31);
    CHECK(count(Kind::DecisionMade) == 0);
  }
}
