// `log verify`, quick and deep, beside the bare SHA-256 of the same records on the same number of
// threads, in one run:
//
//   wattledger_bench_verify --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true
//     --benchmark_report_aggregates_only=true
//
// items_per_second is records, bytes_per_second their bytes; divide ours by the control's of as
// many threads. The bare hash is that of the leaves alone; hash_tree adds what RFC 6962 asks for
// besides, a node for each leaf, which no verification of the tree can do without. Both hash one
// message after another, as OpenSSL does; paired_hash is the leaves alone, two side by side.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <thread>
#include <vector>

#include "log/appender.hpp"
#include "log/verification.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

constexpr std::int64_t records = 300'000;

template <class T>
T value(Result<T> result) {
  if (result) return *std::move(result);
  std::cerr << result.error().line() << "\n";
  std::abort();
}

// A poll as the inverter gives it: most fields there.
fb::EventT reading(std::int64_t number) {
  const auto wave = static_cast<int>(number % 997);
  fb::ReadingRecordedT fact;
  fact.battery_soc_bp = static_cast<std::uint16_t>(wave * 10);
  fact.battery_soh_bp = std::uint16_t{9'900};
  fact.battery_power_w = wave - 500;
  fact.battery_voltage_mv = 380'000 + wave;
  fact.battery_current_ma = wave * 3;
  fact.battery_temperature_mc = 24'000 + wave;
  fact.pv_power_w = wave * 5;
  fact.pv1_power_w = wave * 3;
  fact.pv2_power_w = wave * 2;
  fact.grid_power_w = 700 - wave;
  fact.grid_l1_voltage_mv = 230'000 + wave;
  fact.grid_l2_voltage_mv = 231'000 + wave;
  fact.grid_l3_voltage_mv = 229'000 + wave;
  fact.grid_frequency_mhz = 50'000;
  fact.load_power_w = 400 + wave;
  fact.inverter_temperature_mc = 35'000 + wave;
  fact.pv_total_mwh = 12'345'678'000 + number;
  fact.load_total_mwh = 9'876'543'000 + number;
  return event(at_s(number), std::move(fact), fb::Source::inverter);
}

struct Written {
  Written() : log(value(Log::create(home.path() / "log", {}))) {
    const WriterLock lock = value(WriterLock::take(home.path() / "log", "bench"));
    AppendLimits limits;
    limits.telemetry_events_max = 10'000;
    limits.telemetry_wait_max = std::chrono::hours(24 * 365);
    Appender appender = value(Appender::open(log, lock, limits));
    for (std::int64_t i = 0; i < records; ++i) {
      (void)value(
          appender.enqueue(value(encode(reading(i))), at_s(i), {Urgency::telemetry, std::nullopt}));
      if (i % 20'000 == 0 && !appender.flush()) std::abort();
    }
    if (!appender.flush()) std::abort();
    const Snapshot snapshot = value(log.snapshot());
    const auto read =
        snapshot.scan(Sequence{1}, snapshot.head(), [&](const RecordView& record) -> Result<bool> {
          bytes.insert(bytes.end(), record.bytes.begin(), record.bytes.end());
          ends.push_back(bytes.size());
          return true;
        });
    if (!read || ends.size() != records) std::abort();
  }
  [[nodiscard]] std::span<const std::byte> record(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::span(bytes).subspan(begin, ends[i] - begin);
  }
  TemporaryDirectory home;
  Log log;
  std::vector<std::byte> bytes;  // of all records
  std::vector<std::size_t> ends;
};

const Written& written() {
  static const Written once;
  return once;
}

void count(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * records);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(written().bytes.size()));
}

// `act` for each thread's share of the records, on so many threads at once.
template <class Act>
void in_parallel(std::int64_t threads, const Act& act) {
  const auto share = static_cast<std::size_t>(records / threads);
  std::vector<std::jthread> all;
  for (std::size_t i = 0; i < static_cast<std::size_t>(threads); ++i)
    all.emplace_back([&act, i, share] { act(i * share, (i + 1) * share); });
}

void bare_hash(benchmark::State& state) {
  const Written& log = written();
  for (auto _ : state)
    in_parallel(state.range(0), [&](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; ++i) benchmark::DoNotOptimize(leaf_hash(log.record(i)));
    });
  count(state);
}

void paired_hash(benchmark::State& state) {
  const Written& log = written();
  for (auto _ : state)
    in_parallel(state.range(0), [&](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i + 1 < to; i += 2)
        benchmark::DoNotOptimize(leaf_hash_pair(log.record(i), log.record(i + 1)));
    });
  count(state);
}

void hash_tree(benchmark::State& state) {
  const Written& log = written();
  for (auto _ : state)
    in_parallel(state.range(0), [&](std::size_t from, std::size_t to) {
      Frontier frontier;
      for (std::size_t i = from; i < to; ++i) frontier.append(leaf_hash(log.record(i)));
      benchmark::DoNotOptimize(frontier.root());
    });
  count(state);
}

void verify_log(benchmark::State& state, bool deep) {
  VerifyOptions options;
  options.deep = deep;
  options.threads = static_cast<unsigned>(state.range(0));
  const Snapshot snapshot = value(written().log.snapshot());
  for (auto _ : state)
    if (!value(verify(snapshot, options)).findings.empty()) std::abort();
  count(state);
}

void verify_deep(benchmark::State& state) { verify_log(state, true); }
void verify_quick(benchmark::State& state) { verify_log(state, false); }

BENCHMARK(bare_hash)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(paired_hash)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(hash_tree)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(verify_deep)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(verify_quick)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace wattledger::log

BENCHMARK_MAIN();
