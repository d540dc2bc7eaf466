// A disk that fills up is said before it is full.
#include "log/room.hpp"

#include "tests/daemon/logged_lines.hpp"
#include "tests/daemon/lone_daemon.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_SUITE("daemon/room") {
  TEST_CASE_FIXTURE(LoneDaemon, "scarce room is said when it begins, looked for once a minute") {
    std::uint64_t free = log::disk_free_least;
    int looked = 0;
    daemon::DaemonOptions options;
    options.room = [&](const log::Log& log) {
      ++looked;
      auto room = log::room_of(log);
      if (room) room->disk_free = free;
      return room;
    };
    const auto daemon = open(std::move(options));
    const LoggedLines lines;
    // A sleep is ten seconds.
    clock.slept = [&](int sleeps) {
      if (sleeps == 10) free = log::disk_free_least - 1;
      if (sleeps == 30) free = log::disk_free_least;
      if (sleeps == 50) free = 0;
      if (sleeps == 60) daemon->request_stop();
      if (sleeps <= 10) CHECK(lines.count("warning the disk of") == 0);
      if (sleeps > 20 && sleeps <= 50) CHECK(lines.count("warning the disk of") == 1);
    };
    REQUIRE(daemon->run(at_s(3'600)).has_value());
    INFO(lines.text());
    CHECK(lines.count("warning the disk of " + (home.path() / "log").string() +
                      " has 255 MiB left") == 1);
    CHECK(lines.count("has 0 MiB left") == 1);
    CHECK(looked == 10);
  }
}
