#include "projections/sqlite/sqlite_projector.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <fstream>
#include <iterator>

#include "projections/sqlite/sqlite_compare.hpp"
#include "projections/sqlite/sqlite_rows.hpp"
#include "tests/projections/row_builders.hpp"
#include "tests/projections/sqlite_reading.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::projections {
namespace {

using testing::checkpoint_at;
using testing::decision_row;
using testing::energy_row;
using testing::Feeder;
using testing::MemoryDirectory;
using testing::SqliteReader;
using testing::state_row;

constexpr std::int64_t day = 24 * 60;

std::unique_ptr<Projector> live_in(const std::filesystem::path& data) {
  SqliteOptions options;
  options.data = data;
  return make_sqlite_projector(options);
}

std::unique_ptr<Projector> staged_in(const std::filesystem::path& data) {
  SqliteOptions options;
  options.data = data;
  options.staging = true;
  return make_sqlite_projector(options);
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<std::string> names_in(const std::filesystem::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

}  // namespace

TEST_SUITE("projections/sqlite projector") {
  TEST_CASE("nothing is created before the first apply") {
    const MemoryDirectory directory;
    const auto projector = live_in(directory / "data");
    const auto found = projector->checkpoint();
    REQUIRE(found.has_value());
    CHECK(!found->has_value());
    REQUIRE(projector->settle().has_value());
    CHECK(!std::filesystem::exists(directory / "data"));
  }

  TEST_CASE(
      "rows arrive with the legacy names, ids of their own range, and created_at from the event") {
    const MemoryDirectory directory;
    const auto projector = live_in(directory.path());
    Feeder feeder(*projector);
    REQUIRE(feeder.apply({energy_row(3, 5), state_row(4, 6), decision_row(5, 7)}, 8).has_value());

    SqliteReader reader(directory / sqlite_file_name);
    CHECK(reader.one("SELECT timestamp, battery_soc, pv_power, grid_power, house_consumption, "
                     "battery_power, created_at, "
                     "grid_import_total_kwh, tariff_zone FROM energy_data") ==
          "2025-10-01T00:05:00|55.5|1200|-400|NULL|0|2025-10-01 00:05:00|5000.05|T2");
    CHECK(reader.one("SELECT * FROM system_state") ==
          "1000000004|2025-10-01T00:06:00|monitoring|300.5||NULL|{\"decision_count\": "
          "1}|2025-10-01 00:06:00");
    CHECK(reader.one("SELECT * FROM coordinator_decisions") ==
          "1000000005|2025-10-01T00:07:00|charging|wait|prices are known until "
          "noon|{\"confidence\": 1.0}|NULL|2025-10-01 "
          "00:07:00");
    CHECK(reader.rows("SELECT DISTINCT applied_at FROM schema_version") ==
          std::vector<std::string>{"2025-10-01 00:05:00"});
    CHECK(reader.one("SELECT typeof(battery_soc) || typeof(pv_power) || typeof(tariff_zone) FROM "
                     "energy_data") == "realintegertext");
    CHECK(reader.one("PRAGMA journal_mode") == "wal");
    CHECK(*projector->checkpoint() == checkpoint_at(8, projector->version()));
  }

  TEST_CASE("schema_version is dated by the first row ever applied, not by the first batch") {
    const MemoryDirectory directory;
    const auto projector = live_in(directory.path());
    Feeder feeder(*projector);
    REQUIRE(feeder.apply({}, 2).has_value());
    SqliteReader reader(directory / sqlite_file_name);
    CHECK(reader.one("SELECT max(version), max(applied_at) FROM schema_version") == "5|NULL");
    REQUIRE(feeder.apply({energy_row(3, 5), energy_row(4, 10)}, 4).has_value());
    REQUIRE(feeder.apply({energy_row(5, 15)}, 5).has_value());
    CHECK(reader.rows("SELECT DISTINCT applied_at FROM schema_version") ==
          std::vector<std::string>{"2025-10-01 00:05:00"});
  }

  TEST_CASE(
      "rows and checkpoint are one transaction: a batch that fails leaves both as they were") {
    const MemoryDirectory directory;
    const auto projector = live_in(directory.path());
    Feeder feeder(*projector);
    REQUIRE(feeder.apply({decision_row(3, 5)}, 3).has_value());
    const auto failed = projector->apply(feeder.before(), checkpoint_at(9, projector->version()),
                                         std::vector{energy_row(8, 6), decision_row(3, 7)});
    REQUIRE(!failed.has_value());
    CHECK(failed.error().kind == ErrorKind::conflict);
    CHECK(failed.error().what.find("sequence 3") != std::string::npos);
    SqliteReader reader(directory / sqlite_file_name);
    CHECK(reader.one("SELECT count(*) FROM energy_data") == "0");
    CHECK(*projector->checkpoint() == feeder.before());
    CHECK(feeder.apply({energy_row(8, 6)}, 9).has_value());
    CHECK(reader.one("SELECT count(*) FROM energy_data") == "1");
  }

  TEST_CASE("a target that somebody else has moved is a conflict, and untouched") {
    const MemoryDirectory directory;
    const auto first = live_in(directory.path());
    Feeder feeder(*first);
    REQUIRE(feeder.apply({energy_row(3, 5)}, 3).has_value());
    const auto second = live_in(directory.path());
    const auto unaware = second->apply(std::nullopt, checkpoint_at(2, second->version()),
                                       std::vector{energy_row(2, 0)});
    REQUIRE(!unaware.has_value());
    CHECK(unaware.error().kind == ErrorKind::conflict);
    CHECK(SqliteReader(directory / sqlite_file_name).one("SELECT count(*) FROM energy_data") ==
          "1");
  }

  TEST_CASE(
      "a database without our checkpoint is foreign: no call writes it or leaves a file beside "
      "it") {
    const MemoryDirectory directory;
    const std::filesystem::path file = directory / sqlite_file_name;
    SUBCASE("of rollback mode") {
      SqliteReader(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
          .rows("CREATE TABLE energy_data(timestamp TEXT)");
    }
    SUBCASE("of WAL mode") {
      SqliteReader(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
          .rows("PRAGMA journal_mode=WAL; CREATE TABLE energy_data(timestamp TEXT)");
    }
    SUBCASE("with an empty checkpoint table") {
      SqliteReader(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
          .rows(
              "CREATE TABLE projection_checkpoint(projection TEXT PRIMARY KEY, log_uuid TEXT, "
              "sequence INTEGER, root "
              "TEXT, version INTEGER)");
    }
    SUBCASE("that is no database") { write_bytes(file, std::string(10'000, 'x')); }
    SUBCASE("that is a short text") { write_bytes(file, "hello"); }
    const std::string bytes = bytes_of(file);
    const auto projector = live_in(directory.path());
    const std::vector<fold::LegacyRow> rows{energy_row(3, 5)};
    const auto looked = projector->checkpoint();
    const auto applied =
        projector->apply(std::nullopt, checkpoint_at(3, projector->version()), rows);
    REQUIRE(!looked.has_value());
    REQUIRE(!applied.has_value());
    for (const Error& refusal : {looked.error(), applied.error()}) {
      CHECK(refusal.kind == ErrorKind::foreign);
      CHECK(refusal.line().find(file.string()) != std::string::npos);
      CHECK(refusal.line().find("wattledger import legacy") != std::string::npos);
    }
    CHECK(bytes_of(file) == bytes);
    CHECK(names_in(directory.path()) == std::vector<std::string>{sqlite_file_name});
  }

  TEST_CASE("an empty file and a database without tables are empty targets") {
    const MemoryDirectory directory;
    const std::filesystem::path file = directory / sqlite_file_name;
    SUBCASE("of no bytes") { write_bytes(file, ""); }
    SUBCASE("of one page, as a crash between WAL and schema leaves it") {
      SqliteReader(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
          .rows("PRAGMA journal_mode=WAL; VACUUM");
    }
    const auto projector = live_in(directory.path());
    REQUIRE(projector->checkpoint().has_value());
    CHECK(!projector->checkpoint()->has_value());
    Feeder feeder(*projector);
    CHECK(feeder.apply({energy_row(3, 5)}, 3).has_value());
  }

  TEST_CASE("an unknown schema version is refused by every call") {
    const MemoryDirectory directory;
    SqliteOptions options;
    options.data = directory.path();
    options.schema = 6;
    const auto projector = make_sqlite_projector(options);
    REQUIRE(!projector->checkpoint().has_value());
    CHECK(projector->checkpoint().error().kind == ErrorKind::unsupported);
    CHECK(!projector->settle().has_value());
    CHECK(!projector->apply(std::nullopt, checkpoint_at(1, 1), {}).has_value());
    CHECK(names_in(directory.path()).empty());
  }

  TEST_CASE(
      "the projector's version moves with the rows' meaning, the schema and the file's revision") {
    CHECK(sqlite_projector_version(4) == fold::legacy_rows_version * 10'000 + 400 + 6);
    CHECK(sqlite_projector_version(4) != sqlite_projector_version(5));
  }
}

TEST_SUITE("projections/sqlite retention") {
  TEST_CASE("the cut is so many days before the newest row's day") {
    CHECK(sqlite::retention_cut("2025-10-31T23:59:59.250000", 30) == "2025-10-01");
    CHECK(sqlite::retention_cut("2024-03-01T00:00:00", 1) == "2024-02-29");
    CHECK(sqlite::retention_cut("", 30).empty());
    CHECK(sqlite::retention_cut("2025-13-01T00:00:00", 30).empty());
  }

  TEST_CASE(
      "system_state keeps thirty days back from its newest row; energy and decisions stay for "
      "ever") {
    const MemoryDirectory directory;
    const auto projector = live_in(directory.path());
    Feeder feeder(*projector);
    REQUIRE(
        feeder
            .apply({state_row(1, day - 1), state_row(2, day), energy_row(3, 0), decision_row(4, 0)},
                   4)
            .has_value());
    SqliteReader reader(directory / sqlite_file_name);
    REQUIRE(feeder.apply({state_row(5, 30 * day + 600)}, 5).has_value());
    CHECK(reader.one("SELECT count(*) FROM system_state") == "3");
    REQUIRE(feeder.apply({state_row(6, 31 * day)}, 6).has_value());
    CHECK(reader.rows("SELECT id - 1000000000 FROM system_state") ==
          std::vector<std::string>{"2", "5", "6"});
    CHECK(reader.one("SELECT (SELECT count(*) FROM energy_data) || (SELECT count(*) FROM "
                     "coordinator_decisions)") == "11");
  }

  TEST_CASE("imported rows are never cut, and keep_all cuts nothing") {
    const MemoryDirectory directory;
    SqliteOptions options;
    options.data = directory.path();
    for (const bool keep_all : {true, false}) {
      options.keep_all = keep_all;
      const auto projector = make_sqlite_projector(options);
      const std::uint64_t from = keep_all ? 1 : 11;
      Feeder feeder(*projector);
      if (!keep_all) feeder.continue_from(**projector->checkpoint());
      REQUIRE(
          feeder.apply({state_row(from, 0), state_row(from + 1, 90 * day)}, from + 1).has_value());
      SqliteReader reader(directory / sqlite_file_name);
      CHECK(reader.one("SELECT count(*) FROM system_state") == (keep_all ? "2" : "3"));
      if (keep_all)
        reader.rows("INSERT INTO system_state(id, timestamp) VALUES (17, '2020-01-01T00:00:00')");
    }
    CHECK(SqliteReader(directory / sqlite_file_name).one("SELECT min(id) FROM system_state") ==
          "17");
  }

  TEST_CASE(
      "however the rows are cut into batches, live or staged, restarted or not, the file's content "
      "is the same") {
    const bool held = rc::check("live equals staged", [] {
      // Times leap forward by days and now and then back, as after an import or a clock that was
      // stepped.
      std::vector<fold::LegacyRow> rows;
      std::int64_t minute = 0;
      const auto count = *rc::gen::inRange<std::uint64_t>(1, 60);
      for (std::uint64_t sequence = 1; sequence <= count; ++sequence) {
        minute =
            std::max<std::int64_t>(0, minute + *rc::gen::inRange<std::int64_t>(-5 * day, 9 * day));
        const int kind = *rc::gen::inRange(0, 3);
        if (kind == 0)
          rows.push_back(energy_row(sequence, minute * 100 + static_cast<std::int64_t>(sequence)));
        if (kind == 1) rows.push_back(decision_row(sequence, minute));
        if (kind == 2) rows.push_back(state_row(sequence, minute));
      }
      const MemoryDirectory live, staged;
      std::optional<Checkpoint> reached;
      auto projector = live_in(live.path());
      for (std::size_t from = 0; from < rows.size();) {
        if (*rc::gen::inRange(0, 4) == 0) projector = live_in(live.path());  // a restart
        Feeder feeder(*projector);
        if (reached) feeder.continue_from(*reached);
        const std::size_t size =
            std::min(*rc::gen::inRange<std::size_t>(1, 20), rows.size() - from);
        const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(from);
        const std::vector<fold::LegacyRow> batch(begin, begin + static_cast<std::ptrdiff_t>(size));
        RC_ASSERT(feeder.apply(batch, batch.back().sequence.value).has_value());
        reached = feeder.before();
        from += size;
      }
      {
        const auto building = staged_in(staged.path());
        Feeder feeder(*building);
        RC_ASSERT(feeder.apply_in_batches(rows, *rc::gen::inRange<std::size_t>(1, 20)).has_value());
        RC_ASSERT(building->settle().has_value());
      }
      const auto found =
          sqlite::compare_files(live / sqlite_file_name, staged / sqlite_file_name, 10);
      RC_ASSERT(found.has_value());
      for (const auto& difference : *found)
        RC_LOG() << difference.place << ": " << difference.what << "\n";
      RC_ASSERT(found->empty());
    });
    CHECK(held);
  }
}

TEST_SUITE("projections/sqlite compare") {
  TEST_CASE("equal files have no difference; each kind of difference is found and named") {
    const MemoryDirectory one, two;
    for (const auto* directory : {&one, &two}) {
      const auto projector = live_in(directory->path());
      Feeder feeder(*projector);
      REQUIRE(feeder.apply({energy_row(3, 5), state_row(4, 6), decision_row(5, 7)}, 8).has_value());
    }
    const auto compare = [&] {
      return *sqlite::compare_files(one / sqlite_file_name, two / sqlite_file_name, 10);
    };
    CHECK(compare().empty());
    SqliteReader other(two / sqlite_file_name);
    struct Row {
      const char* sql;
      const char* place;
    };
    for (const Row& row :
         {Row{"UPDATE energy_data SET pv_power = 1201",
              "sqlite energy_data timestamp 2025-10-01T00:05:00"},
          Row{"UPDATE energy_data SET battery_soc = NULL",
              "sqlite energy_data timestamp 2025-10-01T00:05:00"},
          Row{"DELETE FROM coordinator_decisions", "sqlite coordinator_decisions id 1000000005"},
          Row{"UPDATE projection_checkpoint SET sequence = 9",
              "sqlite projection_checkpoint projection sqlite"},
          Row{"DROP INDEX idx_state_timestamp", "sqlite indexes name idx_state_timestamp.0"}}) {
      CAPTURE(row.sql);
      other.rows(std::string("BEGIN; ") + row.sql + "; COMMIT");
      const auto found = compare();
      REQUIRE(!found.empty());
      const bool named = std::any_of(found.begin(), found.end(),
                                     [&](const auto& d) { return d.place == row.place; });
      CHECK_MESSAGE(named, found.front().place);
    }
  }

  TEST_CASE("check_file counts rows and finds damage") {
    const MemoryDirectory directory;
    {
      const auto projector = staged_in(directory.path());
      Feeder feeder(*projector);
      std::vector<fold::LegacyRow> rows;
      for (std::uint64_t n = 1; n <= 500; ++n)
        rows.push_back(energy_row(n, static_cast<std::int64_t>(n)));
      REQUIRE(feeder.apply(rows, 500).has_value());
      REQUIRE(projector->settle().has_value());
    }
    const std::filesystem::path file = directory / sqlite_file_name;
    const auto sound = sqlite::check_file(file);
    REQUIRE(sound.has_value());
    CHECK(sound->at("energy_data") == 500);
    CHECK(sound->at("schema_version") == 5);
    std::string bytes = bytes_of(file);
    bytes.replace(bytes.size() - 2 * 4'096, 4'096, std::string(4'096, '\x5A'));
    write_bytes(file, bytes);
    const auto damaged = sqlite::check_file(file);
    REQUIRE(!damaged.has_value());
    CHECK(damaged.error().kind == ErrorKind::corrupt);
  }
}

}  // namespace wattledger::projections
