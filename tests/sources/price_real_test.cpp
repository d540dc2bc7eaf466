#include "coordinator/config/config.hpp"
#include "tests/sources/real_file.hpp"
#include "tests/sources/warsaw.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

sources::ParsedPrices parsed_in(const std::string& zone, const std::string& bytes) {
  const auto data = config::load_zone(zone, utc("2025-10-01"));
  REQUIRE(data);
  auto result = sources::parse_prices(bytes, data->zone, "test");
  if (!result) FAIL(result.error().line());
  return std::move(*result);
}

}  // namespace

TEST_SUITE("sources/prices/real") {
  TEST_CASE("the Polish file: 65 days, the repeated hour once, suspects marked") {
    const std::string bytes = real_file("prices/pl_csdac_15min_2025-09-29_2025-12-02.csv");
    if (bytes.empty()) return;
    const auto prices = parsed_in("Europe/Warsaw", bytes);
    REQUIRE(prices.days.size() == 65);
    std::size_t slots = 0;
    std::size_t suspects = 0;
    for (const auto& day : prices.days) {
      slots += day.prices_e8[0]->values.size() - day.prices_e8[0]->absent.size();
      suspects += day.suspect.size();
    }
    CHECK(slots == 6'228);
    CHECK(suspects == 18);
    CHECK(price_at(prices, "2025-09-28T22:00") == 39'395'000);
    CHECK(price_at(prices, "2025-10-26T00:00") == 27'874'000);
    CHECK_FALSE(price_at(prices, "2025-10-26T01:00"));
    CHECK(price_at(prices, "2025-10-26T02:00") == 19'412'000);
    CHECK(remarked(prices,
                   "2025-10-26: 4 of 100 slots have no price, the first at 02:00 (second pass)"));
    // The last day's end is the other remark.
    CHECK(prices.remarks.size() == 2);
  }

  TEST_CASE("the German file: hours, US dollars per MWh, negative") {
    const std::string bytes = real_file("prices/de_lu_hourly_2024-05-12_13_negative.csv");
    if (bytes.empty()) return;
    const auto prices = parsed_in("Europe/Berlin", bytes);
    REQUIRE(prices.days.size() == 2);
    for (const auto& day : prices.days) {
      CHECK(day.currency == "USD");
      CHECK(day.prices_e8[0]->step_s == 3'600);
      CHECK(day.prices_e8[0]->values.size() == 24);
    }
    CHECK(price_at(prices, "2024-05-12T12:00") == -14'456'541);
    CHECK(prices.remarks.empty());
  }

  TEST_CASE("a day in the operator's answer is the same day as in the Polish file") {
    const std::string json = real_file("api_samples/pse_csdac_2025-10-05_reconstructed.json");
    const std::string csv = real_file("prices/pl_csdac_15min_2025-09-29_2025-12-02.csv");
    if (json.empty() || csv.empty()) return;
    const auto answer = parsed_in("Europe/Warsaw", json);
    REQUIRE(answer.days.size() == 1);
    CHECK(answer.remarks.empty());
    const auto file = parsed_in("Europe/Warsaw", csv);
    CHECK(*answer.days[0].prices_e8[0] == *file.days[6].prices_e8[0]);
    CHECK(answer.days[0].issued_at_us == to_us(utc("2025-10-04T11:50")));
  }

  TEST_CASE("ENTSO-E's answer: two days of quarters, the coupled auction's only") {
    const std::string bytes = real_file("api_samples/entsoe-response.xml");
    if (bytes.empty()) return;
    const auto prices = parsed_in("Europe/Berlin", bytes);
    REQUIRE(prices.days.size() == 2);
    for (const auto& slots : prices.slots) {
      CHECK(slots.found == 96);
      CHECK(slots.complete());
    }
    CHECK(prices.days[0].currency == "EUR");
    CHECK(prices.days[0].suspect.empty());
    CHECK(remarked(prices, "classification sequence \"2\" is another auction"));
    CHECK(prices.remarks.size() == 1);
  }

  TEST_CASE("energy-charts' answer: two days of hours") {
    const std::string bytes = real_file("api_samples/elecpriceforecast_energycharts.json");
    if (bytes.empty()) return;
    const auto prices = parsed_in("Europe/Berlin", bytes);
    REQUIRE(prices.days.size() == 2);
    CHECK(prices.remarks.empty());
    CHECK(prices.slots[0].expected == 24);
    CHECK(prices.slots[0].complete());
    CHECK(prices.slots[1].complete());
    CHECK(price_at(prices, "2024-12-09T23:00") == 9'285'000);
    CHECK(price_at(prices, "2024-12-11T22:00") == 13'596'000);
  }

  TEST_CASE("answers of other interfaces are refused") {
    for (const char* name :
         {"api_samples/pse_rce_record_real.json", "api_samples/weatherforecast_openmeteo_1.json",
          "api_samples/emhass_openmeteo_get.json", "api_samples/emhass_solarforecast_get.json",
          "api_samples/imgw_synop_upstream_test.json"}) {
      const std::string bytes = real_file(name);
      if (bytes.empty()) continue;
      CAPTURE(std::string(name));
      CHECK_FALSE(sources::parse_prices(bytes, warsaw(), "test"));
    }
  }
}
