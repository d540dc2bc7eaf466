#include "projections/fold/quarter_meter.hpp"

#include <rapidcheck.h>

#include "tests/forecast/when.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using namespace wattledger::fold;
using namespace std::chrono_literals;

namespace {

const UtcTime noon = std::chrono::sys_days(std::chrono::year(2025) / 10 / 26) + 12h;

struct Step {
  std::chrono::seconds at;
  std::optional<Watts> power;
};

std::vector<QuarterMean> means(const std::vector<Step>& steps) {
  QuarterMeter meter;
  std::vector<QuarterMean> closed;
  for (const Step& step : steps)
    for (const auto& mean : meter.add(noon + step.at, step.power))
      if (mean) closed.push_back(*mean);
  return closed;
}

}  // namespace

TEST_SUITE("fold/quarters") {
  TEST_CASE("a quarter's mean is by time, not by readings") {
    // 1000 W for ten minutes in one reading, 4000 W for five minutes in many.
    std::vector<Step> steps{{0s, Watts(1'000)}};
    for (int i = 0; i < 30; ++i) steps.push_back({600s + i * 10s, Watts(4'000)});
    steps.push_back({900s, Watts(0)});
    const auto closed = means(steps);
    REQUIRE(closed.size() == 1);
    CHECK(closed[0] == QuarterMean{quarter_of(noon), Watts(2'000)});
  }

  TEST_CASE("a reading holds for ten minutes; a quarter less than half covered is a gap") {
    CHECK(means({{0s, Watts(800)}, {3600s, Watts(0)}}).size() == 1);  // ten minutes of it are known
    CHECK(means({{460s, Watts(800)}, {3600s, Watts(0)}}).empty());    // 440 s and 160 s
    // Across the border: 13 minutes of one, 8 of the next.
    CHECK(means({{120s, Watts(500)}, {660s, Watts(500)}, {780s, Watts(500)}, {5000s, Watts(0)}}) ==
          std::vector{QuarterMean{quarter_of(noon), Watts(500)},
                      QuarterMean{quarter_of(noon) + Quarters(1), Watts(500)}});
  }

  TEST_CASE("a reading without a value ends what holds") {
    CHECK(means({{0s, Watts(800)}, {120s, std::nullopt}, {900s, Watts(0)}}).empty());
    CHECK(means({{0s, Watts(800)}, {480s, std::nullopt}, {900s, Watts(0)}}).size() == 1);
  }

  TEST_CASE("readings that come late or twice change nothing") {
    QuarterMeter meter;
    (void)meter.add(noon, Watts(100));
    (void)meter.add(noon + 5min, Watts(200));
    const QuarterMeter before = meter;
    (void)meter.add(noon + 5min, Watts(9'000));
    (void)meter.add(noon + 1min, Watts(9'000));
    CHECK(meter == before);
  }

  TEST_CASE("at any pace, the means lie between the least and the greatest reading, in order") {
    CHECK(rc::check("any readings", [] {
      std::vector<Step> steps;
      std::chrono::seconds at{0};
      for (const int gap : *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 1'500))) {
        at += std::chrono::seconds(gap);
        steps.push_back({at, Watts(*rc::gen::inRange(200, 5'000))});
      }
      Quarter last;
      for (const QuarterMean& mean : means(steps)) {
        RC_ASSERT(mean.power.count() >= 200);
        RC_ASSERT(mean.power.count() < 5'000);
        RC_ASSERT((mean.quarter - last).count() > 0);
        last = mean.quarter;
      }
    }));
  }

  TEST_CASE("a series' mean over a stretch: by share, absent where less than half is known") {
    const PowerSeries hours{noon, 1h, {Watts(1'000), std::nullopt, Watts(3'000)}};
    CHECK(mean_over(hours, noon, noon + 15min) == Watts(1'000));
    CHECK(mean_over(hours, noon + 30min, noon + 90min) == Watts(1'000));
    CHECK_FALSE(mean_over(hours, noon + 40min, noon + 90min));
    CHECK(mean_over(hours, noon, noon + 3h) == Watts(2'000));
    CHECK_FALSE(mean_over(hours, noon - 2h, noon));
    CHECK_FALSE(mean_over(hours, noon + 3h, noon + 4h));
    const PowerSeries minutes{noon, 5min, {Watts(100), Watts(200), Watts(600)}};
    CHECK(mean_over(minutes, noon, noon + 15min) == Watts(300));
    CHECK_FALSE(mean_over({noon, 0s, {Watts(1)}}, noon, noon + 15min));
  }
}
