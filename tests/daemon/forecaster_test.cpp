#include "coordinator/daemon/forecaster.hpp"

#include <random>

#include "coordinator/daemon/recollection.hpp"
#include "coordinator/daemon/tick.hpp"
#include "tests/daemon/daemon_fixture.hpp"
#include "tests/forecast/packed.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using namespace std::chrono_literals;

namespace {

// A house in Warsaw that is read every five minutes.
struct ForecastHouse : DaemonFixture {
  ForecastHouse() {
    clock.set(at_s(0));
    fb::SiteAdoptedT site;
    site.zone = "Europe/Warsaw";
    site.transitions = {fb::ZoneTransition(to_us(at_s(0)) - 86'400'000'000 * 180, 7'200),
                        fb::ZoneTransition(1'761'440'400'000'000, 3'600)};  // 26 October, 01:00Z
    given(std::move(site));
    steering();
    start();
  }
  void start() {
    forecaster.emplace(config, *journal);
    REQUIRE(appender->flush().has_value());
    const auto snapshot = log->snapshot();
    REQUIRE(daemon::recollect(*snapshot, clock.now(), *forecaster).has_value());
  }
  void restart() {
    forecaster.reset();
    REQUIRE(appender->flush().has_value());
    reopen();
    start();
  }
  template <class FactT>
  void told(FactT native) {
    REQUIRE(journal->record(daemon::fact(std::move(native)), log::Urgency::telemetry).has_value());
  }
  // At noon by the wall clock the sun stands highest; the house cooks at 18:00.
  void read() {
    const UtcTime now = clock.now();
    const ZoneOffsets zone =
        journal->with_state([](const fold::State& state) { return state.site.zone; });
    const auto local = zone.to_local(now);
    const auto hour = (local - std::chrono::floor<std::chrono::days>(local)) / 1h;
    const auto sun = (now - std::chrono::floor<std::chrono::days>(now)) / 1h;
    fb::ReadingRecordedT reading;
    reading.load_power_w =
        (hour == 18 ? 2'000 : 300) + static_cast<int>(to_us(now) / 1'000'000 % 7);
    reading.pv_power_w =
        sun < 5 || sun > 15 ? 0 : static_cast<int>(3'000 - std::abs(sun - 10) * 500);
    told(reading);
  }
  void pass(UtcTime until) {
    for (; clock.now() < until; clock.set(clock.now() + 5min)) {
      read();
      issue();
    }
  }
  void issue() { REQUIRE(forecaster->issue_due(clock.now()).has_value()); }

  struct Issued {
    Kind kind;
    std::int64_t at;
    std::string model;
    std::vector<std::vector<std::int64_t>> values;  // power, low, high
    bool operator==(const Issued&) const = default;
  };
  std::vector<Issued> issued() {
    REQUIRE(appender->flush().has_value());
    std::vector<Issued> all;
    const auto snapshot = log->snapshot();
    const auto add = [&](Kind kind, const auto& fact) {
      if (fact.provider != fold::own_forecast) return;
      REQUIRE(fact.issued_at_us);
      Issued each{kind, *fact.issued_at_us, fact.model, {}};
      for (const auto* series : {&fact.power_w, &fact.low_w, &fact.high_w})
        each.values.push_back(series->empty() ? std::vector<std::int64_t>()
                                              : series->front()->values);
      all.push_back(std::move(each));
    };
    REQUIRE(snapshot
                ->scan(snapshot->first(), snapshot->head(),
                       [&](const log::RecordView& record) -> Result<bool> {
                         const auto event = record.event.unpack();
                         if (const auto* pv = event.fact.AsPvForecastIssued())
                           add(record.event.kind(), *pv);
                         if (const auto* load = event.fact.AsLoadForecastIssued())
                           add(record.event.kind(), *load);
                         return true;
                       })
                .has_value());
    return all;
  }
  std::size_t loads() {
    const auto all = issued();
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const Issued& each) {
      return each.kind == Kind::LoadForecastIssued;
    }));
  }

  config::Config config;
  std::optional<daemon::Forecaster> forecaster;
};

fb::PvForecastIssuedT service(UtcTime start, std::int64_t watts) {
  fb::PvForecastIssuedT fact;
  fact.provider = "forecast-solar";
  auto series = std::make_unique<fb::SeriesT>();
  series->start_us = to_us(start);
  series->step_s = 3'600;
  series->values.assign(48, watts);
  fact.power_w.push_back(std::move(series));
  return fact;
}

}  // namespace

TEST_SUITE("daemon/forecaster") {
  TEST_CASE_FIXTURE(ForecastHouse, "at once, then each hour on the hour, from the quarter now on") {
    clock.set(at_s(0) + 50min);
    pass(at_s(0) + 3h + 10min);
    const auto all = issued();
    std::vector<std::int64_t> times;
    for (const Issued& each : all)
      if (each.kind == Kind::LoadForecastIssued) times.push_back(each.at);
    CHECK(times == std::vector<std::int64_t>{to_us(at_s(0) + 50min), to_us(at_s(0) + 1h),
                                             to_us(at_s(0) + 2h), to_us(at_s(0) + 3h)});
    const auto last = this->last<fb::LoadForecastIssuedT>();
    CHECK(last.power_w[0]->start_us == to_us(at_s(0) + 3h));
    CHECK(last.power_w[0]->values.size() == 192);
    const auto known = journal->state();
    REQUIRE(known.load_forecast.has_value());
    CHECK(known.load_forecast->provider == fold::own_forecast);
    CHECK(known.load_forecast->power_w.size() == 192);
  }

  TEST_CASE_FIXTURE(ForecastHouse, "panels that nobody configured are forecast once they gave") {
    pass(at_s(0) + 5h);
    CHECK(count(Kind::PvForecastIssued) == 0);
    pass(at_s(0) + 24h);
    CHECK(count(Kind::PvForecastIssued) > 0);
    CHECK(last<fb::PvForecastIssuedT>().model == "one day of the panels");
    // Noon of the days to come: what was due there.
    const auto told = last<fb::PvForecastIssuedT>();
    const auto noon = static_cast<std::size_t>(
        (at_s(0) + 34h + 30min - utc_from_us(told.power_w[0]->start_us)) / 15min);
    CHECK(told.power_w[0]->values[noon] == doctest::Approx(3'000).epsilon(0.15));
  }

  TEST_CASE_FIXTURE(ForecastHouse, "somebody else's forecast of the sun is news at once") {
    pass(at_s(0) + 10h + 20min);
    const std::size_t before = loads();
    told(service(at_s(0) + 10h, 1'700));
    issue();
    CHECK(loads() == before + 1);
    CHECK(last<fb::PvForecastIssuedT>().model == "forecast-solar, not yet corrected");
    issue();
    CHECK(loads() == before + 1);
    // The state keeps the house's own, whoever comes later.
    told(service(at_s(0) + 10h, 9'000));
    CHECK(journal->state().pv_forecast->provider == fold::own_forecast);
  }

  TEST_CASE_FIXTURE(ForecastHouse, "a plant with its place goes by the weather") {
    config.site.latitude = 52.23;
    config.site.longitude = 21.01;
    config.panels.peak_w = 6'000;
    config.panels.inverter_w = 5'000;
    restart();
    clock.set(at_s(0) + 2h);
    fb::PvForecastIssuedT weather;
    weather.provider = "open-meteo";
    auto light = std::make_unique<fb::SeriesT>();
    light->start_us = to_us(at_s(0));
    light->step_s = 3'600;
    for (int hour = 0; hour < 60; ++hour)
      light->values.push_back(std::max(0, 450'000 - std::abs(hour % 24 - 10) * 90'000));
    weather.irradiance_mw_m2.push_back(std::move(light));
    told(std::move(weather));
    issue();
    const auto told_pv = last<fb::PvForecastIssuedT>();
    CHECK(told_pv.model == "open-meteo, not yet corrected");
    const auto& values = told_pv.power_w[0]->values;
    CHECK(values[0] == 0);      // 02:00Z
    CHECK(values[34] > 1'500);  // 10:30Z
    CHECK(*std::max_element(values.begin(), values.end()) <= 5'000);
  }

  TEST_CASE("a restart at any moment changes nothing of what is said next") {
    ForecastHouse whole, parted;
    std::mt19937 random(20'251'026);  // fixed, so that a failure comes again
    const UtcTime end = at_s(0) + 24h * 12;
    for (UtcTime day = at_s(0); day < end; day += 24h) {
      const auto tell = [&](ForecastHouse& house) {
        if (day >= at_s(0) + 24h * 4) house.told(service(day, 1'000 + (day - at_s(0)) / 24h * 100));
        house.pass(day + 8h);
      };
      tell(whole);
      tell(parted);
      const auto moment = day + 8h + std::chrono::minutes(random() % 900);
      CAPTURE(utc_text(moment));
      parted.pass(moment);
      parted.restart();
      whole.pass(day + 24h);
      parted.pass(day + 24h);
    }
    const auto one = whole.issued();
    const auto other = parted.issued();
    REQUIRE(one.size() == other.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
      CAPTURE(i);
      CHECK(one[i] == other[i]);
    }
    CHECK_FALSE(one.back().values[1].empty());  // the bounds, too, are measured by then
  }

  TEST_CASE("beyond what a start reads, the load's power is still what it would have been") {
    ForecastHouse whole, parted;
    const UtcTime moment = at_s(0) + 24h * 36 + 13h + 25min;
    whole.pass(moment);
    parted.pass(moment);
    parted.restart();
    whole.pass(moment + 24h);
    parted.pass(moment + 24h);
    const auto one = whole.issued();
    const auto other = parted.issued();
    REQUIRE(one.size() == other.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
      if (one[i].kind != Kind::LoadForecastIssued) continue;
      CAPTURE(i);
      CHECK(one[i].values[0] == other[i].values[0]);
    }
  }

  TEST_CASE_FIXTURE(ForecastHouse, "habits keep to the wall clock when it changes") {
    clock.set(at_s(0) + 24h * 6);  // the clock goes back on 26 October at 01:00Z
    pass(at_s(0) + 24h * 24 + 12h);
    const auto told = last<fb::LoadForecastIssuedT>();
    const UtcTime start = utc_from_us(told.power_w[0]->start_us);
    const auto at = [&](UtcTime time) {
      return told.power_w[0]->values.at(static_cast<std::size_t>((time - start) / 15min));
    };
    const UtcTime saturday = at_s(0) + 24h * 24, sunday = saturday + 24h;
    CHECK(at(saturday + 16h + 15min) > 1'500);  // 18:15 in summer time
    CHECK(at(saturday + 17h + 15min) < 1'000);
    CHECK(at(sunday + 17h + 15min) > 1'500);  // and in winter time
    CHECK(at(sunday + 16h + 15min) < 1'000);
  }

  TEST_CASE_FIXTURE(ForecastHouse, "a silent inverter is forecast all the same, each hour") {
    pass(at_s(0) + 30h);
    const std::size_t before = loads();
    for (; clock.now() < at_s(0) + 36h; clock.set(clock.now() + 10min)) issue();
    CHECK(loads() == before + 6);
    const auto now = last<fb::LoadForecastIssuedT>();
    CHECK(now.power_w[0]->absent.empty());
  }

  TEST_CASE_FIXTURE(ForecastHouse, "a clock that was set back begins its hours anew") {
    pass(at_s(0) + 3h + 10min);
    const std::size_t before = loads();
    clock.set(at_s(0) + 1h);
    REQUIRE(journal->step_clock(clock.now(), true).has_value());
    issue();
    CHECK(loads() == before + 1);
    pass(at_s(0) + 2h);
    CHECK(loads() == before + 1);
  }

  TEST_CASE_FIXTURE(ForecastHouse, "the default day is the policy's, and a reload changes it") {
    issue();
    const auto before = last<fb::LoadForecastIssuedT>().power_w[0]->values;
    fold::PolicySettings settings;
    settings.load_default_day = MilliwattHours(16'000'000);
    fb::PolicyAdoptedT policy;
    policy.text = fold::render_policy(settings);
    policy.digest = std::make_unique<fb::Digest256>(to_fb(fold::text_digest(policy.text)));
    given(std::move(policy));
    clock.set(at_s(0) + 24h);
    issue();
    const auto after = last<fb::LoadForecastIssuedT>().power_w[0]->values;
    for (std::size_t i = 0; i < before.size(); ++i) CHECK(std::abs(after[i] - 2 * before[i]) <= 2);
  }

  TEST_CASE_FIXTURE(ForecastHouse, "a decision at the hour rests on the forecast of that hour") {
    daemon::PriceFeed prices;
    daemon::Tick tick(*journal, inverter, prices, {60s}, &*forecaster);
    clock.set(at_s(0) + 1h);
    REQUIRE(tick.run(clock.now()).has_value());
    const auto state = journal->state();
    REQUIRE(state.load_forecast.has_value());
    CHECK(state.load_forecast->issued == clock.now());
    CHECK(state.decision->sequence > state.load_forecast->sequence);
    CHECK(state.load_forecast->sequence > state.reading->sequence);
  }

  TEST_CASE_FIXTURE(ForecastHouse, "what an import brought teaches at the next start") {
    clock.set(at_s(0) + 24h * 6);
    const ZoneOffsets zone({{utc_from_us(0), 7'200s}});
    for (UtcTime at = at_s(0); at < at_s(0) + 24h * 5; at += 5min) {
      fb::ReadingRecordedT reading;
      const auto local = zone.to_local(at);
      const bool evening = (local - std::chrono::floor<std::chrono::days>(local)) / 1h == 21;
      reading.load_power_w = evening ? 4'000 : 200;
      forecaster->recall(*Packed(at, reading));
    }
    forecaster->recalled();
    issue();
    const auto told = last<fb::LoadForecastIssuedT>();
    const auto slot = [&](std::chrono::minutes of_day) {
      return told.power_w[0]->values.at(
          static_cast<std::size_t>((at_s(0) + 24h * 6 + of_day - clock.now()) / 15min));
    };
    CHECK(slot(19h + 15min) > 3'000);  // 21:15 in Warsaw
    CHECK(slot(12h) < 600);
  }
}
