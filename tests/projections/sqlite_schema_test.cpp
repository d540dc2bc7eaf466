#include <doctest/doctest.h>

#include <map>
#include <set>

#include "projections/sqlite/sqlite_projector.hpp"
#include "tests/projections/row_builders.hpp"
#include "tests/projections/sqlite_reading.hpp"
#include "tests/support/places.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::projections {
namespace {

using testing::Feeder;
using testing::MemoryDirectory;
using testing::SqliteReader;

std::filesystem::path fresh_file(const MemoryDirectory& directory, bool staging,
                                 std::uint32_t schema = 4) {
  SqliteOptions options;
  options.schema = schema;
  options.data = directory.path();
  options.staging = staging;
  const std::unique_ptr<Projector> projector = make_sqlite_projector(options);
  Feeder feeder(*projector);
  REQUIRE(feeder.apply({testing::energy_row(7, 0)}, 9).has_value());
  REQUIRE(projector->settle().has_value());
  return directory / sqlite_file_name;
}

// Table → its columns as PRAGMA table_info tells them.
std::map<std::string, std::vector<std::string>> columns(SqliteReader& reader) {
  std::map<std::string, std::vector<std::string>> found;
  for (const std::string& table : reader.rows("SELECT name FROM sqlite_master WHERE type='table'"))
    found[table] = reader.rows("PRAGMA table_info(" + table + ")");
  return found;
}

// Index → table and columns; automatic ones by their table's key.
std::map<std::string, std::vector<std::string>> indexes(SqliteReader& reader) {
  std::map<std::string, std::vector<std::string>> found;
  for (const std::string& line :
       reader.rows("SELECT name || '|' || tbl_name FROM sqlite_master WHERE type='index'")) {
    const std::string name = line.substr(0, line.find('|'));
    found[line] = reader.rows("PRAGMA index_info(" + name + ")");
  }
  return found;
}

}  // namespace

TEST_SUITE("projections/sqlite schema") {
  TEST_CASE("schema version 4 stands with its nine tables, sixteen indexes and four rows") {
    for (const bool staging : {false, true}) {
      CAPTURE(staging);
      const MemoryDirectory directory;
      SqliteReader reader(fresh_file(directory, staging));
      CHECK(reader.one("SELECT count(*) FROM sqlite_master WHERE type='table' AND name NOT IN "
                       "('sqlite_sequence', 'projection_checkpoint')") == "9");
      CHECK(reader.one(
                "SELECT count(*) FROM sqlite_master WHERE type='index' AND name LIKE 'idx_%'") ==
            "16");
      CHECK(reader.rows("SELECT version, description FROM schema_version ORDER BY version") ==
            std::vector<std::string>{
                "1|Initial schema",
                "2|Add price snapshot fields (current_price_pln, energy_kwh, costs) to decisions",
                "3|Add composite and specialized indexes for query optimization",
                "4|Add cumulative energy columns and tariff_zone to energy_data"});
    }
  }

  TEST_CASE("each version before has its own columns, indexes and rows of schema_version") {
    struct Row {
      std::uint32_t schema;
      const char* columns;  // of energy_data
      const char* indexes;
    };
    for (const Row& row : {Row{1, "13", "7"}, Row{2, "13", "7"}, Row{3, "13", "15"},
                           Row{4, "18", "16"}, Row{5, "18", "31"}})
      for (const bool staging : {false, true}) {
        CAPTURE(row.schema);
        CAPTURE(staging);
        const MemoryDirectory directory;
        SqliteReader reader(fresh_file(directory, staging, row.schema));
        CHECK(reader.one("SELECT count(*) FROM pragma_table_info('energy_data')") == row.columns);
        CHECK(reader.one("SELECT name FROM pragma_table_info('energy_data') WHERE cid=12") ==
              "created_at");
        CHECK(reader.one("SELECT count(*) FROM sqlite_master WHERE type='index' AND name LIKE "
                         "'idx_%'") == row.indexes);
        CHECK(reader.one("SELECT max(version) FROM schema_version") == std::to_string(row.schema));
        CHECK(reader.one("SELECT count(*) FROM schema_version WHERE applied_at IS NOT NULL") ==
              std::to_string(row.schema));
        CHECK(reader.one("SELECT count(*) FROM energy_data WHERE battery_soc IS NOT NULL") == "1");
      }
  }

  TEST_CASE("version 5 is version 4 to the letter with our tables beside") {
    const MemoryDirectory four, five;
    SqliteReader before(fresh_file(four, false, 4));
    SqliteReader after(fresh_file(five, false, 5));
    auto tables_of_five = columns(after);
    for (const char* ours :
         {"hourly_stats", "daily_stats", "monthly_stats", "market_prices", "decision_audit",
          "commands", "faults", "alerts", "source_outages", "policies", "sessions_measured",
          "reports", "changes", "backups", "system_stats", "data_quality", "forecast_scores"})
      CHECK(tables_of_five.erase(ours) == 1);
    CHECK(tables_of_five == columns(before));
    const auto indexes_of_five = indexes(after);
    for (const auto& index : indexes(before)) {
      CAPTURE(index.first);
      REQUIRE(indexes_of_five.contains(index.first));
      CHECK(indexes_of_five.at(index.first) == index.second);
    }
    CHECK(after.one("SELECT count(*) FROM schema_version WHERE applied_at IS NOT NULL") == "5");
  }

  TEST_CASE("created_at sits before the five columns of version 4") {
    const MemoryDirectory directory;
    SqliteReader reader(fresh_file(directory, false));
    const std::vector<std::string> info =
        reader.rows("SELECT name FROM pragma_table_info('energy_data')");
    REQUIRE(info.size() == 18);
    CHECK(std::vector<std::string>(info.begin() + 12, info.end()) ==
          std::vector<std::string>{"created_at", "grid_import_total_kwh", "grid_export_total_kwh",
                                   "house_consumption_total_kwh", "pv_generation_total_kwh",
                                   "tariff_zone"});
  }

  TEST_CASE("the file has the legacy file's tables, columns and indexes, and one table more") {
    const std::filesystem::path legacy =
        testing::shared_data() / "legacy_sample" / "data" / "goodwe_energy.db";
    if (!std::filesystem::exists(legacy)) {
      MESSAGE("skipped: no legacy sample at " << legacy.string());
      return;
    }
    const MemoryDirectory directory;
    const std::filesystem::path copy = directory / "legacy.db";
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::path from = legacy, to = copy;
      if (std::filesystem::exists(from += suffix)) std::filesystem::copy_file(from, to += suffix);
    }
    SqliteReader theirs(copy);
    SqliteReader ours(fresh_file(directory, false));
    auto our_columns = columns(ours);
    CHECK(our_columns.erase("projection_checkpoint") == 1);
    CHECK(our_columns == columns(theirs));
    auto our_indexes = indexes(ours);
    CHECK(our_indexes.erase("sqlite_autoindex_projection_checkpoint_1|projection_checkpoint") == 1);
    CHECK(our_indexes == indexes(theirs));
    CHECK(ours.rows("SELECT version, description FROM schema_version") ==
          theirs.rows("SELECT version, description FROM schema_version"));
  }
}

}  // namespace wattledger::projections
