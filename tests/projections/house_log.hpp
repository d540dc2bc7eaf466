// A log of a house in Warsaw for tests, told in one line per event.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "log/appender.hpp"
#include "log/log.hpp"
#include "log/reader.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {

template <class T>
T must(Result<T> result) {
  REQUIRE_MESSAGE(result.has_value(), (result ? std::string() : result.error().line()));
  return std::move(*result);
}
inline void must(const Result<void>& result) {
  REQUIRE_MESSAGE(result.has_value(), (result ? std::string() : result.error().line()));
}

class HouseLog {
 public:
  // 2025-10-26T01:00:00Z ends summer time in Warsaw.
  static UtcTime autumn_change() { return utc_from_us(1'761'440'400'000'000); }

  // 2025-03-30T01:00:00Z begins it.
  static UtcTime spring_change() { return utc_from_us(1'743'296'400'000'000); }

  explicit HouseLog(const std::filesystem::path& directory, std::uint8_t uuid = 1)
      : log_(make(directory, uuid)),
        lock_(must(log::WriterLock::take(directory, "test"))),
        appender_(must(log::Appender::open(log_, lock_, {}))) {}

  // Takes its time as recorded-at; durable only after flush().
  template <class FactT>
  Sequence tell(UtcTime at, FactT fact) {
    const auto encoded = must(encode(event(at, std::move(fact))));
    return must(appender_.enqueue(encoded, at, {log::Urgency::telemetry, {}})).sequence;
  }
  void flush() { must(appender_.flush()); }

  void tell_site(UtcTime at) {
    fb::SiteAdoptedT site;
    site.device_model = "GW10K-ET";
    site.device_serial = "SAMPLE0000000001";
    site.zone = "Europe/Warsaw";
    site.transitions = {fb::ZoneTransition(to_us(spring_change()), 7200),
                        fb::ZoneTransition(to_us(autumn_change()), 3600)};
    tell(at, site);
  }
  Sequence tell_reading(UtcTime at, std::uint16_t soc_bp = 5'000, int pv_w = 1'000) {
    fb::ReadingRecordedT reading;
    reading.battery_soc_bp = soc_bp;
    reading.pv_power_w = pv_w;
    reading.load_power_w = 400;
    reading.grid_power_w = pv_w - 400;
    reading.import_total_mwh = to_us(at) / 1'000'000 * 100;
    return tell(at, reading);
  }
  Sequence tell_decision(UtcTime at, fb::Action action = fb::Action::self_use) {
    fb::DecisionMadeT decision;
    decision.action = action;
    decision.rule = fb::Rule::serve_house;
    decision.policy_digest = std::make_unique<fb::Digest256>();
    decision.state_digest = std::make_unique<fb::Digest256>();
    return tell(at, std::move(decision));
  }
  Sequence tell_state(UtcTime at, fb::CoordinatorState state) {
    fb::CoordinatorStateChangedT changed;
    changed.state = state;
    return tell(at, changed);
  }
  // The clock is set to `at` from wherever it stood.
  Sequence tell_clock_set(UtcTime at, UtcTime from) {
    fb::ClockSteppedT stepped;
    stepped.before_us = to_us(from);
    stepped.after_us = to_us(at);
    return tell(at, stepped);
  }
  // A site and `minutes` readings a minute apart, a decision in every fifteenth.
  void tell_minutes(int minutes, std::uint16_t soc_bp = 5'000) {
    if (now_ == UtcTime{}) {
      now_ = at_s(0);
      tell_site(now_);
    }
    for (int minute = 0; minute < minutes; ++minute) {
      now_ += std::chrono::minutes(1);
      tell_reading(now_, soc_bp);
      if (++told_ % 15 == 0) tell_decision(now_);
    }
    flush();
  }

  [[nodiscard]] UtcTime now() const { return now_; }  // of tell_minutes()
  [[nodiscard]] log::Log& log() { return log_; }
  [[nodiscard]] log::Appender& appender() { return appender_; }
  [[nodiscard]] Sequence head() { return appender_.committed(); }

 private:
  static log::Log make(const std::filesystem::path& directory, std::uint8_t uuid) {
    log::CreateOptions options;
    options.uuid.emplace();
    options.uuid->bytes.fill(uuid);
    return must(log::Log::create(directory, options));
  }
  log::Log log_;
  log::WriterLock lock_;
  log::Appender appender_;
  UtcTime now_{};
  int told_ = 0;
};

}  // namespace wattledger::testing
