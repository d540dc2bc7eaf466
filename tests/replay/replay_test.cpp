// wattledger replay beyond the plain rebuild: the past, the dry run, the standing and the history.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <fstream>

#include "projections/rebuild.hpp"
#include "tests/replay/house_log.hpp"
#include "tests/replay/tool.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// Runs SQL on a file; the first column of the first row, "" without one.
std::string sql(const std::filesystem::path& file, const std::string& statement) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
  std::string result;
  const auto keep = [](void* to, int, char** columns, char**) {
    if (columns[0] != nullptr) *static_cast<std::string*>(to) = columns[0];
    return 0;
  };
  REQUIRE(sqlite3_exec(handle, statement.c_str(), keep, &result, nullptr) == SQLITE_OK);
  sqlite3_close(handle);
  return result;
}

// Records 1 to 4 at the beginning, a reading each minute for `minutes` minutes, rows of both kinds.
void live(HouseDirectory& house, int minutes) {
  house.begin();
  for (int minute = 1; minute <= minutes; ++minute) house.reading(60 * minute, 5'000 + minute);
  house.close();
}

}  // namespace

TEST_SUITE("replay/replay") {
  TEST_CASE("tables are built as of a record, or of what the log held at a time") {
    HouseDirectory house;
    live(house, 20);
    const MemoryDirectory away;
    const auto newest = [&](const std::string& into) {
      return sql(away / into / "goodwe_energy.db", "SELECT max(timestamp) FROM system_state");
    };
    struct Row {
      const char* option;
      const char* end;
      const char* newest;
    };
    int number = 0;
    for (const Row& row : {Row{"--until", "9", "2025-10-01T02:05:00"},
                           Row{"--until", "2025-10-01T00:07:30Z", "2025-10-01T02:07:00"},
                           Row{"--known-at", "2025-10-01T02:07:00", "2025-10-01T02:06:00"},
                           Row{"--until", "2030-01-01", "2025-10-01T02:20:00"}}) {
      CAPTURE(std::string(row.end));
      const std::string into = "then" + std::to_string(++number);
      const ToolRun run = on(house, {"replay", row.option, row.end, "--into", away / into});
      INFO(run.err);
      REQUIRE(run.code == 0);
      CHECK(newest(into) == row.newest);
    }
    CHECK_FALSE(std::filesystem::exists(house.data() / "goodwe_energy.db"));
  }

  TEST_CASE("the past and everything are for another directory, and the options go together") {
    HouseDirectory house;
    live(house, 2);
    const MemoryDirectory away;
    const std::string into = away / "x";
    struct Row {
      std::vector<std::string> options;
      const char* says;
    };
    const std::vector<Row> rows = {
        {{"--until", "3", "--yes"}, "add --into"},
        {{"--keep-all", "--yes"}, "add --into"},
        {{"--until", "0", "--into", into}, "held nothing"},
        {{"--until", "7", "--into", into}, "the log ends at 6"},
        {{"--until", "soon", "--into", into}, "is no time"},
        {{"--known-at", "2020-01-01", "--into", into}, "held nothing"},
        {{"--until", "3", "--known-at", "2025-10-02", "--into", into}, "give one"},
        {{"--diff"}, "--dry-run"},
        {{"--dry-run", "--into", into}, "--dry-run is about"},
        {{"--status", "--history"}, "one at a time"},
        {{"--undo", "--schema", "3"}, "leave all but --yes out"},
        {{"--status", "--yes"}, "--status builds nothing"},
    };
    for (const Row& row : rows) {
      std::vector<std::string> arguments = {"replay"};
      arguments.insert(arguments.end(), row.options.begin(), row.options.end());
      const ToolRun run = on(house, arguments);
      INFO(row.says << " not in " << run.err);
      CHECK(run.code == 2);
      CHECK(run.one_error_line());
      CHECK(run.err.find(row.says) != std::string::npos);
    }
    CHECK_FALSE(std::filesystem::exists(away / "x"));
  }

  TEST_CASE("with --keep-all old states stay, which retention cuts") {
    HouseDirectory house;
    house.begin();
    constexpr std::int64_t day = 86'400;
    for (const std::int64_t at : {std::int64_t{60}, 20 * day, 40 * day}) house.reading(at);
    house.close();
    const MemoryDirectory away;
    REQUIRE(on(house, {"replay", "--into", away / "kept"}).code == 0);
    REQUIRE(on(house, {"replay", "--keep-all", "--into", away / "all"}).code == 0);
    const auto states = [&](const char* into) {
      return std::stoi(sql(away / into / "goodwe_energy.db", "SELECT count(*) FROM system_state"));
    };
    CHECK(states("kept") == 2);
    CHECK(states("all") == 3);
  }

  TEST_CASE("a dry run says what a replay takes, and changes nothing") {
    HouseDirectory house;
    live(house, 3);
    const ToolRun first = on(house, {"replay", "--dry-run"});
    CHECK(first.code == 0);
    CHECK(first.out.find("would build sqlite from records 1 to 7") == 0);
    CHECK(first.out.find("not known") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(house.data() / "staging"));
    REQUIRE(on(house, {"replay", "--yes"}).code == 0);
    const auto json = on(house, {"replay", "--dry-run", "--format", "json"}).json_lines();
    REQUIRE(json.size() == 1);
    CHECK(json[0]["records"] == 10);
    CHECK(json[0]["time_ms"].is_number());
    CHECK(json[0]["disk_bytes"].get<std::uint64_t>() ==
          3 * std::filesystem::file_size(house.data() / "goodwe_energy.db"));
  }

  TEST_CASE("a diff finds what was changed by hand, of rows and of files, and only that") {
    HouseDirectory house;
    live(house, 12);
    REQUIRE(on(house, {"replay", "--projection", "sqlite", "--yes"}).code == 0);
    REQUIRE(on(house, {"replay", "--projection", "json", "--yes"}).code == 0);
    const ToolRun same = on(house, {"replay", "--dry-run", "--diff"});
    INFO(same.out << same.err);
    CHECK(same.code == 0);
    CHECK(same.lines().back() == "no differences");

    sql(house.data() / "goodwe_energy.db",
        "UPDATE system_state SET state='odd' WHERE timestamp LIKE '%T02:03:%'");
    const auto file = house.data() / "out" / "energy_data" / "energy_data_2025-10-01.json";
    REQUIRE(std::filesystem::exists(file));
    std::ofstream(file, std::ios::app) << " ";
    const ToolRun differs = on(house, {"replay", "--dry-run", "--diff", "--format", "json"});
    CHECK(differs.code == 1);
    const auto found = differs.json_lines()[0];
    REQUIRE(found["differences"].size() == 2);
    CHECK(found["differences"][0]["place"].get<std::string>().rfind("sqlite system_state id ", 0) ==
          0);
    CHECK(found["differences"][1]["place"] == "out/energy_data/energy_data_2025-10-01.json");
    CHECK(found["compared"].size() == 2);
    for (const auto& left : std::filesystem::directory_iterator(house.data() / "staging"))
      CHECK(left.path().filename() == "before");

    // What the log got since the live one's checkpoint is no difference, and a replay mends.
    REQUIRE(on(house, {"override", "hold"}).code == 0);
    REQUIRE(on(house, {"replay", "--yes"}).code == 0);
    REQUIRE(on(house, {"override", "auto"}).code == 0);
    CHECK(on(house, {"replay", "--dry-run", "--diff"}).code == 0);
  }

  TEST_CASE("an undo takes over again what the last replay replaced, and can be undone") {
    HouseDirectory house;
    live(house, 12);
    const ToolRun none = on(house, {"replay", "--undo", "--yes"});
    CHECK(none.code == 3);
    CHECK(none.one_error_line());
    REQUIRE(on(house, {"replay", "--projection", "sqlite", "--yes"}).code == 0);
    REQUIRE(on(house, {"replay", "--projection", "json", "--yes"}).code == 0);
    const auto file = house.data() / "goodwe_energy.db";
    const auto odd = [&] {
      return sql(file, "SELECT count(*) FROM system_state WHERE state='odd'");
    };
    const char* note = "UPDATE system_state SET state='odd' WHERE timestamp LIKE '%T02:03:%'";
    sql(file, note);
    const auto day = house.data() / "out" / "energy_data" / "energy_data_2025-10-01.json";
    const auto bytes = std::filesystem::file_size(day);
    REQUIRE(on(house, {"replay", "--yes"}).code == 0);
    CHECK(odd() == "0");

    CHECK(on(house, {"replay", "--undo"}).code == 2);  // nobody agreed
    CHECK(odd() == "0");
    const ToolRun undone = on(house, {"replay", "--undo", "--yes"});
    INFO(undone.out << undone.err);
    REQUIRE(undone.code == 0);
    CHECK(undone.lines()[0].rfind("sqlite version 20506 is back as of record ", 0) == 0);
    CHECK(odd() == "1");
    CHECK(std::filesystem::file_size(day) == bytes);
    const auto history = on(house, {"replay", "--history", "--format", "json"}).json_lines();
    REQUIRE(history.size() == 6);
    CHECK(history[5]["reason"] == "undone");
    CHECK(history[5]["took_ms"].is_null());
    // It goes on from there.
    const auto status = on(house, {"replay", "--status", "--format", "json"}).json_lines();
    CHECK(status[0]["lag"] == 1);  // the end of the change itself
    CHECK(status[1]["lag"] == 1);

    REQUIRE(on(house, {"replay", "--undo", "--yes"}).code == 0);
    CHECK(odd() == "0");
    CHECK(on(house, {"replay", "--dry-run", "--diff"}).code == 0);
    for (const auto& left : std::filesystem::directory_iterator(house.data() / "staging"))
      CHECK(left.path().filename() == "before");
  }

  TEST_CASE("an older schema is a replay, and so is the way back: nothing is lost in between") {
    HouseDirectory house;
    live(house, 12);
    const MemoryDirectory away;
    const auto config = away / "house.yaml";
    std::string environment = "production";
    const auto tool = [&](std::uint32_t schema, std::vector<std::string> arguments) {
      std::ofstream(config) << "data: " << house.data().string()
                            << "\nprojections: {sqlite: {schema: " << schema << "}}\n"
                            << "environment: " << environment << "\n";
      arguments.insert(arguments.begin(), {"--config", config});
      return run_tool(arguments);
    };
    const auto table = [&](const char* what) {
      return sql(house.data() / "goodwe_energy.db", what);
    };
    const char* columns = "SELECT count(*) FROM pragma_table_info('energy_data')";
    REQUIRE(tool(4, {"replay", "--yes"}).code == 0);
    REQUIRE(tool(4, {"replay", "--into", away / "straight", "--until", "16"}).code == 0);
    const std::string rows = table("SELECT count(*) FROM energy_data");

    const ToolRun waits = tool(3, {"replay", "--status"});
    CHECK(waits.code == 1);
    CHECK(waits.out.find("wattledger replay") != std::string::npos);
    // Production wants a backup before it goes back.
    const ToolRun unsafe = tool(3, {"replay", "--yes"});
    CHECK(unsafe.code == 3);
    CHECK(unsafe.one_error_line());
    CHECK(unsafe.err.find("take one first: wattledger backup create") != std::string::npos);
    CHECK(table(columns) == "18");
    REQUIRE(tool(3, {"backup", "create"}).code == 0);
    REQUIRE(tool(3, {"replay", "--yes"}).code == 0);
    environment = "development";
    CHECK(table(columns) == "13");
    CHECK(table("SELECT max(version) FROM schema_version") == "3");
    CHECK(table("SELECT count(*) FROM energy_data") == rows);
    CHECK(tool(3, {"replay", "--status"}).code == 0);
    // Without the configuration the tables themselves say which version this house has.
    CHECK(on(house, {"replay", "--yes"}).code == 0);
    CHECK(table(columns) == "13");
    const ToolRun other = on(house, {"replay", "--schema", "4", "--yes"});
    CHECK(other.code == 2);
    CHECK(other.one_error_line());
    CHECK(other.err.find("projections.sqlite.schema: 4") != std::string::npos);

    REQUIRE(tool(4, {"replay", "--yes"}).code == 0);
    REQUIRE(tool(4, {"replay", "--into", away / "back", "--until", "16"}).code == 0);
    const auto differences = projections::compare(away / "straight", away / "back");
    REQUIRE(differences.has_value());
    CHECK(differences->empty());
    CHECK(table(columns) == "18");
    CHECK(tool(4, {"replay", "--dry-run", "--diff"}).code == 0);
  }

  TEST_CASE("status says version, position and lag; history lists every rebuild") {
    HouseDirectory house;
    live(house, 3);
    const ToolRun nothing = on(house, {"replay", "--status"});
    CHECK(nothing.code == 1);
    CHECK(nothing.out.find("pending: not built yet") != std::string::npos);
    CHECK(on(house, {"replay", "--history"}).out == "nothing was ever rebuilt\n");
    CHECK(on(house, {"replay", "--history", "--format", "json"}).out.empty());

    REQUIRE(on(house, {"replay", "--yes"}).code == 0);
    REQUIRE(on(house, {"override", "hold"}).code == 0);
    const ToolRun status = on(house, {"replay", "--status", "--format", "json"});
    CHECK(status.code == 0);
    const auto sqlite = status.json_lines()[0];
    CHECK(sqlite["projection"] == "sqlite");
    CHECK(sqlite["version"] == sqlite["wanted"]);
    CHECK(sqlite["sequence"] == 9);
    CHECK(sqlite["lag"] == 2);
    CHECK(sqlite["standing"] == "behind");
    CHECK(sqlite["pending"].is_null());
    CHECK(sqlite["rebuilt"]["up_to"] == 8);
    const auto history = on(house, {"replay", "--history", "--format", "json"}).json_lines();
    REQUIRE(history.size() == 1);
    CHECK(history[0]["sequence"] == 9);
    CHECK(history[0]["schema"] == 5);
    CHECK(history[0]["reason"] == "adopted");
    CHECK(history[0]["by"].get<std::string>().rfind("uid:", 0) == 0);
    CHECK(history[0]["took_ms"].is_number());

    sql(house.data() / "goodwe_energy.db", "UPDATE projection_checkpoint SET version = 400");
    const ToolRun other = on(house, {"replay", "--status"});
    CHECK(other.code == 1);
    CHECK(other.out.find("pending: built by version 400") != std::string::npos);
    const ToolRun diff = on(house, {"replay", "--dry-run", "--diff"});
    CHECK(diff.code == 1);
    CHECK(diff.out.find("sqlite: built by version 400") != std::string::npos);
  }
}
