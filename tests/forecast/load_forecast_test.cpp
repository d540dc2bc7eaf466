#include "coordinator/forecast/load_forecast.hpp"

#include <rapidcheck.h>

#include <cmath>
#include <functional>

#include "tests/forecast/when.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using namespace wattledger::forecast;
using namespace std::chrono_literals;

namespace {

Calendar warsaw() {
  return {ZoneOffsets({{utc("2024-10-27T01:00:00Z"), 1h},
                       {utc("2025-03-30T01:00:00Z"), 2h},
                       {utc("2025-10-26T01:00:00Z"), 1h}}),
          {day_number("2025-11-11")}};
}

using Shape = std::function<std::optional<Watts>(LocalTime)>;

// Readings every five minutes in [from, to).
void live(LoadState& state, const Calendar& calendar, UtcTime from, UtcTime to, const Shape& load) {
  for (UtcTime at = from; at < to; at += 5min)
    observe(state, calendar, {}, at, load(calendar.zone.to_local(at)));
}

std::int64_t hour_of(LocalTime time) {
  return std::chrono::floor<std::chrono::hours>(time - std::chrono::floor<std::chrono::days>(time))
      .count();
}

// 300 W, and 2000 W from 18:00 to 20:00.
std::optional<Watts> evening(LocalTime time) {
  const auto hour = hour_of(time);
  return hour == 18 || hour == 19 ? Watts(2'000) : Watts(300);
}

Watts at(const Forecast& forecast, UtcTime time) {
  return mean_over(forecast.power, time, time + 15min).value_or(Watts(-1));
}

}  // namespace

TEST_SUITE("forecast/load") {
  TEST_CASE("a day is working, Saturday or Sunday; a holiday is as a Sunday") {
    const Calendar calendar = warsaw();
    CHECK(day_kind(calendar, day_number("2025-10-24")) == DayKind::working);
    CHECK(day_kind(calendar, day_number("2025-10-25")) == DayKind::saturday);
    CHECK(day_kind(calendar, day_number("2025-10-26")) == DayKind::sunday);
    CHECK(day_kind(calendar, day_number("2025-11-10")) == DayKind::working);
    CHECK(day_kind(calendar, day_number("2025-11-11")) == DayKind::sunday);
  }

  TEST_CASE("without history: the default profile, its day's energy as set, no band") {
    const LoadSettings settings{12'000, Watts(50'000)};
    int shares = 0;
    for (const int share : default_profile) shares += share;
    CHECK(shares == 1'000);
    const auto day = load_forecast({}, warsaw(), settings, utc("2025-06-01T22:00Z"), 96);
    std::int64_t wh = 0;
    for (const auto& watts : day.power.watts) wh += watts->count();
    CHECK(std::abs(wh / 4 - 12'000) < 50);
    CHECK(at(day, utc("2025-06-02T17:00Z")) == Watts(12'000 * default_profile[19] / 1'000));
    for (const auto& low : day.low.watts) CHECK_FALSE(low);
    CHECK(day.high.watts.size() == 96);
  }

  TEST_CASE("after two weeks of the same day, that day, weekend or not") {
    LoadState state;
    live(state, warsaw(), utc("2025-06-01"), utc("2025-06-15") + 5min, evening);
    const auto made = load_forecast(state, warsaw(), {}, utc("2025-06-15"), 192);
    for (std::size_t i = 0; i < 192; ++i) {
      const auto time = warsaw().zone.to_local(made.power.start + i * 15min);
      CAPTURE(iso_text(time));
      CHECK(made.power.watts[i] == evening(time));
      REQUIRE(made.low.watts[i]);
      CHECK(*made.low.watts[i] <= *made.power.watts[i]);
      CHECK(*made.high.watts[i] >= *made.power.watts[i]);
    }
  }

  TEST_CASE("weekends apart: Saturday is told from Saturdays, the holiday from Sundays") {
    const Calendar calendar = warsaw();
    const Shape by_kind = [&](LocalTime time) -> std::optional<Watts> {
      const auto day = std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
      const bool noon = hour_of(time) == 12;
      if (!noon) return Watts(400);
      return day_kind(calendar, static_cast<std::int32_t>(day)) == DayKind::working ? Watts(400)
                                                                                    : Watts(1'500);
    };
    LoadState state;
    live(state, calendar, utc("2025-10-12T22:00Z"), utc("2025-11-09T23:00Z"), by_kind);
    // Monday the 10th comes after a Sunday, the holiday after it.
    const auto made = load_forecast(state, calendar, {}, utc("2025-11-09T23:00Z"), 192);
    CHECK(at(made, utc("2025-11-10T11:15Z")) < Watts(700));
    CHECK(at(made, utc("2025-11-11T11:15Z")) > at(made, utc("2025-11-10T11:15Z")));
  }

  TEST_CASE(
      "on clock-change days the evening is at the evening's wall clock, over 92 and 100 quarters") {
    const Calendar calendar = warsaw();
    for (const char* day : {"2025-03-30", "2025-10-26"}) {
      CAPTURE(std::string(day));
      LoadState state;
      const UtcTime midnight = calendar.zone.to_utc(LocalTime(utc(day).time_since_epoch()));
      live(state, calendar, midnight - std::chrono::days(14), midnight + 5min, evening);
      const UtcTime next = calendar.zone.next_day_start(midnight);
      const auto quarters = static_cast<int>((next - midnight) / 15min);
      CHECK((quarters == 92 || quarters == 100));
      const auto made = load_forecast(state, calendar, {}, midnight, quarters);
      for (std::size_t i = 0; i < made.power.watts.size(); ++i)
        CHECK(made.power.watts[i] == evening(calendar.zone.to_local(midnight + i * 15min)));
      // And the days after, told from a day that was longer or shorter.
      live(state, calendar, midnight + 5min, next + 5min, evening);
      const Watts then = at(load_forecast(state, calendar, {}, next, 96),
                            calendar.zone.to_utc(calendar.zone.to_local(next) + 18h));
      CHECK(std::abs(then.count() - 2'000) < 50);
    }
  }

  TEST_CASE("the repeated hour is learned once, as the mean of its passes") {
    const Calendar calendar = warsaw();
    LoadState state;
    live(state, calendar, utc("2025-10-25T22:00Z"), utc("2025-10-26T00:00Z"),
         [](LocalTime) { return Watts(100); });
    live(state, calendar, utc("2025-10-26T00:00Z"), utc("2025-10-26T01:00Z"),
         [](LocalTime) { return Watts(400); });
    live(state, calendar, utc("2025-10-26T01:00Z"), utc("2025-10-26T03:00Z"),
         [](LocalTime) { return Watts(800); });
    const auto& day = state.days[static_cast<std::size_t>(day_number("2025-10-26")) % 29];
    CHECK(day.day == day_number("2025-10-26"));
    CHECK(day.watts[2 * 4] == 600);
    CHECK(day.known == 4 * 4 - 1);  // the last quarter is still being measured
    std::int64_t sum = 0;
    for (const auto watts : day.watts) sum += std::max(watts, 0);
    CHECK(day.sum_w == sum);
  }

  TEST_CASE("a party, a day without readings and impossible readings do not move the forecast") {
    LoadState state;
    const Calendar calendar = warsaw();
    live(state, calendar, utc("2025-06-01"), utc("2025-06-16"),
         [](LocalTime time) -> std::optional<Watts> {
           const auto day = std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
           if (day == day_number("2025-06-10")) return Watts(7'000);
           if (day == day_number("2025-06-12")) return std::nullopt;
           if (time.time_since_epoch() % 1h == 10min)
             return hour_of(time) < 12 ? Watts(-5) : Watts(90'000);
           return evening(time);
         });
    const auto made = load_forecast(state, calendar, {}, utc("2025-06-16"), 96);
    for (std::size_t i = 0; i < 96; ++i) {
      const auto expected = *evening(calendar.zone.to_local(made.power.start + i * 15min));
      CHECK(std::abs((*made.power.watts[i] - expected).count()) <= 100);
    }
  }

  TEST_CASE(
      "what today is raises the rest of it: the next hour much, tomorrow less; midnight is no "
      "border") {
    LoadState state;
    const Calendar calendar = warsaw();
    const Shape constant = [](LocalTime) { return Watts(500); };
    live(state, calendar, utc("2025-06-01T22:00Z"), utc("2025-06-20T22:00Z"), constant);
    const UtcTime eleven = utc("2025-06-21T21:00Z");  // 23:00
    live(state, calendar, utc("2025-06-20T22:00Z"), eleven, [](LocalTime) { return Watts(1'000); });
    const auto made = load_forecast(state, calendar, {}, eleven, 120);
    CHECK(*made.power.watts[0] > Watts(650));
    CHECK(*made.power.watts[0] > *made.power.watts[3]);
    CHECK(*made.power.watts[3] >= *made.power.watts[4]);  // 23:45 and 0:00
    CHECK(*made.power.watts[3] - *made.power.watts[4] < Watts(60));
    CHECK(*made.power.watts[100] > Watts(600));
  }

  TEST_CASE("a fold in two halves is the whole fold; late readings change nothing") {
    LoadState whole;
    LoadState first;
    const Calendar calendar = warsaw();
    live(whole, calendar, utc("2025-09-01"), utc("2025-11-01"), evening);
    live(first, calendar, utc("2025-09-01"), utc("2025-10-03T07:05Z"), evening);
    LoadState second = first;
    live(second, calendar, utc("2025-10-03T07:05Z"), utc("2025-11-01"), evening);
    CHECK(whole == second);
    CHECK_FALSE(whole == first);
    observe(second, calendar, {}, utc("2025-10-05"), Watts(9'000));
    CHECK(whole == second);
  }

  TEST_CASE("never negative, never above what was seen and the default; low <= forecast <= high") {
    CHECK(rc::check("any readings", [] {
      const Calendar calendar = warsaw();
      LoadState state;
      UtcTime at = utc("2025-10-20") + std::chrono::minutes(*rc::gen::inRange(0, 10'000));
      std::int64_t most = 1'000;
      for (int i = *rc::gen::inRange(0, 2'000); i > 0; --i) {
        at += std::chrono::seconds(*rc::gen::element(60, 300, 600, 900, 86'400));
        const Watts load(*rc::gen::inRange(-100, 60'000));
        if (load <= Watts(50'000)) most = std::max(most, load.count());
        observe(state, calendar, {}, at, load);
      }
      const auto made = load_forecast(state, calendar, {}, at, 200);
      RC_ASSERT(made.power.watts.size() == 200U);
      for (std::size_t i = 0; i < 200; ++i) {
        const std::int64_t watts = made.power.watts[i]->count();
        RC_ASSERT(watts >= 0);
        RC_ASSERT(watts <= 3 * 2 * 4 * most);
        if (!made.low.watts[i]) continue;
        RC_ASSERT(made.low.watts[i]->count() >= 0);
        RC_ASSERT(made.low.watts[i]->count() <= watts);
        RC_ASSERT(made.high.watts[i]->count() >= watts);
      }
    }));
  }
}
