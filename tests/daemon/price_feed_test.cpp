#include "coordinator/daemon/price_feed.hpp"

#include "tests/daemon/daemon_fixture.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// Hourly prices of the UTC day `day` after the start of at_s().
fb::PricesPublishedT day_of(int day, std::int64_t price_e8) {
  fb::PricesPublishedT prices;
  prices.kind = fb::PriceKind::day_ahead;
  prices.provider = "a file";
  auto series = std::make_unique<fb::SeriesT>();
  series->start_us = to_us(at_s(day * 86'400));
  series->step_s = 3600;
  series->values.assign(24, price_e8);
  prices.prices_e8.push_back(std::move(series));
  return prices;
}

std::vector<fb::PricesPublishedT> days(std::initializer_list<int> which) {
  std::vector<fb::PricesPublishedT> all;
  for (const int day : which) all.push_back(day_of(day, 50'000'000 + day));
  return all;
}

}  // namespace

TEST_SUITE("daemon/price feed") {
  TEST_CASE_FIXTURE(DaemonFixture,
                    "tomorrow is known from 13:00 today, and each day is told once") {
    daemon::PriceFeed feed(days({0, 1, 2}));
    REQUIRE(feed.publish_due(*journal, at_s(0)).has_value());
    CHECK(count(Kind::PricesPublished) == 1);
    REQUIRE(feed.publish_due(*journal, at_s(13 * 3600 - 1)).has_value());
    CHECK(count(Kind::PricesPublished) == 1);
    REQUIRE(feed.publish_due(*journal, at_s(13 * 3600)).has_value());
    CHECK(count(Kind::PricesPublished) == 2);
    CHECK(fold::price_at(journal->state(), at_s(86'400)) != nullptr);
    CHECK(fold::price_at(journal->state(), at_s(2 * 86'400)) == nullptr);
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "a fixed price holds today, from 13:00 tomorrow too, and is told once a day") {
    daemon::PriceFeed feed = daemon::PriceFeed::fixed(PriceE8(62'000'000), "PLN");
    REQUIRE(feed.publish_due(*journal, at_s(0)).has_value());
    CHECK(count(Kind::PricesPublished) == 1);
    CHECK(last<fb::PricesPublishedT>().kind == fb::PriceKind::fixed);
    for (const int hour : {1, 6, 12})
      REQUIRE(feed.publish_due(*journal, at_s(hour * 3600)).has_value());
    CHECK(count(Kind::PricesPublished) == 1);
    REQUIRE(feed.publish_due(*journal, at_s(14 * 3600)).has_value());
    CHECK(count(Kind::PricesPublished) == 2);
    const fold::State state = journal->state();
    REQUIRE(fold::price_at(state, at_s(30 * 3600)) != nullptr);
    CHECK(fold::price_at(state, at_s(30 * 3600))->market == PriceE8(62'000'000));
    CHECK(fold::price_at(state, at_s(50 * 3600)) == nullptr);
  }

  TEST_CASE_FIXTURE(DaemonFixture, "days that are over are not told") {
    daemon::PriceFeed feed(days({0, 1, 2}));
    REQUIRE(feed.publish_due(*journal, at_s(2 * 86'400)).has_value());
    CHECK(count(Kind::PricesPublished) == 1);
    CHECK(fold::price_at(journal->state(), at_s(0)) == nullptr);
  }

  TEST_CASE_FIXTURE(DaemonFixture,
                    "after a restart what is known is not told again, what differs is") {
    daemon::PriceFeed first(days({0}));
    REQUIRE(first.publish_due(*journal, at_s(0)).has_value());
    daemon::PriceFeed again(days({0}));
    REQUIRE(again.publish_due(*journal, at_s(0)).has_value());
    CHECK(count(Kind::PricesPublished) == 1);
    std::vector<fb::PricesPublishedT> mended;
    mended.push_back(day_of(0, 1));
    daemon::PriceFeed other(std::move(mended));
    REQUIRE(other.publish_due(*journal, at_s(0)).has_value());
    CHECK(count(Kind::PricesPublished) == 2);
    CHECK(fold::price_at(journal->state(), at_s(0))->market == PriceE8(1));
  }

  TEST_CASE("generated days have 92, 96 or 100 quarters and depend on the seed alone") {
    const ZoneOffsets warsaw(
        {{at_s(-86'400 * 365), std::chrono::hours(2)},
         {utc_from_us(1'761'440'400'000'000), std::chrono::hours(1)}});  // 2025-10-26T01:00Z
    const auto made = daemon::generate_prices(5, at_s(86'400 * 23), at_s(86'400 * 27), warsaw);
    std::vector<std::size_t> quarters;
    for (const auto& day : made) quarters.push_back(day.prices_e8.front()->values.size());
    CHECK(std::count(quarters.begin(), quarters.end(), 100U) == 1);
    CHECK(std::count(quarters.begin(), quarters.end(), 96U) ==
          static_cast<std::ptrdiff_t>(quarters.size()) - 1);
    CHECK(made == daemon::generate_prices(5, at_s(86'400 * 23), at_s(86'400 * 27), warsaw));
    CHECK_FALSE(made == daemon::generate_prices(6, at_s(86'400 * 23), at_s(86'400 * 27), warsaw));
  }

  TEST_CASE("a generated day is the same whichever day the simulation began with") {
    const ZoneOffsets utc;
    const auto week = daemon::generate_prices(5, at_s(0), at_s(7 * 86'400), utc);
    const auto rest = daemon::generate_prices(5, at_s(3 * 86'400), at_s(7 * 86'400), utc);
    REQUIRE(week.size() == 7);
    REQUIRE(rest.size() == 4);
    CHECK(std::equal(rest.begin(), rest.end(), week.begin() + 3));
    CHECK_FALSE(week[0].prices_e8.front()->values == week[1].prices_e8.front()->values);
  }
}
