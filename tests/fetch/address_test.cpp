#include "coordinator/sources/fetch/address.hpp"

#include <doctest/doctest.h>

using namespace wattledger;
using namespace wattledger::sources;

namespace {

// 29 November 2025 in Warsaw.
Asked whole() {
  Asked asked;
  asked.from =
      UtcTime(std::chrono::sys_days(std::chrono::year(2025) / 11 / 28)) + std::chrono::hours(23);
  asked.to = asked.from + std::chrono::hours(24);
  asked.local_date = "2025-11-29";
  asked.zone = "PL";
  asked.station = "warszawa";
  asked.token = "a&b";
  asked.latitude = 52.23;
  asked.longitude = 21.01;
  asked.plane = {30, 190, 6.5};
  return asked;
}

}  // namespace

TEST_SUITE("sources/fetch/address") {
  TEST_CASE("each source is asked as its own documentation says") {
    struct Row {
      Provider provider;
      const char* url;
    };
    const Row rows[] = {
        {Provider::pse,
         "https://api.raporty.pse.pl/api/csdac-pln?$filter=business_date%20eq%20'2025-11-29'"},
        {Provider::pse_peak_hours,
         "https://api.raporty.pse.pl/api/pdgsz?$filter=business_date%20eq%20'2025-11-29'%20and%20"
         "is_active%20eq%20true&$orderby=dtime%20asc&$first=20000"},
        {Provider::entsoe,
         "https://web-api.tp.entsoe.eu/"
         "api?documentType=A44&in_Domain=PL&out_Domain=PL&periodStart=202511282300&periodEnd="
         "202511292300&securityToken=a%26b"},
        {Provider::energy_charts,
         "https://api.energy-charts.info/price?bzn=PL&start=2025-11-29&end=2025-11-29"},
        {Provider::awattar_de,
         "https://api.awattar.de/v1/marketdata?start=1764370800000&end=1764457200000"},
        {Provider::awattar_at,
         "https://api.awattar.at/v1/marketdata?start=1764370800000&end=1764457200000"},
        {Provider::open_meteo,
         "https://api.open-meteo.com/v1/"
         "forecast?latitude=52.2300&longitude=21.0100&minutely_15=shortwave_radiation,direct_"
         "radiation,diffuse_radiation,temperature_2m&hourly=cloud_cover&forecast_days=3&timeformat="
         "unixtime&timezone=GMT"},
        {Provider::imgw, "https://danepubliczne.imgw.pl/api/data/synop/station/warszawa"},
        {Provider::forecast_solar,
         "https://api.forecast.solar/estimate/52.2300/21.0100/30.0000/10.0000/6.5000"}};
    CHECK(std::size(rows) == provider_count);
    for (const Row& row : rows) {
      const auto url = address_of(row.provider, whole());
      REQUIRE_MESSAGE(url.has_value(), url.error().line());
      CHECK(*url == row.url);
      CHECK(provider_of(provider_name(row.provider)) == row.provider);
    }
    CHECK_FALSE(provider_of("PSE").has_value());
  }

  TEST_CASE("what is missing is named with the key that gives it") {
    struct Row {
      Provider provider;
      const char* said;
    };
    const Row rows[] = {{Provider::entsoe, "entsoe needs a bidding zone"},
                        {Provider::energy_charts, "set sources.bidding_zone"},
                        {Provider::open_meteo, "set site.latitude and site.longitude"},
                        {Provider::imgw, "set sources.station"},
                        {Provider::forecast_solar, "set site.latitude and site.longitude"}};
    for (const Row& row : rows) {
      const auto url = address_of(row.provider, {});
      REQUIRE_FALSE(url.has_value());
      CHECK(url.error().line().find(row.said) != std::string::npos);
    }
    Asked asked = whole();
    asked.token.clear();
    CHECK(address_of(Provider::entsoe, asked).error().line() ==
          "entsoe needs a token; set sources.entsoe_token");
  }

  TEST_CASE("a mirror stands in the place of the host") {
    Asked asked = whole();
    asked.base = "http://127.0.0.1:8080";
    asked.station =
        "\xC5\x82\xC3\xB3"
        "dz / 1";
    CHECK(*address_of(Provider::imgw, asked) ==
          "http://127.0.0.1:8080/api/data/synop/station/%C5%82%C3%B3dz%20%2F%201");
  }
}
