// Opening a log and knowing its state, with a fold snapshot some records back, beside opening an
// LMDB environment of the same size and reading its last record. Run by hand:
//
//   WATTLEDGER_BENCH_EVENTS=10000000 WATTLEDGER_BENCH_LOG=/a/real/disk wattledger_bench_open
//     --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
//
// The log is made in $WATTLEDGER_BENCH_LOG (as a data directory: log/ and cache/) and used again if
// it is there; without it a temporary one of 100 000 events is. Cold: the file's pages are dropped
// from the page cache before each iteration. anon_kb is the process's own memory after it.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <lmdb.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>

#include "log/appender.hpp"
#include "log/reader.hpp"
#include "projections/fold_cache.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger {
namespace {

using namespace wattledger::testing;
namespace fs = std::filesystem;

constexpr std::int64_t events_default = 100'000;
constexpr std::int64_t commit_events = 10'000;

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::cerr << result.error().line() << "\n";
  std::exit(1);
}
void must(const Result<void>& result) {
  if (result) return;
  std::cerr << result.error().line() << "\n";
  std::exit(1);
}
void check(int code) {
  if (code == 0) return;
  std::cerr << mdb_strerror(code) << "\n";
  std::exit(1);
}

std::int64_t wanted_events() {
  const char* given = std::getenv("WATTLEDGER_BENCH_EVENTS");
  return given == nullptr ? events_default : std::strtoll(given, nullptr, 10);
}

fb::EventT reading(std::int64_t number) {
  const auto wave = static_cast<int>(number % 997);
  fb::ReadingRecordedT fact;
  fact.battery_soc_bp = static_cast<std::uint16_t>(wave * 10);
  fact.battery_power_w = wave - 500;
  fact.battery_voltage_mv = 380'000 + wave;
  fact.battery_current_ma = wave * 3;
  fact.battery_temperature_mc = 24'000 + wave;
  fact.pv_power_w = wave * 5;
  fact.pv1_power_w = wave * 3;
  fact.pv2_power_w = wave * 2;
  fact.grid_power_w = 700 - wave;
  fact.grid_l1_voltage_mv = 230'000 + wave;
  fact.grid_frequency_mhz = 50'000;
  fact.load_power_w = 400 + wave;
  fact.import_total_mwh = 12'345'678'000 + number;
  fact.export_total_mwh = 9'876'543'000 + number;
  return event(at_s(number), std::move(fact), fb::Source::inverter);
}

// Tops the log up to the wanted number of events.
void fill(const fs::path& data) {
  auto opened = log::Log::open(data / "log");
  if (!opened) opened = log::Log::create(data / "log", {});
  log::Log log = must(std::move(opened));
  const log::WriterLock lock = must(log::WriterLock::take(data / "log", "bench"));
  log::AppendLimits limits;
  limits.telemetry_events_max = commit_events;
  log::Appender appender = must(log::Appender::open(log, lock, limits));
  for (auto done = static_cast<std::int64_t>(appender.enqueued().value); done < wanted_events();
       ++done) {
    must(appender.enqueue(must(encode(reading(done))), at_s(done),
                          {log::Urgency::telemetry, std::nullopt}));
    if ((done + 1) % commit_events == 0) must(appender.flush());
  }
  must(appender.flush());
}

const fs::path& data() {
  static const TemporaryDirectory home;
  static const fs::path path = [] {
    const char* given = std::getenv("WATTLEDGER_BENCH_LOG");
    const fs::path where = given == nullptr ? home.path() : fs::path(given);
    fill(where);
    return where;
  }();
  return path;
}

// The only fold snapshot: `back` records before the head.
void place_snapshot(std::uint64_t back) {
  const projections::FoldCache cache(data() / "cache");
  const log::Log log = must(log::Log::open(data() / "log"));
  const log::Snapshot snapshot = must(log.snapshot());
  projections::FoldSnapshot fold;
  fold.log = snapshot.meta().uuid;
  fold.sequence = Sequence{snapshot.head().value - back};
  fold.root = must(log::root_at(snapshot, fold.sequence.value));
  // Readings only: the newest says it all. A house's days of prices make the file larger.
  must(snapshot.scan(fold.sequence, fold.sequence, [&](const log::RecordView& record) {
    fold::evolve(fold.state, record.sequence, record.recorded_at, record.event);
    return Result<bool>(true);
  }));
  for (int slot = 0; slot < 192; ++slot)
    fold.state.prices.push_back({at_s(slot * 900), std::chrono::seconds(900), PriceE8(slot)});
  fs::remove_all(data() / "cache");
  must(cache.write(fold));
}

void drop(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) std::exit(1);
  ::close(fd);
}

void drop_all() {
  drop(data() / "log" / "data.mdb");
  if (!fs::exists(data() / "cache")) return;
  for (const auto& each : fs::directory_iterator(data() / "cache")) drop(each.path());
}

double anonymous_kilobytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word)
    if (word == "RssAnon:") {
      double kilobytes = 0;
      status >> kilobytes;
      return kilobytes;
    }
  return 0;
}

void report(benchmark::State& state) {
  state.counters["anon_kb"] = anonymous_kilobytes();
  state.counters["events"] = static_cast<double>(wanted_events());
}

enum Temperature { warm = 0, cold = 1 };

// As the daemon does: log, snapshot, newest fold snapshot, the records behind it.
void know_state(benchmark::State& state) {
  const auto back = static_cast<std::uint64_t>(state.range(0));
  place_snapshot(back);
  for (auto _ : state) {
    if (state.range(1) == cold) {
      state.PauseTiming();
      drop_all();
      state.ResumeTiming();
    }
    const log::Log log = must(log::Log::open(data() / "log"));
    const log::Snapshot snapshot = must(log.snapshot());
    auto found = projections::FoldCache(data() / "cache").find(snapshot, snapshot.head());
    if (!found.snapshot) std::exit(1);
    fold::State& now = found.snapshot->state;
    must(snapshot.scan(found.snapshot->sequence.next(), snapshot.head(),
                       [&](const log::RecordView& record) {
                         fold::evolve(now, record.sequence, record.recorded_at, record.event);
                         return Result<bool>(true);
                       }));
    if (now.through != snapshot.head()) std::exit(1);
    benchmark::DoNotOptimize(now);
  }
  report(state);
}

// What a writer needs besides: its correlation window, read again from the last records.
void open_appender(benchmark::State& state) {
  data();
  for (auto _ : state) {
    if (state.range(0) == cold) {
      state.PauseTiming();
      drop_all();
      state.ResumeTiming();
    }
    log::Log log = must(log::Log::open(data() / "log"));
    const log::WriterLock lock = must(log::WriterLock::take(data() / "log", "bench"));
    const log::Appender appender = must(log::Appender::open(log, lock, {}));
    benchmark::DoNotOptimize(appender.enqueued());
  }
  report(state);
}

// The control: what no program that uses LMDB can do without.
void raw_last_record(benchmark::State& state) {
  data();
  for (auto _ : state) {
    if (state.range(0) == cold) {
      state.PauseTiming();
      drop_all();
      state.ResumeTiming();
    }
    MDB_env* env = nullptr;
    check(mdb_env_create(&env));
    check(mdb_env_set_maxdbs(env, 8));
    check(mdb_env_set_mapsize(env, log::map_bytes_default));
    check(mdb_env_open(env, (data() / "log").c_str(), MDB_NOTLS | MDB_RDONLY, 0640));
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn));
    MDB_dbi dbi = 0;
    check(mdb_dbi_open(txn, "events", 0, &dbi));
    MDB_cursor* cursor = nullptr;
    check(mdb_cursor_open(txn, dbi, &cursor));
    MDB_val key{};
    MDB_val value{};
    check(mdb_cursor_get(cursor, &key, &value, MDB_LAST));
    benchmark::DoNotOptimize(*static_cast<const char*>(value.mv_data));
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
    mdb_env_close(env);
  }
  report(state);
}

BENCHMARK(know_state)
    ->ArgsProduct({{0, 4'096}, {warm, cold}})
    ->ArgNames({"behind", "cold"})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(open_appender)
    ->Arg(warm)
    ->Arg(cold)
    ->ArgName("cold")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(raw_last_record)
    ->Arg(warm)
    ->Arg(cold)
    ->ArgName("cold")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace wattledger

BENCHMARK_MAIN();
