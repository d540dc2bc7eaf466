#include "projections/fold/score_rows.hpp"

#include <doctest/doctest.h>

#include "tests/fold/legacy_events.hpp"
#include "tests/fold/told_house.hpp"
#include "tests/forecast/packed.hpp"

namespace wattledger::fold {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const UtcTime noon = autumn_change + hours(24 * 10 + 10);

template <class Forecast>
Forecast told(const char* source, UtcTime start, std::vector<std::int64_t> watts) {
  Forecast fact;
  fact.provider = source;
  fact.power_w.push_back(testing::series(start, std::move(watts)));
  return fact;
}

fb::ReadingRecordedT powers(std::optional<int> pv_w, std::optional<int> load_w) {
  fb::ReadingRecordedT fact;
  if (pv_w) fact.pv_power_w = *pv_w;
  if (load_w) fact.load_power_w = *load_w;
  return fact;
}

// A reading a minute over [from, to], and whom they judge.
std::vector<ScoreRow> live(LegacyHouse& house, UtcTime from, UtcTime to, int pv_w, int load_w) {
  std::vector<ScoreRow> rows;
  for (UtcTime at = from; at <= to; at += minutes(1))
    for (ScoreRow& row : only<ScoreRow>(house.tell(at, powers(pv_w, load_w))))
      rows.push_back(std::move(row));
  return rows;
}

Score sum(const std::vector<ScoreRow>& rows, Scored of, std::string_view source,
          std::size_t horizon) {
  Score score;
  for (const ScoreRow& row : rows)
    if (row.of == of && row.source == source && row.horizon == horizon) score += row.score;
  return score;
}

TEST_SUITE("fold/score rows") {
  TEST_CASE("each source is judged by the quarter's mean, PV and load apart") {
    LegacyHouse house;
    house.tell(noon, told<fb::PvForecastIssuedT>("open-meteo", noon, {1'000, 1'000, 1'000}));
    house.tell(noon, told<fb::PvForecastIssuedT>("wattledger", noon, {700, 700, 700}));
    house.tell(noon, told<fb::LoadForecastIssuedT>("wattledger", noon, {300, 300, 300}));
    const auto rows = live(house, noon, noon + minutes(30), 800, 350);
    CHECK(sum(rows, Scored::pv, "open-meteo", 0) == Score{2, 400, 400});
    CHECK(sum(rows, Scored::pv, "wattledger", 0) == Score{2, -200, 200});
    CHECK(sum(rows, Scored::load, "wattledger", 0) == Score{2, -100, 100});
    CHECK(rows.size() == 6);
  }

  TEST_CASE("how far ahead counts from when the log knew it, whatever issue time it names") {
    LegacyHouse house;
    auto late = told<fb::PvForecastIssuedT>("model", noon, std::vector<std::int64_t>(20, 500));
    late.issued_at_us = to_us(noon - hours(20));
    house.tell(noon + minutes(20), std::move(late));
    const auto rows = live(house, noon + minutes(20), noon + hours(2), 500, 0);
    // What was past, or had begun, is no forecast: 12:30 to 13:15 and 13:30 to 14:00.
    CHECK(sum(rows, Scored::pv, "model", 0).count == 4);
    CHECK(sum(rows, Scored::pv, "model", 1).count == 2);
    CHECK(rows.size() == 6);
  }

  TEST_CASE("a gap judges nobody, and neither do readings that cannot be true") {
    struct Row {
      const char* what;
      fb::ReadingRecordedT reading;
    };
    fb::ReadingRecordedT implausible = powers(800, 350);
    implausible.quality = fb::Quality::implausible;
    for (const Row& row :
         {Row{"no value", powers(std::nullopt, std::nullopt)}, Row{"implausible", implausible},
          Row{"less than nothing", powers(-5, -5)},
          Row{"more than any house", powers(10'000'001, 10'000'001)}}) {
      CAPTURE(row.what);
      LegacyHouse house;
      house.tell(noon, told<fb::PvForecastIssuedT>("model", noon, {1, 1, 1, 1}));
      house.tell(noon, told<fb::LoadForecastIssuedT>("model", noon, {1, 1, 1, 1}));
      std::size_t judged = 0;
      for (int minute = 0; minute <= 60; ++minute)
        judged += only<ScoreRow>(house.tell(noon + minutes(minute), row.reading)).size();
      CHECK(judged == 0);
    }
  }

  TEST_CASE("what no panels can give, absent slots and series of no power are not scored") {
    LegacyHouse house;
    auto forecast = told<fb::PvForecastIssuedT>("model", noon, {-1, 10'000'001, 500, 900});
    forecast.power_w[0]->absent = {3};
    forecast.power_w.push_back(testing::series(noon, {1, 1, 1, 1}, 0));
    house.tell(noon, std::move(forecast));
    const auto rows = live(house, noon, noon + hours(1), 500, 0);
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].score == Score{1, 0, 0});
  }

  TEST_CASE("what an import brings was not known when it happened") {
    LegacyHouse house;
    house.tell(noon, told<fb::LoadForecastIssuedT>("model", noon, {300, 300}));
    for (int minute = 0; minute <= 30; ++minute) {
      fb::EventT event = testing::event(noon + minutes(minute), powers(0, 300));
      event.source = fb::Source::import_;
      auto origin = std::make_unique<fb::LegacyOriginT>();
      origin->form = fb::LegacyForm::row;
      origin->place = "energy_data";
      event.origins.push_back(std::move(origin));
      const auto rows = house.tell(event);
      CHECK(only<ImportedRow>(rows).size() == 1);
      CHECK(only<ScoreRow>(rows).empty());
    }
    CHECK(live(house, noon + minutes(31), noon + hours(1), 0, 300).empty());  // half a quarter each
  }

  TEST_CASE("the clock is set back: measured anew, and judged by what is then forecast") {
    LegacyHouse house;
    house.tell(noon, told<fb::LoadForecastIssuedT>("model", noon, {300}));
    CHECK(live(house, noon, noon + minutes(15), 0, 300).size() == 1);
    house.tell(noon, fb::ClockSteppedT());
    house.tell(noon, told<fb::LoadForecastIssuedT>("model", noon, {400}));
    const auto again = live(house, noon, noon + minutes(15), 0, 300);
    REQUIRE(again.size() == 1);
    CHECK(again[0].score == Score{1, 100, 100});
  }

  TEST_CASE("with and without a correction the same is remembered from the correction on") {
    ScoresMemory as_recorded, as_corrected;
    const testing::Packed packed(
        noon, told<fb::PvForecastIssuedT>("model", noon, std::vector<std::int64_t>(96, 500)));
    const auto& forecast = *(*packed).as<fb::PvForecastIssued>();
    const auto tell = [&](int minute, const fb::ReadingRecordedT& recorded,
                          const fb::ReadingRecordedT& corrected) {
      const UtcTime at = noon + minutes(minute);
      const auto judged = [&](ScoresMemory& memory, const fb::ReadingRecordedT& reading) {
        const testing::Packed seen(at, reading);
        return judge(memory, *(*seen).as<fb::ReadingRecorded>(), at);
      };
      const auto one = judged(as_recorded, recorded);
      const auto other = judged(as_corrected, corrected);
      return std::pair{one, other};
    };
    remember(as_recorded, forecast, noon);
    remember(as_corrected, forecast, noon);
    fb::ReadingRecordedT wrong = powers(9'000, 0);
    wrong.quality = fb::Quality::implausible;
    for (int minute = 0; minute < 30; ++minute) tell(minute, wrong, powers(600, 0));
    const auto [live_rows, rebuilt_rows] = tell(30, powers(600, 0), powers(600, 0));
    CHECK(live_rows.empty());
    CHECK(sum(rebuilt_rows, Scored::pv, "model", 0) == Score{1, -100, 100});
    CHECK_FALSE(as_recorded == as_corrected);
    begin_anew(as_recorded);
    begin_anew(as_corrected);
    CHECK(as_recorded == as_corrected);
    for (int minute = 31; minute < 90; ++minute) {
      const auto [one, other] = tell(minute, powers(600, 0), powers(600, 0));
      CHECK(one == other);
    }
    CHECK(as_recorded == as_corrected);
  }
}

}  // namespace
}  // namespace wattledger::fold
