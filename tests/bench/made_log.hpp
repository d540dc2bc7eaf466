// A made log of household years for benchmarks: a reading a minute, a decision per quarter with its
// session changes, a day's prices every day. WATTLEDGER_BENCH_YEARS (1) long; a row of energy_data
// every WATTLEDGER_BENCH_ROW_EVERY seconds (300).
#pragma once

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "log/appender.hpp"
#include "projections/fold/policy_settings.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::bench {

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << result.error().line() << '\n';
  std::exit(1);
}

inline void must(const Result<void>& result) {
  if (result) return;
  std::cerr << result.error().line() << '\n';
  std::exit(1);
}

inline int setting(const char* name, int otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : std::max(1, std::atoi(given));
}

inline int days() { return 365 * setting("WATTLEDGER_BENCH_YEARS", 1); }

inline fb::ReadingRecordedT reading(int minute) {
  const int wave = minute % 997;
  fb::ReadingRecordedT fact;
  fact.battery_soc_bp = static_cast<std::uint16_t>(minute % 10'000);
  fact.battery_soh_bp = std::uint16_t{9'900};
  fact.battery_power_w = minute % 5'000 - 2'500;
  fact.battery_voltage_mv = 402'100 + wave;
  fact.battery_current_ma = wave * 3;
  fact.battery_temperature_mc = 24'000 + wave;
  fact.pv_power_w = wave * 5;
  fact.pv1_power_w = wave * 3;
  fact.pv2_power_w = wave * 2;
  fact.load_power_w = 400 + minute % 700;
  fact.grid_power_w = minute % 3'000 - 1'500;
  fact.grid_l1_voltage_mv = 231'500 + wave;
  fact.grid_l2_voltage_mv = 231'000 + wave;
  fact.grid_l3_voltage_mv = 229'000 + wave;
  fact.grid_frequency_mhz = 50'000;
  fact.inverter_temperature_mc = 35'000 + wave;
  fact.import_total_mwh = 5'000'000'000LL + minute * 9LL;
  fact.export_total_mwh = 3'000'000'000LL + minute * 5LL;
  fact.pv_total_mwh = 8'000'000'000LL + minute * 7LL;
  fact.load_total_mwh = 9'000'000'000LL + minute * 8LL;
  return fact;
}

inline fb::DecisionMadeT decision() {
  fb::DecisionMadeT fact;
  fact.rule = fb::Rule::serve_house;
  fact.policy_digest = std::make_unique<fb::Digest256>();
  fact.state_digest = std::make_unique<fb::Digest256>();
  return fact;
}

inline fb::PricesPublishedT prices_of(UtcTime day) {
  fb::PricesPublishedT fact;
  fact.kind = fb::PriceKind::day_ahead;
  fact.currency = "PLN";
  auto slots = std::make_unique<fb::SeriesT>();
  slots->start_us = to_us(day);
  slots->step_s = 900;
  for (int slot = 0; slot < 96; ++slot) slots->values.push_back(30'000'000 + slot * 100'000);
  fact.prices_e8.push_back(std::move(slots));
  return fact;
}

// Made once; every benchmark reads the same log.
class MadeLog {
 public:
  static log::Log& get() {
    static MadeLog made;
    return made.log_;
  }

 private:
  MadeLog() : log_(must(log::Log::create(directory_ / "log", {}))) {
    const log::WriterLock lock = must(log::WriterLock::take(directory_ / "log", "bench"));
    log::AppendLimits limits;
    limits.telemetry_events_max = 10'000;
    limits.telemetry_wait_max = std::chrono::hours(24 * 365);
    log::Appender appender = must(log::Appender::open(log_, lock, limits));
    const auto tell = [&](UtcTime at, auto fact) {
      const auto encoded = must(encode(testing::event(at, std::move(fact))));
      must(appender.enqueue(encoded, at, {log::Urgency::telemetry, {}}));
    };
    tell(testing::at_s(0), fb::SiteAdoptedT{});
    fold::PolicySettings settings;
    settings.energy_row_every = std::chrono::seconds(setting("WATTLEDGER_BENCH_ROW_EVERY", 300));
    fb::PolicyAdoptedT policy;
    policy.text = fold::render_policy(settings);
    policy.digest = std::make_unique<fb::Digest256>();
    tell(testing::at_s(0), std::move(policy));
    for (int minute = 0; minute < days() * 1'440; ++minute) {
      const UtcTime at = testing::at_s(std::int64_t{minute} * 60);
      if (minute % 1'440 == 0) tell(at, prices_of(at));
      tell(at, reading(minute));
      if (minute % 15 == 0) tell(at, decision());
      if (minute % 350 == 0) tell(at, fb::ChargingSessionChangedT{});
      if (minute % 10'000 == 0) must(appender.flush());
    }
    must(appender.flush());
    std::cerr << "log: " << appender.committed().value << " records, "
              << log_.file_bytes() / 1'000'000 << " MB\n";
  }
  testing::TemporaryDirectory directory_;
  log::Log log_;
};

}  // namespace wattledger::bench
