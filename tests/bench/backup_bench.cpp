// A backup of a log and its restore, beside `cp` of the log's file with fsync, in one run: MB of
// records a second. And what a commit of the writer waits while backups are taken, beside a writer
// left alone.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "log/appender.hpp"
#include "log/backup.hpp"
#include "log/checkpoint.hpp"
#include "log/reader.hpp"
#include "log/restore.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().line().c_str());
    std::abort();
  }
  return *std::move(result);
}

// WATTLEDGER_BENCH_LOG: the log directory of a house, which is only read; its key signs nothing, as
// a key of the bench's own does.
std::filesystem::path log_directory() {
  const char* named = std::getenv("WATTLEDGER_BENCH_LOG");
  if (named == nullptr) {
    std::fprintf(stderr, "name a log: WATTLEDGER_BENCH_LOG=wattledger-simulation/log\n");
    std::exit(2);
  }
  return named;
}

log::BackupManifest take(const log::Log& log, const std::filesystem::path& store) {
  const log::Snapshot snapshot = must(log.snapshot());
  log::BackupOptions options;
  options.taken_at = snapshot.meta().head_recorded_at;
  options.program = "bench";
  options.checkpoint = must(log::sign_checkpoint(
      must(log::SigningKey::from_seed(std::array<std::uint8_t, log::seed_bytes>{})),
      snapshot.meta()));
  return must(log::take_backup(snapshot, log, store, options));
}

std::uint64_t record_bytes(const log::Log& log) {
  const log::Snapshot snapshot = must(log.snapshot());
  std::uint64_t bytes = 0;
  const auto scanned = snapshot.scan(Sequence{1}, snapshot.head(),
                                     [&](const log::RecordView& record) -> Result<bool> {
                                       bytes += record.bytes.size();
                                       return true;
                                     });
  if (!scanned) std::abort();
  return bytes;
}

void count(benchmark::State& state, const log::Log& log) {
  state.SetBytesProcessed(static_cast<std::int64_t>(record_bytes(log)) *
                          static_cast<std::int64_t>(state.iterations()));
}

void copy_with_cp(benchmark::State& state) {
  const log::Log log = must(log::Log::open(log_directory()));
  const TemporaryDirectory home;
  const std::string command = "cp " + (log_directory() / "data.mdb").string() + " " +
                              (home / "copy").string() + " && sync " + (home / "copy").string();
  for (auto _ : state)
    if (std::system(command.c_str()) != 0) std::abort();
  count(state, log);
}
BENCHMARK(copy_with_cp)->UseRealTime()->Unit(benchmark::kMillisecond);

void backup(benchmark::State& state) {
  const log::Log log = must(log::Log::open(log_directory()));
  const TemporaryDirectory home;
  std::uint64_t bytes = 0;
  for (auto _ : state) {
    bytes = take(log, home / "backups").bytes();
    state.PauseTiming();
    std::filesystem::remove_all(home / "backups");
    state.ResumeTiming();
  }
  count(state, log);
  state.counters["backup_bytes"] = static_cast<double>(bytes);
}
BENCHMARK(backup)->UseRealTime()->Unit(benchmark::kMillisecond);

void restore(benchmark::State& state) {
  const log::Log log = must(log::Log::open(log_directory()));
  const TemporaryDirectory home;
  const auto chain = must(log::backup_chain(home / "backups", take(log, home / "backups").id));
  for (auto _ : state) {
    log::RestoreOptions options;
    options.into = home / "log";
    options.now = [](const log::Snapshot& snapshot) { return snapshot.meta().head_recorded_at; };
    must(log::restore_backup(chain, options));
    state.PauseTiming();
    std::filesystem::remove_all(home / "log");
    state.ResumeTiming();
  }
  count(state, log);
}
BENCHMARK(restore)->UseRealTime()->Unit(benchmark::kMillisecond);

double percentile(std::vector<double> values, double share) {
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

// A copy of the log that is written to, a reading each 10 ms; with range 1 backups are taken one
// after another meanwhile, at the priority that the daemon gives them. What append() takes until it
// is durable.
void commit_latency(benchmark::State& state) {
  const TemporaryDirectory home;
  std::filesystem::create_directories(home / "log");
  std::filesystem::copy_file(log_directory() / "data.mdb", home / "log" / "data.mdb");
  log::Log log = must(log::Log::open(home / "log"));
  const auto lock = must(log::WriterLock::take(home / "log", "bench"));
  auto appender = must(log::Appender::open(log, lock, {}));
  std::uint64_t backups = 0;
  std::jthread taker([&](const std::stop_token& stop) {
    (void)::setpriority(PRIO_PROCESS, 0, 19);
    while (state.range(0) == 1 && !stop.stop_requested()) {
      take(log, home / "backups");
      ++backups;
      std::filesystem::remove_all(home / "backups");
    }
  });
  UtcTime now = must(log.snapshot()).meta().head_recorded_at;
  std::vector<double> took;
  for (auto _ : state) {
    now += std::chrono::seconds(1);
    fb::ReadingRecordedT fact;
    fact.pv_power_w = 1;
    const auto encoded = must(encode(event(now, std::move(fact), fb::Source::inverter)));
    const auto begun = std::chrono::steady_clock::now();
    must(appender.append(encoded, now, {}));
    took.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun)
            .count());
    state.PauseTiming();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    state.ResumeTiming();
  }
  taker.request_stop();
  taker.join();
  state.counters["p50_ms"] = percentile(took, 0.50);
  state.counters["p99_ms"] = percentile(took, 0.99);
  state.counters["worst_ms"] = percentile(took, 1.0);
  state.counters["backups"] = static_cast<double>(backups);
}
BENCHMARK(commit_latency)->Arg(0)->Arg(1)->Iterations(1'000)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
