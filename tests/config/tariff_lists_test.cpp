// Components by name, VAT, feed-in and peak hours of a tariff of one's own.
#include <doctest/doctest.h>

#include "coordinator/config/config.hpp"

using namespace wattledger;
using namespace wattledger::config;

namespace {

fold::PolicySettings policy(const std::string& tariff) {
  const auto config = parse("tariff: " + tariff + "\n", "t.yaml");
  if (!config) FAIL(config.error().line());
  return config->policy;
}

const std::string zone = "{name: T1, price: 1, ";

}  // namespace

TEST_SUITE("config/tariff lists") {
  TEST_CASE("components by name stand in place of the one without") {
    const auto named =
        policy("{components: [{name: sc, price: 0.0892}, {name: excise, price: 0.005}]}");
    CHECK(named.tariff_component == PriceE8(0));
    CHECK(named.tariff_components == std::vector<fold::TariffComponent>{
                                         {"sc", PriceE8(8'920'000)}, {"excise", PriceE8(500'000)}});
    CHECK(policy("{component: 0.1}").tariff_components.empty());
  }

  TEST_CASE("VAT and feed-in") {
    const auto plain = policy("{name: g12}");
    CHECK(plain.tariff_vat == BasisPoints(0));
    CHECK(plain.feed_in == fold::FeedIn::market);
    CHECK(policy("{vat_pct: 23}").tariff_vat == BasisPoints(2'300));
    CHECK(policy("{vat_pct: 8.25}").tariff_vat == BasisPoints(825));
    CHECK(policy("{feed_in: none}").feed_in == fold::FeedIn::none);
    CHECK(policy("{feed_in: market_floored}").feed_in == fold::FeedIn::market_floored);
    const auto fixed = policy("{feed_in: fixed, feed_in_price: 0.2}");
    CHECK(fixed.feed_in == fold::FeedIn::fixed);
    CHECK(fixed.feed_in_price == PriceE8(20'000'000));
  }

  TEST_CASE("zones by the operator's code; a zone that names none holds at any") {
    const auto zones = policy("{name: m, zones: [" + zone + "peak_hours: 3}, " + zone +
                              "peak_hours: [0-1, unknown]}, " + zone + "hours: 1}]}")
                           .tariff_zones;
    REQUIRE(zones.size() == 3);
    CHECK(zones[0].peak_hours == 0b01000);
    CHECK(zones[1].peak_hours == 0b10011);
    CHECK(zones[2].peak_hours == fold::TariffZone::any_peak_hours);
  }

  TEST_CASE("a zone for holidays makes them a kind of day; without one they are weekdays") {
    const auto some = policy("{name: m, zones: [" + zone + "weekdays: [sat, holiday]}, " + zone +
                             "weekdays: mon-fri}, " + zone + "hours: 1}]}");
    REQUIRE(some.tariff_zones.size() == 3);
    CHECK(some.tariff_zones[0].weekdays == 0b10100000);
    CHECK(some.tariff_zones[1].weekdays == 0b00011111);
    CHECK(some.tariff_zones[2].weekdays == 0b11111111);
    CHECK(!some.holidays.empty());
    const auto none =
        policy("{name: m, zones: [" + zone + "weekdays: mon-fri}, " + zone + "hours: 1}]}");
    CHECK(none.tariff_zones[1].weekdays == 0b01111111);
    CHECK(none.holidays.empty());
  }

  TEST_CASE("what was adopted before this had a name keeps its text") {
    const std::string text = fold::render_policy(policy(
        "{name: mine, zones: [{name: T1, weekdays: mon-fri, hours: 7-13, price: 0.3}, {name: T2, "
        "price: 0.1}]}"));
    CHECK(text.substr(text.find("tariff.")) ==
          "tariff.component_e8=8920000\ntariff.name=mine\n"
          "tariff.zone.00=4095,31,8064,30000000,T1\n"
          "tariff.zone.01=4095,127,16777215,10000000,T2\n");
  }

  TEST_CASE("another tariff by name keeps components, VAT, feed-in and one's own holidays") {
    const auto config = parse(
        "tariff: {name: g12, components: [{name: sc, price: 0.1}], vat_pct: 23, feed_in: none, "
        "holidays: 2026-05-04}",
        "t.yaml");
    REQUIRE(config);
    CHECK(config->policy.holidays.empty());
    const auto other = with_tariff(*config, "g12w");
    REQUIRE(other);
    CHECK(other->tariff == "g12w");
    CHECK(other->tariff_zones.size() == 2);
    CHECK(other->holidays.size() == 1);
    CHECK(other->tariff_components == config->policy.tariff_components);
    CHECK(other->tariff_vat == BasisPoints(2'300));
    CHECK(other->feed_in == fold::FeedIn::none);
    const auto unknown = with_tariff(*config, "g12v");
    REQUIRE(!unknown);
    CHECK(unknown.error().line().find("did you mean \"g12\"?") != std::string::npos);
  }
}
