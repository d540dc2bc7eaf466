#include "coordinator/forecast/pv_forecast.hpp"

#include <rapidcheck.h>

#include <cmath>
#include <functional>

#include "tests/forecast/when.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using namespace wattledger::forecast;
using namespace std::chrono_literals;

namespace {

Plant warsaw_roof() {
  Plant plant{52'229'700, 21'012'200, {Plane{}}, Watts(5'000), BasisPoints(2'000)};
  plant.planes[0].peak = Watts(6'000);
  return plant;
}

// A day's sun as a service may tell it: 4000 W at 12:00 UTC, none before 6:00 and after 18:00.
std::int64_t told_at(UtcTime time) {
  const auto minute = (time - std::chrono::floor<std::chrono::days>(time)) / 1min;
  return std::max<std::int64_t>(0, 4'000 - std::abs(minute - 720) * 4'000 / 360);
}

PowerSeries told(UtcTime start, int quarters = 192) {
  PowerSeries series{start, 15min, {}};
  for (int i = 0; i < quarters; ++i)
    series.watts.emplace_back(Watts(told_at(start + i * 15min + 450s)));
  return series;
}

struct Reading {
  std::optional<Watts> pv;
  bool curtailed = false;
};
using Panels = std::function<Reading(UtcTime)>;

// Readings every five minutes in [from, to), a new forecast each midnight.
void live(PvState& state, const PvSettings& settings, UtcTime from, UtcTime to,
          const Panels& panels) {
  for (UtcTime at = from; at < to; at += 5min) {
    if (at == std::chrono::floor<std::chrono::days>(at)) take_base(state, told(at));
    const Reading reading = panels(at);
    observe(state, settings, at, reading.pv, reading.curtailed);
  }
}

Panels times(double factor) {
  return [factor](UtcTime at) {
    return Reading{Watts(std::llround(factor * static_cast<double>(told_at(at))))};
  };
}

const UtcTime start = std::chrono::sys_days(std::chrono::year(2025) / 6 / 1);

std::int64_t at(const Forecast& forecast, UtcTime time) {
  return mean_over(forecast.power, time, time + 15min).value_or(Watts(-1)).count();
}

// At 12:00 of the day that begins at `midnight`, told at its beginning.
std::int64_t noon(const PvState& state, UtcTime midnight, const PvSettings& settings = {}) {
  return at(pv_forecast(state, settings, midnight, 96), midnight + 12h);
}

}  // namespace

TEST_SUITE("forecast/pv") {
  TEST_CASE(
      "nothing known: absent; a forecast: it as it is; a plant: half of its clear sky, 0 at "
      "night") {
    PvState state;
    const auto nothing = pv_forecast(state, {}, start, 96);
    CHECK(nothing.power.watts.size() == 96);
    for (const auto& watts : nothing.power.watts) CHECK_FALSE(watts);
    const PvSettings settings{warsaw_roof(), Watts(5'000)};
    const auto clear = pv_forecast(state, settings, start, 96);
    const auto half = clear_sky_power(*settings.plant, start + 10h, 15min).count() / 2;
    CHECK(std::abs(at(clear, start + 10h) - half) <= 1);
    CHECK(at(clear, start + 23h) == 0);
    take_base(state, told(start));
    CHECK(std::abs(noon(state, start) - told_at(start + 12h + 450s)) <= 1);
    for (const auto& low : pv_forecast(state, {}, start, 96).low.watts) CHECK_FALSE(low);
  }

  TEST_CASE("panels that give 1.4 times what is told: two weeks later so is the forecast") {
    PvState state;
    const UtcTime after = start + std::chrono::days(14);
    live(state, {}, start, after, times(1.4));
    take_base(state, told(after));
    const auto made = pv_forecast(state, {}, after, 96);
    for (int hour = 8; hour <= 16; ++hour) {
      const auto time = after + hour * 1h;
      CHECK(at(made, time) ==
            doctest::Approx(1.4 * static_cast<double>(told_at(time + 450s))).epsilon(0.1));
    }
    CHECK(at(made, after + 2h) == 0);
  }

  TEST_CASE("a chimney's shade from 8 to 10: those hours are told less, the others are not") {
    PvState state;
    const UtcTime after = start + std::chrono::days(14);
    live(state, {}, start, after, [](UtcTime time) {
      const auto hour = (time - std::chrono::floor<std::chrono::days>(time)) / 1h;
      return Reading{Watts(hour == 8 || hour == 9 ? told_at(time) / 4 : told_at(time))};
    });
    take_base(state, told(after));
    const auto made = pv_forecast(state, {}, after, 96);
    CHECK(at(made, after + 9h) < told_at(after + 9h) / 2);
    CHECK(at(made, after + 12h) > told_at(after + 12h) * 9 / 10);
  }

  TEST_CASE(
      "now counts: an hour of fog lowers the next hours, tomorrow little; midnight is no border") {
    PvState state;
    const UtcTime day = start + std::chrono::days(14);
    live(state, {}, start, day + 9h, times(1));
    const auto before = pv_forecast(state, {}, day + 9h, 192);
    live(state, {}, day + 9h, day + 10h + 5min, times(0.3));
    const auto after = pv_forecast(state, {}, day + 10h + 5min, 192);
    CHECK(at(after, day + 10h + 15min) < at(before, day + 10h + 15min) * 6 / 10);
    CHECK(at(after, day + 14h) < at(before, day + 14h));
    CHECK(at(after, day + 14h) > at(before, day + 14h) * 6 / 10);
    CHECK(at(after, day + 34h) > at(before, day + 34h) * 9 / 10);
    // At each midnight the same slot is told alike a minute before and after.
    PvState night = state;
    live(night, {}, day + 10h + 5min, day + 24h, times(0.8));
    const auto early = at(pv_forecast(night, {}, day + 24h, 96), day + 36h);
    CHECK(std::abs(at(pv_forecast(night, {}, day + 24h - 1min, 192), day + 36h) - early) <=
          early / 50);
  }

  TEST_CASE("curtailed quarters, snow and impossible readings teach nothing") {
    PvState plain;
    const UtcTime after = start + std::chrono::days(20);
    const PvSettings settings{std::nullopt, Watts(5'000)};
    live(plain, settings, start, after, times(1));
    const auto expected = noon(plain, after, settings);
    struct Row {
      const char* name;
      Reading reading;
    };
    for (const Row& row : {Row{"export limit", {Watts(300), true}},
                           {"snow", {Watts(0), false}},
                           {"too much", {Watts(6'500), false}},
                           {"negative", {Watts(-20), false}},
                           {"gap", {std::nullopt, false}}}) {
      CAPTURE(std::string(row.name));
      PvState state;
      const UtcTime middays = start + std::chrono::days(16);
      live(state, settings, start, after, [&](UtcTime time) {
        const auto hour = (time - std::chrono::floor<std::chrono::days>(time)) / 1h;
        return time >= middays && hour >= 10 && hour < 14 ? row.reading : times(1)(time);
      });
      CHECK(std::abs(noon(state, after, settings) - expected) <= expected / 50);
    }
  }

  TEST_CASE("a day without a forecast is told from the last days' skies, sunny or dull") {
    const UtcTime after = start + std::chrono::days(14);
    const PvSettings settings{warsaw_roof(), Watts(5'000)};
    for (const double sky : {0.9, 0.2}) {
      PvState state;
      for (UtcTime time = start; time < after; time += 5min) {
        const auto clear = clear_sky_power(*settings.plant, time, 5min).count();
        observe(state, settings, time, Watts(std::llround(sky * static_cast<double>(clear))));
      }
      const auto clear = clear_sky_power(*settings.plant, after + 10h, 15min).count();
      const auto made = pv_forecast(state, settings, after, 96);
      CHECK(at(made, after + 10h) ==
            doctest::Approx(sky * static_cast<double>(clear)).epsilon(0.05));
      CHECK(at(made, after + 23h) == 0);
    }
  }

  TEST_CASE("a newer forecast takes the place of an older one where it says something") {
    PvState state;
    take_base(state, {start, 15min, std::vector<std::optional<Watts>>(192, Watts(1'000))});
    take_base(state, {start + 12h, 1h, {Watts(2'000), std::nullopt, Watts(-50)}});
    const auto made = pv_forecast(state, {}, start, 192);
    CHECK(at(made, start + 11h) == 1'000);
    CHECK(at(made, start + 12h + 45min) == 2'000);
    CHECK(at(made, start + 13h) == 1'000);
    CHECK(at(made, start + 14h) == 0);
    CHECK(at(made, start + 15h) == 1'000);
    // Longer than four days: the beginning.
    take_base(state, {start, 1h, std::vector<std::optional<Watts>>(400, Watts(500))});
    CHECK(at(pv_forecast(state, {}, start, 4), start) == 500);
    CHECK_FALSE(pv_forecast(state, {}, start + 97h, 4).power.watts[0]);
  }

  TEST_CASE("a fold in two halves is the whole fold; late readings change nothing") {
    PvState whole;
    PvState first;
    const PvSettings settings{warsaw_roof(), Watts(5'000)};
    const UtcTime cut = start + 200h + 35min;
    live(whole, settings, start, start + 600h, times(0.9));
    live(first, settings, start, cut, times(0.9));
    PvState second = first;
    live(second, settings, cut, start + 600h, times(0.9));
    CHECK(whole == second);
    observe(second, settings, start + 300h, Watts(1));
    CHECK(whole == second);
    CHECK_FALSE(whole == first);
  }

  TEST_CASE("between 0 and the limit, low <= forecast <= high, whatever comes") {
    CHECK(rc::check("any readings, any forecasts", [] {
      PvSettings settings{std::nullopt, Watts(*rc::gen::element(0, 3'000, 10'000))};
      if (*rc::gen::arbitrary<bool>()) settings.plant = warsaw_roof();
      PvState state;
      UtcTime time = start + std::chrono::minutes(*rc::gen::inRange(0, 1'440));
      for (int i = *rc::gen::inRange(0, 1'500); i > 0; --i) {
        time += std::chrono::seconds(*rc::gen::element(60, 300, 600, 900, 50'000));
        if (i % 100 == 0) {
          PowerSeries base{
              time, std::chrono::seconds(*rc::gen::element(600, 900, 1'800, 3'600)), {}};
          for (int slot = 0; slot < 60; ++slot)
            base.watts.emplace_back(Watts(*rc::gen::inRange(-100, 20'000)));
          take_base(state, base);
        }
        observe(state, settings, time, Watts(*rc::gen::inRange(-100, 12'000)), i % 7 == 0);
      }
      const auto made = pv_forecast(state, settings, time, 200);
      const std::int64_t most = settings.limit > Watts(0) ? settings.limit.count() : 10'000'000;
      for (std::size_t i = 0; i < 200; ++i) {
        if (!made.power.watts[i]) continue;
        const std::int64_t watts = made.power.watts[i]->count();
        RC_ASSERT(watts >= 0);
        RC_ASSERT(watts <= most);
        if (!made.low.watts[i]) continue;
        RC_ASSERT(made.low.watts[i]->count() >= 0);
        RC_ASSERT(made.low.watts[i]->count() <= watts);
        RC_ASSERT(made.high.watts[i]->count() >= watts);
        RC_ASSERT(made.high.watts[i]->count() <= most);
      }
    }));
  }
}
