// A whole daemon in the test's thread, without socket, on a log, a clock and an inverter of the
// test's.
#pragma once

#include "coordinator/daemon/daemon.hpp"
#include "tests/daemon/daemon_fixture.hpp"

namespace wattledger::testing {

// A clock of which the test says, before each sleep, what happens in it.
class ToldClock : public HandClock {
 public:
  using HandClock::HandClock;
  void sleep_until(UtcTime time) override {
    ++sleeps_;
    HandClock::sleep_until(time);
    if (slept) slept(sleeps_);
  }
  std::function<void(int)> slept;

 private:
  int sleeps_ = 0;
};

// A daemon that polls every ten seconds, on a log of its own.
struct LoneDaemon {
  TemporaryDirectory home;
  config::Config config;
  ToldClock clock{at_s(0)};
  HandInverter inverter;
  bool listen = false;

  LoneDaemon() {
    config.data = home.path();
    config.site.timezone = "UTC";
    config.control_mode = fb::ControlMode::on;
    config.clock_require_sync = false;
    config.sqlite.enabled = false;
    inverter.reading.battery_soc_bp = static_cast<std::uint16_t>(300);  // an emergency: it charges
    inverter.reading.forced_mode = fb::InverterMode::charge;
  }
  std::unique_ptr<daemon::Daemon> open(daemon::DaemonOptions options = {}) {
    options.listen = listen;
    auto opened = daemon::Daemon::open(config, clock, inverter, std::move(options));
    REQUIRE_MESSAGE(opened.has_value(), opened.error().line());
    return std::move(*opened);
  }
  // Recorded-at of every committed fact of this kind: of all of them after a close().
  static std::vector<UtcTime> recorded(const daemon::Daemon& daemon, Kind kind) {
    const auto snapshot = daemon.log().snapshot();
    REQUIRE(snapshot.has_value());
    std::vector<UtcTime> times;
    REQUIRE(snapshot
                ->scan(snapshot->first(), snapshot->head(),
                       [&](const log::RecordView& record) -> Result<bool> {
                         if (record.event.kind() == kind) times.push_back(record.recorded_at);
                         return true;
                       })
                .has_value());
    return times;
  }
};

}  // namespace wattledger::testing
