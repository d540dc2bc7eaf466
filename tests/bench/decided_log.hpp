// A log of household years for the audit's benchmarks: a reading a minute, prices for a day and a
// half ahead, forecasts every three hours, and a decision each quarter hour that policy::decide()
// made as the daemon does; a signed checkpoint at its end, and the cache beside it that the daemon
// keeps. In DIR/log and DIR/cache, so that `wattledger --data DIR audit …` reads it too.
#pragma once

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include "coordinator/policy/decide.hpp"
#include "log/checkpoint.hpp"
#include "log/signing_key.hpp"
#include "projections/correction_index.hpp"
#include "projections/runner.hpp"
#include "tests/bench/made_log.hpp"

namespace wattledger::bench {

inline constexpr std::int64_t minute_s = 60;
inline constexpr std::int64_t day_s = 86'400;

inline double sun_w(double day) { return std::max(0.0, -4'000.0 * std::cos(day * 2 * M_PI)); }
inline double load_w(double day) { return 600.0 + 400.0 * std::sin(day * 4 * M_PI + 1.0); }
inline double price_e8(double day) {
  return 45'000'000.0 - 25'000'000.0 * std::sin(day * 4 * M_PI) + 9'000'000.0 * std::sin(day * 2.3);
}

// Makes the log, record by record.
class DecidedLogMaker {
 public:
  DecidedLogMaker(const std::filesystem::path& data, const std::string& policy)
      : log_(must(log::Log::create(data / "log", {}))),
        lock_(must(log::WriterLock::take(data / "log", "bench"))) {
    log::AppendLimits limits;
    limits.telemetry_events_max = 10'000;
    limits.telemetry_wait_max = std::chrono::hours(24 * 365);
    appender_.emplace(must(log::Appender::open(log_, lock_, limits)));
    fb::SiteAdoptedT site;
    site.site = "bench";
    site.zone = "UTC";
    tell(0, std::move(site));
    fb::PolicyAdoptedT adopted;
    fold::PolicySettings settings;
    settings.policy = policy;
    settings.tariff_zones = fold::g12_zones();
    adopted.text = fold::render_policy(settings);
    adopted.digest = std::make_unique<fb::Digest256>();
    tell(0, std::move(adopted));
  }
  void live(std::int64_t days) {
    for (std::int64_t second = 0; second < days * day_s; second += minute_s) minute(second);
    must(appender_->flush());
  }
  // As the daemon does when it stops.
  void sign(const std::filesystem::path& data) {
    const auto key = must(log::SigningKey::open_or_create(log::signing_key_file(data)));
    must(log::make_checkpoint(log_, lock_, key));
  }

 private:
  static std::unique_ptr<fb::SeriesT> series(std::int64_t second, double (*at)(double)) {
    constexpr int slots = 144;
    constexpr int step_s = 900;
    auto made = std::make_unique<fb::SeriesT>();
    made->start_us = to_us(testing::at_s(second));
    made->step_s = static_cast<std::uint32_t>(step_s);
    for (int slot = 0; slot < slots; ++slot)
      made->values.push_back(std::llround(at(
          static_cast<double>(second + std::int64_t{slot} * step_s) / static_cast<double>(day_s))));
    return made;
  }
  template <class FactT>
  void tell(std::int64_t second, FactT fact) {
    const UtcTime at = testing::at_s(second);
    const auto encoded = must(encode(testing::event(at, std::move(fact))));
    const auto appended = must(appender_->enqueue(encoded, at, {log::Urgency::telemetry, {}}));
    fold::evolve(state_, appended.sequence, at, must(encoded.view()));
  }
  void minute(std::int64_t second) {
    const double day = static_cast<double>(second) / static_cast<double>(day_s);
    if (second % day_s == 0) {
      fb::PricesPublishedT prices;
      prices.kind = fb::PriceKind::day_ahead;
      prices.currency = "PLN";
      prices.prices_e8.push_back(series(second, price_e8));
      tell(second, std::move(prices));
    }
    if (second % (3 * 3'600) == 0) {
      fb::PvForecastIssuedT sun;
      sun.power_w.push_back(series(second, sun_w));
      tell(second, std::move(sun));
      fb::LoadForecastIssuedT load;
      load.power_w.push_back(series(second, load_w));
      tell(second, std::move(load));
    }
    fb::ReadingRecordedT reading = bench::reading(static_cast<int>(second / minute_s));
    reading.battery_soc_bp =
        static_cast<std::uint16_t>(5'000.0 - 3'500.0 * std::cos(day * 2 * M_PI + 0.7));
    reading.battery_voltage_mv = 402'000;
    reading.pv_power_w = static_cast<std::int32_t>(sun_w(day));
    reading.load_power_w = static_cast<std::int32_t>(load_w(day));
    tell(second, std::move(reading));
    if (second % 900 == 0) decide(second);
  }
  void decide(std::int64_t second) {
    policy::Judgement judgement = policy::decide(state_, testing::at_s(second));
    if (judgement.plan && policy::plan_differs(*judgement.plan, state_.plan))
      tell(second, *judgement.plan);
    if (state_.plan && (judgement.plan || judgement.keeps_plan))
      judgement.decision.plan = state_.plan->sequence.value;
    tell(second, std::move(judgement.decision));
  }

  log::Log log_;
  log::WriterLock lock_;
  std::optional<log::Appender> appender_;
  fold::State state_;
};

// Made in `data`, or found there: making ten years takes longer than auditing them.
class DecidedLog {
 public:
  DecidedLog(const std::filesystem::path& data, const std::string& policy, std::int64_t days)
      : data_(data), days_(days), log_(made(data, policy, days)) {}

  [[nodiscard]] const log::Log& log() const { return log_; }
  [[nodiscard]] projections::FoldCache cache() const {
    return projections::FoldCache(data_ / "cache");
  }
  [[nodiscard]] log::VerifierKey key() const {
    const auto key = must(log::SigningKey::open_or_create(log::signing_key_file(data_)));
    return {log::checkpoint_origin(must(log_.snapshot()).meta().uuid), key.public_key()};
  }
  [[nodiscard]] std::int64_t days() const { return days_; }
  [[nodiscard]] std::uint64_t decisions() const { return static_cast<std::uint64_t>(days_) * 96; }

 private:
  static log::Log made(const std::filesystem::path& data, const std::string& policy,
                       std::int64_t days) {
    const std::filesystem::path mark = data / "made";
    const std::string what = policy + " " + std::to_string(days);
    std::string found;
    std::getline(std::ifstream(mark), found);
    if (found != what) {
      if (std::filesystem::exists(data / "log")) {
        std::cerr << data << " holds another log (\"" << found << "\"): remove it\n";
        std::exit(1);
      }
      std::filesystem::create_directories(data);
      std::cerr << "making a log of " << days << " days under policy " << policy << " in " << data
                << '\n';
      DecidedLogMaker maker(data, policy);
      maker.live(days);
      maker.sign(data);
      std::ofstream(mark) << what << '\n';
    }
    log::Log log = must(log::Log::open(data / "log"));
    keep_cache(data, log);
    return log;
  }
  // What the daemon keeps as it goes.
  static void keep_cache(const std::filesystem::path& data, const log::Log& log) {
    const projections::FoldCache cache(data / "cache");
    const log::Snapshot snapshot = must(log.snapshot());
    const Sequence known = projections::CorrectionIndex(cache.directory()).find(snapshot).through;
    if (known.value + projections::state_spacing(snapshot.head()) > snapshot.head().value) return;
    projections::RunnerOptions options;
    options.states = cache;
    must(projections::Runner(log, {}, options).start());
  }

  std::filesystem::path data_;
  std::int64_t days_;
  log::Log log_;
};

}  // namespace wattledger::bench
