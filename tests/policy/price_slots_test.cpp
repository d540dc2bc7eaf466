// Quantiles and shares of prices, exact in integers; what the slots of the grid cost and earn.
#include "coordinator/policy/price_slots.hpp"

#include <rapidcheck.h>

#include "tests/policy/tiered_house.hpp"

namespace wattledger::policy {
namespace {

using namespace wattledger::testing;

std::vector<PriceE8> many(std::initializer_list<std::int64_t> values) {
  std::vector<PriceE8> prices;
  for (const std::int64_t value : values) prices.emplace_back(value);
  return prices;
}

}  // namespace

TEST_SUITE("policy/price_slots") {
  TEST_CASE("a quantile is numpy's linear one, rounded down") {
    CHECK_FALSE(quantile({}, BasisPoints(5'000)).has_value());
    CHECK(quantile(many({7}), BasisPoints(4'000)) == PriceE8(7));
    CHECK(quantile(many({40, 10, 30, 20}), BasisPoints(0)) == PriceE8(10));
    CHECK(quantile(many({40, 10, 30, 20}), BasisPoints(10'000)) == PriceE8(40));
    CHECK(quantile(many({40, 10, 30, 20}), BasisPoints(5'000)) == PriceE8(25));
    CHECK(quantile(many({40, 10, 30, 20}), BasisPoints(4'000)) == PriceE8(22));
    CHECK(quantile(many({1, 2}), BasisPoints(5'000)) == PriceE8(1));     // 1.5
    CHECK(quantile(many({-2, -1}), BasisPoints(5'000)) == PriceE8(-2));  // -1.5
    CHECK(quantile(many({-1'000'000'000'000, 1'000'000'000'000}), BasisPoints(7'500)) ==
          PriceE8(500'000'000'000));
  }

  TEST_CASE("a share of a price lies above and below it by its size, below zero too") {
    CHECK(above_by(PriceE8(100), BasisPoints(1'500)) == PriceE8(115));
    CHECK(above_by(PriceE8(-100), BasisPoints(1'500)) == PriceE8(-85));
    CHECK(above_by(PriceE8(0), BasisPoints(1'500)) == PriceE8(0));
    CHECK(above_by(PriceE8(7), BasisPoints(1'500)) == PriceE8(8));    // 8.05
    CHECK(above_by(PriceE8(-7), BasisPoints(1'500)) == PriceE8(-6));  // -5.95
    CHECK(below_by(PriceE8(100), BasisPoints(3'000)) == PriceE8(70));
    CHECK(below_by(PriceE8(-100), BasisPoints(3'000)) == PriceE8(-130));
    CHECK(below_by(PriceE8(7), BasisPoints(3'000)) == PriceE8(4));  // 4.9
    CHECK(above_by(PriceE8(50'000'000), BasisPoints(1'500)) == PriceE8(57'500'000));
  }

  TEST_CASE("whatever the prices, a bound is the last whole price within the exact one") {
    CHECK(rc::check([] {
      const auto price = *rc::gen::inRange<std::int64_t>(-3'000, 3'000);
      const auto share = *rc::gen::inRange<std::int64_t>(0, 20'000);
      const std::int64_t above = above_by(PriceE8(price), BasisPoints(share)).count();
      const std::int64_t exact = price * 10'000 + std::abs(price) * share;  // in 1/10 000
      RC_ASSERT(above * 10'000 <= exact);
      RC_ASSERT((above + 1) * 10'000 > exact);
      const std::int64_t below = below_by(PriceE8(price), BasisPoints(share)).count();
      const std::int64_t exact_below = price * 10'000 - std::abs(price) * share;
      RC_ASSERT(below * 10'000 <= exact_below);
      RC_ASSERT((below + 1) * 10'000 > exact_below);
    }));
  }

  TEST_CASE("a slot whose price is not known from end to end is not there") {
    fold::PolicySettings settings = tiered_settings();
    settings.slot = hours(1);
    settings.tariff_component = PriceE8(5);
    TieredHouse house(5'000, settings);
    house.prices(Quarters{1, 2, 3, 5, 1, 1, 1});
    const auto slots = priced_slots(house.state(), settings, noon, noon + hours(3));
    REQUIRE(slots.size() == 1);
    CHECK(slots[0].start == noon);
    CHECK(slots[0].import == PriceE8(2'750'005));
    CHECK(slots[0].feed_in == PriceE8(2'750'000));
    fold::PolicySettings fixed = settings;
    fixed.feed_in = fold::FeedIn::fixed;
    fixed.feed_in_price = PriceE8(42);
    TieredHouse sold(5'000, fixed);
    sold.prices(quarters(4, 10));
    CHECK(priced_slots(sold.state(), fixed, noon, noon + hours(1))[0].feed_in == PriceE8(42));
  }

  TEST_CASE("the operator's code, a forecast and the hour: of the time that is asked, or unknown") {
    TieredHouse house(5'000);
    house.code(2).pv_forecast({100, 200}).load_forecast({300});
    const fold::State state = house.state();
    CHECK(peak_code(state, noon - seconds(1)) == std::nullopt);
    CHECK(peak_code(state, noon) == 2U);
    CHECK(peak_code(state, noon + minutes(59)) == 2U);
    CHECK(peak_code(state, noon + hours(1)) == std::nullopt);
    CHECK(forecast_at(state.pv_forecast, noon - seconds(1)) == std::nullopt);
    CHECK(forecast_at(state.pv_forecast, noon + hours(1)) == Watts(200));
    CHECK(forecast_at(state.pv_forecast, noon + hours(2)) == std::nullopt);
    fold::PolicySettings settings = tiered_settings();
    settings.load_default_day = MilliwattHours(12'000'000);
    CHECK(load_at(state, settings, noon) == Watts(300));
    CHECK(load_at(state, settings, noon + hours(1)) == Watts(500));
    CHECK(in_hours(state, 1U << 14, noon));  // 14:00 in Warsaw
    CHECK_FALSE(in_hours(state, 1U << 12, noon));
  }
}

}  // namespace wattledger::policy
