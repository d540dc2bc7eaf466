// Forecasts: a year of one-minute readings folded into both, the forecasts themselves, and the
// panels' model:
//
//   wattledger_bench_forecast --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
//
// `fold_year` takes 525 600 readings of load and PV, a PV forecast every hour, and scores both;
// items_per_second is readings. `update_after/N` is one reading after N days: the same for every N,
// for an update is O(1).
#include <benchmark/benchmark.h>

#include <cstdlib>

#include "coordinator/forecast/load_forecast.hpp"
#include "coordinator/forecast/pv_forecast.hpp"
#include "projections/fold/scores.hpp"

namespace wattledger::forecast {
namespace {

using namespace std::chrono_literals;

constexpr UtcTime start = std::chrono::sys_days(std::chrono::year(2025) / 1 / 1);

Plant roof() {
  Plant plant{52'229'700, 21'012'200, {Plane{}, Plane{}}, Watts(8'000), BasisPoints(2'000)};
  plant.planes[0].peak = plant.planes[1].peak = Watts(4'500);
  plant.planes[0].azimuth_deg = 90;
  plant.planes[1].azimuth_deg = 270;
  return plant;
}

Calendar calendar() {
  return {ZoneOffsets({{start - 24h * 60, 1h}, {start + 24h * 88, 2h}, {start + 24h * 298, 1h}}),
          {}};
}

// Numbers that look like a house, from the minute's number alone.
Watts load_at(std::int64_t minute) {
  const auto noise =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(minute) * 2'654'435'761U % 400);
  return Watts(250 + noise + (minute / 60 % 24 > 16 ? 900 : 0));
}

Watts pv_at(std::int64_t minute) {
  const std::int64_t bright = 360 - std::abs(minute % 1'440 - 720);
  return Watts(bright <= 0 ? 0 : bright * 15 * (60 + minute / 1'440 * 7 % 40) / 100);
}

PowerSeries told(UtcTime from) {
  PowerSeries series{from, 15min, {}};
  for (int i = 0; i < 192; ++i)
    series.watts.emplace_back(pv_at((from - start) / 1min + i * 15) * 9 / 10);
  return series;
}

struct House {
  Calendar days = calendar();
  PvSettings panels{roof(), Watts(8'000)};
  LoadState load;
  PvState pv;
  fold::ScoreBoard scores;

  void live(std::int64_t from_minute, std::int64_t to_minute) {
    for (std::int64_t minute = from_minute; minute < to_minute; ++minute) {
      const UtcTime at = start + std::chrono::minutes(minute);
      if (minute % 60 == 0) {
        take_base(pv, told(at));
        scores.issue("service", at, told(at));
      }
      observe(load, days, {}, at, load_at(minute));
      observe(pv, panels, at, pv_at(minute));
      if (minute % 15 == 14) benchmark::DoNotOptimize(scores.came(quarter_of(at), pv_at(minute)));
    }
  }
};

void fold_year(benchmark::State& state) {
  constexpr std::int64_t minutes = 365 * 1'440;
  for (auto _ : state) {
    House house;
    house.live(0, minutes);
    benchmark::DoNotOptimize(house);
  }
  state.SetItemsProcessed(state.iterations() * minutes);
  state.counters["load_state_bytes"] = sizeof(LoadState);
  state.counters["pv_state_bytes"] = sizeof(PvState);
}

void update_after(benchmark::State& state) {
  House house;
  std::int64_t minute = state.range(0) * 1'440;
  house.live(0, minute);
  for (auto _ : state) {
    const UtcTime at = start + std::chrono::minutes(minute);
    observe(house.load, house.days, {}, at, load_at(minute));
    observe(house.pv, house.panels, at, pv_at(minute));
    ++minute;
  }
  state.SetItemsProcessed(state.iterations());
}

void forecast_two_days(benchmark::State& state) {
  House house;
  house.live(0, 60 * 1'440);
  const UtcTime now = start + 60 * 24h;
  take_base(house.pv, told(now));
  for (auto _ : state) {
    benchmark::DoNotOptimize(load_forecast(house.load, house.days, {}, now, 192));
    benchmark::DoNotOptimize(pv_forecast(house.pv, house.panels, now, 192));
  }
}

void model_two_days_of_weather(benchmark::State& state) {
  const Plant plant = roof();
  WeatherSeries weather{start + 24h * 170, 1h, {}};
  for (int i = 0; i < 48; ++i)
    weather.slots.push_back({i % 24 * 20'000, std::nullopt, std::nullopt, MilliCelsius(18'000)});
  for (auto _ : state) benchmark::DoNotOptimize(pv_power(plant, weather));
}

BENCHMARK(fold_year)->Unit(benchmark::kMillisecond);
BENCHMARK(update_after)->Arg(1)->Arg(30)->Arg(365);
BENCHMARK(forecast_two_days)->Unit(benchmark::kMicrosecond);
BENCHMARK(model_two_days_of_weather)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace wattledger::forecast

BENCHMARK_MAIN();
