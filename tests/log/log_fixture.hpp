// A small language for tests of the log: a log in its own directory, an appender on it, events with
// few words.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "log/appender.hpp"
#include "log/reader.hpp"
#include "log/verification.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {

inline Id128 id_of(std::uint8_t number) {
  Id128 id;
  id.bytes[15] = number;
  return id;
}

template <class T>
T value(Result<T> result) {
  if (!result) FAIL(result.error().line());
  return *std::move(result);
}

inline void good(const Result<void>& result) {
  if (!result) FAIL(result.error().line());
}

template <class T>
ErrorKind kind_of(const Result<T>& result) {
  REQUIRE_FALSE(result.has_value());
  INFO(result.error().line());
  return result.error().kind;
}

inline EncodedEvent encoded(const fb::EventT& native) { return value(encode(native)); }

inline fb::EventT reading_native(std::int64_t second, int pv_w = 1'000) {
  fb::ReadingRecordedT fact;
  fact.pv_power_w = pv_w;
  return event(at_s(second), std::move(fact), fb::Source::inverter);
}

inline EncodedEvent reading(std::int64_t second, int pv_w = 1'000) {
  return encoded(reading_native(second, pv_w));
}

inline EncodedEvent reading_named(std::int64_t second, std::uint8_t correlation) {
  fb::EventT native = reading_native(second);
  native.correlation = std::make_unique<fb::Id128>(to_fb(id_of(correlation)));
  return encoded(native);
}

inline EncodedEvent clock_stepped(std::int64_t second) {
  return encoded(event(at_s(second), fb::ClockSteppedT{}));
}

inline EncodedEvent import_started(std::int64_t second, std::uint8_t batch) {
  fb::ImportStartedT fact;
  fact.batch = std::make_unique<fb::Id128>(to_fb(id_of(batch)));
  return encoded(event(at_s(second), std::move(fact), fb::Source::import_));
}

inline EncodedEvent import_finished(std::int64_t second, std::uint8_t batch,
                                    std::uint64_t started = 0) {
  fb::ImportFinishedT fact;
  fact.batch = std::make_unique<fb::Id128>(to_fb(id_of(batch)));
  fact.started = started;
  return encoded(event(at_s(second), std::move(fact), fb::Source::import_));
}

// A log, its lock and its appender; reopen() is what a restart does.
class LogFixture {
 public:
  explicit LogFixture(log::AppendLimits limits = {},
                      std::optional<std::uint64_t> map_bytes = std::nullopt)
      : limits_(limits), map_bytes_(map_bytes) {
    log::CreateOptions options;
    options.uuid = id_of(99);
    value(log::Log::create(directory(), options));
    start();
  }

  void start() {
    log::OpenOptions options;
    if (map_bytes_) options.map_bytes = *map_bytes_;
    log_.emplace(value(log::Log::open(directory(), options)));
    lock_.emplace(value(log::WriterLock::take(directory(), "test")));
    appender_.emplace(value(log::Appender::open(*log_, *lock_, limits_)));
  }

  void stop() {
    appender_.reset();
    lock_.reset();
    log_.reset();
  }

  void reopen() {
    stop();
    start();
  }

  [[nodiscard]] std::filesystem::path directory() const { return home_ / "log"; }
  [[nodiscard]] log::Log& log() { return *log_; }
  [[nodiscard]] log::WriterLock& lock() { return *lock_; }
  [[nodiscard]] log::Appender& appender() { return *appender_; }
  [[nodiscard]] log::Snapshot snapshot() const { return value(log_->snapshot()); }

  Result<log::Appended> try_append(const EncodedEvent& what, std::int64_t second,
                                   log::AppendOptions options = {}) {
    return appender_->append(what, at_s(second), options);
  }
  std::uint64_t append(const EncodedEvent& what, std::int64_t second) {
    return value(try_append(what, second)).sequence.value;
  }
  // Telemetry; does not wait.
  std::uint64_t enqueue(const EncodedEvent& what, std::int64_t second) {
    return value(appender_->enqueue(what, at_s(second), {log::Urgency::telemetry, std::nullopt}))
        .sequence.value;
  }

  [[nodiscard]] log::Verification verified() const { return value(log::verify(snapshot())); }

 private:
  TemporaryDirectory home_;
  log::AppendLimits limits_;
  std::optional<std::uint64_t> map_bytes_;
  std::optional<log::Log> log_;
  std::optional<log::WriterLock> lock_;
  std::optional<log::Appender> appender_;
};

}  // namespace wattledger::testing
