// The nights of the live SQLite file.
#include "coordinator/daemon/upkeep.hpp"

#include "tests/daemon/lone_daemon.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using projections::Maintenance;

namespace {

// 2025-10-04 was a Saturday.
LocalTime on(int day, int hour, int minute = 0, int second = 0) {
  return LocalTime(std::chrono::local_days(std::chrono::year(2025) / 10 / day)) +
         std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
}

using Due = std::optional<Maintenance>;

}  // namespace

TEST_SUITE("daemon/upkeep") {
  TEST_CASE("it falls due when the clock passes two, on Sundays three; not at the first look") {
    daemon::UpkeepSchedule schedule;
    CHECK(schedule.due(on(4, 12), false) == Due());
    CHECK(schedule.due(on(5, 1, 59, 59), false) == Due());
    CHECK(schedule.due(on(5, 2), false) == Maintenance::daily);
    CHECK(schedule.due(on(5, 2, 0, 10), false) == Due());
    CHECK(schedule.due(on(5, 3, 0, 5), false) == Maintenance::weekly);
    CHECK(schedule.due(on(6, 1), false) == Due());
    CHECK(schedule.due(on(6, 4), false) == Maintenance::daily);
    CHECK(schedule.due(on(7, 1), false) == Due());
  }

  TEST_CASE(
      "what a forced mode kept waiting comes once, after it; the weekly run stands for both") {
    daemon::UpkeepSchedule schedule;
    CHECK(schedule.due(on(4, 23), true) == Due());
    CHECK(schedule.due(on(5, 2, 30), true) == Due());
    CHECK(schedule.due(on(5, 3, 30), true) == Due());
    CHECK(schedule.due(on(5, 6), false) == Maintenance::weekly);
    CHECK(schedule.due(on(5, 7), false) == Due());
  }

  TEST_CASE("a night without two o'clock has its run, one that has it twice has one") {
    daemon::UpkeepSchedule spring;
    CHECK(spring.due(on(6, 1, 59, 55), false) == Due());
    CHECK(spring.due(on(6, 3, 0, 5), false) == Maintenance::daily);
    daemon::UpkeepSchedule autumn;
    CHECK(autumn.due(on(6, 1, 59, 55), false) == Due());
    CHECK(autumn.due(on(6, 2, 0, 5), false) == Maintenance::daily);
    CHECK(autumn.due(on(6, 2, 59, 55), false) == Due());
    CHECK(autumn.due(on(6, 2, 0, 5), false) == Due());
    CHECK(autumn.due(on(6, 2, 30), false) == Due());
  }

  TEST_CASE("a clock that jumps by days starts nothing") {
    daemon::UpkeepSchedule schedule;
    CHECK(schedule.due(on(1, 12), false) == Due());
    CHECK(schedule.due(on(20, 12), false) == Due());
    CHECK(schedule.due(on(2, 12), false) == Due());
    CHECK(schedule.due(on(3, 2, 1), false) == Maintenance::daily);
  }

  TEST_CASE_FIXTURE(LoneDaemon, "a daemon looks after its file at night and says so in the log") {
    config.sqlite.enabled = true;
    config.control_mode = fb::ControlMode::advise;
    inverter.reading.forced_mode = fb::InverterMode::general;
    config.poll_every = std::chrono::seconds(1);
    clock.set(at_s(2 * 3'600 - 25));
    const auto daemon = open();
    // The house's time runs on while the projections' thread works: a day of it at most.
    clock.slept = [&](int sleeps) {
      if (sleeps % 5 == 0 && !recorded(*daemon, Kind::ChangeFinished).empty())
        daemon->request_stop();
    };
    REQUIRE(daemon->run(at_s(86'400)).has_value());
    REQUIRE(daemon->close(fb::StopCause::signal).has_value());
    const auto started = recorded(*daemon, Kind::ChangeStarted);
    REQUIRE(started.size() == 1);
    CHECK(started.front() >= at_s(2 * 3'600));
    CHECK(started.front() < at_s(2 * 3'600 + 10));
    CHECK(recorded(*daemon, Kind::ChangeFinished).size() == 1);
    CHECK(recorded(*daemon, Kind::AlertRaised).empty());
  }
}
