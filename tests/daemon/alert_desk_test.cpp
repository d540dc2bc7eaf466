// What a daemon raises, once, and ends, over restarts.
#include "coordinator/daemon/alert_desk.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "tests/daemon/lone_daemon.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// The alerts of the log, as "raised disk_space", in order.
std::vector<std::string> alerts_in(const log::Log& log) {
  const auto snapshot = log.snapshot();
  REQUIRE(snapshot.has_value());
  std::vector<std::string> told;
  REQUIRE(snapshot
              ->scan(snapshot->first(), snapshot->head(),
                     [&](const log::RecordView& record) -> Result<bool> {
                       if (const auto* raised = record.event.as<fb::AlertRaised>())
                         told.push_back("raised " + raised->alert()->str());
                       if (const auto* ended = record.event.as<fb::AlertEnded>())
                         told.push_back("ended " + ended->alert()->str());
                       return true;
                     })
              .has_value());
  return told;
}
using Told = std::vector<std::string>;

// A desk on a journal of its own, a reading a minute old, a disk of the test's.
struct Desk : DaemonFixture {
  config::Config config;
  std::uint64_t free = std::uint64_t{5'000} << 20U;
  std::optional<daemon::AlertDesk> desk;

  Desk() {
    config.backup.enabled = false;
    start();
    steering();
    read_now();
  }
  void start() { desk.emplace(config, *journal, *log); }
  void read_now() {
    fb::ReadingRecordedT reading;
    reading.battery_soc_bp = static_cast<std::uint16_t>(5'000);
    given(std::move(reading));
  }
  // A pass after so many seconds.
  void pass(std::int64_t after = 0, const std::optional<std::string>& finding = {}) {
    clock.set(clock.now() + std::chrono::seconds(after));
    const auto looked = desk->look(clock.now(), {nullptr, finding, free});
    REQUIRE_MESSAGE(looked.has_value(), looked.error().line());
    REQUIRE(appender->flush().has_value());
  }
  Told told() { return alerts_in(*log); }
};

}  // namespace

TEST_SUITE("daemon/alerts") {
  TEST_CASE_FIXTURE(Desk, "a house with which all is well raises nothing") {
    pass();
    pass(60);
    CHECK(told().empty());
  }

  TEST_CASE_FIXTURE(Desk, "a fault of safety is an alert for as long as it stands") {
    fb::FaultRaisedT fault;
    fault.fault = fb::Fault::battery_voltage;
    fault.latched = true;
    fault.detail = "battery voltage, mV";
    const Sequence raised = given(std::move(fault));
    pass();
    pass(10);
    CHECK(last<fb::AlertRaisedT>().detail == "battery_voltage: battery voltage, mV");
    fb::FaultClearedT cleared;
    cleared.fault = fb::Fault::battery_voltage;
    cleared.raised = raised.value;
    given(std::move(cleared));
    pass(10);
    pass(10);
    CHECK(told() == Told{"raised safety_stop", "ended safety_stop"});
  }

  TEST_CASE_FIXTURE(Desk, "what was measured is recorded, with its limit") {
    pass();
    free = std::uint64_t{10} << 20U;
    pass(10);
    const auto raised = last<fb::AlertRaisedT>();
    CHECK(raised.alert == "disk_space");
    CHECK(raised.severity == fb::Severity::critical);
    CHECK(raised.measured == 10 << 20);
    CHECK(raised.limit == 1'000 << 20);
  }

  TEST_CASE_FIXTURE(Desk, "over a restart an alert stands as it stood, and ends with its own end") {
    free = 0;
    pass();
    CHECK(told() == Told{"raised disk_space"});
    given(fb::CoordinatorStoppedT{});
    clock.set(clock.now() + std::chrono::hours(30));
    reopen();
    start();
    read_now();
    pass();
    pass(60);
    CHECK(told() == Told{"raised disk_space"});
    free = std::uint64_t{5'000} << 20U;
    pass(60);
    CHECK(told() == Told{"raised disk_space", "ended disk_space"});
    CHECK(last<fb::AlertEndedT>().raised > 0);
  }

  TEST_CASE_FIXTURE(Desk,
                    "a run that ended without its way down is told by the next, for an hour") {
    reopen();  // the run of steering() never stopped
    start();
    pass();
    CHECK(told() == Told{"raised crash"});
    read_now();
    for (int minute = 0; minute < 60; ++minute) {
      read_now();
      pass(60);
    }
    CHECK(told() == Told{"raised crash", "ended crash"});
  }

  TEST_CASE_FIXTURE(Desk, "a copy of a running house's log that was restored is no crash") {
    given(fb::LogRestoredT{});
    reopen();
    start();
    given(fb::CoordinatorStartedT{});
    REQUIRE(appender->flush().has_value());
    pass();
    CHECK(told().empty());
  }

  TEST_CASE_FIXTURE(Desk, "a file that SQLite finds damaged is told until a check finds it whole") {
    pass();
    pass(10, "row 3 missing from index");
    pass(10, "row 3 missing from index");
    pass(10, "ok");
    CHECK(told() == Told{"raised database_damaged", "ended database_damaged"});
  }

  TEST_CASE_FIXTURE(Desk, "a backup that fails is told until one succeeds, whoever records it") {
    pass();
    fb::BackupTakenT failed;
    failed.result = fb::Result::failed;
    failed.detail = "no space";
    given(std::move(failed));
    REQUIRE(appender->flush().has_value());
    pass(10);
    CHECK(last<fb::AlertRaisedT>().detail == "backup: no space");
    fb::BackupTakenT taken;
    taken.result = fb::Result::succeeded;
    given(std::move(taken));
    REQUIRE(appender->flush().has_value());
    pass(10);
    CHECK(told() == Told{"raised backup_failed", "ended backup_failed"});
  }

  TEST_CASE_FIXTURE(LoneDaemon, "a receiver is told by the daemon, beside its loop") {
    config.control_mode = fb::ControlMode::advise;
    config.alerts.push_back({});
    config.alerts.front().name = "pipe";
    const std::string pipe = (home / "pipe").string();
    config.alerts.front().command = "echo $WATTLEDGER_ALERT $WATTLEDGER_STATE > '" + pipe + "'";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    pollfd told{::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC), POLLIN, 0};
    REQUIRE(told.fd >= 0);
    daemon::DaemonOptions options;
    options.room = [](const log::Log& log) {
      auto room = log::room_of(log);
      if (room) room->disk_free = 0;
      return room;
    };
    const auto daemon = open(std::move(options));
    std::array<char, 64> line{};
    // The house's time stands until the other thread has told it.
    clock.slept = [&](int) {
      constexpr int patience_ms = 120'000;
      REQUIRE(::poll(&told, 1, patience_ms) == 1);
      REQUIRE(::read(told.fd, line.data(), line.size() - 1) > 0);
      daemon->request_stop();
    };
    REQUIRE(daemon->run(at_s(3'600)).has_value());
    REQUIRE(daemon->close(fb::StopCause::signal).has_value());
    ::close(told.fd);
    CHECK(std::string(line.data()) == "disk_space raised\n");
  }
}
