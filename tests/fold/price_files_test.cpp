// The two files of prices: which slots, which hours, on ordinary days and when the clock changes.
#include "projections/fold/price_files.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/fold/legacy_events.hpp"
#include "tests/fold/told_house.hpp"
#include "tests/support/places.hpp"

namespace wattledger::fold {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

const UtcTime noon = autumn_change - hours(24) + hours(9);  // 2025-10-25T12:00 in Warsaw
const UtcTime midnight = noon - hours(12);

// Nothing on top of the market price.
LegacyHouse house_without_tariff() {
  LegacyHouse house;
  PolicySettings settings;
  settings.tariff_component = PriceE8(0);
  house.adopt(settings);
  return house;
}

std::vector<std::int64_t> counting(std::size_t count) {
  std::vector<std::int64_t> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<std::int64_t>(i) * 1'000'000;
  return values;
}

Json cache_at(const LegacyHouse& house, UtcTime at) {
  const auto text = price_cache(house.state(), at);
  REQUIRE(text.has_value());
  return Json::parse(*text);
}

TEST_SUITE("fold/price files") {
  TEST_CASE("the history holds the slots that have begun in the last seven days, none below zero") {
    LegacyHouse house = house_without_tariff();
    std::vector<std::int64_t> values = counting(96);
    values[1] = -500'000;
    house.tell(midnight, testing::prices(testing::series(midnight, values)));
    CHECK(price_history(house.state(), midnight - minutes(1)) == "[]");
    CHECK(price_history(house.state(), midnight + minutes(30)) ==
          "[\n  [\n    \"2025-10-25T00:00:00\",\n    0.0\n  ],\n  [\n    "
          "\"2025-10-25T00:30:00\",\n    0.02\n  ]\n]");
    CHECK(Json::parse(price_history(house.state(), midnight + days(1))).size() == 95);
    CHECK(Json::parse(price_history(house.state(), midnight + days(7) + minutes(15))).size() ==
          95 - 1);
  }

  TEST_CASE("the cache holds the means of the local day's hours, with and without the tariff") {
    LegacyHouse house;
    house.adopt(PolicySettings());
    house.tell(midnight, testing::prices(testing::series(midnight, counting(96))));
    const Json cache = cache_at(house, noon + minutes(30));
    CHECK(cache["business_date"] == "2025-10-25");
    CHECK(cache["created_at"] == "2025-10-25T12:30:00");
    CHECK(cache["cache_timestamp"] == static_cast<double>(to_us(noon + minutes(30))) / 1e6);
    const Json& data = cache["price_data"];
    CHECK(data["prices"].size() == 24);
    CHECK(data["prices"][7]["hour"] == 7);
    CHECK(data["prices"][7]["hour_str"] == "07:00");
    CHECK(data["prices"][7]["market_price"] == 0.295);
    CHECK(data["prices"][7]["price"] == 0.295 + 0.0892);
    CHECK(data["average_price_pln_kwh"] == 0.475 + 0.0892);
    CHECK(data["price_trend"] == "rising");
    CHECK(cache_at(house, midnight + hours(23))["price_data"]["price_trend"] == "stable");
  }

  TEST_CASE("a day without prices has no cache") {
    LegacyHouse house;
    house.tell(midnight, testing::prices(testing::series(midnight, counting(96))));
    CHECK(price_cache(house.state(), midnight + hours(23)).has_value());
    CHECK_FALSE(price_cache(house.state(), midnight + hours(24)).has_value());
    CHECK_FALSE(price_cache(house.state(), midnight - minutes(1)).has_value());
  }

  TEST_CASE("the repeated hour of autumn is one hour of the cache, and two of the history") {
    LegacyHouse house = house_without_tariff();
    const UtcTime start = autumn_change - hours(3);  // midnight
    house.tell(start, testing::prices(testing::series(start, counting(100))));
    const Json prices = cache_at(house, start)["price_data"]["prices"];
    REQUIRE(prices.size() == 24);
    // Slots 8 to 15: 0.08 … 0.15.
    CHECK(prices[2]["price"] == 0.115);
    const Json history = Json::parse(price_history(house.state(), start + hours(25)));
    CHECK(history.size() == 100);
    CHECK(history[8][0] == "2025-10-26T02:00:00");
    CHECK(history[12][0] == "2025-10-26T02:00:00");
  }

  TEST_CASE("the keys and their order are those of the older system's file") {
    const auto file = testing::shared_data() / "legacy_sample" / "data" / "price_cache.json";
    if (!std::filesystem::exists(file)) {
      MESSAGE("skipped: " << file.string() << " is absent");
      return;
    }
    std::ifstream in(file);
    const Json legacy = Json::parse(in);
    LegacyHouse house;
    house.tell(midnight, testing::prices(testing::series(midnight, counting(96))));
    const Json ours = cache_at(house, noon);
    const auto keys = [](const Json& json) {
      std::vector<std::string> names;
      for (const auto& [name, value] : json.items()) names.push_back(name);
      return names;
    };
    CHECK(keys(ours) == keys(legacy));
    CHECK(keys(ours["price_data"]) == keys(legacy["price_data"]));
    CHECK(keys(ours["price_data"]["prices"][0]) == keys(legacy["price_data"]["prices"][0]));
  }

  TEST_CASE("both are told once an hour, whatever the readings' rhythm") {
    LegacyHouse house;
    const auto told = [&](UtcTime at) {
      return only<FileRow>(house.tell(at, fb::ReadingRecordedT())).size();
    };
    CHECK(told(noon) == 2);
    CHECK(told(noon + minutes(1)) == 0);
    CHECK(told(noon + minutes(59)) == 0);
    CHECK(told(noon + minutes(61)) == 2);
    CHECK(told(noon + minutes(200)) == 2);
  }
}

TEST_SUITE("fold/files of one row") {
  TEST_CASE("the first state of each quarter hour has a file of its own") {
    LegacyHouse house;
    std::vector<std::string> names;
    for (int minute = 0; minute < 32; ++minute)
      for (const SystemStateRow& row :
           only<SystemStateRow>(house.tell(noon + minutes(minute), fb::ReadingRecordedT())))
        if (row.file_time) names.push_back(iso_text(*row.file_time));
    CHECK(names == std::vector<std::string>{"2025-10-25T12:00:00", "2025-10-25T12:15:00",
                                            "2025-10-25T12:30:00"});
  }

  TEST_CASE("in the second pass of a repeated hour a name that was given moves on by a second") {
    LegacyHouse house;
    std::vector<std::string> names;
    for (int quarter = -4; quarter < 8; ++quarter) {
      fb::DecisionMadeT decision;
      const auto rows = only<DecisionRow>(house.tell(
          autumn_change + minutes(15) * quarter + std::chrono::milliseconds(250), decision));
      REQUIRE(rows.size() == 1);
      names.push_back(iso_text(rows[0].file_time));
    }
    CHECK(names[0] == "2025-10-26T02:00:00");
    CHECK(names[4] == "2025-10-26T02:00:01");
    CHECK(names[7] == "2025-10-26T02:45:01");
    CHECK(names[8] == "2025-10-26T03:00:00");
    std::sort(names.begin(), names.end());
    CHECK(std::unique(names.begin(), names.end()) == names.end());
  }
}

}  // namespace
}  // namespace wattledger::fold
