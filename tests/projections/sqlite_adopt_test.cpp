#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "projections/sqlite/sqlite_compare.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "tests/projections/row_builders.hpp"
#include "tests/projections/sqlite_reading.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::projections {
namespace {

using testing::checkpoint_at;
using testing::energy_row;
using testing::Feeder;
using testing::MemoryDirectory;
using testing::SqliteReader;

struct House {
  MemoryDirectory directory;
  std::filesystem::path data = directory / "data";
  std::filesystem::path staged = directory / "staged";
  std::filesystem::path before = directory / "before";
  std::unique_ptr<Projector> live = make_sqlite_projector(options_at(data, false));
  std::filesystem::path file = data / sqlite_file_name;

  static SqliteOptions options_at(const std::filesystem::path& data, bool staging) {
    SqliteOptions options;
    options.data = data;
    options.staging = staging;
    return options;
  }
  // Builds a file aside whose energy rows all have the charge `soc`.
  void stage(double soc, std::uint64_t rows) const {
    std::filesystem::remove_all(staged);
    const auto projector = make_sqlite_projector(options_at(staged, true));
    Feeder feeder(*projector);
    std::vector<fold::LegacyRow> all;
    for (std::uint64_t n = 1; n <= rows; ++n)
      all.push_back(energy_row(n, static_cast<std::int64_t>(n), soc));
    REQUIRE(feeder.apply(all, rows).has_value());
    REQUIRE(projector->settle().has_value());
  }
};

}  // namespace

TEST_SUITE("projections/sqlite adopt") {
  TEST_CASE("what was built aside becomes live with its checkpoint; what was live is kept") {
    House house;
    Feeder feeder(*house.live);
    REQUIRE(feeder.apply({energy_row(1, 1, 10.0), energy_row(2, 2, 10.0)}, 2).has_value());
    house.stage(20.0, 5);
    const auto adopted = house.live->adopt(house.staged, house.before);
    REQUIRE_MESSAGE(adopted.has_value(), (adopted ? "" : adopted.error().line()));
    CHECK(*house.live->checkpoint() == checkpoint_at(5, house.live->version()));
    CHECK(sqlite::compare_files(house.file, house.staged / sqlite_file_name, 9)->empty());
    CHECK(SqliteReader(house.before / sqlite_file_name)
              .one("SELECT count(*), max(battery_soc) FROM energy_data") == "2|10.0");
    SqliteReader reader(house.file);
    CHECK(reader.one("PRAGMA journal_mode") == "wal");
    CHECK(reader.one("PRAGMA integrity_check") == "ok");

    SUBCASE("and it is continued from there") {
      feeder.continue_from(checkpoint_at(5, house.live->version()));
      REQUIRE(feeder.apply({energy_row(6, 6, 20.0)}, 6).has_value());
      CHECK(reader.one("SELECT count(*) FROM energy_data") == "6");
    }
    SUBCASE("one who still believes in the old checkpoint is refused and loses nothing") {
      const auto unaware = house.live->apply(
          feeder.before(), checkpoint_at(3, house.live->version()), std::vector{energy_row(3, 3)});
      REQUIRE(!unaware.has_value());
      CHECK(unaware.error().kind == ErrorKind::conflict);
    }
    SUBCASE("and the copy before can be adopted in turn") {
      REQUIRE(house.live->adopt(house.before, house.directory / "before-that").has_value());
      CHECK(reader.one("SELECT count(*), max(battery_soc) FROM energy_data") == "2|10.0");
    }
  }

  TEST_CASE("adoption into an empty data directory leaves no copy before") {
    House house;
    house.stage(20.0, 5);
    REQUIRE(house.live->adopt(house.staged, house.before).has_value());
    CHECK(*house.live->checkpoint() == checkpoint_at(5, house.live->version()));
    CHECK(!std::filesystem::exists(house.before));
    CHECK(SqliteReader(house.file).one("PRAGMA journal_mode") == "wal");
  }

  TEST_CASE("a live file of another page size keeps it") {
    House house;
    std::filesystem::create_directories(house.data);
    SqliteReader(house.file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        .rows("PRAGMA page_size=8192; PRAGMA journal_mode=WAL; VACUUM");
    Feeder feeder(*house.live);
    REQUIRE(feeder.apply({energy_row(1, 1)}, 1).has_value());
    REQUIRE(SqliteReader(house.file).one("PRAGMA page_size") == "8192");
    house.stage(20.0, 5);
    const auto adopted = house.live->adopt(house.staged, house.before);
    REQUIRE_MESSAGE(adopted.has_value(), (adopted ? "" : adopted.error().line()));
    CHECK(SqliteReader(house.file).one("PRAGMA page_size") == "8192");
    CHECK(SqliteReader(house.file).one("SELECT count(*) FROM energy_data") == "5");
  }

  TEST_CASE(
      "nothing staged, a foreign live file, another version: refused with the live file as it "
      "was") {
    House house;
    SUBCASE("nothing staged") {
      CHECK(house.live->adopt(house.staged, house.before).error().kind == ErrorKind::not_found);
      CHECK(!std::filesystem::exists(house.data));
    }
    SUBCASE("foreign") {
      std::filesystem::create_directories(house.data);
      SqliteReader(house.file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
          .rows("CREATE TABLE notes(text)");
      house.stage(20.0, 5);
      CHECK(house.live->adopt(house.staged, house.before).error().kind == ErrorKind::foreign);
      CHECK(SqliteReader(house.file).one("SELECT count(*) FROM notes") == "0");
    }
    SUBCASE("another version") {
      house.stage(20.0, 5);
      SqliteReader(house.staged / sqlite_file_name)
          .rows("UPDATE projection_checkpoint SET version = 1");
      CHECK(house.live->adopt(house.staged, house.before).error().kind == ErrorKind::conflict);
      CHECK(!std::filesystem::exists(house.data));
    }
  }

  TEST_CASE(
      "readers that keep their connection see the old content or the new, never a mix or an "
      "error") {
    House house;
    house.stage(0.0, 2'000);
    REQUIRE(house.live->adopt(house.staged, house.before).has_value());
    std::atomic<bool> done = false;
    std::atomic<int> mixed = 0, failed = 0, reads = 0;
    std::thread hammer([&] {
      SqliteReader reader(house.file, SQLITE_OPEN_READONLY);
      while (!done || reads < 10) {
        try {
          const std::string seen =
              reader.one("SELECT count(*), count(DISTINCT battery_soc) FROM energy_data");
          if (seen != "2000|1") ++mixed;
        } catch (const std::exception&) {
          ++failed;
        }
        ++reads;
      }
    });
    for (int generation = 1; generation <= 5; ++generation) {
      house.stage(generation, 2'000);
      CHECK(house.live->adopt(house.staged, house.before).has_value());
    }
    done = true;
    hammer.join();
    CHECK(mixed == 0);
    CHECK(failed == 0);
  }
}

}  // namespace wattledger::projections
