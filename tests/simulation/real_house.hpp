// A daemon in real time against a simulated inverter that lives in the test, so that killing the
// daemon leaves the house.
#pragma once

#include <chrono>
#include <fstream>

#include "coordinator/simulator/simulator.hpp"
#include "log/appender.hpp"
#include "tests/simulation/house_run.hpp"
#include "tests/support/event_builders.hpp"

namespace wattledger::testing {

inline UtcTime wall_clock() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

// Writes a configuration for an inverter at `port`; returns its path.
inline std::filesystem::path write_config(const std::filesystem::path& directory,
                                          std::uint16_t port, const std::string& mode,
                                          const std::string& more = {}) {
  const auto file = directory / "house.yaml";
  std::ofstream(file) << "data: " << (directory / "data").string() << "\n"
                      << "site: {name: test house, timezone: UTC}\n"
                      << "inverter: {host: 127.0.0.1, port: " << port << ", timeout_ms: 500}\n"
                      << "control: {mode: " << mode << "}\n"
                      << "cadence: {poll_s: 1, record_s: 1, telemetry_wait_s: 1}\n"
                      << "clock: {require_sync: false, max_wait_s: 1}\n"
                      << more;
  return file;
}

// Appends to the log of a data directory that no daemon runs on; makes the log if there is none.
inline void append_to(const std::filesystem::path& data, const fb::EventT& event) {
  auto log = log::Log::open(data / "log");
  if (!log) {
    std::filesystem::create_directories(data / "log");
    log = log::Log::create(data / "log", {});
  }
  REQUIRE_MESSAGE(log.has_value(), log.error().line());
  const auto lock = log::WriterLock::take(data / "log", "test");
  REQUIRE(lock.has_value());
  auto appender = log::Appender::open(*log, *lock, {});
  REQUIRE(appender.has_value());
  const auto encoded = encode(event);
  REQUIRE(encoded.has_value());
  REQUIRE(appender->append(*encoded, wall_clock(), {}).has_value());
}

// Waits until the log under `data` holds an event of `kind`; false when the daemon ended first.
inline bool wait_for(Program& daemon, const std::filesystem::path& data, Kind kind) {
  while (!daemon.ended()) {
    const auto log = log::Log::open(data / "log");
    if (!log) continue;
    Sequence seen{0};
    bool found = false;
    while (!daemon.ended()) {
      {
        const auto snapshot = log->snapshot();
        REQUIRE(snapshot.has_value());
        const auto scanned = snapshot->scan(seen.next(), snapshot->head(),
                                            [&](const log::RecordView& record) -> Result<bool> {
                                              found = found || record.event.kind() == kind;
                                              return !found;
                                            });
        REQUIRE(scanned.has_value());
        if (found) return true;
        seen = snapshot->head();
      }
      (void)log::wait_beyond(*log, seen, std::chrono::milliseconds(200));
    }
  }
  return false;
}

}  // namespace wattledger::testing
