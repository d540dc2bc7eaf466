#include "projections/rebuild.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "projections/fold/policy_settings.hpp"
#include "projections/live/live_projections.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "tests/projections/house_log.hpp"
#include "tests/projections/sqlite_reading.hpp"

namespace wattledger::projections {
namespace {

using testing::HouseLog;
using testing::MemoryDirectory;
using testing::must;
using testing::SqliteReader;

StageOptions into(const std::filesystem::path& directory) {
  StageOptions options;
  options.directory = directory;
  return options;
}

// Live projections of all that the house's log holds, a few records at a time.
LiveProjections live_of(HouseLog& house, const std::filesystem::path& data) {
  LiveOptions options;
  options.data = data;
  options.json = true;
  options.batch_events_max = 50;
  LiveProjections live(house.log(), options);
  must(live.start());
  must(live.catch_up());
  must(live.settle());
  return live;
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

}  // namespace

TEST_SUITE("projections/rebuild") {
  TEST_CASE("one pass builds every projection, verified, with checkpoints at the log's head") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(60);
    Sequence told;
    StageOptions options = into(directory / "built");
    options.progress = [&](Sequence done, Sequence) { told = done; };
    const StageReport report = must(stage(house.log(), options));
    CHECK(report.sequence == house.head());
    CHECK(told == house.head());
    CHECK(report.root == must(house.log().snapshot()).meta().frontier.root());
    REQUIRE(report.projections.size() == 2);
    CHECK(report.projections[0].name == "sqlite");
    CHECK(report.projections[0].rows.at("system_state") == 60);
    CHECK(report.projections[0].rows.at("energy_data") == 12);
    CHECK(report.projections[0].rows.at("coordinator_decisions") == 4);
    CHECK(report.projections[0].rows.at("decision_audit") == 4);
    CHECK(report.projections[0].rows.at("hourly_stats") == 1);
    CHECK(report.rows_derived == 76 + 59 + 4 + 4 + 60 + 4);
    CHECK(report.projections[1].name == "json");
    CHECK(std::filesystem::exists(directory / "built" / "out" / "energy_data" /
                                  "energy_data_2025-10-01.json"));
    CHECK(require_same_history(house.log(), report.projections[1].checkpoint).has_value());
  }

  TEST_CASE("two builds of the same log are equal, and each byte of SQLite's dump too") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(200);
    must(stage(house.log(), into(directory / "one")));
    must(stage(house.log(), into(directory / "two")));
    CHECK(must(compare(directory / "one", directory / "two")).empty());
    SqliteReader one(directory / "one" / sqlite_file_name),
        two(directory / "two" / sqlite_file_name);
    for (const char* all : {"SELECT rowid, * FROM energy_data", "SELECT * FROM sqlite_master",
                            "SELECT * FROM sqlite_sequence"})
      CHECK(one.rows(all) == two.rows(all));
  }

  TEST_CASE("only what is wanted is built, and no further than wanted") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(60);
    StageOptions options = into(directory / "built");
    options.json = false;
    options.through = Sequence{20};
    const StageReport report = must(stage(house.log(), options));
    CHECK(report.sequence == Sequence{20});
    CHECK(report.projections.size() == 1);
    CHECK(!std::filesystem::exists(directory / "built" / "out"));
  }

  TEST_CASE("what retention will have cut is not built, and what is live shows no difference") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_site(testing::at_s(0));
    for (int hour = 1; hour < 40 * 24 - 2; ++hour) {
      house.tell_reading(testing::at_s(hour * 3'600), 5'000, hour);
      if (hour % 24 == 0 && hour < 30 * 24) house.tell_decision(testing::at_s(hour * 3'600));
    }
    house.flush();
    live_of(house, directory / "live");
    const StageReport report = must(stage(house.log(), into(directory / "built")));
    CHECK(must(compare(directory / "live", directory / "built")).empty());
    CHECK(report.projections[0].rows.at("system_state") == 31 * 24);
    CHECK(report.projections[0].rows.at("energy_data") == 40 * 24 - 3);
    SqliteReader built(directory / "built" / sqlite_file_name);
    CHECK(built.one("SELECT min(timestamp) FROM system_state") == "2025-10-10T00:00:00");
    CHECK(built.one("SELECT count(*) FROM system_state WHERE metrics = ''") == "0");
  }

  TEST_CASE("where retention cuts less than was foreseen it is built again, whole") {
    // A row a day, a zone that goes two days back: nothing moves the cut further from what the last
    // reading lets expect.
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    const auto adopt_offset = [&](UtcTime at, std::int32_t offset_s) {
      fb::SiteAdoptedT site;
      site.transitions = {fb::ZoneTransition(0, offset_s)};
      house.tell(at, site);
    };
    const auto day = [](int number, int minute) {
      return testing::at_s(std::int64_t{number} * 86'400 + minute * 60);
    };
    adopt_offset(day(0, 0), 86'400);
    fold::PolicySettings settings;
    settings.state_row_every = std::chrono::hours(24);
    fb::PolicyAdoptedT policy;
    policy.text = fold::render_policy(settings);
    policy.digest = std::make_unique<fb::Digest256>();
    house.tell(day(0, 0), std::move(policy));
    for (int number = 0; number <= 8; ++number) house.tell_reading(day(number, 12 * 60 - 1));
    for (int number = 9; number <= 40; ++number) {
      if (number == 20) adopt_offset(day(20, 0), -86'400);
      house.tell_reading(day(number, 24 * 60 - 1));
    }
    house.tell_reading(day(41, 24 * 60 - 2));
    house.flush();
    live_of(house, directory / "live");
    const StageReport report = must(stage(house.log(), into(directory / "built")));
    CHECK(must(compare(directory / "live", directory / "built")).empty());
    CHECK(report.projections[0].rows.at("system_state") == 33);
  }

  TEST_CASE("a correction changes what is built, from its own sequence on") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(60);
    const auto correct = [&](std::uint64_t record, const char* field, const char* value) {
      fb::CorrectionRecordedT fact;
      fact.corrects = record;
      fact.field = field;
      fact.value = value;
      return house.tell(testing::at_s(3'600), fact);
    };
    const Sequence before = house.head();
    LiveProjections live = live_of(house, directory / "live");
    correct(2, "battery_soc_bp", "1");  // the first reading, of 02:01
    correct(2, "battery_soc_bp", "2500");
    correct(2, "pv_power_w", "unknown");
    correct(12, "quality", "implausible");  // as if it had never been read
    correct(3, "session", "no such field");
    correct(house.head().value + 20, "battery_soc_bp", "1");  // nothing that there is
    house.flush();
    const auto built = [&](const char* name, std::optional<Sequence> through) {
      StageOptions options = into(directory / name);
      options.through = through;
      return must(stage(house.log(), options));
    };
    const StageReport was = built("was", before);
    CHECK(was.corrected == 0);
    CHECK(was.projections[0].rows.at("system_state") == 60);
    const StageReport is = built("is", {});
    CHECK(is.sequence == house.head());
    CHECK(is.corrected == 2);
    CHECK(is.projections[0].rows.at("system_state") == 59);
    const char* first =
        "SELECT battery_soc, pv_power FROM energy_data WHERE timestamp = '2025-10-01T02:01:00'";
    CHECK(SqliteReader(directory / "was" / sqlite_file_name).one(first) == "50.0|1000");
    CHECK(SqliteReader(directory / "is" / sqlite_file_name).one(first) == "25.0|NULL");

    // What is live shows it once it was adopted, and goes on from there as a rebuild does.
    must(live.catch_up());
    must(live.settle());
    const auto live_file = directory / "live" / sqlite_file_name;
    CHECK(SqliteReader(live_file).one(first) == "50.0|1000");
    must(live.adopt(directory / "is"));
    CHECK(SqliteReader(live_file).one(first) == "25.0|NULL");
    house.tell_minutes(60);
    must(live.catch_up());
    must(live.settle());
    built("again", {});
    CHECK(must(compare(directory / "live", directory / "again")).empty());
  }

  TEST_CASE("a target that is new, or was lost, shows the corrections that the log holds already") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(60);
    fb::CorrectionRecordedT fact;
    fact.corrects = 2;
    fact.field = "battery_soc_bp";
    fact.value = "2500";
    house.tell(testing::at_s(3'600), fact);
    house.flush();
    live_of(house, directory / "live");
    const char* first = "SELECT battery_soc FROM energy_data ORDER BY timestamp LIMIT 1";
    CHECK(SqliteReader(directory / "live" / sqlite_file_name).one(first) == "25.0");
    must(stage(house.log(), into(directory / "built")));
    CHECK(must(compare(directory / "live", directory / "built")).empty());
  }

  TEST_CASE("a correction that proves the foresight wrong costs a pass and no rows") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_site(testing::at_s(0));
    for (int number = 1; number <= 40; ++number) house.tell_reading(testing::at_s(number * 86'400));
    const Sequence garbage = house.tell_reading(testing::at_s(70 * 86'400));
    fb::CorrectionRecordedT fact;
    fact.corrects = garbage.value;
    fact.field = "quality";
    fact.value = "implausible";
    house.tell(testing::at_s(70 * 86'400 + 60), fact);
    house.flush();
    const StageReport report = must(stage(house.log(), into(directory / "built")));
    CHECK(report.projections[0].rows.at("system_state") == 31);
  }

  TEST_CASE("the last reading, corrected, measures nothing further: live and rebuilt agree") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_site(testing::at_s(0));
    const Sequence last = house.tell_reading(testing::at_s(60), 5'000, 9'000);
    fb::CorrectionRecordedT fact;
    fact.corrects = last.value;
    fact.field = "pv_power_w";
    fact.value = "0";
    house.tell(testing::at_s(61), fact);
    house.flush();
    must(stage(house.log(), into(directory / "first")));
    LiveProjections live = live_of(house, directory / "live");
    must(live.adopt(directory / "first"));
    for (int minute = 2; minute < 10; ++minute) house.tell_reading(testing::at_s(minute * 60));
    house.flush();
    must(live.catch_up());
    must(live.settle());
    must(stage(house.log(), into(directory / "again")));
    CHECK(must(compare(directory / "live", directory / "again")).empty());
  }

  TEST_CASE("a directory that holds anything is refused as it is, unless it may be replaced") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(5);
    write_text(directory / "built" / "letter.txt", "dear");
    const auto refused = stage(house.log(), into(directory / "built"));
    REQUIRE(!refused.has_value());
    CHECK(refused.error().kind == ErrorKind::conflict);
    CHECK(std::filesystem::exists(directory / "built" / "letter.txt"));
    StageOptions options = into(directory / "built");
    options.replace = true;
    CHECK(stage(house.log(), options).has_value());
    CHECK(!std::filesystem::exists(directory / "built" / "letter.txt"));
  }

  TEST_CASE("an empty log and an unknown schema are said so") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    CHECK(stage(house.log(), into(directory / "built")).error().kind == ErrorKind::not_found);
    house.tell_minutes(5);
    StageOptions options = into(directory / "other");
    options.schema = 9;
    CHECK(stage(house.log(), options).error().kind == ErrorKind::unsupported);
  }

  TEST_CASE("a log without any row still gives an empty file of the right shape") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_site(testing::at_s(0));
    house.flush();
    const StageReport report = must(stage(house.log(), into(directory / "built")));
    CHECK(report.rows_derived == 0);
    CHECK(SqliteReader(directory / "built" / sqlite_file_name)
              .one("SELECT max(version) FROM schema_version") == "5");
  }

  TEST_CASE(
      "a checkpoint of another log, beyond the head, or of other records is not of this history") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(30);
    StageOptions options = into(directory / "built");
    options.json = false;
    const Checkpoint good = must(stage(house.log(), options)).projections[0].checkpoint;
    for (int fault = 0; fault < 3; ++fault) {
      CAPTURE(fault);
      Checkpoint bad = good;
      if (fault == 0) bad.log.bytes.fill(9);
      if (fault == 1) bad.sequence.value += 1;
      if (fault == 2) bad.root.bytes[0] ^= 1U;
      const auto refused = require_same_history(house.log(), bad);
      REQUIRE(!refused.has_value());
      CHECK(refused.error().kind == ErrorKind::conflict);
    }
  }
}

TEST_SUITE("projections/compare") {
  TEST_CASE(
      "each difference is named: rows, bytes, files of one side only; hidden files are not looked "
      "at") {
    const MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(60);
    must(stage(house.log(), into(directory / "one")));
    must(stage(house.log(), into(directory / "two")));
    const auto places = [&] {
      std::vector<std::string> found;
      for (const Difference& each : must(compare(directory / "one", directory / "two")))
        found.push_back(each.place);
      return found;
    };
    write_text(directory / "two" / "out" / ".note", "hidden");
    CHECK(places().empty());
    write_text(directory / "two" / "out" / "added.json", "[]");
    CHECK(places() == std::vector<std::string>{"out/added.json"});
    write_text(directory / "one" / "out" / "added.json", "[ ]");
    CHECK(must(compare(directory / "one", directory / "two")).front().what ==
          "different from byte 1 on");
    SqliteReader(directory / "two" / sqlite_file_name)
        .rows("UPDATE energy_data SET pv_power = 1 WHERE rowid = 1");
    CHECK(places() == std::vector<std::string>{"sqlite energy_data timestamp 2025-10-01T02:01:00",
                                               "out/added.json"});
    std::filesystem::remove(directory / "one" / sqlite_file_name);
    CHECK(places() == std::vector<std::string>{sqlite_file_name, "out/added.json"});
    CHECK(compare(directory / "one", directory / "nowhere").error().kind == ErrorKind::not_found);
  }
}

}  // namespace wattledger::projections
