#include "projections/fold/table_rows.hpp"

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/fold/legacy_events.hpp"
#include "tests/fold/told_house.hpp"

namespace wattledger::fold {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::series;

fb::PricesPublishedT prices(std::unique_ptr<fb::SeriesT> slots,
                            fb::PriceKind kind = fb::PriceKind::day_ahead) {
  fb::PricesPublishedT fact = testing::prices(std::move(slots), kind);
  fact.provider = "pse";
  return fact;
}

struct Hour {
  std::string date;
  int hour;
  double value;
  bool operator==(const Hour&) const = default;
};

std::vector<Hour> hours_of(const std::vector<LegacyRow>& rows) {
  std::vector<Hour> result;
  for (const ForecastRow& row : only<ForecastRow>(rows))
    result.push_back({date_text(row.hour), std::stoi(iso_text(row.hour).substr(11, 2)), row.value});
  return result;
}

const UtcTime noon = autumn_change - hours(24) + hours(9);  // 2025-10-25T12:00 in Warsaw

}  // namespace

TEST_SUITE("fold/table rows") {
  TEST_CASE("a session's row has the measured times, else the planned ones, and the legacy words") {
    LegacyHouse house;
    fb::ChargingSessionChangedT fact;
    fact.session = "20251025_1";
    fact.planned_start_us = to_us(noon + hours(1));
    fact.planned_end_us = to_us(noon + hours(3));
    fact.target_soc_bp = std::uint16_t{8'950};
    const auto planned = only<SessionRow>(house.tell(noon, fact));
    REQUIRE(planned.size() == 1);
    CHECK(planned[0].start_time == "2025-10-25T13:00:00");
    CHECK(planned[0].end_time == "2025-10-25T15:00:00");
    CHECK(planned[0].told_at == "2025-10-25T12:00:00");
    CHECK(planned[0].target_soc == 90);
    CHECK(!planned[0].energy_kwh);
    CHECK(planned[0].status == "planned");
    CHECK(!planned[0].selling);

    fact.change = fb::SessionChange::completed;
    fact.started_us = to_us(noon + minutes(61));
    fact.ended_us = to_us(noon + minutes(130));
    fact.energy_mwh = 3'250'000;
    fact.cost_e8 = 130'000'000;
    fact.average_price_e8 = 40'000'000;
    const auto done = only<SessionRow>(house.tell(noon + hours(3), fact));
    REQUIRE(done.size() == 1);
    CHECK(done[0].start_time == "2025-10-25T13:01:00");
    CHECK(done[0].end_time == "2025-10-25T14:10:00");
    CHECK(done[0].energy_kwh == 3.25);
    CHECK(done[0].amount == 1.3);
    CHECK(done[0].average_price == 0.4);
    CHECK(done[0].status == "completed");
  }

  TEST_CASE("a name that is no UTF-8 is written so that it can be told again") {
    LegacyHouse house;
    fb::ChargingSessionChangedT fact;
    fact.session = "a\xffz";
    CHECK(only<SessionRow>(house.tell(noon, fact))[0].session_id == "a\xef\xbf\xbdz");
  }

  TEST_CASE("of a sale the row counts what was exported; a session without a name has no row") {
    LegacyHouse house;
    fb::SellingSessionChangedT fact;
    fact.change = fb::SessionChange::progressed;
    fact.energy_mwh = 2'000'000;
    fact.exported_mwh = 1'800'000;
    fact.revenue_e8 = 162'000'000;
    CHECK(house.tell(noon, fact).empty());
    fact.session = "selling_20251025_120000";
    const auto rows = only<SessionRow>(house.tell(noon, fact));
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].selling);
    CHECK(rows[0].status == "active");
    CHECK(rows[0].energy_kwh == 1.8);
    CHECK(rows[0].amount == 1.62);
    CHECK(!rows[0].start_time);
  }

  TEST_CASE(
      "weather comes in the legacy units; the second pass of a repeated hour has its own key") {
    LegacyHouse house;
    fb::WeatherObservedT fact;
    fact.provider = "IMGW";
    fact.temperature_mc = -2'500;
    fact.humidity_bp = std::uint16_t{8'150};
    fact.pressure_pa = 101'325U;
    fact.wind_speed_mm_s = 3'200U;
    fact.wind_direction_deg = std::uint16_t{270};
    fact.precipitation_um = 400U;
    fact.observed_at_us = to_us(autumn_change - minutes(30));
    const auto first = only<WeatherRow>(house.tell(autumn_change, fact));
    REQUIRE(first.size() == 1);
    CHECK(first[0].timestamp == "2025-10-26T02:30:00");
    CHECK(first[0].temperature_c == -2.5);
    CHECK(first[0].humidity_percent == 81.5);
    CHECK(first[0].pressure_hpa == 1'013.25);
    CHECK(first[0].wind_speed_m_s == 3.2);
    CHECK(first[0].wind_direction_deg == 270.0);
    CHECK(!first[0].cloud_cover_percent);
    CHECK(first[0].precipitation_mm == 0.4);
    fact.observed_at_us = to_us(autumn_change + minutes(30));
    CHECK(only<WeatherRow>(house.tell(autumn_change + hours(1), fact))[0].timestamp ==
          "2025-10-26T02:30:00.000001");
  }

  TEST_CASE("price forecasts are the market's hourly means, of what is there") {
    LegacyHouse house;
    const auto rows = house.tell(
        noon,
        prices(series(noon, {10'000'000, 20'000'000, 30'000'000, 60'000'000, -5'000'000, 1, 2, 3},
                      900, {5, 6, 7})));
    CHECK(hours_of(rows) == std::vector<Hour>{{"2025-10-25", 12, 0.3}, {"2025-10-25", 13, -0.05}});
    CHECK(only<ForecastRow>(rows)[0].issued == "2025-10-25T12:00:00");
    CHECK(only<ForecastRow>(rows)[0].source == "pse");
    CHECK(hours_of(house.tell(noon, prices(series(noon, {1}), fb::PriceKind::fixed))).empty());
  }

  TEST_CASE("days of clock changes have 23 hours, and 24 of which one is the mean of both passes") {
    LegacyHouse house;
    std::vector<std::int64_t> values(25, 100'000'000);
    values[3] = 200'000'000;  // the second pass of two o'clock
    const auto autumn =
        hours_of(house.tell(noon, prices(series(autumn_change - hours(3), values, 3'600))));
    REQUIRE(autumn.size() == 24);
    CHECK(autumn[2] == Hour{"2025-10-26", 2, 1.5});
    CHECK(autumn[23] == Hour{"2025-10-26", 23, 1.0});
    const UtcTime spring = utc_from_us(1'743'296'400'000'000);  // 2025-03-30T01:00Z
    fb::SiteAdoptedT site;
    site.transitions = {fb::ZoneTransition(0, 3'600), fb::ZoneTransition(to_us(spring), 7'200)};
    house.tell(noon, site);
    const auto short_day = hours_of(house.tell(
        noon, prices(series(spring - hours(2), std::vector<std::int64_t>(23, 1), 3'600))));
    REQUIRE(short_day.size() == 23);
    CHECK(short_day[1].hour == 1);
    CHECK(short_day[2].hour == 3);
  }

  TEST_CASE("a forecast of power is its hourly mean, in slots of any length") {
    LegacyHouse house;
    fb::PvForecastIssuedT fact;
    fact.provider = "open-meteo";
    fact.issued_at_us = to_us(noon - hours(2));
    fact.power_w.push_back(series(noon + minutes(30), {1'000, 3'000}, 3'600));
    const auto rows = house.tell(noon, std::move(fact));
    CHECK(hours_of(rows) == std::vector<Hour>{{"2025-10-25", 12, 1'000.0},
                                              {"2025-10-25", 13, 2'000.0},
                                              {"2025-10-25", 14, 3'000.0}});
    REQUIRE(!rows.empty());
    CHECK(only<ForecastRow>(rows)[0].issued == "2025-10-25T10:00:00");
    CHECK(only<ForecastRow>(rows)[0].of == ForecastRow::Of::pv);
  }

  TEST_CASE("a hostile series gives no more hours than are kept, and no number out of range") {
    LegacyHouse house;
    fb::PvForecastIssuedT fact;
    for (int i = 0; i < 50; ++i)
      fact.power_w.push_back(series(noon, std::vector<std::int64_t>(1'000, 10'000'000), 86'400));
    fact.power_w.push_back(series(noon, {std::numeric_limits<std::int64_t>::max()}));
    const auto rows = hours_of(house.tell(noon, std::move(fact)));
    REQUIRE(rows.size() == forecast_hours_max);
    CHECK(rows.front().value == 10'000'000.0);
  }
}

}  // namespace wattledger::fold
