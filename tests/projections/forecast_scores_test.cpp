// forecast_scores over restarts, rebuilds and corrections: what was said of the hours to come is
// remembered, and what is live is what a rebuild gives.
#include <doctest/doctest.h>

#include "projections/live/live_projections.hpp"
#include "projections/rebuild.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "tests/projections/house_log.hpp"
#include "tests/projections/sqlite_reading.hpp"

namespace wattledger::projections {
namespace {

using testing::at_s;
using testing::HouseLog;
using testing::MemoryDirectory;
using testing::must;
using testing::SqliteReader;

// Readings of 400 W a minute apart from 00:00Z on, forecasts of it between.
struct ScoredHouse {
  MemoryDirectory directory;
  HouseLog house{directory / "log"};
  LiveOptions options;

  ScoredHouse() { options.data = directory / "data"; }
  void forecast(std::int64_t minute, std::int64_t watts) {
    fb::LoadForecastIssuedT fact;
    fact.provider = "wattledger";
    auto power = std::make_unique<fb::SeriesT>();
    power->start_us = to_us(at_s(minute * 60));
    power->step_s = 900;
    power->values.assign(192, watts);
    fact.power_w.push_back(std::move(power));
    house.tell(at_s(minute * 60), std::move(fact));
    house.flush();
  }
  // A daemon's life: it starts, feeds what there is, and ends, cleanly or not.
  void live(bool cleanly) {
    LiveProjections projections(house.log(), options);
    must(projections.start());
    must(projections.catch_up());
    must(projections.settle());
    if (cleanly) must(projections.remember());
  }
  std::filesystem::path rebuilt(const char* name) {
    StageOptions stage_options;
    stage_options.directory = directory / name;
    stage_options.json = false;
    must(stage(house.log(), stage_options));
    return stage_options.directory;
  }
  void check_equals_rebuilt(const char* name) {
    for (const Difference& each : must(compare(options.data, rebuilt(name))))
      FAIL_CHECK(each.place << ": " << each.what);
  }
  [[nodiscard]] std::vector<std::string> scores() const {
    return SqliteReader(options.data / sqlite_file_name)
        .rows(
            "SELECT kind, source, horizon, count, mean_absolute_error_w, bias_w FROM "
            "forecast_scores");
  }
};

TEST_SUITE("projections/forecast scores") {
  TEST_CASE_FIXTURE(ScoredHouse, "what was told before a restart is scored after it") {
    for (const bool cleanly : {true, false}) {
      CAPTURE(cleanly);
      ScoredHouse each;
      each.house.tell_minutes(60);
      each.forecast(60, 500);
      each.live(cleanly);
      CHECK(each.scores().empty());  // nothing came yet
      each.house.tell_minutes(90);
      each.live(cleanly);
      CHECK(each.scores() == std::vector<std::string>{"load|wattledger|0-1 h|4|100|100",
                                                      "load|wattledger|1-3 h|2|100|100"});
      // From the fold's snapshot alone: the log's start is not read again.
      each.house.tell_minutes(60);
      each.live(cleanly);
      CHECK(each.scores() == std::vector<std::string>{"load|wattledger|0-1 h|4|100|100",
                                                      "load|wattledger|1-3 h|6|100|100"});
      each.check_equals_rebuilt("compared");
    }
  }

  TEST_CASE_FIXTURE(ScoredHouse,
                    "a reading that was wrong judges as it was corrected, after a replay") {
    house.tell_minutes(60);
    forecast(60, 500);
    house.tell_minutes(20);
    const Sequence wrong = house.head();
    house.tell_minutes(40);
    live(true);
    const auto before = scores();
    fb::CorrectionRecordedT fact;
    fact.corrects = wrong.value;
    fact.field = "load_power_w";
    fact.value = "15400";  // a minute of a quarter: 1000 W more in its mean
    house.tell(at_s(120 * 60), fact);
    house.flush();
    {
      LiveProjections projections(house.log(), options);
      must(projections.start());
      must(projections.catch_up());
      CHECK(scores() == before);
      must(projections.adopt(rebuilt("built")));
      must(projections.catch_up());
      CHECK(scores() == std::vector<std::string>{"load|wattledger|0-1 h|4|300|-150"});
      // And goes on as the rebuild does.
      house.tell_minutes(60);
      must(projections.catch_up());
      must(projections.settle());
    }
    check_equals_rebuilt("compared");
  }

  TEST_CASE_FIXTURE(ScoredHouse,
                    "a file of the version before is rebuilt, and then has the scores") {
    house.tell_minutes(60);
    forecast(60, 500);
    house.tell_minutes(60);
    live(true);
    const auto lived = scores();
    REQUIRE_FALSE(lived.empty());
    SqliteReader(options.data / sqlite_file_name)
        .rows("DROP TABLE forecast_scores; UPDATE projection_checkpoint SET version = version - 1");
    options.rebuild_mismatched = true;
    live(true);
    CHECK(scores() == lived);
    check_equals_rebuilt("compared");
  }
}

}  // namespace
}  // namespace wattledger::projections
