#include "tests/sources/warsaw.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using sources::parse_prices;

TEST_SUITE("sources/prices/csv") {
  TEST_CASE(
      "a row is the price of the quarter that starts there, in local time, exact to the last "
      "digit") {
    const auto prices = parsed(
        csv_header + "2025-10-05 00:00,0.39395,observed\n2025-10-05 00:15,-0.00000001,observed\n");
    REQUIRE(prices.days.size() == 1);
    const fb::PricesPublishedT& day = prices.days[0];
    CHECK(day.provider == "test");
    CHECK(day.currency == "PLN");
    CHECK(day.kind == fb::PriceKind::day_ahead);
    CHECK(day.prices_e8[0]->step_s == 900);
    CHECK(day.prices_e8[0]->start_us == to_us(utc("2025-10-04T22:00")));
    CHECK(price_at(prices, "2025-10-04T22:00") == 39'395'000);
    CHECK(price_at(prices, "2025-10-04T22:15") == -1);
    CHECK(remarked(prices, "2025-10-05: 94 of 96 slots have no price, the first at 00:30"));
  }

  TEST_CASE(
      "two columns are enough; Windows line ends, a byte order mark, blank lines and quotes do not "
      "matter") {
    const auto prices = parsed(
        "\xEF\xBB\xBFperiod_start_local_naive,market_price_pln_per_kwh\r\n\r\n\"2025-10-05T00:00\","
        " 0.5 \r\n2025-10-05 "
        "00:15:00,0.25");
    CHECK(price_at(prices, "2025-10-04T22:00") == 50'000'000);
    CHECK(price_at(prices, "2025-10-04T22:15") == 25'000'000);
  }

  TEST_CASE("a column named utc, or an offset in the time, makes it UTC") {
    CHECK(price_at(parsed("period_start_utc,market_price_eur_per_kwh\n2025-10-05 00:00,0.1\n"),
                   "2025-10-05T00:00") == 10'000'000);
    const auto offsets = parsed(
        "period_start,price_eur_per_kwh\n2025-10-05T02:00+02:00,0.1\n2025-10-05T00:15:00Z,0."
        "2\n2025-10-04T22:30-02:00,0.3\n");
    CHECK(price_at(offsets, "2025-10-05T00:00") == 10'000'000);
    CHECK(price_at(offsets, "2025-10-05T00:15") == 20'000'000);
    CHECK(price_at(offsets, "2025-10-05T00:30") == 30'000'000);
    CHECK(offsets.days[0].currency == "EUR");
  }

  TEST_CASE("a price per MWh is moved by its point, and rounded at the eighth decimal per kWh") {
    const auto prices = parsed(
        "utc_start,usd_per_mwh\n2025-10-05T00:00Z,72.1264452\n2025-10-05T01:00Z,-0.2424695\n");
    CHECK(price_at(prices, "2025-10-05T00:00") == 7'212'645);
    CHECK(price_at(prices, "2025-10-05T01:00") == -24'247);
    CHECK(prices.days[0].currency == "USD");
    CHECK(prices.days[0].prices_e8[0]->step_s == 3'600);
  }

  TEST_CASE("the repeated hour of autumn: the second appearance is the second pass") {
    const auto prices = parsed(csv_header +
                               "2025-10-26 02:00,0.1,observed\n2025-10-26 02:15,0.2,observed\n"
                               "2025-10-26 02:00,0.3,observed\n2025-10-26 02:15,0.4,observed\n"
                               "2025-10-26 02:15,0.5,observed\n");
    CHECK(price_at(prices, "2025-10-26T00:00") == 10'000'000);
    CHECK(price_at(prices, "2025-10-26T00:15") == 20'000'000);
    CHECK(price_at(prices, "2025-10-26T01:00") == 30'000'000);
    CHECK(price_at(prices, "2025-10-26T01:15") == 40'000'000);
    CHECK(remarked(prices, "row 6: 2025-10-26T01:15:00Z was given in row 5 with another price"));
    CHECK(remarked(prices, "96 of 100 slots have no price"));
  }

  TEST_CASE("a first appearance without a usable price still is the first pass") {
    const auto prices = parsed(csv_header +
                               "2025-10-26 02:00,NaN,observed\n2025-10-26 "
                               "02:00,0.3,observed\n2025-10-26 03:15,1,observed\n");
    CHECK_FALSE(price_at(prices, "2025-10-26T00:00"));
    CHECK(price_at(prices, "2025-10-26T01:00") == 30'000'000);
  }

  TEST_CASE("times that the clocks jumped over are left out") {
    const auto prices = parsed(csv_header +
                               "2025-03-30 01:45,0.1,observed\n2025-03-30 02:15,0.2,observed\n"
                               "2025-03-30 03:00,0.3,observed\n");
    CHECK(price_at(prices, "2025-03-30T00:45") == 10'000'000);
    CHECK(price_at(prices, "2025-03-30T01:00") == 30'000'000);
    CHECK(remarked(prices, "row 3: \"2025-03-30 02:15\" does not exist"));
    CHECK(remarked(prices, "90 of 92 slots"));
  }

  TEST_CASE("gaps stay missing: neither zero nor repeated") {
    const auto prices = parsed(csv_header +
                               "2025-10-05 00:00,0.1,observed\n2025-10-05 00:45,0.4,observed\n"
                               "2025-10-05 01:00,0.5,observed\n");
    CHECK_FALSE(price_at(prices, "2025-10-04T22:15"));
    CHECK_FALSE(price_at(prices, "2025-10-04T22:30"));
    CHECK(price_at(prices, "2025-10-04T22:45") == 40'000'000);
    CHECK(prices.days[0].prices_e8[0]->absent == std::vector<std::uint16_t>{1, 2});
  }

  TEST_CASE("the first of two rows for one slot is kept, and the second remarked") {
    const auto prices = parsed(csv_header +
                               "2025-10-05 00:00,0.1,observed\n2025-10-05 00:00,0.1,observed\n"
                               "2025-10-05 00:00,0.2,observed\n2025-10-05 00:15,0,observed\n");
    CHECK(price_at(prices, "2025-10-04T22:00") == 10'000'000);
    CHECK(price_at(prices, "2025-10-04T22:15") == 0);
    CHECK(remarked(prices, "row 3: 2025-10-04T22:00:00Z was given in row 2 already"));
    CHECK(remarked(prices, "row 4: 2025-10-04T22:00:00Z was given in row 2 with another price"));
  }

  TEST_CASE("rows that say nothing usable become remarks with their number") {
    const auto prices = parsed(csv_header +
                               "2025-10-05 00:00,0.1,observed\n"
                               "2025-10-05 00:15,NaN,observed\n"
                               "2025-10-05 00:30,cheap,observed\n"
                               "2025-10-05 00:45,,observed\n"
                               "2025-10-05 25:00,0.1,observed\n"
                               "2025-10-05 01:00\n"
                               "2025-10-05 01:07,0.1,observed\n"
                               "2025-10-05 01:15,100.00000001,observed\n"
                               "2025-10-05 01:30,-101,observed\n"
                               "2025-10-05 01:45,1e25,observed\n"
                               "2025-10-05 02:00,100,observed\n"
                               "2025-10-05 02:15,0.7,odd\n");
    for (const char* remark :
         {"row 3: price \"NaN\" is not a number", "row 4: price \"cheap\"", "row 5: no price",
          "row 6: \"2025-10-05 25:00\"", "row 7: \"2025-10-05 01:00\" has 1 of 3 columns",
          "row 8: 2025-10-04T23:07:00Z is not on a quarter",
          "row 9: price \"100.00000001\" is beyond", "row 10: price \"-101\" is beyond",
          "row 11: price \"1e25\" is beyond", "row 13: quality \"odd\" is not known"}) {
      CAPTURE(std::string(remark));
      CHECK(remarked(prices, remark));
    }
    CHECK(price_at(prices, "2025-10-05T00:00") == 10'000'000'000);
    // 100 is beyond what the market can pay; "odd" is no known quality.
    CHECK(prices.days[0].suspect == std::vector<std::uint16_t>{8, 9});
  }

  TEST_CASE("rows of suspect quality are recorded and marked") {
    const auto prices =
        parsed(csv_header +
               "2025-10-05 00:00,0.1,observed\n2025-10-05 00:15,9.9,suspect_price\n"
               "2025-10-05 00:30,0,suspect_logged_zero\n2025-10-05 00:45,0.1,filled_previous\n");
    CHECK(prices.days[0].suspect == std::vector<std::uint16_t>{1, 2});
    CHECK(price_at(prices, "2025-10-04T22:15") == 990'000'000);
  }

  TEST_CASE("rows in any order give the same days") {
    const auto straight = parsed(
        csv_header +
        "2025-10-05 00:00,1,observed\n2025-10-05 00:15,2,observed\n2025-10-06 00:00,3,observed\n");
    const auto turned = parsed(
        csv_header +
        "2025-10-06 00:00,3,observed\n2025-10-05 00:15,2,observed\n2025-10-05 00:00,1,observed\n");
    REQUIRE(straight.days.size() == 2);
    REQUIRE(turned.days.size() == 2);
    for (std::size_t i = 0; i < 2; ++i)
      CHECK(*straight.days[i].prices_e8[0] == *turned.days[i].prices_e8[0]);
  }

  TEST_CASE(
      "a complete hourly day keeps its hours beside a day of quarters; an incomplete one lacks "
      "quarters") {
    std::string text = csv_header;
    for (int hour = 0; hour < 24; ++hour) {
      text += "2025-09-30 " + std::string(hour < 10 ? "0" : "") + std::to_string(hour) +
              ":00,0.5,observed\n";
    }
    text +=
        "2025-10-01 00:00,0.1,observed\n2025-10-01 00:15,0.2,observed\n2025-10-02 "
        "05:00,0.3,observed\n";
    const auto prices = parsed(text);
    REQUIRE(prices.days.size() == 3);
    CHECK(prices.days[0].prices_e8[0]->step_s == 3'600);
    CHECK(prices.days[0].prices_e8[0]->values.size() == 24);
    CHECK(prices.days[1].prices_e8[0]->step_s == 900);
    CHECK(prices.days[2].prices_e8[0]->step_s == 900);
  }

  TEST_CASE("the digest is that of the bytes given") {
    const auto prices = parsed("utc_start,eur_per_mwh\n2025-10-05T00:00Z,1\n");
    CHECK(from_fb(*prices.days[0].raw_digest).hex() ==
          "fa603eb4eb720e9083b803918f4913eeb963e30a457631c542c5a548535a5e18");
  }

  TEST_CASE("what is no price file gets one clear error") {
    struct Row {
      std::string name, bytes, holds;
    };
    const std::vector<Row> rows = {
        {"empty", "", "empty"},
        {"blank", " \n\n", "empty"},
        {"header only", csv_header, "none of 0 rows is usable"},
        {"comment only", "# x\n", "nothing but blank lines"},
        {"no usable row", csv_header + "x,y,z\n",
         "none of 1 rows is usable, row 2: \"x\" is not a time"},
        {"no header", "2025-10-05 00:00,0.1\n", "is no header"},
        {"no price column", "period_start,price\n2025-10-05 00:00,0.1\n",
         "is no header with one column ending"},
        {"two price columns", "period_start,eur_per_kwh,pln_per_kwh\n", "is no header"},
        {"odd currency", "period_start,price_zloty_per_kwh\n", "is no header"},
        {"web page", "<!DOCTYPE html><html>", "a web page or XML"},
        {"XML", "<?xml version=\"1.0\"?>", "the XML ends or breaks"},
        {"binary", std::string("\x1f\x8b\x08\0\0", 5), "binary from byte 0"},
        {"UTF-16", std::string("p\0e\0r\0", 6), "binary from byte 1"},
        {"too large", std::string(sources::price_bytes_max + 1, 'x'), "more than the 16777216"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      const auto result = parse_prices(row.bytes, warsaw(), "test");
      REQUIRE_FALSE(result);
      CAPTURE(result.error().what);
      const bool nothing_yet = row.holds.find("none of 0 rows") != std::string::npos;
      CHECK(result.error().kind == (nothing_yet ? ErrorKind::not_found : ErrorKind::invalid_input));
      CHECK(result.error().what.find(row.holds) != std::string::npos);
      CHECK(result.error().line().find('\n') == std::string::npos);
      CHECK_FALSE(result.error().remedy.empty());
    }
  }

  TEST_CASE("the same about many rows is one remark, and hides no other") {
    std::string text = csv_header;
    for (int hour = 10; hour < 20; ++hour)
      text += "2025-10-05 " + std::to_string(hour) + ":00,0.1,actual\n";
    const auto prices = parsed(text + "2025-10-05 20:00,cheap,observed\n");
    REQUIRE(prices.remarks.size() == 3);
    CHECK(prices.remarks[0] ==
          "row 2 and 9 more: quality \"actual\" is not known (observed, filled_previous, "
          "suspect_…): the price is kept as suspect");
    CHECK(prices.remarks[1] == "row 12: price \"cheap\" is not a number");
  }

  TEST_CASE("remarks have a limit, and say how many more there were") {
    std::string text = csv_header + "2025-10-05 00:00,0.1,observed\n";
    for (int i = 0; i < 1'000; ++i) text += "x" + std::to_string(i) + ",y,z\n";
    const auto prices = parsed(text);
    CHECK(prices.remarks.size() == 201);
    CHECK(prices.remarks.back() == "and 801 more remarks");
  }
}
