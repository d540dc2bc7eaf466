#include "coordinator/sources/fetch/schedule.hpp"

#include <doctest/doctest.h>

#include "tests/support/event_builders.hpp"

using namespace wattledger;
using namespace wattledger::sources;
using std::chrono::seconds;
using wattledger::testing::at_s;

TEST_SUITE("sources/fetch/schedule") {
  TEST_CASE("asked at once, then at its interval, sooner for what is not out yet") {
    Schedule schedule(seconds(3'600));
    CHECK(schedule.due(at_s(0)));
    CHECK(schedule.succeeded(at_s(0)) == Schedule::News::none);
    CHECK_FALSE(schedule.due(at_s(3'599)));
    CHECK(schedule.due(at_s(3'600)));
    schedule.succeeded(at_s(3'600), seconds(900));
    CHECK(schedule.next() == at_s(4'500));
  }

  TEST_CASE("failures are tried again after 1, 2, 4 … 30 minutes; the third is an outage, once") {
    Schedule schedule(seconds(3'600));
    std::int64_t now = 0;
    for (const std::int64_t wait : {60, 120, 240, 480, 960, 1'800, 1'800}) {
      const auto news = schedule.failed(at_s(now));
      CHECK((news == Schedule::News::outage_begins) == (schedule.failures() == 3));
      CHECK(schedule.next() == at_s(now + wait));
      now += wait;
    }
    CHECK(schedule.succeeded(at_s(now)) == Schedule::News::outage_ends);
    CHECK(schedule.failed(at_s(now)) == Schedule::News::none);
    CHECK(schedule.next() == at_s(now + 60));
    CHECK(schedule.succeeded(at_s(now)) == Schedule::News::none);  // no outage was told
  }

  TEST_CASE("a server may ask for a longer wait, not for a shorter one, and not for ever") {
    Schedule schedule(seconds(3'600));
    schedule.failed(at_s(0), seconds(600));
    CHECK(schedule.next() == at_s(600));
    schedule.failed(at_s(600), seconds(1));
    CHECK(schedule.next() == at_s(720));
    schedule.failed(at_s(720), std::chrono::hours(1'000));
    CHECK(schedule.next() == at_s(720 + 6 * 3'600));
  }

  TEST_CASE("a clock that was set back holds nothing up") {
    Schedule schedule(seconds(3'600));
    schedule.succeeded(at_s(100'000));
    CHECK(schedule.due(at_s(50)));
  }
}
