// Maintenance windows: which texts are some, when they hold, and how the configuration takes them.
#include <doctest/doctest.h>

#include "coordinator/config/change_windows.hpp"
#include "coordinator/config/config.hpp"

using namespace wattledger;
using namespace wattledger::config;

namespace {

// 2025-11-24 is a Monday.
LocalTime at(int day, int hour, int minute = 0) {
  using namespace std::chrono;
  return local_days(2025y / November / std::chrono::day(static_cast<unsigned>(day))) + hours(hour) +
         minutes(minute);
}

}  // namespace

TEST_SUITE("config/windows") {
  TEST_CASE("a window holds from its start up to its end, which is left out") {
    const std::vector<std::string> sunday = {"sun 02:00-05:00"};
    CHECK_FALSE(in_window(sunday, at(30, 1, 59)));
    CHECK(in_window(sunday, at(30, 2)));
    CHECK(in_window(sunday, at(30, 4, 59)));
    CHECK_FALSE(in_window(sunday, at(30, 5)));
    CHECK_FALSE(in_window(sunday, at(29, 3)));
  }

  TEST_CASE("an end before the start lies on the day after, and days may go round the week") {
    const std::vector<std::string> nights = {"sat-mon 22:00-04:00"};
    CHECK(in_window(nights, at(29, 23)));        // Saturday
    CHECK(in_window(nights, at(25, 3, 59)));     // of Monday's night
    CHECK_FALSE(in_window(nights, at(25, 22)));  // Tuesday
    CHECK_FALSE(in_window(nights, at(29, 3)));   // Friday has none
  }

  TEST_CASE("without a day it is every day's, without any it is always") {
    CHECK(in_window({"00:00-24:00"}, at(26, 23, 59)));
    CHECK(in_window({}, at(26, 12)));
    CHECK_FALSE(in_window({"01:00-02:00", "sun 12:00-13:00"}, at(26, 12)));
    CHECK(in_window({"01:00-02:00", "wed 12:00-13:00"}, at(26, 12)));
  }

  TEST_CASE("the next one is the earliest start of all that lies ahead") {
    CHECK(next_window({"sun 02:00-05:00", "fri 04:00-05:00"}, at(26, 12)) == at(28, 4));
    CHECK(next_window({"wed 12:00-13:00"}, at(26, 12)) == at(26, 12) + std::chrono::days(7));
    CHECK_FALSE(next_window({}, at(26, 12)).has_value());
  }

  TEST_CASE("the configuration takes one window, a list or none, and says which is wrong where") {
    const auto taken = [](const std::string& value) {
      const auto config = parse("changes: {windows: " + value + "}\n", "w.yaml");
      REQUIRE_MESSAGE(config.has_value(), config.error().line());
      return config->changes.windows;
    };
    CHECK(taken("[\"sun 02:00-05:00\", \"23:00-01:00\"]").size() == 2);
    CHECK(taken("\"sun 02:00-05:00\"") == std::vector<std::string>{"sun 02:00-05:00"});
    CHECK(taken("[]").empty());
    for (const char* wrong :
         {"sunday 02:00-05:00", "sun 2-5", "sun 02:00", "sun 25:00-26:00", "sun 02:00-02:00",
          "sun 02:60-03:00", "24:00-01:00", "sun  02:00-05:00"}) {
      CAPTURE(wrong);
      const auto config =
          parse("changes:\n  windows:\n    - \"" + std::string(wrong) + "\"\n", "w.yaml");
      REQUIRE_FALSE(config.has_value());
      CHECK(config.error().what.find("w.yaml:3: changes.windows: ") == 0);
      CHECK(config.error().remedy.find("sun 02:00-05:00") != std::string::npos);
    }
    CHECK_FALSE(parse("changes: {windows: {sun: 1}}\n", "w.yaml").has_value());
  }
}
