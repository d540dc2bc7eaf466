#include "tests/sources/warsaw.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using sources::parse_prices;

namespace {

std::string charts(const std::string& times, const std::string& prices,
                   const std::string& unit = "EUR / MWh") {
  return R"({"license_info":"CC BY 4.0","unix_seconds":[)" + times + R"(],"price":[)" + prices +
         R"(],"unit":")" + unit + R"(","deprecated":false})";
}

std::string slot(const std::string& start, const std::string& end, const std::string& price,
                 const std::string& unit = "Eur/MWh") {
  return R"({"start_timestamp":)" + start + R"(,"end_timestamp":)" + end + R"(,"marketprice":)" +
         price + R"(,"unit":")" + unit + R"("})";
}

std::string awattar(const std::string& slots) {
  return R"({"object":"list","data":[)" + slots + R"(],"url":"/de/v1/marketdata"})";
}

std::string refusal(const std::string& bytes) {
  const auto result = parse_prices(bytes, warsaw(), "test");
  REQUIRE_FALSE(result);
  CHECK(result.error().line().find('\n') == std::string::npos);
  return result.error().what;
}

}  // namespace

TEST_SUITE("sources/prices/energy-charts") {
  TEST_CASE("a time in seconds is a slot's start, a price is per MWh, exactly") {
    const auto prices = parsed(charts("1759615200,1759618800,1759622400", "92.85,0,-3.7e-1"));
    CHECK(prices.days[0].currency == "EUR");
    CHECK(prices.days[0].prices_e8[0]->step_s == 3'600);
    CHECK(price_at(prices, "2025-10-04T22:00") == 9'285'000);
    CHECK(price_at(prices, "2025-10-04T23:00") == 0);
    CHECK(price_at(prices, "2025-10-05T00:00") == -37'000);
    CHECK(prices.slots[0].expected == 24);
  }

  TEST_CASE("null is missing, and the hours stay hours") {
    const auto prices = parsed(charts("1759615200,1759618800,1759622400", "1,null,3"));
    CHECK_FALSE(price_at(prices, "2025-10-04T23:00"));
    CHECK(prices.days[0].prices_e8[0]->step_s == 3'600);
    CHECK(remarked(prices, "row 2: no price"));
  }

  TEST_CASE("quarters are quarters; the unit may be kWh in another currency") {
    const auto prices = parsed(charts("1759615200,1759616100", "1,2", "CHF/kWh"));
    CHECK(prices.days[0].currency == "CHF");
    CHECK(price_at(prices, "2025-10-04T22:15") == 200'000'000);
  }

  TEST_CASE("odd rows are told, odd answers refused") {
    const auto prices = parsed(charts(R"(1759615200,"x",-1,1759615800)", R"(1,2,3,"dear")"));
    CHECK(remarked(prices, "row 2: \"x\" is not a time in seconds"));
    CHECK(remarked(prices, "row 3: \"-1\" is not a time"));
    CHECK(remarked(prices, "row 4: price \"dear\" is not a number"));
    CHECK(refusal(charts("1759615200", "1,2")) == "prices: 1 unix_seconds but 2 prices");
    CHECK(refusal(charts("1759615200", "1", "EUR")) ==
          "prices: unit \"EUR\" is not a currency per MWh or kWh");
    CHECK(refusal(R"({"unix_seconds":[1]})").find("lacks the list") != std::string::npos);
    CHECK(refusal(charts("", "")) == "prices: none of 0 rows is usable");
    CHECK(refusal(charts("1e15", "1")).find("is not a time in seconds") != std::string::npos);
  }
}

TEST_SUITE("sources/prices/awattar") {
  TEST_CASE("start and end in milliseconds make the slot, the price is per MWh") {
    const auto prices = parsed(awattar(slot("1759615200000", "1759618800000", "42.09") + "," +
                                       slot("1759618800000", "1759622400000", "-0.01")));
    CHECK(prices.days[0].currency == "EUR");
    CHECK(price_at(prices, "2025-10-04T22:00") == 4'209'000);
    CHECK(price_at(prices, "2025-10-04T23:00") == -1'000);
    CHECK(prices.days[0].prices_e8[0]->step_s == 3'600);
  }

  TEST_CASE("odd rows are told, odd answers refused") {
    const auto prices = parsed(
        awattar(slot("1759615200000", "1759616100000", "1") + "," +
                slot("1759616100000", "1759616100000", "2") + "," + slot("\"soon\"", "1", "3") +
                "," + slot("1759617000000", "1759617900000", "4", "Pln/MWh") + "," +
                slot("1759617900000", "1759618800000", "null") + ",{\"unit\":\"Eur/MWh\"}"));
    CHECK(prices.slots[0].found == 1);
    CHECK(remarked(prices, "row 2: from \"1759616100000\" to \"1759616100000\" is not a slot"));
    CHECK(remarked(prices, "row 3: from \"soon\""));
    CHECK(remarked(prices, "row 4: is in PLN and left out, those before are in EUR"));
    CHECK(remarked(prices, "row 5: no price"));
    CHECK(remarked(prices, "row 6: from \"\" to \"\" is not a slot"));
    CHECK(refusal(R"({"data":{}})") == "prices: the JSON's \"data\" is no list");
    CHECK(refusal(awattar(slot("1", "2", "3", "Cent"))).find("unit \"Cent\"") != std::string::npos);
    CHECK(refusal(awattar("[]")).find("unit \"\"") != std::string::npos);
  }
}
