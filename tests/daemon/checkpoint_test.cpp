// The daemon's key, and a house that is served without one.
#include "log/checkpoint.hpp"

#include <sys/stat.h>

#include "tests/daemon/lone_daemon.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_SUITE("daemon/checkpoint") {
  TEST_CASE_FIXTURE(LoneDaemon, "the daemon makes the log's key once, and goes on without one") {
    const auto file = log::signing_key_file(home.path());
    open().reset();
    const auto made = log::SigningKey::open(file);
    REQUIRE_MESSAGE(made.has_value(), made.error().line());
    open().reset();
    CHECK(log::SigningKey::open(file)->public_key() == made->public_key());
    REQUIRE(::chmod(file.c_str(), 0644) == 0);
    auto daemon = open();
    clock.slept = [&](int sleeps) {
      if (sleeps == 2) daemon->request_stop();
    };
    CHECK(daemon->run(at_s(3'600)).has_value());
    CHECK(daemon->close(fb::StopCause::signal).has_value());
    CHECK(recorded(*daemon, Kind::ReadingRecorded).size() == 1);
  }
}
