// The daemon's key, and a house that is served without one.
#include "log/checkpoint.hpp"

#include <sys/stat.h>

#include "log/environment.hpp"
#include "log/snapshot.hpp"
#include "tests/daemon/logged_lines.hpp"
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

  TEST_CASE_FIXTURE(LoneDaemon, "another key than the one that signed so far is said") {
    const auto file = log::signing_key_file(home.path());
    const LoggedLines lines;
    const auto serve_and_sign = [&] {
      auto daemon = open();
      clock.slept = [&](int) { daemon->request_stop(); };
      CHECK(daemon->run(clock.now() + std::chrono::hours(1)).has_value());
      CHECK(daemon->close(fb::StopCause::signal).has_value());
      daemon.reset();
      const auto log = log::Log::open(home.path() / "log");
      const auto lock = log::WriterLock::take(home.path() / "log", "test");
      CHECK(log::make_checkpoint(*log, *lock, *log::SigningKey::open(file)).has_value());
    };
    serve_and_sign();
    serve_and_sign();
    CHECK(lines.count("another key") == 0);
    std::filesystem::remove(file);
    open().reset();
    CHECK(lines.count("another key than the one that signed the log's checkpoints") == 1);
  }

  TEST_CASE_FIXTURE(LoneDaemon, "a log that is not the one that was signed is not signed again") {
    const auto file = log::signing_key_file(home.path());
    open().reset();
    {
      // A checkpoint of another history, as whoever rewrote this one would leave it.
      auto log = log::Log::open(home.path() / "log");
      const auto lock = log::WriterLock::take(home.path() / "log", "test");
      auto appender = log::Appender::open(*log, *lock, {});
      REQUIRE(
          appender->append(*encode(event(at_s(0), fb::ClockSteppedT{})), at_s(0), {}).has_value());
      const auto snapshot = log->snapshot();
      log::Checkpoint other;
      other.origin = log::checkpoint_origin(snapshot->meta().uuid);
      other.size = 1;
      other.recorded_at = at_s(0);
      const auto note =
          log::sign_note(log::checkpoint_text(other), other.origin, *log::SigningKey::open(file));
      const auto& environment = *log->impl().environment;
      auto transaction = log::Transaction::begin(environment, log::Transaction::Access::write);
      REQUIRE(log::put_checkpoint(environment, *transaction, 1, *note).has_value());
      REQUIRE(std::move(*transaction).commit().has_value());
    }
    const LoggedLines lines;
    auto daemon = open();
    INFO(lines.text());
    CHECK(lines.count("error No checkpoints are signed: the log is not the one that was signed") ==
          1);
    clock.slept = [&](int) { daemon->request_stop(); };
    CHECK(daemon->run(clock.now() + std::chrono::hours(1)).has_value());
    CHECK(daemon->close(fb::StopCause::signal).has_value());
  }
}
