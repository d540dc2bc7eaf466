#include "coordinator/sources/fetch/news.hpp"

#include "tests/forecast/packed.hpp"

using namespace wattledger;
using namespace wattledger::sources;
using namespace wattledger::testing;

namespace {

fb::PvForecastIssuedT forecast(std::int64_t watts, std::uint64_t raw, std::int64_t issued_us) {
  fb::PvForecastIssuedT fact;
  fact.provider = "open-meteo";
  fact.raw_digest = std::make_unique<fb::Digest256>(raw, 0, 0, 0);
  fact.issued_at_us = issued_us;
  auto series = std::make_unique<fb::SeriesT>();
  series->step_s = 900;
  series->values = {watts};
  fact.irradiance_mw_m2.push_back(std::move(series));
  return fact;
}

fb::PricesPublishedT prices(std::int64_t day, std::int64_t e8) {
  fb::PricesPublishedT fact;
  fact.provider = "pse";
  auto series = std::make_unique<fb::SeriesT>();
  series->start_us = to_us(at_s(day * 86'400));
  series->step_s = 900;
  series->values = {e8};
  fact.prices_e8.push_back(std::move(series));
  return fact;
}

fb::EventT told(fb::PvForecastIssuedT fact) { return event(at_s(0), std::move(fact)); }

}  // namespace

TEST_SUITE("fetch/news") {
  TEST_CASE("content is neither how long the server took nor when it was said") {
    CHECK(content_digest(told(forecast(500, 1, 10))) == content_digest(told(forecast(500, 2, 20))));
    CHECK(content_digest(told(forecast(500, 1, 10))) != content_digest(told(forecast(501, 1, 10))));
    auto elsewhere = forecast(500, 1, 10);
    elsewhere.latitude_e6 = 52'000'000;
    CHECK(content_digest(told(forecast(500, 1, 10))) != content_digest(told(std::move(elsewhere))));
    // Nor who recorded it, and when.
    auto later = event(at_s(900), forecast(500, 1, 10), fb::Source::weather_source);
    CHECK(content_digest(later) == content_digest(told(forecast(500, 1, 10))));
  }

  TEST_CASE("what was said last is no news, what was said before that is") {
    ToldBefore before;
    bool first = false;
    CHECK(before.is_news(told(forecast(500, 1, 10)), &first));
    CHECK(first);
    CHECK_FALSE(before.is_news(told(forecast(500, 2, 20)), &first));
    CHECK_FALSE(first);
    CHECK(before.is_news(told(forecast(600, 3, 30))));
    CHECK(before.is_news(told(forecast(500, 1, 10))));
    auto other = forecast(500, 1, 10);
    other.provider = "forecast-solar";
    CHECK(before.is_news(told(std::move(other))));
    CHECK_FALSE(before.is_news(told(forecast(500, 9, 90))));
    CHECK(before.is_news(event(at_s(0), fb::ReadingRecordedT())));  // no source's: never known
    CHECK(before.is_news(event(at_s(0), fb::ReadingRecordedT())));
  }

  TEST_CASE("days are told apart, and the ones of last week are forgotten") {
    ToldBefore before;
    CHECK(before.is_news(event(at_s(0), prices(0, 5))));
    CHECK(before.is_news(event(at_s(0), prices(1, 5))));
    CHECK_FALSE(before.is_news(event(at_s(0), prices(0, 5))));
    CHECK(before.is_news(event(at_s(0), prices(7, 5))));
    CHECK(before.is_news(event(at_s(0), prices(0, 5))));
  }

  TEST_CASE("the log is the memory: what was said, and who fails") {
    ToldBefore before;
    const auto take = [&](std::uint64_t sequence, UtcTime at, auto fact) {
      before.take(Sequence{sequence}, *Packed(at, std::move(fact)));
    };
    take(1, at_s(0), forecast(500, 1, 10));
    const auto outage = [](const char* provider, const char* why) {
      fb::SourceFailedT failed;
      failed.provider = provider;
      failed.detail = why;
      return failed;
    };
    take(2, at_s(60), outage("open-meteo", "no answer"));
    take(3, at_s(120), outage("imgw", "no answer"));
    take(4, at_s(180), outage("pse", "no answer"));
    fb::SourceRecovered2T recovered;
    recovered.provider = "imgw";
    take(5, at_s(240), recovered);
    fb::SourceRecoveredT earlier;
    earlier.provider = "pse";
    take(6, at_s(240), earlier);
    CHECK_FALSE(before.is_news(told(forecast(500, 7, 70))));
    REQUIRE(before.outages().size() == 1);
    const Outage& standing = before.outages().at("open-meteo");
    CHECK(standing.failed == Sequence{2});
    CHECK(standing.since == at_s(60));
    CHECK(standing.detail == "no answer");
  }
}
