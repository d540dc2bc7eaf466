#include <doctest/doctest.h>

#include "coordinator/config/config.hpp"

using namespace wattledger;
using namespace wattledger::config;

namespace {

std::vector<fold::TariffZone> zones(const std::string& tariff) {
  const auto config = parse("tariff: " + tariff + "\n", "t.yaml");
  if (!config) FAIL(config.error().line());
  return config->policy.tariff_zones;
}

fold::TariffZone zone(const std::string& fields) {
  const auto all = zones("{name: mine, zones: [{name: T1, price: 1, " + fields + "}]}");
  REQUIRE(all.size() == 1);
  return all.front();
}

}  // namespace

TEST_SUITE("config/tariff") {
  TEST_CASE("tariffs known by name bring their zones") {
    CHECK(zones("{name: g12}") == fold::g12_zones());
    CHECK(zones("{name: none}").empty());
    REQUIRE(zones("{name: g11}").size() == 1);
    CHECK(zones("{name: g11}").front().price == PriceE8(31'250'000));
    CHECK(zones("{name: g12as}").size() == 2);
    CHECK(zones("{name: g13}").size() == 1);
    CHECK(zones("{name: g13s}").size() == 6);
    CHECK(zones("{name: g14dynamic}").size() == 5);
    const auto g12w = zones("{name: g12w}");
    REQUIRE(g12w.size() == 2);
    CHECK(g12w[0].weekdays == 0b0011111);
    CHECK(g12w[0].hours == 0b0000'0000'0011'1111'1111'1111'1100'0000);
    CHECK(g12w[0].price == PriceE8(35'660'000));
    CHECK(g12w[1].price == PriceE8(7'490'000));
  }

  TEST_CASE("a zone without months, weekdays and hours holds always") {
    const auto all = zones("{name: mine, zones: [{name: T2, price: 0.0749}]}");
    REQUIRE(all.size() == 1);
    fold::TariffZone expected;
    expected.name = "T2";
    expected.price = PriceE8(7'490'000);
    CHECK(all.front() == expected);
  }

  TEST_CASE("hours end before their second number and may pass midnight") {
    CHECK(zone("hours: 7-13").hours == 0b0001'1111'1000'0000);
    CHECK(zone("hours: [7-8, 23]").hours == ((1U << 7) | (1U << 23)));
    CHECK(zone("hours: 22-2").hours == ((1U << 22) | (1U << 23) | 1U | 2U));
    CHECK(zone("hours: 22-24").hours == ((1U << 22) | (1U << 23)));
    CHECK(zone("hours: 0-24").hours == 0xFFFFFF);
  }

  TEST_CASE("months and weekdays include their second and may pass the end") {
    CHECK(zone("months: 1-3").months == 0b111);
    CHECK(zone("months: 10-3").months == 0b1110'0000'0111);
    CHECK(zone("months: [4, 9]").months == ((1U << 3) | (1U << 8)));
    CHECK(zone("weekdays: mon-fri").weekdays == 0b0011111);
    CHECK(zone("weekdays: [sat, sun]").weekdays == 0b1100000);
    CHECK(zone("weekdays: sat-mon").weekdays == 0b1100001);
  }

  TEST_CASE("what is no month, weekday or hour is refused") {
    for (const std::string fields :
         {"months: 0", "months: 13", "months: jan", "weekdays: monday", "weekdays: 1", "hours: 24",
          "hours: 7-7", "hours: 7-", "hours: -7", "hours: 7-13-15", "hours: 7:30-9", "months: \"\"",
          "price: x"}) {
      CAPTURE(fields);
      const std::string price = fields.rfind("price", 0) == 0 ? "" : "price: 1, ";
      CHECK_FALSE(
          parse("tariff: {name: m, zones: [{name: T1, " + price + fields + "}]}", "t.yaml"));
    }
  }
}
