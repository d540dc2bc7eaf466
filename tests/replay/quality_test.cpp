// wattledger quality: the days of a log, by the log alone.
#include <doctest/doctest.h>

#include "projections/fold/day_quality.hpp"
#include "tests/projections/imported_batch.hpp"
#include "tests/projections/sqlite_reading.hpp"
#include "tests/replay/tool.hpp"

namespace wattledger::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// An import of ten days ago; on the first of October readings every three minutes but for two
// hours, on the second an hour of them.
struct JudgedHouse {
  MemoryDirectory directory;
  HouseLog house{directory / "log"};

  JudgedHouse() {
    house.tell_site(at_s(0));
    ImportedBatch(house, at_s(0), 198).tell();
    for (UtcTime at = at_s(0); at <= at_s(23 * 3'600); at += minutes(3))
      if (at <= at_s(6 * 3'600) || at >= at_s(8 * 3'600)) house.tell(at, reading());
    house.flush();
  }
  static fb::ReadingRecordedT reading() {
    fb::ReadingRecordedT reading;
    reading.battery_soc_bp = std::uint16_t{5'000};
    reading.pv_power_w = 1'000;
    reading.load_power_w = 400;
    reading.grid_power_w = 600;
    reading.battery_power_w = 0;
    return reading;
  }
  [[nodiscard]] ToolRun ask(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--data", directory.path().string(), "quality"});
    return run_tool(arguments);
  }
};

TEST_SUITE("replay/quality") {
  TEST_CASE_FIXTURE(JudgedHouse, "days in a table, the worst with why, and a line about all") {
    const ToolRun run = ask({});
    CHECK(run.code == 0);
    const auto lines = run.lines();
    REQUIRE(lines.size() == 9);
    CHECK(lines[0].rfind("DAY         SCORE  READINGS  COMPLETE  GAPS       LONGEST", 0) == 0);
    CHECK(lines[1] == "2025-09-21      -  imported: 2 readings, not judged");
    CHECK(lines[2] == "2025-09-22      -  imported: 3 readings, not judged");
    CHECK(lines[3].rfind("2025-10-01     91       401    90.9 %     1     2 h 0 min ", 0) == 0);
    CHECK(lines[4].rfind("2025-10-02    100        21   100.0 %     0             - ", 0) == 0);
    CHECK(lines[6] ==
          "2025-10-01 has 91: 2 h 0 min without believable readings (1 gap, the longest 2 h 0 min "
          "from 08:00:00+02:00): -9.09");
    CHECK(lines[8] ==
          "2 days: score 96 on average, 91 at worst (2025-10-01); 91.3 % of the time covered, 1 "
          "gap; 5 readings imported and not judged");
    CHECK(run.err.find("the newest reading is of 2025-10-02 01:00:00+02:00") != std::string::npos);
  }

  TEST_CASE_FIXTURE(JudgedHouse, "the figures are those of the table data_quality") {
    const auto into = directory / "built";
    REQUIRE(
        run_tool({"--data", directory.path().string(), "replay", "--into", into.string()}).code ==
        0);
    SqliteReader table(into / "goodwe_energy.db");
    const auto days = ask({"--from", "2025-10-01", "--format", "json"}).json_lines();
    REQUIRE(days.size() == 2);
    CHECK(table.one("SELECT count(*) FROM data_quality") == "2");
    for (const auto& day : days)
      for (const char* name : fold::quality_figure_names) {
        CAPTURE(name);
        CHECK(std::to_string(day[name].get<std::int64_t>()) ==
              table.one("SELECT " + std::string(name) + " FROM data_quality WHERE date = '" +
                        day["date"].get<std::string>() + "'"));
      }
    CHECK(table.one("SELECT score FROM data_quality WHERE date = '2025-10-01'") ==
          std::to_string(days[0]["score"].get<int>()));
  }

  TEST_CASE_FIXTURE(JudgedHouse, "a period holds the days that begin in it, gaps before it aside") {
    const auto second = ask({"--from", "2025-10-02", "--format", "json"}).json_lines();
    REQUIRE(second.size() == 1);
    CHECK(second[0]["date"] == "2025-10-02");
    CHECK(second[0]["expected_s"] == 3'600);
    const auto first =
        ask({"--from", "2025-10-01", "--to", "2025-10-02", "--format", "json"}).json_lines();
    REQUIRE(first.size() == 1);
    CHECK(first[0]["longest_gap_at"] == "2025-10-01 08:00:00+02:00");
    CHECK(first[0]["worst"] == "readings");
    const ToolRun none = ask({"--from", "2024-01-01", "--to", "2024-02-01"});
    CHECK(none.code == 0);
    CHECK(none.out == "no day to judge\n");
  }

  TEST_CASE_FIXTURE(JudgedHouse, "as CSV: names first, then a line a day with as many cells") {
    const auto lines = ask({"--format", "csv"}).lines();
    REQUIRE(lines.size() == 5);
    CHECK(lines[0].rfind("date,score,worst,completeness_percent,", 0) == 0);
    const auto commas = [](const std::string& line) {
      return std::count(line.begin(), line.end(), ',');
    };
    for (const std::string& line : lines) CHECK(commas(line) == commas(lines[0]));
    CHECK(lines[3].rfind("2025-10-01,91,readings,90.91,", 0) == 0);
  }

  TEST_CASE_FIXTURE(JudgedHouse, "what is no day is refused") {
    const ToolRun run = ask({"--from", "yesterday"});
    CHECK(run.code == 2);
    CHECK(run.one_error_line());
    CHECK(ask({"--from", "2025-10-02", "--to", "2025-10-01"}).code == 2);
  }
}

}  // namespace
}  // namespace wattledger::testing
