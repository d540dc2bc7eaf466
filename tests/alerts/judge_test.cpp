// Which conditions hold, when that is news, and when it is over.
#include "coordinator/alerts/judge.hpp"

#include <doctest/doctest.h>

#include "tests/support/event_builders.hpp"

using namespace wattledger;
using namespace wattledger::alerts;
using wattledger::testing::at_s;

namespace {

// A house with which all is well.
Facts well(std::int64_t at) {
  Facts facts;
  facts.now = at_s(at);
  facts.zone = ZoneOffsets({{UtcTime{}, std::chrono::hours(2)}});
  facts.started = at_s(0);
  facts.reading_at = facts.now;
  facts.stale_after = seconds(180);
  facts.database_finding = "ok";
  facts.projections = std::vector<Facts::Projection>{{"sqlite", true, 64, ""}};
  facts.disk_free = std::uint64_t{2'000} << 20U;
  facts.disk_free_min = std::uint64_t{1'000} << 20U;
  facts.backups = {true, at_s(0), {}, at_s(0)};
  return facts;
}

struct Row {
  const char* name;
  void (*spoil)(Facts&);
  Condition holds;
  const char* detail;
};

const Row rows[] = {
    {"a fault of safety", [](Facts& f) { f.safety_fault = "battery_voltage: 500"; },
     Condition::safety_stop, "battery_voltage: 500"},
    {"no reading for 181 s", [](Facts& f) { f.reading_at = f.now - seconds(181); },
     Condition::stale_data, "no reading for 181 s; decisions need one of the last 180 s"},
    {"an inverter that is silent", [](Facts& f) { f.inverter_fault = "inverter_silent: x"; },
     Condition::inverter_silent, "inverter_silent: x"},
    {"damaged records", [](Facts& f) { f.log_fault = "log_damaged: 3 records"; },
     Condition::log_damaged, "log_damaged: 3 records"},
    {"a damaged file", [](Facts& f) { f.database_finding = "row 7 missing from index"; },
     Condition::database_damaged,
     "row 7 missing from index; move the file away, and wattledger replay builds it anew from the "
     "log"},
    {"a projection behind", [](Facts& f) { f.projections->front().behind = 257; },
     Condition::projection_lag, "sqlite is 257 records behind the log"},
    {"a projection not fed",
     [](Facts& f) {
       f.projections = std::vector<Facts::Projection>{{"json", false, 0, "the disk is full"}};
     },
     Condition::projection_lag, "json is not fed: the disk is full"},
    {"a disk that fills up", [](Facts& f) { f.disk_free = (std::uint64_t{1'000} << 20U) - 1; },
     Condition::disk_space, "999 MiB are free on the log's disk, fewer than 1000"},
    {"a backup that failed", [](Facts& f) { f.backups.failure = "backup: no space"; },
     Condition::backup_failed, "backup: no space"},
    {"a backup of 49 hours ago", [](Facts& f) { f.backups.taken = f.now - std::chrono::hours(49); },
     Condition::backup_overdue, "the newest backup is 49 h old"},
    {"never a backup",
     [](Facts& f) {
       f.backups = {true, {}, {}, f.now - std::chrono::hours(50)};
     },
     Condition::backup_overdue, "no backup has succeeded for 50 h"},
    {"somebody else's hand", [](Facts& f) { f.foreign_change_at = f.now; },
     Condition::foreign_change,
     "somebody else changed the inverter's settings at 2025-10-01T02:16:40+02:00"},
    {"a clock that nobody sets", [](Facts& f) { f.clock_fault = "clock_unreliable: no NTP"; },
     Condition::clock, "clock_unreliable: no NTP"},
    {"a run that crashed", [](Facts& f) { f.crashed = true; }, Condition::crash,
     "the run before ended without its way down; this one began at 2025-10-01T02:00:00+02:00"},
};

std::vector<std::string> told(const std::vector<News>& news) {
  std::vector<std::string> lines;
  for (const News& each : news)
    lines.push_back(std::string(named(each.condition).name) + (each.raised ? " raised" : " ended"));
  return lines;
}
using Told = std::vector<std::string>;

}  // namespace

TEST_SUITE("alerts/judge") {
  TEST_CASE("a condition has one name, and stands in the table where the enum has it") {
    for (std::size_t i = 0; i < conditions.size(); ++i) {
      CHECK(static_cast<std::size_t>(conditions[i].condition) == i);
      CHECK(condition_of(conditions[i].name) == &conditions[i]);
      CHECK_FALSE(conditions[i].when.empty());
    }
    CHECK(condition_of("nothing") == nullptr);
  }

  TEST_CASE("each holds for its fact, alone, with what was measured") {
    for (const Row& row : rows) {
      CAPTURE(row.name);
      Facts facts = well(1'000);
      row.spoil(facts);
      for (const Named& each : conditions) {
        CAPTURE(each.name);
        const auto holding = judge(each.condition, facts, false);
        REQUIRE(holding.has_value());
        CHECK(holding->holds == (each.condition == row.holds));
        if (each.condition == row.holds) CHECK(holding->detail == row.detail);
      }
    }
  }

  TEST_CASE("it is raised once, and ends once") {
    Judge judge;
    Facts facts = well(100);
    CHECK(judge.look(facts).empty());
    facts.safety_fault = "battery_temperature: 60";
    const auto news = judge.look(facts);
    REQUIRE(told(news) == Told{"safety_stop raised"});
    judge.resume(Condition::safety_stop, Sequence{7});
    CHECK(judge.look(facts).empty());
    facts.safety_fault.reset();
    const auto over = judge.look(facts);
    REQUIRE(told(over) == Told{"safety_stop ended"});
    CHECK(over.front().of == Sequence{7});
    judge.ended(Condition::safety_stop);
    CHECK(judge.look(facts).empty());
  }

  TEST_CASE("what was raised by a run before this one is not raised again, and ends here") {
    Judge judge;
    judge.resume(Condition::disk_space, Sequence{3});
    Facts facts = well(100);
    facts.disk_free = 0;
    CHECK(judge.look(facts).empty());
    facts.disk_free = std::uint64_t{2'000} << 20U;
    CHECK(told(judge.look(facts)) == Told{"disk_space ended"});
  }

  TEST_CASE("a disk is over its limit by a tenth before the alert ends") {
    Judge judge;
    judge.resume(Condition::disk_space, Sequence{3});
    Facts facts = well(100);
    facts.disk_free = std::uint64_t{1'099} << 20U;
    CHECK(judge.look(facts).empty());
    facts.disk_free = std::uint64_t{1'100} << 20U;
    CHECK(told(judge.look(facts)) == Told{"disk_space ended"});
  }

  TEST_CASE("readings that come and go end nothing before two minutes of them") {
    Judge judge;
    judge.resume(Condition::stale_data, Sequence{5});
    CHECK(judge.look(well(1'000)).empty());
    Facts gone = well(1'060);
    gone.reading_at = gone.now - seconds(200);
    CHECK(judge.look(gone).empty());
    CHECK(judge.look(well(1'120)).empty());
    CHECK(judge.look(well(1'239)).empty());
    CHECK(told(judge.look(well(1'240))) == Told{"stale_data ended"});
  }

  TEST_CASE("a projection must be behind for ten minutes without a break") {
    Judge judge;
    const auto behind = [](std::int64_t at) {
      Facts facts = well(at);
      facts.projections->front().behind = 1'000;
      return facts;
    };
    CHECK(judge.look(behind(0)).empty());
    CHECK(judge.look(behind(590)).empty());
    CHECK(judge.look(well(595)).empty());
    CHECK(judge.look(behind(600)).empty());
    CHECK(judge.look(behind(1'199)).empty());
    CHECK(told(judge.look(behind(1'200))) == Told{"projection_lag raised"});
  }

  TEST_CASE("what is not known leaves a condition as it was") {
    Judge judge;
    judge.resume(Condition::database_damaged, Sequence{9});
    Facts facts = well(100);
    facts.database_finding.reset();
    facts.disk_free.reset();
    facts.projections.reset();
    facts.stale_after.reset();
    CHECK(judge.look(facts).empty());
    CHECK(judge.stands(Condition::database_damaged));
    facts.database_finding = "ok";
    CHECK(told(judge.look(facts)) == Told{"database_damaged ended"});
  }

  TEST_CASE("a program that begins has as long as any other to get its first reading") {
    Facts facts = well(1'000);
    facts.started = at_s(900);
    facts.reading_at = at_s(-86'400);
    CHECK_FALSE(judge(Condition::stale_data, facts, false)->holds);
    facts.now = at_s(1'081);
    CHECK(judge(Condition::stale_data, facts, false)->measured == 181);
  }

  TEST_CASE("a clock that is set back makes nothing older") {
    Judge judge;
    Facts facts = well(-5'000);
    facts.reading_at = at_s(0);
    facts.foreign_change_at = at_s(0);
    CHECK(told(judge.look(facts)) == Told{"foreign_change raised"});
  }

  TEST_CASE("a crash and a foreign hand are told for an hour") {
    Facts facts = well(3'599);
    facts.crashed = true;
    facts.foreign_change_at = at_s(0);
    CHECK(judge(Condition::crash, facts, true)->holds);
    CHECK(judge(Condition::foreign_change, facts, true)->holds);
    facts.now = at_s(3'600);
    CHECK_FALSE(judge(Condition::crash, facts, true)->holds);
    CHECK_FALSE(judge(Condition::foreign_change, facts, true)->holds);
  }

  TEST_CASE("nobody misses backups that nobody asked for") {
    Facts facts = well(1'000'000);
    facts.backups.wanted = false;
    CHECK_FALSE(judge(Condition::backup_overdue, facts, false)->holds);
  }
}
