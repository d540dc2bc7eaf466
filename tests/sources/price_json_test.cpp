#include "tests/sources/warsaw.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using sources::parse_prices;

TEST_SUITE("sources/prices/csdac") {
  TEST_CASE("the slot is the period of the business date: dtime is its end") {
    const auto prices = parsed(answer(
        record("2025-10-05", "00:00 - 00:15", "32.94",
               "\"dtime\":\"2025-10-05 00:15:00\",\"dtime_utc\":\"2025-10-04 "
               "22:15:00\",\"publication_ts_utc\":\"2025-10-04 11:50:00.000000\"") +
        "," +
        record("2025-10-05", "23:45 - 24:00", "-101.25", "\"dtime\":\"2025-10-06 00:00:00\"")));
    REQUIRE(prices.days.size() == 1);
    CHECK(prices.days[0].currency == "PLN");
    CHECK(price_at(prices, "2025-10-04T22:00") == 3'294'000);
    CHECK(price_at(prices, "2025-10-05T21:45") == -10'125'000);
    CHECK(prices.days[0].issued_at_us == to_us(utc("2025-10-04T11:50")));
    CHECK(remarked(prices, "94 of 96"));
  }

  TEST_CASE("a decimal keeps every digit of its text") {
    CHECK(price_at(parsed(answer(record("2025-10-05", "00:00 - 00:15", "548.73000"))),
                   "2025-10-04T22:00") == 54'873'000);
    CHECK(price_at(parsed(answer(record("2025-10-05", "00:00 - 00:15", "0.00001"))),
                   "2025-10-04T22:00") == 1);
    CHECK(price_at(parsed(answer(record("2025-10-05", "00:00 - 00:15", "\"12.5\""))),
                   "2025-10-04T22:00") == 1'250'000);
    CHECK(price_at(parsed(answer(record("2025-10-05", "00:00 - 00:15", "1e2"))),
                   "2025-10-04T22:00") == 10'000'000);
    CHECK(price_at(parsed(answer(record("2025-10-05", "00:00 - 00:15", "0"))),
                   "2025-10-04T22:00") == 0);
  }

  TEST_CASE("hourly periods are hourly slots") {
    const auto prices = parsed(answer(record("2025-09-05", "00:00 - 01:00", "1") + "," +
                                      record("2025-09-05", "01:00 - 02:00", "2")));
    CHECK(prices.days[0].prices_e8[0]->step_s == 3'600);
  }

  TEST_CASE("the repeated hour goes by the UTC stamp where there is one, else by appearance") {
    const auto stamped = parsed(answer(
        record("2025-10-26", "02:00 - 02:15", "2", "\"dtime_utc\":\"2025-10-26 01:15:00\"") + "," +
        record("2025-10-26", "02:00 - 02:15", "1", "\"dtime_utc\":\"2025-10-26 00:15:00\"")));
    CHECK(price_at(stamped, "2025-10-26T00:00") == 100'000);
    CHECK(price_at(stamped, "2025-10-26T01:00") == 200'000);
    const auto plain = parsed(answer(record("2025-10-26", "02:45 - 03:00", "1") + "," +
                                     record("2025-10-26", "02:45 - 03:00", "2")));
    CHECK(price_at(plain, "2025-10-26T00:45") == 100'000);
    CHECK(price_at(plain, "2025-10-26T01:45") == 200'000);
  }

  TEST_CASE("the day without a 02:00 has the slot before it, written either way") {
    CHECK(price_at(parsed(answer(record("2025-03-30", "01:45 - 03:00", "1"))),
                   "2025-03-30T00:45") == 100'000);
    CHECK(price_at(parsed(answer(record("2025-03-30", "01:45 - 02:00", "1"))),
                   "2025-03-30T00:45") == 100'000);
    const auto prices = parsed(answer(record("2025-03-30", "02:15 - 02:30", "1") + "," +
                                      record("2025-03-30", "03:00 - 03:15", "1")));
    CHECK(remarked(prices, "row 1: \"02:15 - 02:30\" does not exist on 2025-03-30"));
  }

  TEST_CASE("records that cannot be used become remarks with their place") {
    const auto prices = parsed(answer(
        record("2025-10-05", "00:00 - 00:15", "1") + "," +
        record("2025-10-05", "00:15 - 00:30", "null") + "," +
        record("2025-10-05", "00:30 - 00:45", "\"NaN\"") + "," +
        record("2025-10-05", "00:45", "1") + "," + record("2025-13-05", "00:45 - 01:00", "1") +
        "," + record("2025-10-05", "01:00 - 01:20", "1") + ",{\"csdac_pln\":1}," +
        record("2025-10-05", "01:15 - 01:30", "1", "\"dtime\":\"2025-10-05 01:15:00\"") + "," +
        record("2025-10-05", "00:00 - 00:15", "7") + "," +
        record("2025-10-05", "02:00 - 02:15", "100000.1") + ",17,[1],{}"));
    for (const char* remark :
         {"row 2: no price", "row 3: price \"NaN\"",
          "row 4: \"2025-10-05\" \"00:45\" is not a slot", "row 5: \"2025-13-05\"",
          "row 6:", "row 7 and 3 more: business_date or period is missing",
          "row 8: \"01:15 - 01:30\" of 2025-10-05 does not end",
          "row 9: 2025-10-04T22:00:00Z was given in row 1",
          "row 10: price \"100000.1\" is beyond 100 per kWh"}) {
      CAPTURE(std::string(remark));
      CHECK(remarked(prices, remark));
    }
    CHECK(price_at(prices, "2025-10-04T22:00") == 100'000);
  }

  TEST_CASE("what is no csdac-pln answer gets one clear error") {
    struct Row {
      std::string name, bytes, holds;
    };
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += '[';
    const std::vector<Row> rows = {
        {"cut off", answer(record("2025-10-05", "00:00 - 00:15", "1")).substr(0, 40),
         "ends or breaks at byte 41"},
        {"no list", "{\"prices\":[]}", "no list \"value\""},
        {"an error of the operator's",
         "{\"error\":{\"code\":\"BadRequest\",\"message\":\"Invalid\\n$filter\",\"status\":400}}",
         "the operator answers: Invalid $filter (BadRequest)"},
        {"an error without words", "{\"error\":{\"status\":500}}", "an error without words"},
        {"empty list", "{\"value\":[]}", "none of 0 rows"},
        {"a bare list", "[1,2]", "no list \"value\""},
        {"another price",
         answer(
             "{\"rce_pln\":548.73,\"period\":\"00:30 - 00:45\",\"business_date\":\"2024-06-15\"}"),
         "rce_pln, another kind of price"},
        {"other records", answer("{\"a\":1}"), "no csdac_pln"},
        {"deeply nested", deep, "nested more than"},
        {"number too large", "{\"value\":[{\"csdac_pln\":1e999}]}", "ends or breaks"},
        {"NaN", "{\"value\":[{\"csdac_pln\":NaN}]}",
         "ends or breaks at byte 24, \"\"csdac_pln\":N\""},
        {"a member twice", "{\"value\":[{\"csdac_pln\":1,\"csdac_pln\":2}]}",
         "names \"csdac_pln\" twice in one object"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      const auto result = parse_prices(row.bytes, warsaw(), "test");
      REQUIRE_FALSE(result);
      CAPTURE(result.error().what);
      CHECK(result.error().what.find(row.holds) != std::string::npos);
      CHECK_FALSE(result.error().remedy.empty());
    }
  }
}
