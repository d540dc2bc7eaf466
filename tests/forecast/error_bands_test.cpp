#include "coordinator/forecast/error_bands.hpp"

#include <random>

#include "tests/forecast/when.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using namespace wattledger::forecast;
using namespace std::chrono_literals;

TEST_SUITE("forecast/error bands") {
  TEST_CASE("a horizon's class ends before its last hour") {
    CHECK(horizon_class(0s) == 0U);
    CHECK(horizon_class(59min) == 0U);
    CHECK(horizon_class(1h) == 1U);
    CHECK(horizon_class(3h) == 2U);
    CHECK(horizon_class(12h) == 4U);
    CHECK(horizon_class(48h - 1s) == 5U);
    CHECK_FALSE(horizon_class(48h));
    CHECK_FALSE(horizon_class(-1s));
  }

  TEST_CASE("nothing is said until 64 errors are known; then eight in ten lie inside") {
    std::mt19937 random(
        7);  // an engine's numbers are the same everywhere, a distribution's are not
    const auto actual = [&random] { return Watts(500 + static_cast<int>(random() % 1'000)); };
    Rehearsal rehearsal;
    const Quarter start = quarter_of(utc("2025-06-01"));
    const auto told = [&](Quarter now) {
      const auto turn = Rehearsal::turn(now);
      rehearsal.plan(turn, Watts(1'000));
      rehearsal.settle(now, actual());
    };
    for (int i = 0; i < 96 * 2; ++i) told(start + Quarters(i));
    CHECK_FALSE(rehearsal.range(30min, Watts(1'000)));
    for (int i = 96 * 2; i < 96 * 60; ++i) told(start + Quarters(i));
    for (const auto ahead : {-5min, 30min, 120min, 300min, 600min, 1'200min, 2'000min}) {
      CAPTURE(ahead.count());
      const auto range = rehearsal.range(ahead, Watts(1'000));
      REQUIRE(range);
      int inside = 0;
      for (int i = 0; i < 10'000; ++i) {
        const Watts came = actual();
        inside += came >= range->low && came <= range->high ? 1 : 0;
      }
      CHECK(inside > 7'500);
      CHECK(inside < 8'500);
    }
    CHECK_FALSE(rehearsal.range(48h, Watts(1'000)));
  }

  TEST_CASE("each class is rehearsed at every quarter of the day, and settled once") {
    std::array<std::array<int, 96>, 6> seen{};
    const Quarter start = quarter_of(utc("2025-06-01"));
    for (int i = 0; i < 96 * 6; ++i) {
      const auto turn = Rehearsal::turn(start + Quarters(i));
      CHECK(horizon_class(turn.target - (start + Quarters(i))) == turn.horizon);
      ++seen[turn.horizon][static_cast<std::size_t>(i % 96)];
    }
    for (const auto& horizon : seen)
      for (const int times : horizon) CHECK(times == 1);
    Rehearsal rehearsal;
    rehearsal.plan({2, start}, Watts(10));
    rehearsal.settle(start + Quarters(192), Watts(10));  // the same place in the ring
    CHECK(rehearsal.bands[2].count == 0);
    rehearsal.settle(start, Watts(10));
    CHECK(rehearsal.bands[2].count == 1);
  }

  TEST_CASE(
      "the anchor: full now, half of it after its half-time, and nothing remains after a gap") {
    const Quarter quarter = quarter_of(utc("2025-06-01T10:00Z"));
    Anchor anchor;
    for (int i = 0; i < 20; ++i)
      anchor.learn(quarter + Quarters(i), Watts(2'000), Watts(1'000), 7'500);
    const auto factor = [&](std::chrono::minutes ahead) {
      return anchor.factor(anchor.end + ahead, Watts(0), 2h);
    };
    CHECK(factor(0min) == doctest::Approx(2).epsilon(0.01));
    CHECK(factor(120min) == doctest::Approx(1.5).epsilon(0.01));
    CHECK(factor(360min) == doctest::Approx(1.25).epsilon(0.01));
    CHECK(anchor.factor(anchor.end + 0min, Watts(100'000), 2h) < 1.1);
    // A day later one quarter as told is all there is.
    anchor.learn(quarter + Quarters(120), Watts(1'000), Watts(1'000), 7'500);
    CHECK(factor(0min) == doctest::Approx(1).epsilon(0.01));
    // Nothing made of nothing.
    CHECK(Anchor().factor(utc("2025-06-01"), Watts(50), 1h) == 1);
  }
}
