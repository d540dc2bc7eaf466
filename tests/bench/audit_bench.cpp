// Re-making decisions, beside the raw control: the same log read and folded, nothing decided; and
// how far the state at any record is. Run by hand:
//
//   wattledger_bench_audit --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
//   WATTLEDGER_BENCH_YEARS=10 wattledger_bench_audit --benchmark_filter=^state_at
//
// remake and fold_alone are of decided_log.hpp's log, WATTLEDGER_BENCH_DAYS (30) long; state_at
// reads made_log.hpp's. What the verbs cost in ten years: audit_years_bench.cpp.
#include <benchmark/benchmark.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "coordinator/policy/decide.hpp"
#include "projections/runner.hpp"
#include "replay/audit/remake_ranges.hpp"
#include "replay/audit/state_at.hpp"
#include "tests/bench/decided_log.hpp"

namespace wattledger {
namespace {

using namespace wattledger::testing;
using bench::must;

using bench::DecidedLog;

// Of WATTLEDGER_BENCH_DAYS, made anew for this run.
const DecidedLog& decided_log(const std::string& policy) {
  static const TemporaryDirectory directory;
  static std::map<std::string, DecidedLog> made;
  return made
      .try_emplace(policy, directory / policy, policy, bench::setting("WATTLEDGER_BENCH_DAYS", 30))
      .first->second;
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
