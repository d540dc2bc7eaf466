// Every tariff known by name, minute by minute where its zones change: on every weekday of a summer
// and a winter week, on every holiday and at the seasons' edges, from 2024 to 2030.
#include <doctest/doctest.h>

#include <algorithm>

#include "coordinator/config/config.hpp"
#include "projections/fold/tariff.hpp"
#include "tests/config/polish_days.hpp"

using namespace wattledger;
using namespace wattledger::config;
using fold::PeakHours;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

struct Span {
  int from;  // hour; up to the next span's
  const char* zone;
  std::int64_t e8;
};

struct Row {
  const char* tariff;
  const char* season;  // "summer", "winter" or "" for both
  const char* days;    // "working", "free" (Saturday, Sunday, holiday) or "" for both
  PeakHours code;
  std::vector<Span> spans;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"g11", "", "", {}, {{0, "T2", 31'250'000}}},
      {"g12",
       "",
       "",
       {},
       {{0, "T2", 7'490'000},
        {7, "T1", 35'660'000},
        {13, "T2", 7'490'000},
        {15, "T1", 35'660'000},
        {22, "T2", 7'490'000}}},
      {"g12w",
       "",
       "working",
       {},
       {{0, "T2", 7'490'000}, {6, "T1", 35'660'000}, {22, "T2", 7'490'000}}},
      {"g12w", "", "free", {}, {{0, "T2", 7'490'000}}},
      {"g12as", "", "", {}, {{0, "T2", 3'120'000}, {7, "T1", 31'250'000}, {13, "T2", 3'120'000}}},
      {"g13", "", "", {}, {{0, "T2", 0}}},
      {"g13s",
       "summer",
       "working",
       {},
       {{0, "night", 11'000'000},
        {7, "day_peak", 29'000'000},
        {9, "day_off_peak", 10'000'000},
        {17, "day_peak", 29'000'000},
        {21, "night", 11'000'000}}},
      {"g13s",
       "winter",
       "working",
       {},
       {{0, "night", 11'000'000},
        {7, "day_peak", 34'000'000},
        {10, "day_off_peak", 20'000'000},
        {15, "day_peak", 34'000'000},
        {21, "night", 11'000'000}}},
      {"g13s", "", "free", {}, {{0, "free_day", 11'000'000}}},
      {"g14dynamic", "", "", 0, {{0, "S1", 1'450'000}}},
      {"g14dynamic", "", "", 1, {{0, "S2", 5'780'000}}},
      {"g14dynamic", "", "", 2, {{0, "S3", 43'390'000}}},
      {"g14dynamic", "", "", 3, {{0, "S4", 289'310'000}}},
      {"g14dynamic", "", "", std::nullopt, {{0, "unknown", 5'780'000}}},
  };
  return all;
}

struct Day {
  std::string date;
  bool summer;
  bool free;
};

UtcTime midnight(const std::string& date) { return *parse_time(date, ZoneOffsets()); }

std::string date_of(UtcTime time) { return date_text(ZoneOffsets().to_local(time)); }

bool is_holiday(const testing::PolishYear& year, const std::string& date) {
  return std::find(year.holidays.begin(), year.holidays.end(), date) != year.holidays.end();
}

std::vector<Day> days_of(const testing::PolishYear& year) {
  std::vector<Day> days;
  for (const std::string& monday : {year.summer_week, year.winter_week})
    for (int i = 0; i < 7; ++i)
      days.push_back(
          {date_of(midnight(monday) + hours(24 * i)), monday == year.summer_week, i >= 5});
  const std::string number = std::to_string(year.year);
  for (const std::string& holiday : year.holidays) {
    const std::string month_day = holiday.substr(5);
    days.push_back({holiday, month_day >= "04-01" && month_day <= "09-30", true});
  }
  // The seasons' edges, by hand where one is no working day.
  for (const char* edge : {"-03-31", "-04-01", "-09-30", "-10-01"}) {
    const std::string date = number + edge;
    const bool summer = std::string(edge) == "-04-01" || std::string(edge) == "-09-30";
    const std::vector<std::string> weekends{"2024-03-31", "2028-04-01", "2028-09-30", "2028-10-01",
                                            "2029-03-31", "2029-04-01", "2029-09-30", "2030-03-31"};
    const bool weekend = std::find(weekends.begin(), weekends.end(), date) != weekends.end();
    days.push_back({date, summer, weekend || is_holiday(year, date)});
  }
  // Working until the law of 2025.
  if (year.year == 2024) days.push_back({"2024-12-24", false, false});
  return days;
}

bool fits(const Row& row, const Day& day) {
  const std::string season = row.season;
  const std::string kind = row.days;
  return (season.empty() || season == (day.summer ? "summer" : "winter")) &&
         (kind.empty() || kind == (day.free ? "free" : "working"));
}

fold::PolicySettings settings_of(const std::string& tariff) {
  const auto config = parse("tariff: {name: " + tariff + "}", "t.yaml");
  if (!config) FAIL(config.error().line());
  return config->policy;
}

ZoneOffsets offsets_of(const std::string& name) {
  const auto zone = load_zone(name, utc_from_us(1'735'000'000'000'000));  // December 2024
  REQUIRE(zone);
  return zone->zone;
}

// A microsecond before and at each change, and the hour's last minute.
void check_day(const Row& row, const Day& day, const fold::PolicySettings& settings,
               const ZoneOffsets& warsaw) {
  for (std::size_t i = 0; i < row.spans.size(); ++i) {
    const Span& span = row.spans[i];
    const int end = i + 1 < row.spans.size() ? row.spans[i + 1].from : 24;
    const LocalTime begin(midnight(day.date).time_since_epoch());
    for (const LocalTime local : {begin + hours(span.from), begin + hours(span.from) + minutes(59),
                                  begin + hours(end) - std::chrono::microseconds(1)}) {
      CAPTURE(iso_text(local));
      CAPTURE(row.tariff);
      const auto* zone = fold::zone_at(settings, warsaw, warsaw.to_utc(local), row.code);
      REQUIRE(zone != nullptr);
      CHECK(zone->name == span.zone);
      CHECK(zone->price.count() == span.e8);
    }
  }
}

struct Covered {
  int days = 0, short_days = 0, long_days = 0;
  int wrong = 0;  // gaps, overlaps, slots of another zone than their run's, days of other lengths
};

// Every slot of one day belongs to the one run that says its zone.
void cover_day(const fold::PolicySettings& settings, const ZoneOffsets& zone, UtcTime day,
               Covered& covered) {
  UtcTime at = zone.day_start(day);
  const auto whole = zone.next_day_start(day) - at;
  for (const fold::TariffRun& run : fold::day_runs(settings, zone, day, std::nullopt)) {
    if (run.start != at || run.end <= run.start || run.zone == nullptr) ++covered.wrong;
    for (; at < run.end; at += minutes(15))
      if (fold::zone_at(settings, zone, at, std::nullopt) != run.zone) ++covered.wrong;
  }
  if (at != zone.next_day_start(day)) ++covered.wrong;
  ++covered.days;
  if (whole == hours(23)) ++covered.short_days;
  if (whole == hours(25)) ++covered.long_days;
}

Covered cover(const fold::PolicySettings& settings, const ZoneOffsets& zone) {
  Covered covered;
  const UtcTime end = *parse_time("2031-01-01", zone);
  for (UtcTime day = *parse_time("2024-01-01", zone); day < end; day = zone.next_day_start(day))
    cover_day(settings, zone, day, covered);
  return covered;
}

}  // namespace

TEST_SUITE("config/tariff table") {
  TEST_CASE("each tariff's zones and prices, on each kind of day, at each boundary minute") {
    const ZoneOffsets warsaw = offsets_of("Europe/Warsaw");
    for (const Row& row : rows()) {
      const fold::PolicySettings settings = settings_of(row.tariff);
      std::size_t days = 0;
      for (const testing::PolishYear& year : testing::polish_years())
        for (const Day& day : days_of(year)) {
          if (!fits(row, day)) continue;
          check_day(row, day, settings, warsaw);
          ++days;
        }
      CHECK_MESSAGE(days > 7 * 5, row.tariff);
    }
    CHECK(settings_of("none").tariff_zones.empty());
  }

  TEST_CASE("a day's zones cover each slot exactly once, from 2024 to 2030, in three time zones") {
    for (const char* place : {"Europe/Warsaw", "Europe/Berlin", "Europe/London"}) {
      const ZoneOffsets zone = offsets_of(place);
      for (const char* tariff : {"g11", "g12", "g12w", "g12as", "g13", "g13s", "g14dynamic"}) {
        CAPTURE(place);
        CAPTURE(tariff);
        const Covered covered = cover(settings_of(tariff), zone);
        CHECK(covered.days == 7 * 365 + 2);
        CHECK(covered.short_days == 7);
        CHECK(covered.long_days == 7);
        CHECK(covered.wrong == 0);
      }
    }
  }

  TEST_CASE("on the days of the clock change the hours are the wall clock's") {
    const ZoneOffsets warsaw = offsets_of("Europe/Warsaw");
    const fold::PolicySettings night = settings_of(
        "m, zones: [{name: two, hours: 2, price: 0.2}, {name: three, hours: 3, price: 0.3}, "
        "{name: rest, price: 0}]");
    const auto runs = [&](const char* day) {
      std::string text;
      for (const auto& run : fold::day_runs(night, warsaw, *parse_time(day, warsaw), {}))
        text += run.zone->name + " " +
                std::to_string(std::chrono::duration_cast<hours>(run.end - run.start).count()) +
                ", ";
      return text;
    };
    CHECK(runs("2025-03-29") == "rest 2, two 1, three 1, rest 20, ");
    CHECK(runs("2025-03-30") == "rest 2, three 1, rest 20, ");
    CHECK(runs("2025-10-26") == "rest 2, two 2, three 1, rest 20, ");
  }
}
