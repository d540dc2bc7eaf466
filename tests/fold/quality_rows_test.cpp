#include "projections/fold/quality_rows.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>

#include "tests/fold/legacy_events.hpp"
#include "tests/fold/told_house.hpp"

namespace wattledger::fold {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// 2025-10-20T00:00 in Warsaw.
const UtcTime monday = utc_from_us(1'760'911'200'000'000);

// A house that obeys physics: 400 W of load, which the battery serves by night; by day the sun
// gives 1400 W, charges it with 443 W and the rest is sold. Counters move by 0.1 kWh, the state of
// charge by 1 %.
class Sample {
 public:
  using Alter = std::function<void(fb::ReadingRecordedT&)>;

  // A reading a minute in [from, to), as `alter` has it.
  void live(UtcTime from, UtcTime to, const Alter& alter = {}) {
    for (UtcTime at = from; at < to; at += minutes(1)) {
      fb::ReadingRecordedT reading = measured(at);
      if (alter) alter(reading);
      take(house.tell(at, reading));
    }
  }
  // Time passes, and nobody reads.
  void be_silent(UtcTime from, UtcTime to) {
    for (UtcTime at = from; at < to; at += minutes(1)) measured(at);
  }
  void take(const std::vector<LegacyRow>& rows) {
    for (const DayQualityRow& row : only<DayQualityRow>(rows))
      told[date_text(LocalTime(row.day))] += row.part;
  }
  [[nodiscard]] DayQuality day(const std::string& date) const {
    const auto found = told.find(date);
    return found == told.end() ? DayQuality() : found->second;
  }

  LegacyHouse house;
  std::map<std::string, DayQuality> told;

 private:
  fb::ReadingRecordedT measured(UtcTime at) {
    ++minute_;
    const auto of_day = at - std::chrono::floor<days>(at);
    const bool sun = of_day >= hours(6) && of_day < hours(18);
    const int pv = sun ? 1'400 : 0, battery = sun ? -443 : 400, load = 400;
    flow(pv_, pv);
    flow(load_, load);
    flow(charged_, std::max(-battery, 0));
    flow(discharged_, std::max(battery, 0));
    const int grid = pv + battery - load;
    flow(sold_, std::max(grid, 0));
    stored_ += battery < 0 ? -battery * 1'000 / 60 * 95 / 100 : -battery * 1'000 / 60 * 100 / 95;
    fb::ReadingRecordedT reading;
    reading.pv_power_w = pv;
    reading.battery_power_w = battery;
    reading.load_power_w = load;
    reading.grid_power_w = grid;
    reading.grid_l1_voltage_mv = 229'000 + static_cast<int>(minute_ * 7 % 30) * 100;
    reading.grid_frequency_mhz = 49'980 + static_cast<int>(minute_ % 4) * 10;
    reading.battery_soc_bp = static_cast<std::uint16_t>(stored_ / 100'000 * 100);
    reading.pv_total_mwh = coarse(pv_);
    reading.load_total_mwh = coarse(load_);
    reading.import_total_mwh = 5'000'000;
    reading.export_total_mwh = coarse(sold_);
    reading.battery_charge_total_mwh = coarse(charged_);
    reading.battery_discharge_total_mwh = coarse(discharged_);
    return reading;
  }
  static void flow(std::int64_t& counter, int watts) { counter += watts * 1'000 / 60; }
  static std::int64_t coarse(std::int64_t mwh) { return mwh / 100'000 * 100'000; }

  std::int64_t minute_ = 0;
  std::int64_t pv_ = 9'000'000, load_ = 9'000'000, sold_ = 9'000'000, charged_ = 9'000'000,
               discharged_ = 9'000'000, stored_ = 6'000'000;
};

std::int64_t minutes_of(const DayQuality& day, Figure figure) { return day[figure] / 60; }

TEST_SUITE("fold/quality rows") {
  TEST_CASE("a good day is whole and agrees with itself") {
    Sample sample;
    sample.live(monday, monday + days(2) + minutes(16));
    const DayQuality day = sample.day("2025-10-21");
    CHECK(minutes_of(day, Figure::expected_s) == 1'440);
    CHECK(minutes_of(day, Figure::covered_s) == 1'440);
    CHECK(day[Figure::gaps] == 0);
    CHECK(completeness(day) == BasisPoints(10'000));
    CHECK(soc_apart(day).value() < BasisPoints(200));
    CHECK(counters_apart(day).value() == BasisPoints(0));
    CHECK(balance_apart(day) == BasisPoints(0));
    CHECK(deductions(day).empty());
    CHECK(score(day) == 100);
  }

  TEST_CASE("a day is expected as far as the log has seen it pass") {
    Sample sample;
    sample.live(monday + hours(6), monday + hours(9) + minutes(1));
    CHECK(minutes_of(sample.day("2025-10-20"), Figure::expected_s) == 180);
    CHECK(score(sample.day("2025-10-20")) == 100);
    CHECK_FALSE(score(sample.day("2025-10-21")).has_value());
  }

  TEST_CASE("days of 25 and of 23 hours are whole with as many") {
    struct Row {
      UtcTime start;
      std::string date;
      std::int64_t length_h;
    };
    for (const Row& row : {Row{autumn_change - hours(3), "2025-10-26", 25},
                           Row{utc_from_us(1'743'289'200'000'000), "2025-03-30", 23}}) {
      CAPTURE(row.date);
      Sample sample;
      sample.house.tell(row.start - days(1), testing::warsaw());
      sample.live(row.start - hours(1), row.start + hours(27));
      const DayQuality day = sample.day(row.date);
      CHECK(day[Figure::expected_s] == row.length_h * 3'600);
      CHECK(day[Figure::covered_s] == row.length_h * 3'600);
    }
  }

  TEST_CASE("a silence over a clock change is told by the time that passed, each day its part") {
    Sample sample;
    const UtcTime evening = autumn_change - hours(4);  // 23:00 on the day before
    sample.live(evening - hours(1), evening);
    sample.be_silent(evening, evening + hours(6));
    sample.live(evening + hours(6), evening + hours(7));
    const DayQuality before = sample.day("2025-10-25"), after = sample.day("2025-10-26");
    CHECK(before[Figure::gaps] == 1);
    CHECK(minutes_of(before, Figure::longest_gap_s) == 61);  // from the last reading on
    CHECK(before[Figure::longest_gap_at_us] == to_us(evening - minutes(1)));
    CHECK(after[Figure::gaps] == 1);
    CHECK(minutes_of(after, Figure::longest_gap_s) == 5 * 60);
    CHECK(after[Figure::longest_gap_at_us] == to_us(evening + hours(1)));
    CHECK(minutes_of(after, Figure::expected_s) - minutes_of(after, Figure::covered_s) == 5 * 60);
  }

  TEST_CASE("a missing hour costs its share of the day, and counters over it say nothing") {
    Sample sample;
    sample.live(monday, monday + hours(10));
    sample.be_silent(monday + hours(10), monday + hours(11));
    sample.live(monday + hours(11), monday + days(1) + minutes(1));
    const DayQuality day = sample.day("2025-10-20");
    CHECK(completeness(day) == BasisPoints(9'576));
    CHECK(deductions(day) == std::vector<Deduction>{{Flaw::readings, BasisPoints(10'000 - 9'576)}});
    CHECK(score(day) == 96);
    CHECK(day[Figure::counter_jumps] == 0);
  }

  TEST_CASE("readings up to reading_stale_after apart leave no gap, more do") {
    for (const int silent : {2, 3}) {
      CAPTURE(silent);
      Sample sample;
      sample.live(monday, monday + minutes(20));
      sample.live(monday + minutes(20 + silent), monday + minutes(50));
      CHECK(sample.day("2025-10-20")[Figure::gaps] == (silent == 2 ? 0 : 1));
    }
  }

  TEST_CASE("a frozen dongle: answers that repeat every value cover nothing, from the first on") {
    for (const auto quality : {fb::Quality::good, fb::Quality::implausible}) {
      CAPTURE(quality);
      Sample sample;
      sample.live(monday, monday + hours(10));
      std::optional<fb::ReadingRecordedT> last;
      sample.live(monday + hours(10), monday + hours(12), [&](fb::ReadingRecordedT& reading) {
        if (!last) last = reading;
        reading = *last;
        reading.quality = quality;
      });
      sample.live(monday + hours(12), monday + days(1) + minutes(1));
      const DayQuality day = sample.day("2025-10-20");
      CHECK(minutes_of(day, Figure::frozen_s) == 119);
      CHECK(minutes_of(day, Figure::expected_s) == 1'440);
      CHECK(minutes_of(day, Figure::covered_s) ==
            1'440 - (quality == fb::Quality::good ? 120 : 121));
      CHECK(day[Figure::gaps] == 1);
      CHECK(deductions(day).front().flaw == Flaw::readings);
      CHECK(score(day) == 92);
    }
  }

  TEST_CASE("while the inverter's clock goes on, equal values are believed for half an hour") {
    for (const int equal : {30, 40}) {
      CAPTURE(equal);
      Sample sample;
      std::optional<fb::ReadingRecordedT> last;
      const auto repeat = [&](fb::ReadingRecordedT& reading) {
        if (!last) last = reading;
        reading = *last;
        reading.inverter_clock_offset_s = 3;
      };
      sample.live(monday, monday + minutes(equal), repeat);
      last.reset();
      sample.live(monday + minutes(equal), monday + minutes(76));
      const DayQuality day = sample.day("2025-10-20");
      CHECK(minutes_of(day, Figure::frozen_s) == (equal == 30 ? 0 : 39));
      CHECK(minutes_of(day, Figure::covered_s) == (equal == 30 ? 75 : 35));
    }
    // It stands: three minutes are enough.
    Sample sample;
    std::optional<fb::ReadingRecordedT> last;
    int offset = 0;
    sample.live(monday, monday + minutes(20), [&](fb::ReadingRecordedT& reading) {
      if (!last) last = reading;
      reading = *last;
      reading.inverter_clock_offset_s = offset;
      offset -= 60;
    });
    sample.live(monday + minutes(20), monday + minutes(46));
    CHECK(minutes_of(sample.day("2025-10-20"), Figure::frozen_s) == 19);
  }

  TEST_CASE("few equal readings, or many without a grid's voltage, are not frozen") {
    Sample sample;
    std::optional<fb::ReadingRecordedT> last;
    const auto repeat = [&](fb::ReadingRecordedT& reading) {
      if (!last) last = reading;
      reading = *last;
    };
    sample.live(monday, monday + minutes(4), repeat);
    sample.live(monday + minutes(4), monday + minutes(61),
                [&](fb::ReadingRecordedT& reading) { reading = testing::reading(5'000); });
    CHECK(sample.day("2025-10-20")[Figure::frozen_s] == 0);
    CHECK(minutes_of(sample.day("2025-10-20"), Figure::covered_s) == 60);
  }

  TEST_CASE("values that cannot be are counted by what they are, and such readings not believed") {
    using Set = void (*)(fb::ReadingRecordedT&);
    struct Row {
      std::string name;
      Figure figure;
      Set set;
    };
    PolicySettings settings;
    settings.import_max = Watts(10'000);
    for (const Row& row : {
             Row{"soc", Figure::impossible_soc,
                 [](fb::ReadingRecordedT& r) { r.battery_soc_bp = std::uint16_t{10'001}; }},
             Row{"negative pv", Figure::impossible_power,
                 [](fb::ReadingRecordedT& r) { r.pv_power_w = -1; }},
             Row{"negative load", Figure::impossible_power,
                 [](fb::ReadingRecordedT& r) { r.load_power_w = -1; }},
             Row{"more than the connection bears", Figure::impossible_power,
                 [](fb::ReadingRecordedT& r) { r.grid_power_w = -12'501; }},
             Row{"more than any house's battery", Figure::impossible_power,
                 [](fb::ReadingRecordedT& r) { r.battery_power_w = 200'001; }},
             Row{"a battery as hot as an oven", Figure::impossible_electrical,
                 [](fb::ReadingRecordedT& r) { r.battery_temperature_mc = 150'001; }},
             Row{"voltage", Figure::impossible_electrical,
                 [](fb::ReadingRecordedT& r) { r.grid_l1_voltage_mv = 500'001; }},
             Row{"frequency", Figure::impossible_electrical,
                 [](fb::ReadingRecordedT& r) { r.grid_frequency_mhz = 39'999; }},
         }) {
      CAPTURE(row.name);
      Sample sample;
      sample.house.adopt(settings);
      sample.live(monday, monday + minutes(20));
      sample.live(monday + minutes(20), monday + minutes(25), row.set);
      sample.live(monday + minutes(25), monday + minutes(46));
      const DayQuality day = sample.day("2025-10-20");
      CHECK(day[row.figure] == 5);
      CHECK(day[Figure::gaps] == 1);
      CHECK(minutes_of(day, Figure::longest_gap_s) == 6);
      CHECK(minutes_of(day, Figure::covered_s) == 39);
    }
  }

  TEST_CASE("a counter that wraps is in order, one that runs back is not") {
    struct Row {
      std::string name;
      std::int64_t before, after, wraps, jumps;
    };
    constexpr std::int64_t end16 = 65'536 * 100'000LL, end32 = 4'294'967'296 * 100'000LL;
    for (const Row& row :
         {Row{"16 bits", end16 - 100'000, 0, 1, 0}, Row{"32 bits", end32 - 100'000, 100'000, 1, 0},
          Row{"back", 7'000'000, 6'900'000, 0, 1}, Row{"back to nothing", 7'000'000, 0, 0, 1},
          Row{"on by too much", 7'000'000, 99'000'000, 0, 1},
          Row{"on by a step", 7'000'000, 7'100'000, 0, 0}}) {
      CAPTURE(row.name);
      Sample sample;
      sample.live(monday, monday + minutes(20),
                  [&](fb::ReadingRecordedT& r) { r.import_total_mwh = row.before; });
      sample.live(monday + minutes(20), monday + minutes(46),
                  [&](fb::ReadingRecordedT& r) { r.import_total_mwh = row.after; });
      const DayQuality day = sample.day("2025-10-20");
      CHECK(day[Figure::counter_wraps] == row.wraps);
      CHECK(day[Figure::counter_jumps] == row.jumps);
      CHECK(deductions(day).empty() == (row.jumps == 0));
    }
  }

  TEST_CASE("a counter that stands while power flows is told once until it moves") {
    Sample sample;
    const auto stand = [](fb::ReadingRecordedT& r) { r.load_total_mwh = 9'000'000; };
    sample.live(monday, monday + hours(1), stand);
    CHECK(sample.day("2025-10-20")[Figure::counters_stood] == 0);  // 0.4 kWh
    sample.live(monday + hours(1), monday + hours(9), stand);
    CHECK(sample.day("2025-10-20")[Figure::counters_stood] == 1);
    CHECK(deductions(sample.day("2025-10-20")).front() ==
          Deduction{Flaw::counters, BasisPoints(1'000)});
  }

  TEST_CASE("what is too far apart costs ten points each") {
    using Set = void (*)(fb::ReadingRecordedT&);
    struct Row {
      Flaw flaw;
      Set set;
    };
    for (const Row& row :
         {Row{Flaw::soc, [](fb::ReadingRecordedT& r) { r.battery_soc_bp = std::uint16_t{5'000}; }},
          Row{Flaw::energy,
              [](fb::ReadingRecordedT& r) {
                r.pv_total_mwh = *r.pv_total_mwh / 2;
                r.load_total_mwh = *r.load_total_mwh / 2;
              }},
          Row{Flaw::balance, [](fb::ReadingRecordedT& r) { r.load_power_w = 900; }}}) {
      CAPTURE(flaw_name(row.flaw));
      Sample sample;
      // From evening to morning the battery gives, and nothing charges it.
      sample.live(monday - hours(6), monday + hours(8), row.set);
      bool found = false;
      for (const auto& [date, day] : sample.told)
        for (const Deduction& each : deductions(day))
          found = found || (each.flaw == row.flaw && each.points == BasisPoints(1'000));
      CHECK(found);
    }
  }

  TEST_CASE("slots without a price or a forecast are missed once there were any") {
    Sample sample;
    sample.live(monday - hours(1), monday);
    CHECK(sample.day("2025-10-19")[Figure::price_slots] == 0);
    sample.house.tell(monday,
                      testing::prices(testing::series(monday, std::vector<std::int64_t>(8, 1))));
    fb::LoadForecastIssuedT forecast;
    forecast.provider = "wattledger";
    forecast.power_w.push_back(testing::series(monday, std::vector<std::int64_t>(12, 400)));
    sample.house.tell(monday, std::move(forecast));
    sample.live(monday, monday + hours(4) + minutes(1));
    const DayQuality day = sample.day("2025-10-20");
    CHECK(day[Figure::price_slots] == 17);
    CHECK(day[Figure::price_slots_missing] == 9);
    CHECK(day[Figure::forecast_slots] == 17);
    CHECK(day[Figure::forecast_slots_missing] == 5);
    CHECK(deductions(day) == std::vector<Deduction>{{Flaw::prices, BasisPoints(529)},
                                                    {Flaw::forecasts, BasisPoints(147)}});
  }

  TEST_CASE("nothing is measured across a clock that was set") {
    Sample sample;
    sample.live(monday, monday + hours(2));
    fb::ClockSteppedT stepped;
    stepped.before_us = to_us(monday + hours(2));
    stepped.after_us = to_us(monday - hours(30));
    sample.house.tell(monday - hours(30), stepped);
    sample.live(monday - hours(30), monday - hours(28) + minutes(1));
    CHECK(minutes_of(sample.day("2025-10-20"), Figure::expected_s) == 119);
    CHECK(minutes_of(sample.day("2025-10-18"), Figure::expected_s) == 120);
    CHECK(sample.told.size() == 2);
  }

  TEST_CASE("a silence of years is told of its last 366 days") {
    Sample sample;
    sample.live(monday, monday + hours(1));
    sample.live(monday + days(3'000), monday + days(3'000) + minutes(1));
    CHECK(sample.told.size() <= 368);
    CHECK(sample.told.size() >= 366);
  }

  TEST_CASE("what an import brought is not judged") {
    Sample sample;
    fb::EventT reading = testing::event(monday, testing::reading(5'000), fb::Source::import_);
    auto origin = std::make_unique<fb::LegacyOriginT>();
    origin->place = "energy_data";
    reading.origins.push_back(std::move(origin));
    for (int i = 0; i < 100; ++i) {
      reading.occurred_at_us = to_us(monday + minutes(i));
      sample.take(sample.house.tell(reading));
    }
    CHECK(sample.told.empty());
  }

  TEST_CASE("parts of a day add up in any order") {
    DayQuality a, b;
    a[Figure::good] = 5;
    a[Figure::capacity_mwh] = 10;
    a.add_gap(monday, 60);
    b[Figure::good] = 2;
    b[Figure::capacity_mwh] = 7;
    b.add_gap(monday - hours(1), 60);
    DayQuality ab = a, ba = b;
    ab += b;
    ba += a;
    CHECK(ab == ba);
    CHECK(ab[Figure::good] == 7);
    CHECK(ab[Figure::gaps] == 2);
    CHECK(ab[Figure::capacity_mwh] == 10);
    CHECK(ab[Figure::longest_gap_at_us] == to_us(monday - hours(1)));
  }
}

}  // namespace
}  // namespace wattledger::fold
