#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include "projections/live/live_projections.hpp"
#include "projections/live/staging.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "tests/projections/house_log.hpp"
#include "tests/projections/sqlite_reading.hpp"

namespace wattledger::projections {
namespace {

using testing::HouseLog;
using testing::MemoryDirectory;
using testing::must;
using testing::SqliteReader;

struct Owner {
  MemoryDirectory directory;
  std::filesystem::path data = directory / "data";
  std::filesystem::path file = data / sqlite_file_name;

  [[nodiscard]] LiveOptions options() const {
    LiveOptions result;
    result.data = data;
    result.json = true;
    return result;
  }
  // Feeds everything and ends, as a daemon that was stopped.
  void run(HouseLog& house) const {
    LiveProjections live(house.log(), options());
    must(live.start());
    must(live.catch_up());
    must(live.settle());
  }
  std::filesystem::path stage(HouseLog& house, const char* name, bool json = true) const {
    StageOptions stage_options;
    stage_options.directory = directory / name;
    stage_options.json = json;
    must(projections::stage(house.log(), stage_options));
    return stage_options.directory;
  }
  // What stands live is what a rebuild gives.
  void check_equals_rebuilt(HouseLog& house, const char* name = "compared") const {
    for (const Difference& each : must(compare(data, stage(house, name))))
      FAIL_CHECK(each.place << ": " << each.what);
  }
};

TargetStanding standing_of(const std::vector<TargetReport>& reports, const std::string& name) {
  return std::find_if(reports.begin(), reports.end(),
                      [&](const auto& each) { return each.projection == name; })
      ->standing;
}

LiveStatus status_of(const LiveProjections& live, const std::string& name) {
  for (const LiveStatus& each : live.status())
    if (each.projection == name) return each;
  FAIL("no status of " << name);
  return {};
}

}  // namespace

TEST_SUITE("projections/staging") {
  TEST_CASE("what is a day old in staging goes, what is younger stays, by the newest thing in it") {
    namespace fs = std::filesystem;
    const MemoryDirectory home;
    const auto now = fs::file_time_type::clock::now();
    const auto make = [&](const char* path, std::chrono::hours age) {
      const fs::path file = home / "staging" / path;
      fs::create_directories(file.parent_path());
      std::ofstream(file) << "x";
      fs::last_write_time(file, now - age);
    };
    const auto age_directory = [&](const char* path, std::chrono::hours age) {
      fs::last_write_time(home / "staging" / path, now - age);
    };
    make("before/goodwe_energy.db", std::chrono::hours(25));
    age_directory("before", std::chrono::hours(25));
    // Files that were moved keep their time; their directory says when.
    make("undo-7/out/day.json", std::chrono::hours(100));
    age_directory("undo-7/out", std::chrono::hours(23));
    age_directory("undo-7", std::chrono::hours(100));
    CHECK(remove_old_staging(home.path(), now) ==
          std::vector<fs::path>{home / "staging" / "before"});
    CHECK_FALSE(fs::exists(home / "staging" / "before"));
    CHECK(fs::exists(home / "staging" / "undo-7" / "out" / "day.json"));
    CHECK(remove_old_staging(home.path(), now).empty());
    const MemoryDirectory empty;
    CHECK(remove_old_staging(empty.path(), now).empty());
  }
}

TEST_SUITE("projections/live") {
  TEST_CASE("tables and files that go before the first row or between two are missed, not begun") {
    for (const bool begun : {false, true}) {
      CAPTURE(begun);
      const Owner owner;
      HouseLog house(owner.directory / "log");
      house.tell_minutes(20);
      owner.run(house);
      LiveProjections live(house.log(), owner.options());
      must(live.start());
      house.tell_minutes(20);
      if (begun) must(live.catch_up());
      for (const char* name : {"goodwe_energy.db", "goodwe_energy.db-wal", "goodwe_energy.db-shm"})
        std::filesystem::remove(owner.data / name);
      for (const char* name : {"out", "data"}) std::filesystem::remove_all(owner.data / name);
      house.tell_minutes(20);
      must(live.catch_up());
      for (const char* name : {"sqlite", "json"}) {
        const LiveStatus missed = status_of(live, name);
        CAPTURE(missed.message);
        CHECK_FALSE(missed.fed);
        CHECK(missed.message.find("while") != std::string::npos);
        CHECK(missed.message.find("being written") != std::string::npos);
        CHECK(missed.message.find("wattledger replay") != std::string::npos);
      }
      CHECK_FALSE(std::filesystem::exists(owner.file));
      must(live.adopt(owner.stage(house, "built")));
      must(live.catch_up());
      must(live.settle());
      owner.check_equals_rebuilt(house);
    }
  }

  TEST_CASE("tables behind a link that is gone or leads elsewhere are missed") {
    namespace fs = std::filesystem;
    for (const bool elsewhere : {false, true}) {
      CAPTURE(elsewhere);
      const Owner owner;
      HouseLog house(owner.directory / "log");
      house.tell_minutes(20);
      fs::create_directories(owner.data);
      fs::create_symlink(owner.directory / "one.db", owner.file);
      LiveProjections live(house.log(), owner.options());
      must(live.start());
      must(live.catch_up());
      CHECK(status_of(live, "sqlite").fed);
      fs::remove(owner.file);
      if (elsewhere) {
        fs::copy_file(owner.directory / "one.db", owner.directory / "two.db");
        fs::create_symlink(owner.directory / "two.db", owner.file);
      }
      house.tell_minutes(20);
      must(live.catch_up());
      CHECK_FALSE(status_of(live, "sqlite").fed);
      CHECK(status_of(live, "sqlite").message.find("removed or replaced") != std::string::npos);
    }
  }

  TEST_CASE(
      "from nothing to the head, then on from there after a restart; status tells the place") {
    const Owner owner;
    HouseLog house(owner.directory / "log");
    house.tell_minutes(90);
    LiveProjections live(house.log(), owner.options());
    CHECK(standing_of(must(live.start()).targets, "sqlite") == TargetStanding::empty);
    must(live.catch_up());
    CHECK(status_of(live, "sqlite").fed);
    CHECK(status_of(live, "json").sequence == house.head());
    must(live.settle());
    owner.check_equals_rebuilt(house);

    house.tell_minutes(90);
    LiveProjections next(house.log(), owner.options());
    CHECK(standing_of(must(next.start()).targets, "json") == TargetStanding::behind);
    must(next.catch_up());
    must(next.settle());
    owner.check_equals_rebuilt(house, "again");
  }

  TEST_CASE("a restored log: what was built from the other is rebuilt by itself, with a message") {
    const Owner owner;
    {
      HouseLog house(owner.directory / "old", 1);
      house.tell_minutes(60);
      owner.run(house);
    }
    const char* said = "";
    std::uint8_t uuid = 1;
    int minutes = 90;
    std::uint16_t soc = 5'000;
    SUBCASE("of another name") {
      uuid = 2;
      said = "this one is 0202";
    }
    SUBCASE("shorter") {
      minutes = 20;
      said = "the log ends at";
    }
    SUBCASE("with other records") {
      soc = 1'234;
      said = "are not those it was built from";
    }
    HouseLog house(owner.directory / "new", uuid);
    house.tell_minutes(minutes, soc);
    LiveProjections live(house.log(), owner.options());
    const LiveStart started = must(live.start());
    CHECK(started.rebuilt.projections == std::vector<std::string>{"sqlite", "json"});
    for (const TargetReport& report : started.targets) {
      CHECK(report.standing == TargetStanding::current);
      CHECK_MESSAGE(report.message.find(said) != std::string::npos, report.message);
      CHECK(report.message.find("rebuilt from the log") != std::string::npos);
    }
    CHECK(std::filesystem::exists(owner.data / "staging" / "before" / sqlite_file_name));
    for (const auto& left : std::filesystem::directory_iterator(owner.data / "staging"))
      CHECK(left.path().filename() == "before");
    house.tell_minutes(20, soc);
    must(live.catch_up());
    must(live.settle());
    owner.check_equals_rebuilt(house);
  }

  TEST_CASE("a new target of a long log is built aside, of a short one it is fed") {
    const Owner owner;
    HouseLog house(owner.directory / "log");
    house.tell_minutes(60);
    CHECK(must(LiveProjections(house.log(), owner.options()).start()).rebuilt.projections.empty());
    house.tell_minutes(8'200);
    LiveProjections live(house.log(), owner.options());
    const LiveStart started = must(live.start());
    CHECK(started.rebuilt.projections == std::vector<std::string>{"sqlite", "json"});
    for (const TargetReport& report : started.targets)
      CHECK(report.standing == TargetStanding::current);
    owner.check_equals_rebuilt(house);
  }

  TEST_CASE("another version waits for consent in production and is rebuilt by itself elsewhere") {
    const Owner owner;
    HouseLog house(owner.directory / "log");
    house.tell_minutes(60);
    owner.run(house);
    SqliteReader(owner.file).rows("UPDATE projection_checkpoint SET version = 1");
    house.tell_minutes(30);
    LiveOptions options = owner.options();
    SUBCASE("production") {
      LiveProjections live(house.log(), options);
      CHECK(standing_of(must(live.start()).targets, "sqlite") == TargetStanding::other_version);
      must(live.catch_up());
      must(live.settle());
      CHECK(SqliteReader(owner.file).one("SELECT count(*) FROM system_state") == "60");
      CHECK(!status_of(live, "sqlite").fed);
      CHECK(status_of(live, "json").fed);
      // The owner's consent.
      CHECK(must(live.adopt(owner.stage(house, "built"))).projections ==
            std::vector<std::string>{"sqlite", "json"});
    }
    SUBCASE("development") {
      options.rebuild_mismatched = true;
      LiveProjections live(house.log(), options);
      const LiveStart started = must(live.start());
      CHECK(started.rebuilt.projections == std::vector<std::string>{"sqlite"});
      CHECK(standing_of(started.targets, "sqlite") == TargetStanding::current);
      must(live.catch_up());
      must(live.settle());
    }
    owner.check_equals_rebuilt(house);
  }

  TEST_CASE("a foreign file is refused and never written; the other projection goes on") {
    const Owner owner;
    std::filesystem::create_directories(owner.data);
    SqliteReader(owner.file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        .rows("CREATE TABLE notes(text)");
    HouseLog house(owner.directory / "log");
    house.tell_minutes(20);
    LiveOptions options = owner.options();
    options.rebuild_mismatched = true;
    LiveProjections live(house.log(), options);
    const LiveStart started = must(live.start());
    CHECK(standing_of(started.targets, "sqlite") == TargetStanding::foreign);
    CHECK(started.targets[0].message.find("wattledger import legacy") != std::string::npos);
    must(live.catch_up());
    must(live.settle());
    CHECK(!status_of(live, "sqlite").fed);
    CHECK(status_of(live, "json").sequence == house.head());
    const auto adopted = live.adopt(owner.stage(house, "built"));
    REQUIRE(!adopted.has_value());
    CHECK(adopted.error().kind == ErrorKind::foreign);
    CHECK(SqliteReader(owner.file).one("SELECT count(*) FROM sqlite_master") == "1");
  }

  TEST_CASE(
      "what is of another log or is nothing at all is not adopted, and live goes on as it was") {
    const Owner owner;
    HouseLog house(owner.directory / "log", 1), other(owner.directory / "other", 2);
    house.tell_minutes(20);
    other.tell_minutes(20);
    LiveProjections live(house.log(), owner.options());
    must(live.start());
    must(live.catch_up());
    CHECK(live.adopt(owner.stage(other, "foreign")).error().kind == ErrorKind::conflict);
    CHECK(live.adopt(owner.directory / "nowhere").error().kind == ErrorKind::not_found);
    house.tell_minutes(20);
    must(live.catch_up());
    must(live.settle());
    owner.check_equals_rebuilt(house);
  }

  TEST_CASE("what is live is not adopted onto itself, nor the copy before over itself") {
    const Owner owner;
    HouseLog house(owner.directory / "log");
    house.tell_minutes(20);
    LiveProjections live(house.log(), owner.options());
    must(live.start());
    must(live.catch_up());
    must(live.settle());
    must(live.adopt(owner.stage(house, "built")));
    const std::filesystem::path link = owner.directory / "link";
    std::filesystem::create_directory_symlink(owner.data, link);
    for (const std::filesystem::path& place :
         {owner.data, owner.data / ".", link, owner.data / "staging" / "before"}) {
      CAPTURE(place.string());
      const auto adopted = live.adopt(place);
      REQUIRE(!adopted.has_value());
      CHECK(adopted.error().kind == ErrorKind::conflict);
      CHECK(!adopted.error().remedy.empty());
    }
    // Nothing was moved or overwritten: live goes on, and the copy can be had back under another
    // name.
    house.tell_minutes(20);
    must(live.catch_up());
    must(live.settle());
    CHECK(status_of(live, "json").fed);
    owner.check_equals_rebuilt(house);
    std::filesystem::rename(owner.data / "staging" / "before", owner.data / "staging" / "undo");
    must(live.adopt(owner.data / "staging" / "undo"));
    must(live.catch_up());
    must(live.settle());
    owner.check_equals_rebuilt(house, "again");
  }

  TEST_CASE("what is adopted while a thread appends loses no event and applies none twice") {
    const Owner owner;
    HouseLog house(owner.directory / "log");
    house.tell_minutes(300);
    LiveProjections live(house.log(), owner.options());
    must(live.start());
    must(live.catch_up());
    // It appends beside each step below, and only so much that the test ends.
    std::atomic<int> allowed = 0;
    std::thread appending([&] {
      for (int told = 0; told < 900; ++told) {
        allowed.wait(told);
        house.tell_minutes(1);
      }
    });
    const auto append_beside = [&](int minutes) {
      for (int n = 0; n < minutes; ++n) {
        ++allowed;
        allowed.notify_one();
      }
    };
    for (int round = 0; round < 3; ++round) {
      append_beside(100);
      const auto staged = owner.stage(house, ("built" + std::to_string(round)).c_str(), round != 1);
      append_beside(100);
      must(live.catch_up());  // live is ahead of what was staged when it is adopted
      append_beside(100);
      must(live.adopt(staged));
      must(live.catch_up());
    }
    appending.join();
    must(live.catch_up());
    must(live.settle());
    CHECK(status_of(live, "sqlite").sequence == house.head());
    owner.check_equals_rebuilt(house);
  }

  TEST_CASE("from files only to both, to the database only and back: each goes on where it stood") {
    const Owner owner;
    HouseLog house(owner.directory / "log");
    struct Mode {
      bool files, database;
    };
    for (const Mode mode : {Mode{true, false}, Mode{true, true}, Mode{false, true},
                            Mode{false, false}, Mode{true, true}}) {
      CAPTURE(mode.files);
      CAPTURE(mode.database);
      house.tell_minutes(30);
      LiveOptions options = owner.options();
      options.json = mode.files;
      options.sqlite = mode.database;
      LiveProjections live(house.log(), options);
      must(live.start());
      must(live.catch_up());
      must(live.settle());
      CHECK(live.status().size() == std::size_t{mode.files} + std::size_t{mode.database});
      for (const LiveStatus& each : live.status()) CHECK(each.sequence == house.head());
    }
    owner.check_equals_rebuilt(house);
  }

  TEST_CASE("a file that another program holds stops its projection; settling tries again") {
    const Owner owner;
    HouseLog house(owner.directory / "log");
    house.tell_minutes(20);
    LiveProjections live(house.log(), owner.options());
    must(live.start());
    must(live.catch_up());
    {
      SqliteReader holder(owner.file);
      holder.rows("BEGIN IMMEDIATE");
      house.tell_minutes(20);
      must(live.catch_up());
      CHECK(!status_of(live, "sqlite").fed);
      CHECK(status_of(live, "sqlite").message.find("stopped") != std::string::npos);
      CHECK(status_of(live, "json").fed);
      holder.rows("COMMIT");
    }
    must(live.settle());
    must(live.catch_up());
    must(live.settle());
    CHECK(status_of(live, "sqlite").fed);
    owner.check_equals_rebuilt(house);
  }

  TEST_CASE("a clock that was weeks ahead leaves today's files and states, and none of its own") {
    Owner owner;
    HouseLog house(owner.directory / "log");
    const UtcTime noon = testing::at_s(0) + std::chrono::hours(12);
    const auto tell_day = [&](UtcTime from) {
      for (int hour = 0; hour < 6; ++hour) house.tell_reading(from + std::chrono::hours(hour));
      house.tell_decision(from + std::chrono::hours(6));
      house.flush();
    };
    const auto states = [&](const std::string& where) {
      return SqliteReader(owner.file).one("SELECT count(*) FROM system_state WHERE " + where);
    };
    house.tell_site(noon - std::chrono::days(2));
    tell_day(noon - std::chrono::days(2));
    const UtcTime ahead = noon + std::chrono::days(20);
    tell_day(ahead);
    owner.run(house);
    const std::string today =
        "'" + iso_text(LocalTime(noon.time_since_epoch())).substr(0, 10) + "'";
    CHECK(states("timestamp > " + today) == "6");

    house.tell_clock_set(noon, ahead + std::chrono::hours(7));
    tell_day(noon + std::chrono::minutes(1));
    owner.run(house);
    CHECK(states("timestamp > " + today) == "6");  // today's
    CHECK(states("timestamp > date(" + today + ", '+1 day')") == "0");
    CHECK(states("timestamp < " + today) == "6");
    std::string days;
    for (const auto& each : std::filesystem::directory_iterator(owner.data / "out" / "energy_data"))
      if (const auto name = each.path().filename().string(); name.rfind("energy_data_", 0) == 0)
        days += name + " ";
    CHECK(days == "energy_data_" + today.substr(1, 10) + ".json ");
    owner.check_equals_rebuilt(house);
  }
}

}  // namespace wattledger::projections
