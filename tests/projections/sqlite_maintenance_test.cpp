#include "projections/sqlite/sqlite_maintenance.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "projections/sqlite/sqlite_compare.hpp"
#include "projections/sqlite/sqlite_handle.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "tests/projections/row_builders.hpp"
#include "tests/projections/sqlite_reading.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::projections {
namespace {

using testing::Feeder;
using testing::SqliteReader;

// A live file of some hundred rows.
struct LiveFile {
  explicit LiveFile(SlowQueries slow = {}) {
    options.data = directory.path();
    options.slow_queries = std::move(slow);
    projector = make_sqlite_projector(options);
    std::vector<fold::LegacyRow> rows;
    for (std::int64_t minute = 0; minute < 900; ++minute)
      rows.push_back(testing::state_row(static_cast<std::uint64_t>(minute) + 1, minute));
    Feeder feeder(*projector);
    REQUIRE(feeder.apply_in_batches(rows, 100).has_value());
    REQUIRE(projector->settle().has_value());
  }
  [[nodiscard]] std::filesystem::path file() const { return directory / sqlite_file_name; }
  testing::MemoryDirectory directory;
  SqliteOptions options;
  std::unique_ptr<Projector> projector;
};

MaintenanceReport maintained(const std::filesystem::path& file, Maintenance which) {
  const auto report = sqlite::maintain_file(file, which);
  REQUIRE_MESSAGE(report.has_value(), (report ? std::string() : report.error().line()));
  return *report;
}

}  // namespace

TEST_SUITE("projections/sqlite maintenance") {
  TEST_CASE("a sound file is ok, says the same afterwards, and its write-ahead log is emptied") {
    const LiveFile live, untouched;
    for (const Maintenance which : {Maintenance::daily, Maintenance::weekly}) {
      const MaintenanceReport report = maintained(live.file(), which);
      CHECK(report.ok());
      CHECK(report.checkpointed);
      CHECK(!report.vacuumed);
      CHECK(report.pages > 0);
      CHECK(std::filesystem::file_size(live.file().string() + "-wal") == 0);
    }
    CHECK(SqliteReader(live.file()).one("SELECT count(*) FROM sqlite_stat1") != "0");
    const auto differences = sqlite::compare_files(untouched.file(), live.file(), 10);
    REQUIRE(differences.has_value());
    CHECK(differences->empty());
  }

  TEST_CASE("the projector goes on writing after a file was vacuumed under it") {
    const LiveFile live;
    SqliteReader(live.file())
        .rows("CREATE TABLE big(x); INSERT INTO big SELECT zeroblob(1000000); DROP TABLE big");
    CHECK(!maintained(live.file(), Maintenance::daily).vacuumed);
    const MaintenanceReport report = maintained(live.file(), Maintenance::weekly);
    CHECK(report.free_pages > report.pages / 4);
    CHECK(report.vacuumed);
    CHECK(report.line().find("vacuumed") != std::string::npos);
    const auto pages = sqlite::count_pages(live.file());
    REQUIRE(pages.has_value());
    CHECK(pages->unused == 0);
    CHECK(pages->all < report.pages);
    const auto before = live.projector->checkpoint();
    REQUIRE(before.has_value());
    Checkpoint after = **before;
    after.sequence = Sequence{901};
    const std::vector<fold::LegacyRow> rows{testing::state_row(901, 900)};
    CHECK(live.projector->apply(*before, after, rows).has_value());
    CHECK(SqliteReader(live.file()).one("SELECT count(*) FROM system_state") == "901");
  }

  TEST_CASE("a reader in the way only keeps the write-ahead log") {
    const LiveFile live;
    SqliteReader reader(live.file());
    reader.rows("BEGIN");
    CHECK(reader.one("SELECT count(*) FROM system_state") == "900");
    SqliteReader(live.file()).rows("CREATE TABLE more(x)");
    const MaintenanceReport report = maintained(live.file(), Maintenance::daily);
    CHECK(report.ok());
    CHECK(!report.checkpointed);
  }

  TEST_CASE("a damaged file is a finding, and nothing is done to it") {
    const LiveFile live;
    REQUIRE(maintained(live.file(), Maintenance::daily).checkpointed);
    const auto size = std::filesystem::file_size(live.file());
    {
      std::fstream file(live.file(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(size) - 3 * 4'096);
      file.write(std::string(4'096, '\x55').data(), 4'096);
    }
    for (const Maintenance which : {Maintenance::daily, Maintenance::weekly}) {
      const auto report = sqlite::maintain_file(live.file(), which);
      REQUIRE(report.has_value());
      CHECK(!report->ok());
      CHECK(!report->vacuumed);
      CHECK(report->line() == report->finding);
    }
    CHECK(std::filesystem::file_size(live.file()) == size);
    {
      std::fstream file(live.file(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(100);  // the first page, which holds the schema
      file.write(std::string(3'000, '\x55').data(), 3'000);
    }
    const auto worst = sqlite::maintain_file(live.file(), Maintenance::daily);
    REQUIRE_MESSAGE(worst.has_value(), worst.error().line());
    CHECK(!worst->ok());
  }

  TEST_CASE("no VACUUM where it may not be") {
    const LiveFile live;
    SqliteReader(live.file()).rows("DELETE FROM system_state");
    const auto report = sqlite::maintain_file(live.file(), Maintenance::weekly, false);
    REQUIRE(report.has_value());
    CHECK(report->ok());
    CHECK(!report->vacuumed);
    CHECK(maintained(live.file(), Maintenance::weekly).vacuumed);
  }

  TEST_CASE("what is not ours, or not there, is refused") {
    const testing::MemoryDirectory directory;
    const auto file = directory / "other.db";
    CHECK(sqlite::maintain_file(file, Maintenance::daily).error().kind == ErrorKind::not_found);
    CHECK(!std::filesystem::exists(file));
    SqliteReader(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).rows("CREATE TABLE theirs(x)");
    CHECK(sqlite::maintain_file(file, Maintenance::weekly).error().kind == ErrorKind::foreign);
    CHECK(sqlite::count_pages(file).error().kind == ErrorKind::foreign);
  }

  TEST_CASE("statements that take longer than was said are told") {
    std::vector<std::string> told;
    const testing::MemoryDirectory directory;
    auto opened = sqlite::Connection::open(directory / "a.db", sqlite::Access::create);
    REQUIRE(opened.has_value());
    sqlite::Connection& connection = *opened;
    // Half a million steps of a virtual machine take longer than a millisecond on any machine.
    const std::string slow =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000) "
        "SELECT count(*) FROM n";
    const SlowQueries watched{std::chrono::milliseconds(1),
                              [&](std::string_view sql, std::chrono::milliseconds took) {
                                CHECK(took > std::chrono::milliseconds(1));
                                told.emplace_back(sql);
                              }};
    REQUIRE(connection.integer(slow).has_value());
    CHECK(told.empty());
    connection.watch(watched);
    REQUIRE(connection.integer(slow).has_value());
    CHECK(std::find(told.begin(), told.end(), slow) != told.end());
  }
}

}  // namespace wattledger::projections
