#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "coordinator/simulator/simulator.hpp"
#include "tests/support/places.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::simulator {
namespace {

using std::chrono::minutes;

UtcTime utc(const char* text) { return *parse_time(text, ZoneOffsets()); }

// A file of a test's own.
class Csv {
 public:
  explicit Csv(const std::string& text) : path_(directory_ / "house.csv") {
    std::ofstream(path_) << text;
  }
  [[nodiscard]] Result<HouseYear> read() const { return HouseYear::read_csv(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  testing::TemporaryDirectory directory_;
  std::filesystem::path path_;
};

const std::string header = "period_start_utc,load_w,pv_w,pv_forecast_w\n";

}  // namespace

TEST_SUITE("simulator/house_year") {
  TEST_CASE("half hours stand by UTC month, day and time, in any year") {
    const Csv csv(
        header +
        "2024-06-01 12:00:00+00:00,305.54,3556.20,1.0\n2024-06-01 12:30:00+00:00,602.65,10.5,\n");
    const auto year = csv.read();
    REQUIRE_MESSAGE(year.has_value(), year.error().line());
    CHECK(year->load_at(utc("2031-06-01T12:00:00Z")) == Watts(306));
    CHECK(year->load_at(utc("2031-06-01T12:29:59Z")) == Watts(306));
    CHECK(year->load_at(utc("2031-06-01T12:30:00Z")) == Watts(603));
    CHECK(year->pv_at(utc("2025-06-01T12:15:00Z")) == Watts(3'556));
  }

  TEST_CASE("an empty cell, and a half hour that is not there, carry the value before") {
    const Csv csv(header +
                  "2025-06-01 12:00:00+00:00,300,700,\n2025-06-01 12:30:00+00:00,,,\n"
                  "2025-06-01 13:00:00+00:00,400,,5\r\n");
    const auto year = csv.read();
    REQUIRE_MESSAGE(year.has_value(), year.error().line());
    CHECK(year->load_at(utc("2025-06-01T12:45:00Z")) == Watts(300));
    CHECK(year->load_at(utc("2025-06-01T13:10:00Z")) == Watts(400));
    CHECK(year->pv_at(utc("2025-06-01T13:10:00Z")) == Watts(700));
    CHECK(year->load_at(utc("2025-12-31T23:59:00Z")) == Watts(400));
    CHECK(year->load_at(utc("2025-01-01T00:00:00Z")) == Watts(400));  // the year is a ring
  }

  TEST_CASE("29 February is dropped from the file and lived as the 28th again") {
    const Csv csv(header +
                  "2024-02-28 10:00:00+00:00,100,1,\n2024-02-29 10:00:00+00:00,999,9,\n"
                  "2024-03-01 10:00:00+00:00,200,2,\n");
    const auto year = csv.read();
    REQUIRE_MESSAGE(year.has_value(), year.error().line());
    CHECK(year->load_at(utc("2028-02-29T10:00:00Z")) == Watts(100));
    CHECK(year->load_at(utc("2028-03-01T10:00:00Z")) == Watts(200));
  }

  TEST_CASE("a file that is wrong is told with its line") {
    struct Row {
      const char* name;
      std::string text;
      const char* said;
    };
    const Row rows[] = {
        {"no such column", "period_start_utc,load_w\n", ":1: the header lacks"},
        {"empty file", "", ":1: the file is empty"},
        {"nothing but the header", header, ":1: not one load"},
        {"no values", header + "2025-06-01 12:00:00+00:00,,,\n", ":1: not one load"},
        {"text", header + "2025-06-01 12:00:00+00:00,300,much,\n", ":2: \"much\" is no power"},
        {"nan", header + "2025-06-01 12:00:00+00:00,nan,5,\n", ":2: \"nan\" is no power"},
        {"negative", header + "2025-06-01 12:00:00+00:00,-3,5,\n", ":2: \"-3\" is no power"},
        {"huge", header + "2025-06-01 12:00:00+00:00,1e300,5,\n", ":2: \"1e300\" is no power"},
        {"a cell too few", header + "2025-06-01 12:00:00+00:00,3,5\n",
         ":2: 3 cells where the header has 4"},
        {"no time", header + "yesterday,3,5,\n", ":2: \"yesterday\" is not a time"},
        {"off the half hour", header + "2025-06-01 12:10:00+00:00,3,5,\n",
         ":2: a period that does not start"},
        {"twice", header + "2024-06-01 12:00:00+00:00,3,5,\n2025-06-01 12:00:00+00:00,3,5,\n",
         ":3: this half hour of the year is given twice"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      const Csv csv(row.text);
      const auto year = csv.read();
      REQUIRE_FALSE(year.has_value());
      CHECK(year.error().kind == ErrorKind::invalid_input);
      CHECK_MESSAGE(year.error().what.find(csv.path().string() + row.said) == 0,
                    year.error().line());
    }
    CHECK(HouseYear::read_csv("/nowhere/house.csv").error().kind == ErrorKind::not_found);
    const auto directory = HouseYear::read_csv("/");
    REQUIRE_FALSE(directory.has_value());
    CHECK(directory.error().line().find("is a directory") != std::string::npos);
  }

  TEST_CASE("a byte order mark, Windows line ends, quotes and blanks do not matter") {
    const Csv csv(
        "\xEF\xBB\xBF\"period_start_utc\", load_w,pv_w\r\n"
        "\"2025-06-01 12:00:00+00:00\", 300 ,\"500\"\r\n");
    const auto year = csv.read();
    REQUIRE_MESSAGE(year.has_value(), year.error().line());
    CHECK(year->load_at(utc("2025-06-01T12:00:00Z")) == Watts(300));
    CHECK(year->pv_at(utc("2025-06-01T12:00:00Z")) == Watts(500));
  }

  TEST_CASE("a generated year is the same everywhere and for ever, and no night has sun") {
    const HouseYear year = HouseYear::generate(1);
    std::int64_t load_wh = 0;
    std::int64_t pv_wh = 0;
    for (UtcTime at = utc("2025-01-01"); at < utc("2026-01-01"); at += minutes(30)) {
      load_wh += year.load_at(at).count() / 2;
      pv_wh += year.pv_at(at).count() / 2;
    }
    CHECK(load_wh == 6'876'347);
    CHECK(pv_wh == 5'500'922);
    CHECK(year.pv_at(utc("2025-06-21T23:00:00Z")) == Watts(0));
    CHECK(year.pv_at(utc("2025-12-21T16:00:00Z")) == Watts(0));
    CHECK(HouseYear::generate(2).load_at(utc("2025-06-21T10:00:00Z")) !=
          year.load_at(utc("2025-06-21T10:00:00Z")));
  }

  TEST_CASE("a real house's year") {
    const std::filesystem::path file =
        testing::shared_data() / "house" / "fr_house_30min_2024-02-28_2025-02-27.csv";
    if (!std::filesystem::exists(file)) {
      MESSAGE("skipped: " << file.string() << " is not there");
      return;
    }
    const auto year = HouseYear::read_csv(file);
    REQUIRE_MESSAGE(year.has_value(), year.error().line());
    CHECK(year->load_at(utc("2025-05-28T12:30:00Z")) == Watts(1'590));
    CHECK(year->pv_at(utc("2025-05-28T12:30:00Z")) == Watts(3'961));
    CHECK(year->pv_at(utc("2025-05-28T19:00:00Z")) == Watts(88));  // an empty cell
    CHECK(year->pv_at(utc("2025-05-29T00:00:00Z")) == Watts(0));
  }
}

}  // namespace wattledger::simulator
