// A wall clock that somebody sets, seen by the real clock's sleep and by the whole daemon.
#include "coordinator/daemon/clock.hpp"

#include "tests/daemon/lone_daemon.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using std::chrono::seconds;

TEST_SUITE("daemon/clock") {
  TEST_CASE(
      "a sleep ends when its time was to come, though the wall clock was set back meanwhile") {
    const auto began = std::chrono::steady_clock::now();
    // Half an hour back at the second look.
    int looks = 0;
    daemon::RealClock clock({}, [&] {
      const auto gone = std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::steady_clock::now() - began);
      return at_s(0) + gone - (++looks > 1 ? std::chrono::minutes(30) : std::chrono::minutes(0));
    });
    clock.sleep_until(at_s(0) + std::chrono::milliseconds(200));
    CHECK(std::chrono::steady_clock::now() - began < seconds(20));
    CHECK(looks > 1);
  }

  TEST_CASE("a sleep ends at once when the wall clock was set past its time") {
    int looks = 0;
    daemon::RealClock clock({}, [&] { return at_s(++looks > 1 ? 7'200 : 0); });
    const auto began = std::chrono::steady_clock::now();
    clock.sleep_until(at_s(3'600));
    CHECK(std::chrono::steady_clock::now() - began < seconds(20));
  }

  TEST_CASE_FIXTURE(LoneDaemon,
                    "a clock set back is waited for in general mode, then opens an epoch") {
    auto daemon = open();
    clock.slept = [&](int sleeps) {
      if (sleeps == 6) clock.set(at_s(-3'600));
      if (clock.now() > at_s(-3'600 + 800) && clock.now() < at_s(-1'000)) daemon->request_stop();
    };
    REQUIRE(daemon->run(at_s(86'400)).has_value());
    CHECK(inverter.released == 1);
    REQUIRE(daemon->close(fb::StopCause::signal).has_value());
    const auto stepped = recorded(*daemon, Kind::ClockStepped);
    REQUIRE(stepped.size() == 1);
    CHECK(stepped[0] >= at_s(-3'600 + 600));
    CHECK(stepped[0] < at_s(-3'600 + 620));
    // The hour that comes twice is read and recorded twice.
    const auto readings = recorded(*daemon, Kind::ReadingRecorded);
    CHECK(std::count_if(readings.begin(), readings.end(),
                        [&](UtcTime at) { return at >= stepped[0] && at < at_s(-1'000); }) >= 1);
  }

  TEST_CASE_FIXTURE(LoneDaemon,
                    "a clock set a month ahead makes no fact of that month before it is believed") {
    auto daemon = open();
    const UtcTime ahead = at_s(30 * 86'400);
    clock.slept = [&](int sleeps) {
      if (sleeps == 6) clock.set(ahead);
      if (sleeps == 40) clock.set(at_s(100));  // and back, before the wait is over
      if (clock.now() > at_s(200) && clock.now() < ahead) daemon->request_stop();
    };
    REQUIRE(daemon->run(at_s(60 * 86'400)).has_value());
    CHECK(inverter.released == 1);
    REQUIRE(daemon->close(fb::StopCause::signal).has_value());
    CHECK(recorded(*daemon, Kind::ClockStepped).empty());
    // Our own release stands in the log, at the last time that was believed.
    REQUIRE(recorded(*daemon, Kind::CommandConfirmed).size() >= 2);
    for (const UtcTime at : recorded(*daemon, Kind::CommandConfirmed)) CHECK(at < ahead);
    CHECK(recorded(*daemon, Kind::CoordinatorStopped).at(0) < ahead);
  }

  TEST_CASE_FIXTURE(LoneDaemon, "a clock that stays a month ahead opens an epoch after the wait") {
    auto daemon = open();
    const UtcTime ahead = at_s(30 * 86'400);
    clock.slept = [&](int sleeps) {
      if (sleeps == 6) clock.set(ahead);
      if (clock.now() > ahead + seconds(700)) daemon->request_stop();
    };
    REQUIRE(daemon->run(at_s(60 * 86'400)).has_value());
    REQUIRE(daemon->close(fb::StopCause::signal).has_value());
    const auto stepped = recorded(*daemon, Kind::ClockStepped);
    REQUIRE(stepped.size() == 1);
    CHECK(stepped[0] >= ahead + seconds(600));
  }

  TEST_CASE_FIXTURE(LoneDaemon,
                    "a start on a doubted clock releases what an earlier run left forced") {
    {
      auto earlier = open();
      REQUIRE(earlier->run(at_s(60)).has_value());  // and is killed: no close
    }
    REQUIRE(inverter.released == 0);
    clock.set(at_s(-86'400));
    auto daemon = open();
    clock.slept = [&](int) {
      CHECK(inverter.released == 1);
      daemon->request_stop();
    };
    const std::size_t started = recorded(*daemon, Kind::CoordinatorStarted).size();
    REQUIRE(daemon->run(at_s(86'400)).has_value());
    REQUIRE(daemon->close(fb::StopCause::signal).has_value());
    // Told to stop in the wait, it never began.
    CHECK(inverter.released == 1);
    CHECK(recorded(*daemon, Kind::CoordinatorStarted).size() == started);
    CHECK(recorded(*daemon, Kind::CoordinatorStopped).empty());
  }
}
