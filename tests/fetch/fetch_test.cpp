#include "coordinator/sources/fetch/fetch.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdio>

#include "tests/fetch/web_server.hpp"

using namespace wattledger;
using namespace wattledger::sources;
using wattledger::testing::WebServer;

namespace {

// 29 November 2025 as Warsaw has it, an hour east.
struct Day {
  Day() {
    asked.from =
        UtcTime(std::chrono::sys_days(std::chrono::year(2025) / 11 / 28)) + std::chrono::hours(23);
    asked.to = asked.from + std::chrono::hours(24);
    asked.local_date = "2025-11-29";
    asked.zone = "PL";
    asked.station = "warszawa";
    asked.latitude = 52.23;
    asked.longitude = 21.01;
    asked.plane.peak_kw = 6.5;
    asked.base = server.url("");
  }
  Result<Fetched> fetch(Provider provider, const std::string& etag = "") {
    return fetcher.fetch(provider, asked, zone, etag, {}, &retry_after);
  }
  [[nodiscard]] std::string path(Provider provider) const {
    return address_of(provider, asked)->substr(asked.base.size());
  }
  WebServer server;
  Asked asked;
  ZoneOffsets zone{{{UtcTime(), std::chrono::hours(1)}}};
  Fetcher fetcher;
  std::optional<std::chrono::seconds> retry_after;
};

std::string two(std::size_t number) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%02zu", number);
  return text.data();
}

// Quarters [from, to) of the day, as the operator writes them.
std::string quarters(std::size_t from, std::size_t to, const std::string& next = "") {
  std::string text = R"({"value":[)";
  for (std::size_t i = from; i < to; ++i) {
    const auto clock = [](std::size_t quarter) {
      return two(quarter / 4) + ":" + two(quarter % 4 * 15);
    };
    const std::string end = i == 95 ? "2025-11-30 00:00" : "2025-11-29 " + clock(i + 1);
    text += (i == from ? "" : ",") + std::string(R"({"dtime":")") + end + R"(","period":")" +
            clock(i) + " - " + (i == 95 ? "24:00" : clock(i + 1)) + R"(","csdac_pln":)" +
            std::to_string(300 + i) + R"(,"business_date":"2025-11-29"})";
  }
  return text + "]" + (next.empty() ? "" : R"(,"nextLink":")" + next + "\"") + "}";
}

const fb::PricesPublishedT& prices_of(const Fetched& fetched) {
  REQUIRE(fetched.facts.size() == 1);
  const auto* prices = fetched.facts[0].fact.AsPricesPublished();
  REQUIRE(prices != nullptr);
  return *prices;
}

}  // namespace

TEST_SUITE("sources/fetch") {
  TEST_CASE("a day of the operator's prices, with where it is from; then nothing new") {
    Day day;
    day.server.answers_with(day.path(Provider::pse), "200 OK", quarters(0, 96), "ETag: \"1\"\r\n");
    const auto fetched = day.fetch(Provider::pse);
    REQUIRE_MESSAGE(fetched.has_value(), fetched.error().line());
    CHECK(fetched->complete);
    CHECK(fetched->etag == "\"1\"");
    CHECK(fetched->facts.at(0).source == fb::Source::price_source);
    CHECK(fetched->facts.at(0).source_name == "pse");
    const fb::PricesPublishedT& prices = prices_of(*fetched);
    CHECK(prices.provider == "pse");
    CHECK(prices.currency == "PLN");
    REQUIRE(prices.prices_e8.size() == 1);
    CHECK(prices.prices_e8[0]->start_us == to_us(day.asked.from));
    CHECK(prices.prices_e8[0]->values.size() == 96);
    CHECK(prices.prices_e8[0]->values.front() == 30'000'000);
    day.server.answers_with(day.path(Provider::pse), "304 Not Modified", "");
    const auto again = day.fetch(Provider::pse, fetched->etag);
    REQUIRE(again.has_value());
    CHECK(again->facts.empty());
    CHECK(again->etag == "\"1\"");
  }

  TEST_CASE("a day with a quarter missing is recorded, and is not whole") {
    Day day;
    day.server.answers_with(day.path(Provider::pse), "200 OK", quarters(0, 95));
    const auto fetched = day.fetch(Provider::pse);
    REQUIRE_MESSAGE(fetched.has_value(), fetched.error().line());
    CHECK_FALSE(fetched->complete);
    CHECK(prices_of(*fetched).prices_e8.size() == 1);
  }

  TEST_CASE("pages are followed to the same host, and to no other, and not for ever") {
    Day day;
    const std::string first = day.path(Provider::pse);
    day.server.answers_with(first, "200 OK", quarters(0, 50, day.server.url("/page2")));
    day.server.answers_with("/page2", "200 OK", quarters(50, 96));
    const auto fetched = day.fetch(Provider::pse);
    REQUIRE_MESSAGE(fetched.has_value(), fetched.error().line());
    CHECK(fetched->complete);
    CHECK(prices_of(*fetched).prices_e8.at(0)->values.size() == 96);

    day.server.answers_with(first, "200 OK", quarters(0, 50, "http://127.0.0.2/page2"));
    const auto elsewhere = day.fetch(Provider::pse);
    REQUIRE_FALSE(elsewhere.has_value());
    CHECK(elsewhere.error().line().find("goes on at another place") != std::string::npos);

    day.server.answers_with(first, "200 OK", quarters(0, 50, first));
    const auto endless = day.fetch(Provider::pse);
    REQUIRE_FALSE(endless.has_value());
    CHECK(endless.error().line().find("more than 20 pages") != std::string::npos);
  }

  TEST_CASE("an empty last page takes nothing from those before it") {
    Day day;
    day.server.answers_with(day.path(Provider::pse), "200 OK", quarters(0, 96, "/page2"));
    day.server.answers_with("/page2", "200 OK", R"({"value":[]})");
    const auto fetched = day.fetch(Provider::pse);
    REQUIRE_MESSAGE(fetched.has_value(), fetched.error().line());
    CHECK(fetched->complete);
  }

  TEST_CASE("an answer for another day is none") {
    Day day;
    day.asked.local_date = "2025-11-30";
    day.server.answers_with(day.path(Provider::pse), "200 OK", quarters(0, 96));
    const auto fetched = day.fetch(Provider::pse);
    REQUIRE_FALSE(fetched.has_value());
    CHECK(fetched.error().line().find("the answer is not of 2025-11-30") == 0);
  }

  TEST_CASE("a day that energy-charts has not yet, and \"not modified\" without a before") {
    Day day;
    day.server.answers_with(day.path(Provider::energy_charts), "404 Not Found",
                            R"({"detail":"no content available"})");
    const auto not_yet = day.fetch(Provider::energy_charts);
    REQUIRE_FALSE(not_yet.has_value());
    CHECK(not_yet.error().kind == ErrorKind::not_found);
    day.server.answers_with(day.path(Provider::pse), "304 Not Modified", "");
    const auto unasked = day.fetch(Provider::pse);
    REQUIRE_FALSE(unasked.has_value());
    CHECK(unasked.error().kind == ErrorKind::corrupt);
  }

  TEST_CASE("where a next page may be") {
    const std::string_view url = "https://host:8/api/x?y";
    CHECK(next_page_url(url, "https://host:8/api/x?after=1") == "https://host:8/api/x?after=1");
    CHECK(next_page_url(url, "/api/x?after=1") == "https://host:8/api/x?after=1");
    for (const char* other : {"http://host:8/a", "https://host/a", "https://host:8@evil/a",
                              "//evil/a", "a", "", "https://host:80/a"})
      CHECK_FALSE(next_page_url(url, other).has_value());
  }

  TEST_CASE("what is no answer is one line, whatever came") {
    struct Row {
      const char* name;
      const char* status;
      const char* body;
    };
    const Row rows[] = {{"web page", "200 OK", "<!DOCTYPE html><html><body>busy</body></html>"},
                        {"empty", "200 OK", ""},
                        {"truncated", "200 OK", R"({"value":[{"dtime":"2025-11-29 00:15",)"},
                        {"other JSON", "200 OK", R"([1,2,3])"},
                        {"nothing yet", "200 OK", R"({"value":[]})"},
                        {"server error", "500 Internal Server Error", "stack trace"},
                        {"too often", "429 Too Many Requests", ""}};
    for (const Provider provider :
         {Provider::pse, Provider::pse_peak_hours, Provider::energy_charts, Provider::awattar_de,
          Provider::open_meteo, Provider::imgw, Provider::forecast_solar}) {
      for (const Row& row : rows) {
        CAPTURE(row.name);
        CAPTURE(provider_name(provider));
        Day day;
        day.server.answers_with(day.path(provider), row.status, row.body, "Retry-After: 7\r\n");
        const auto fetched = day.fetch(provider);
        REQUIRE_FALSE(fetched.has_value());
        CHECK(fetched.error().line().find('\n') == std::string::npos);
        CHECK(fetched.error().line().size() < 400);
        CHECK(day.retry_after == std::chrono::seconds(7));
      }
    }
  }

  TEST_CASE("nothing is asked without what the address needs") {
    Day day;
    day.asked.zone.clear();
    CHECK_FALSE(day.fetch(Provider::entsoe).has_value());
    CHECK(day.server.requests().empty());
  }

  TEST_CASE("weather to come and weather seen") {
    Day day;
    day.server.answers_with(
        day.path(Provider::open_meteo), "200 OK",
        R"({"latitude":52.23,"longitude":21.02,"utc_offset_seconds":0,)"
        R"("hourly_units":{"time":"unixtime","cloud_cover":"%"},)"
        R"("hourly":{"time":[1764370800,1764374400],"cloud_cover":[80,null]},)"
        R"("minutely_15_units":{"time":"unixtime","shortwave_radiation":"W/m²"},)"
        R"("minutely_15":{"time":[1764370800,1764371700],"shortwave_radiation":[0.5,12]}})");
    const auto weather = day.fetch(Provider::open_meteo);
    REQUIRE_MESSAGE(weather.has_value(), weather.error().line());
    const auto* to_come = weather->facts.at(0).fact.AsPvForecastIssued();
    REQUIRE(to_come != nullptr);
    REQUIRE(to_come->irradiance_mw_m2.size() == 1);
    CHECK(to_come->irradiance_mw_m2[0]->step_s == 900);
    CHECK(to_come->irradiance_mw_m2[0]->values == std::vector<std::int64_t>{500, 12'000});
    REQUIRE(to_come->cloud_cover_bp.size() == 1);
    CHECK(to_come->cloud_cover_bp[0]->step_s == 3'600);
    CHECK(to_come->cloud_cover_bp[0]->absent == std::vector<std::uint16_t>{1});
    CHECK(to_come->power_w.empty());
    CHECK(to_come->raw_digest != nullptr);

    day.server.answers_with(
        day.path(Provider::imgw), "200 OK",
        R"({"id_stacji":"12375","stacja":"Warszawa","data_pomiaru":"2025-11-29",)"
        R"("godzina_pomiaru":"6","temperatura":"-1.5","predkosc_wiatru":"3",)"
        R"("kierunek_wiatru":"180","wilgotnosc_wzgledna":"91.2","suma_opadu":"0",)"
        R"("cisnienie":null})");
    const auto seen = day.fetch(Provider::imgw);
    REQUIRE_MESSAGE(seen.has_value(), seen.error().line());
    const auto* observed = seen->facts.at(0).fact.AsWeatherObserved();
    REQUIRE(observed != nullptr);
    CHECK(observed->temperature_mc == -1'500);
    CHECK_FALSE(observed->pressure_pa.has_value());
  }
}
