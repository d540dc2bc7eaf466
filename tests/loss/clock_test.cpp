// The computer's clock goes wrong under a daemon with its inverter, in a clock of the test's; the
// tool then looks at what was recorded.
#include "tests/daemon/logged_lines.hpp"
#include "tests/daemon/lone_daemon.hpp"
#include "tests/loss/lost_house.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

constexpr std::chrono::seconds day{86'400};

// Lives for an hour, has the clock moved, and lives for an hour behind the longest wait.
std::string lived_through(LoneDaemon& house, std::chrono::seconds moved) {
  const LoggedLines logged;
  auto daemon = house.open();
  const UtcTime hour = at_s(3'600);
  bool stepped = false;
  house.clock.slept = [&](int) {
    if (!stepped && house.clock.now() >= hour) {
      stepped = true;
      house.clock.set(house.clock.now() + moved);
    }
    if (stepped && house.clock.now() > hour + moved + std::chrono::hours(1) &&
        house.clock.now() < hour + moved + std::chrono::hours(3))
      daemon->request_stop();
  };
  REQUIRE(daemon->run(at_s(100 * 86'400)).has_value());
  REQUIRE(daemon->close(fb::StopCause::signal).has_value());
  return logged.text();
}

}  // namespace

TEST_SUITE("loss/clock") {
  TEST_CASE("a clock set back a day: waited for, said, believed, and every record stays") {
    LoneDaemon house;
    const std::string said = lived_through(house, -day);
    const Ran stat = mend(house.home.path(), Row("the clock was set back, or far ahead"), said);
    CHECK_MESSAGE(contains(stat.out, "epochs      2"), stat.out);
    CHECK(contains(said, "the log's newest record"));
    CHECK(tool(house.home.path(), {"log", "verify", "--deep"}).code == 0);
    const Ran verified = tool(house.home.path(), {"audit", "verify"});
    CHECK_MESSAGE(verified.code == 0, verified.out, verified.err);
    CHECK(tool(house.home.path(), {"replay", "--into", (house.home / "again").string()}).code == 0);
  }

  TEST_CASE("a clock set a day ahead is within a week: nothing is doubted, a day has no readings") {
    LoneDaemon house;
    const std::string said = lived_through(house, day);
    CHECK_FALSE(contains(said, "waiting at most"));
    const Ran stat = tool(house.home.path(), {"log", "stat"});
    CHECK_MESSAGE(contains(stat.out, "epochs      1"), stat.out);
    CHECK(tool(house.home.path(), {"audit", "verify"}).code == 0);
  }

  TEST_CASE("a day ahead and back again: the second step is waited for and opens an epoch") {
    LoneDaemon house;
    (void)lived_through(house, day);
    house.clock.set(house.clock.now() - day);
    const LoggedLines logged;
    auto daemon = house.open();
    house.clock.slept = [&](int sleeps) {
      if (sleeps > 2'000) daemon->request_stop();
    };
    REQUIRE(daemon->run(at_s(100 * 86'400)).has_value());
    REQUIRE(daemon->close(fb::StopCause::signal).has_value());
    const Row row("the clock was set back, or far ahead");
    for (const std::string& words : row.says) CHECK_MESSAGE(contains(logged.text(), words), words);
    CHECK(contains(tool(house.home.path(), {"log", "stat"}).out, "epochs      2"));
    CHECK(tool(house.home.path(), {"audit", "verify"}).code == 0);
    CHECK(tool(house.home.path(), {"log", "verify", "--deep"}).code == 0);
  }

  TEST_CASE("a clock set a month ahead is waited for as one set back is") {
    LoneDaemon house;
    const std::string said = lived_through(house, 30 * day);
    for (const std::string& words : Row("the clock was set back, or far ahead").says)
      CHECK_MESSAGE(contains(said, words), said);
    CHECK(tool(house.home.path(), {"audit", "verify"}).code == 0);
  }
}
