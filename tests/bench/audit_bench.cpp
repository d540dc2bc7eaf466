// Re-making decisions, beside the raw control: the same log read and folded, nothing decided; and
// how far the state at any record is. Run by hand:
//
//   wattledger_bench_audit --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
//   WATTLEDGER_BENCH_YEARS=10 wattledger_bench_audit --benchmark_filter=state_at
//
// The decisions are made here by policy::decide() as the daemon does: a reading a minute, prices
// for a day and a half ahead, forecasts every three hours, a decision each quarter hour,
// WATTLEDGER_BENCH_DAYS (30) long. state_at reads a log of household years (made_log.hpp).
#include <benchmark/benchmark.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "coordinator/policy/decide.hpp"
#include "projections/runner.hpp"
#include "replay/audit/remake_ranges.hpp"
#include "replay/audit/state_at.hpp"
#include "tests/bench/made_log.hpp"

namespace wattledger {
namespace {

using namespace wattledger::testing;
using bench::must;

constexpr std::int64_t minute_s = 60;
constexpr std::int64_t day_s = 86'400;

std::unique_ptr<fb::SeriesT> series(std::int64_t second, int slots, int step_s,
                                    double (*at)(double)) {
  auto made = std::make_unique<fb::SeriesT>();
  made->start_us = to_us(at_s(second));
  made->step_s = static_cast<std::uint32_t>(step_s);
  for (int slot = 0; slot < slots; ++slot)
    made->values.push_back(std::llround(at(
        static_cast<double>(second + std::int64_t{slot} * step_s) / static_cast<double>(day_s))));
  return made;
}

double sun_w(double day) { return std::max(0.0, -4'000.0 * std::cos(day * 2 * M_PI)); }
double load_w(double day) { return 600.0 + 400.0 * std::sin(day * 4 * M_PI + 1.0); }
double price_e8(double day) {
  return 45'000'000.0 - 25'000'000.0 * std::sin(day * 4 * M_PI) + 9'000'000.0 * std::sin(day * 2.3);
}

// A house whose decisions are made here.
class DecidedLog {
 public:
  explicit DecidedLog(const std::string& policy)
      : log_(must(log::Log::create(directory_ / "log", {}))),
        lock_(must(log::WriterLock::take(directory_ / "log", "bench"))) {
    log::AppendLimits limits;
    limits.telemetry_events_max = 10'000;
    limits.telemetry_wait_max = std::chrono::hours(24 * 365);
    appender_.emplace(must(log::Appender::open(log_, lock_, limits)));
    fb::PolicyAdoptedT adopted;
    fold::PolicySettings settings;
    settings.policy = policy;
    settings.tariff_zones = fold::g12_zones();
    adopted.text = fold::render_policy(settings);
    adopted.digest = std::make_unique<fb::Digest256>();
    tell(0, std::move(adopted));
    const int days = bench::setting("WATTLEDGER_BENCH_DAYS", 30);
    for (std::int64_t second = 0; second < days * day_s; second += minute_s) live(second);
    must(appender_->flush());
  }
  [[nodiscard]] const log::Log& log() const { return log_; }
  [[nodiscard]] std::uint64_t decisions() const { return decisions_; }

 private:
  template <class FactT>
  void tell(std::int64_t second, FactT fact) {
    const auto encoded = must(encode(event(at_s(second), std::move(fact))));
    const auto appended =
        must(appender_->enqueue(encoded, at_s(second), {log::Urgency::telemetry, {}}));
    fold::evolve(state_, appended.sequence, at_s(second), must(encoded.view()));
  }
  void live(std::int64_t second) {
    const double day = static_cast<double>(second) / static_cast<double>(day_s);
    if (second % day_s == 0) {
      fb::PricesPublishedT prices;
      prices.kind = fb::PriceKind::day_ahead;
      prices.currency = "PLN";
      prices.prices_e8.push_back(series(second, 144, 900, price_e8));
      tell(second, std::move(prices));
    }
    if (second % (3 * 3'600) == 0) {
      fb::PvForecastIssuedT sun;
      sun.power_w.push_back(series(second, 144, 900, sun_w));
      tell(second, std::move(sun));
      fb::LoadForecastIssuedT load;
      load.power_w.push_back(series(second, 144, 900, load_w));
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
    policy::Judgement judgement = policy::decide(state_, at_s(second));
    if (judgement.plan && policy::plan_differs(*judgement.plan, state_.plan))
      tell(second, *judgement.plan);
    if (state_.plan && (judgement.plan || judgement.keeps_plan))
      judgement.decision.plan = state_.plan->sequence.value;
    tell(second, std::move(judgement.decision));
    ++decisions_;
  }

  TemporaryDirectory directory_;
  log::Log log_;
  log::WriterLock lock_;
  std::optional<log::Appender> appender_;
  fold::State state_;
  std::uint64_t decisions_ = 0;
};

const DecidedLog& decided_log(const std::string& policy) {
  static std::map<std::string, DecidedLog> made;
  return made.try_emplace(policy, policy).first->second;
}

void rate(benchmark::State& state, const DecidedLog& made) {
  state.counters["decisions/s"] = benchmark::Counter(
      static_cast<double>(made.decisions()) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}

void fold_alone(benchmark::State& state, const char* policy) {
  const DecidedLog& made = decided_log(policy);
  for (auto _ : state) {
    const log::Snapshot snapshot = must(made.log().snapshot());
    fold::State folded;
    must(snapshot.scan(Sequence{1}, snapshot.head(), [&](const log::RecordView& record) {
      fold::evolve(folded, record.sequence, record.recorded_at, record.event);
      return Result<bool>(true);
    }));
    benchmark::DoNotOptimize(folded);
  }
  rate(state, made);
}

void remake(benchmark::State& state, const char* policy) {
  const DecidedLog& made = decided_log(policy);
  tool::RangesOptions options;
  options.jobs = static_cast<unsigned>(state.range(0));
  for (auto _ : state) {
    const log::Snapshot snapshot = must(made.log().snapshot());
    const auto report = must(tool::remake_in_ranges(
        made.log(), snapshot, {}, options, [](const tool::Remade&) {}, [](Sequence) {}));
    if (report.identical != made.decisions()) state.SkipWithError("a decision is not identical");
  }
  rate(state, made);
}

// As far from a kept state as a record can be.
void state_at(benchmark::State& state) {
  const log::Log& log = bench::MadeLog::get();
  const TemporaryDirectory directory;
  const projections::FoldCache cache(directory / "cache");
  projections::RunnerOptions options;
  options.states = cache;
  projections::Runner runner(log, {}, options);
  must(runner.start());
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  for (const auto& each : std::filesystem::directory_iterator(directory / "cache")) {
    bytes += each.file_size();
    ++files;
  }
  const log::Snapshot snapshot = must(log.snapshot());
  const std::uint64_t spacing = projections::state_spacing(snapshot.head());
  std::uint64_t nth = 0;
  for (auto _ : state) {
    nth = (nth + 7) % (snapshot.head().value / spacing);
    benchmark::DoNotOptimize(
        must(tool::state_at(snapshot, cache, Sequence{(nth + 1) * spacing - 1})));
  }
  state.counters["files"] = static_cast<double>(files);
  state.counters["bytes"] = static_cast<double>(bytes);
  state.counters["records"] = static_cast<double>(snapshot.head().value);
}

BENCHMARK_CAPTURE(fold_alone, tiered, "tiered")
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(remake, tiered, "tiered")
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(fold_alone, optimal, "optimal")
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(remake, optimal, "optimal")
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
BENCHMARK(state_at)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

}  // namespace
}  // namespace wattledger

BENCHMARK_MAIN();
