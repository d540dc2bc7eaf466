// What a reload takes over while the daemon runs.
#include "tests/daemon/lone_daemon.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// Hourly prices of the UTC day that holds at_s(0).
fb::PricesPublishedT today(std::int64_t price_e8) {
  fb::PricesPublishedT prices;
  prices.kind = fb::PriceKind::day_ahead;
  auto series = std::make_unique<fb::SeriesT>();
  series->start_us = to_us(at_s(0));
  series->step_s = 3600;
  series->values.assign(24, price_e8);
  prices.prices_e8.push_back(std::move(series));
  return prices;
}

}  // namespace

TEST_SUITE("daemon/reload") {
  TEST_CASE_FIXTURE(LoneDaemon,
                    "a reload reads the prices anew; a file that cannot be read changes nothing") {
    bool readable = true;
    daemon::DaemonOptions options;
    options.reload = [&]() -> Result<config::Config> { return config; };
    options.prices = [&](const config::Config&) -> Result<daemon::PriceFeed> {
      if (!readable) return fail(ErrorKind::not_found, "no prices");
      std::vector<fb::PricesPublishedT> days;
      days.push_back(today(40'000'000));
      return daemon::PriceFeed(std::move(days));
    };
    auto daemon = open(std::move(options));
    clock.slept = [&](int sleeps) {
      if (sleeps == 2) daemon->request_reload();
      if (sleeps == 4) readable = false;
      if (sleeps == 4) daemon->request_reload();
      if (sleeps == 6) daemon->request_stop();
    };
    REQUIRE(daemon->run(at_s(3'600)).has_value());
    REQUIRE(daemon->close(fb::StopCause::signal).has_value());
    const auto published = recorded(*daemon, Kind::PricesPublished);
    REQUIRE(published.size() == 1);
    CHECK(published[0] == at_s(20));
    CHECK(fold::price_at(daemon->journal().state(), at_s(60))->market == PriceE8(40'000'000));
  }
}
