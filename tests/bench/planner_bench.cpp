// The exact planner, beside what merely touching the same data costs. Run by hand:
//
//   wattledger_bench_planner --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
//
// `made/N/shift` are N slots of prices and a house made here, the same on every machine; `examples`
// and `real/N` are those of ../shared/data, where they are. shift 0 is a house as it is; 40 … 150
// are prices shifted by −0.40 … −1.50 and export 0.40 above import: nothing is convex. Each
// iteration also copies the problem and sorts its slots by price, the least that any planner would
// do: `times_raw` is the plan's time over that.
// `worst_ms` is the slowest problem's best time. Time is the core's own (manual_time).
//
// Goals, one core: 192 / 672 slots in 0.5 / 2 ms, not convex in 3 / 10 ms.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>

#include "coordinator/policy/planner.hpp"
#include "replay/plan/problem_file.hpp"
#include "tests/planner/real_days.hpp"
#include "tests/support/places.hpp"

namespace wattledger {
namespace {

using policy::Energy;
using policy::PlanProblem;
using policy::PlanSlot;

// Numbers that look like a house and a market, from the slot's number alone.
std::vector<PlanSlot> made_slots(std::size_t count) {
  std::vector<PlanSlot> slots;
  std::uint64_t state = 7;
  const auto noise = [&](std::int64_t most) {
    state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return static_cast<std::int64_t>((state >> 33U) % static_cast<std::uint64_t>(most));
  };
  for (std::size_t i = 0; i < count; ++i) {
    const auto quarter = static_cast<std::int64_t>(i % 96);
    const bool peak = (quarter > 24 && quarter < 36) || (quarter > 64 && quarter < 80);
    PlanSlot slot;
    slot.export_price = PriceE8((peak ? 70'000'000 : 35'000'000) + noise(30'000'000));
    slot.import_price = slot.export_price + PriceE8(8'920'000);
    slot.load = Energy(5'000'000 + noise(peak ? 40'000'000 : 10'000'000));
    const std::int64_t bright = 24 - std::abs(quarter - 48);
    slot.pv = Energy(bright <= 0 ? 0 : bright * (1'000'000 + noise(3'000'000)));
    slot.charge_max = slot.discharge_max = slot.export_max.emplace(250'000'000);
    slot.import_max = Energy(350'000'000);
    slots.push_back(slot);
  }
  return slots;
}

std::vector<PlanSlot> shifted(std::vector<PlanSlot> slots, std::int64_t hundredths) {
  if (hundredths == 0) return slots;
  for (PlanSlot& slot : slots) {
    slot.import_price = slot.export_price - PriceE8(hundredths * 1'000'000);
    slot.export_price = slot.import_price + PriceE8(40'000'000);
  }
  return slots;
}

// What this thread has had of a core, so that other programs on the machine do not count.
double core_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double plan_seconds(const PlanProblem& problem, benchmark::State& state) {
  const double begin = core_seconds();
  auto plan = policy::plan(problem);
  benchmark::DoNotOptimize(plan);
  const double seconds = core_seconds() - begin;
  if (!plan || !plan->exact) state.SkipWithError("no exact plan");
  return seconds;
}

double raw_seconds(const PlanProblem& problem) {
  const double begin = core_seconds();
  std::vector<PlanSlot> slots = problem.slots;
  std::sort(slots.begin(), slots.end(),
            [](const PlanSlot& a, const PlanSlot& b) { return a.import_price < b.import_price; });
  benchmark::DoNotOptimize(slots);
  return core_seconds() - begin;
}

// Plans each problem in turn; before that each one ten times, of which the best counts, for
// `worst_ms`.
void measure(benchmark::State& state, const std::vector<PlanProblem>& problems) {
  double worst = 0;
  for (const PlanProblem& problem : problems) {
    double best = 1e9;
    for (int i = 0; i < 10; ++i) best = std::min(best, plan_seconds(problem, state));
    worst = std::max(worst, best);
  }
  double raw = 0, planned = 0;
  std::size_t i = 0;
  for (auto _ : state) {
    raw += raw_seconds(problems[i]);
    const double seconds = plan_seconds(problems[i], state);
    planned += seconds;
    state.SetIterationTime(seconds);
    i = (i + 1) % problems.size();
  }
  state.counters["times_raw"] = planned / raw;
  state.counters["worst_ms"] = worst * 1e3;
}

void made(benchmark::State& state) {
  const auto slots = made_slots(static_cast<std::size_t>(state.range(0)));
  measure(state, {testing::example_house(shifted(slots, state.range(1)))});
}

// Every stretch of that many recorded quarters that begins with a day.
void real(benchmark::State& state) {
  std::vector<PlanSlot> all;
  std::vector<std::size_t> begins;
  for (const testing::RealDay& day : testing::real_days()) {
    begins.push_back(all.size());
    all.insert(all.end(), day.slots.begin(), day.slots.end());
  }
  std::vector<PlanProblem> problems;
  const auto count = static_cast<std::size_t>(state.range(0));
  for (const std::size_t begin : begins)
    if (begin + count <= all.size())
      problems.push_back(
          testing::example_house(shifted({all.begin() + static_cast<std::ptrdiff_t>(begin),
                                          all.begin() + static_cast<std::ptrdiff_t>(begin + count)},
                                         state.range(1))));
  if (problems.empty())
    state.SkipWithError("../shared/data is not there");
  else
    measure(state, problems);
}

void examples(benchmark::State& state) {
  std::vector<PlanProblem> problems;
  for (const char* name : {"negative-prices", "two-days-tariff", "weekday-15min", "zero-export"}) {
    std::ifstream stream(testing::shared_data() / "planner_examples" /
                         (std::string(name) + ".json"));
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    if (const auto file = tool::parse_problem(text, name)) problems.push_back(file->problem);
  }
  if (problems.empty())
    state.SkipWithError("../shared/data is not there");
  else
    measure(state, problems);
}

BENCHMARK(examples)->Unit(benchmark::kMillisecond)->UseManualTime();
BENCHMARK(made)
    ->ArgsProduct({{192, 672}, {0, 40, 70, 100, 150}})
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();
BENCHMARK(real)
    ->ArgsProduct({{192, 672}, {0, 40, 70, 100, 150}})
    ->Unit(benchmark::kMillisecond)
    ->UseManualTime();

}  // namespace
}  // namespace wattledger

BENCHMARK_MAIN();
