// What the audit's verbs cost on household years, early, in the middle and late in them, each
// beside a raw control that is measured in turn with it: the same records read, or read and folded,
// and nothing more. `times_raw` is the ratio of their processor times, `raw_ms` the control's,
// `anon_MB` the memory beside the mapped log. Run by hand, with a log that is kept for the next
// run:
//
//   WATTLEDGER_BENCH_LOG=/var/tmp/ten wattledger_bench_audit --benchmark_filter=^years
//
// The log is WATTLEDGER_BENCH_YEARS (10) long, of decided_log.hpp under policy tiered; making it
// takes a minute. `wattledger --data /var/tmp/ten audit list …` reads it too.
#include <benchmark/benchmark.h>
#include <time.h>

#include <fstream>
#include <string>

#include "replay/audit/explain.hpp"
#include "replay/audit/find_decisions.hpp"
#include "replay/audit/remake_ranges.hpp"
#include "replay/audit/what_if.hpp"
#include "replay/audit/witness.hpp"
#include "tests/bench/decided_log.hpp"

namespace wattledger {
namespace {

using namespace wattledger::testing;
using bench::must;

const bench::DecidedLog& years() {
  static const TemporaryDirectory directory;
  static const char* kept = std::getenv("WATTLEDGER_BENCH_LOG");
  static const bench::DecidedLog made(
      kept != nullptr ? std::filesystem::path(kept) : directory / "years", "tiered",
      365 * bench::setting("WATTLEDGER_BENCH_YEARS", 10));
  return made;
}

// `nth` 0, 1, 2: thirty days early, in the middle, late.
tool::Period month(std::int64_t nth) {
  const std::int64_t days[] = {31, years().days() / 2, years().days() - 62};
  const std::int64_t first = days[nth] * bench::day_s;
  return {at_s(first), at_s(first + 30 * bench::day_s)};
}
tool::Period last_year() {
  return {at_s((years().days() - 365) * bench::day_s), at_s(years().days() * bench::day_s)};
}

double cpu_s() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double anonymous_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "RssAnon:") {
      double kilobytes = 0;
      status >> kilobytes;
      return kilobytes / 1'024;
    }
  return 0;
}

// Most of what was in use whenever it was looked at.
struct MemorySeen {
  double most = 0;
  void look() { most = std::max(most, anonymous_mb()); }
};

template <class Raw, class Work>
void beside(benchmark::State& state, const Raw& raw, const Work& work) {
  double raw_s = 0, work_s = 0;
  MemorySeen memory;
  for (auto _ : state) {
    state.PauseTiming();
    double begun = cpu_s();
    raw();
    raw_s += cpu_s() - begun;
    state.ResumeTiming();
    begun = cpu_s();
    work(memory);
    work_s += cpu_s() - begun;
    memory.look();
  }
  state.counters["raw_ms"] = raw_s / static_cast<double>(state.iterations()) * 1e3;
  state.counters["times_raw"] = work_s / raw_s;
  state.counters["anon_MB"] = memory.most;
}

void read_alone(const tool::Period& period) {
  const log::Snapshot snapshot = must(years().log().snapshot());
  must(snapshot.scan_occurred(period.from, period.to,
                              [](const log::RecordView&) { return Result<bool>(true); }));
}

void fold_alone(const tool::Period& period) {
  const log::Snapshot snapshot = must(years().log().snapshot());
  fold::State folded;
  must(snapshot.scan_occurred(period.from, period.to, [&](const log::RecordView& record) {
    fold::evolve(folded, record.sequence, record.recorded_at, record.event);
    return Result<bool>(true);
  }));
  benchmark::DoNotOptimize(folded);
}

void years_list(benchmark::State& state) {
  const tool::Period period = month(state.range(0));
  beside(
      state, [&] { read_alone(period); },
      [&](MemorySeen&) {
        const log::Snapshot snapshot = must(years().log().snapshot());
        std::uint64_t told = 0;
        must(tool::follow_decisions(
            snapshot, years().cache(), {period, snapshot.first(), snapshot.head(), snapshot.head()},
            [&](const tool::FollowedDecision&) { ++told; }));
        if (told != 30 * 96) state.SkipWithError("a decision is missing");
      });
}

// Of the worst place: a record before a state is kept. The control reads as many records as states
// stand apart.
void years_explain(benchmark::State& state) {
  const log::Snapshot snapshot = must(years().log().snapshot());
  const std::uint64_t spacing = projections::state_spacing(snapshot.head());
  const std::uint64_t states = snapshot.head().value / spacing;
  const std::uint64_t places[] = {2, states / 2, states - 1};
  const Sequence kept{places[state.range(0)] * spacing};
  Sequence decision;
  must(snapshot.scan(Sequence{kept.value - 30}, kept, [&](const log::RecordView& record) {
    if (record.event.kind() == Kind::DecisionMade) decision = record.sequence;
    return Result<bool>(true);
  }));
  const UtcTime at = must(snapshot.at(decision)).event.occurred_at();
  beside(
      state,
      [&] {
        must(snapshot.scan(Sequence{kept.value - spacing}, kept,
                           [](const log::RecordView&) { return Result<bool>(true); }));
      },
      [&](MemorySeen&) {
        const log::Snapshot now = must(years().log().snapshot());
        const Sequence found = must(tool::in_force_at(now, at, {}));
        const auto told = must(tool::explain(now, years().cache(), found, {}));
        const auto* explanation = std::get_if<tool::Explanation>(&told);
        if (explanation == nullptr || !explanation->remade ||
            explanation->remade->answer != tool::Answer::identical)
          state.SkipWithError("the decision is not explained");
        else if (explanation->corrections_through != now.head())
          state.SkipWithError("corrections are not looked for to the end");
      });
}

void years_verify(benchmark::State& state) {
  const tool::Period period = month(state.range(0));
  const log::Snapshot snapshot = must(years().log().snapshot());
  const log::VerifierKey key = years().key();
  beside(
      state, [&] { fold_alone(period); },
      [&](MemorySeen&) {
        const auto place = must(tool::place_of(snapshot, period));
        const auto start =
            must(tool::witnessed_start(snapshot, years().cache(), key, place.before));
        tool::RangesOptions options;
        options.jobs = static_cast<unsigned>(state.range(1));
        options.start = start.start;
        options.to = place.to;
        const auto report = must(tool::remake_in_ranges(
            years().log(), snapshot, period, options, [](const tool::Remade&) {}, [](Sequence) {}));
        if (report.identical != 30 * 96) state.SkipWithError("a decision is not identical");
      });
}

void years_verify_all(benchmark::State& state) {
  const log::Snapshot snapshot = must(years().log().snapshot());
  const tool::Period all;
  beside(
      state, [&] { fold_alone(all); },
      [&](MemorySeen& memory) {
        tool::RangesOptions options;
        options.jobs = static_cast<unsigned>(state.range(0));
        const auto report = must(tool::remake_in_ranges(
            years().log(), snapshot, all, options, [](const tool::Remade&) {},
            [&](Sequence) { memory.look(); }));
        if (report.identical != years().decisions())
          state.SkipWithError("a decision is not identical");
      });
  state.counters["decisions/s"] = benchmark::Counter(
      static_cast<double>(years().decisions()) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}

void what_if(benchmark::State& state, const tool::Period& period) {
  tool::WayAsked asked;
  asked.policy.name = "optimal";
  beside(
      state, [&] { fold_alone(period); },
      [&](MemorySeen& memory) {
        const auto told =
            must(tool::what_if(years().log(), years().cache(), period, asked, std::nullopt,
                               [&](Sequence, Sequence) { memory.look(); }));
        if (told.days_kept() == 0) state.SkipWithError("nothing was lived");
      });
}
void years_what_if_month(benchmark::State& state) { what_if(state, month(state.range(0))); }
void years_what_if_year(benchmark::State& state) { what_if(state, last_year()); }

BENCHMARK(years_list)->DenseRange(0, 2)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK(years_explain)->DenseRange(0, 2)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK(years_verify)
    ->ArgsProduct({{0, 1, 2}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
BENCHMARK(years_verify_all)
    ->Arg(1)
    ->Arg(2)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
BENCHMARK(years_what_if_month)
    ->DenseRange(0, 2)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
BENCHMARK(years_what_if_year)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

}  // namespace
}  // namespace wattledger
