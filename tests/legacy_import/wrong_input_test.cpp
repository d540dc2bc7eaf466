#include "replay/legacy_import/legacy_database.hpp"
#include "tests/legacy_import/move.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_CASE("a conflict is told, the table counts, and what the file said is kept") {
  const Move move;
  make_old_house(move.old(), {.readings = 1, .files = false});
  move.write("out/energy_data/energy_data_2025-12-01.json",
             "[\n  " + energy("2025-12-01T00:00:00.250000", "\"battery_soc\": -1.5") + "\n]");
  const auto report = Move::report(move.import());
  CHECK(tells(report, "battery_soc is -1.5 here and "));
  CHECK(move.live("SELECT battery_soc > 0 FROM energy_data") == "1");
  CHECK(move.verify().code == 0);
}

TEST_CASE(
    "wrong input is one line with its place; the rest is imported and the exit code says so") {
  const Move move;
  struct Case {
    std::string text, told;
  };
  const std::string good = energy("2025-12-01T10:00:00");
  const std::vector<Case> cases{
      {"[" + good + ", {\"timestamp\": \"2025-12-01T10:05:00\", \"batt", "the array is cut short"},
      {"[" + good + ", {\"timestamp\": 01}]", "no JSON at byte"},
      {"[" + good + ", {\"x\": \"\xFF\"}]", "no JSON at byte"},
      {"[" + good + ", [1, 2]]", "no JSON object"},
      {"[" + good + ", " + energy("2025-02-30T10:00:00") + "]", "is no time"},
      {"[" + good + ", " + energy("soon") + "]", "is no time"},
      {"[" + good + ", " + energy("2999-01-01T00:00:00") + "]", "in the future"},
      {"[" + good + ", " + energy("1899-01-01T00:00:00") + "]", "before the year 2000"},
      {"[" + good + ", {\"timestamp\": \"2025-12-01T11:00:00\", \"z\": 1}]",
       "no record that the older system wrote"}};
  for (const Case& each : cases) {
    CAPTURE(each.text);
    const Move wrong;
    wrong.write("out/energy_data/energy_data_2025-12-01.json", each.text);
    const ToolRun run = wrong.import();
    CHECK(run.code == 1);
    const auto report = Move::report(run);
    CHECK(report["total"]["imported"] == 1);
    CHECK(report["total"]["rejected"] == 1);
    CHECK(tells(report, each.told));
  }
}

TEST_CASE("doubtful values are told and kept as they stood") {
  const Move move;
  move.write("out/energy_data/energy_data_2026-03-29.json",
             "[" + energy("2026-03-29T02:30:00") + ", " +
                 energy("2026-03-29T05:00:00", "\"pv_power\": -5, \"battery_soc\": 400") + ", " +
                 energy("2026-03-29T06:00:00", "\"pv_power\": NaN") + ", " +
                 energy("2026-03-29T07:00:00", "\"pv_power\": 1, \"pv_power\": 2") + "]");
  const ToolRun run = move.import();
  CHECK(run.code == 0);
  const auto report = Move::report(run);
  CHECK(tells(report, "was skipped when the clocks went forward"));
  CHECK(tells(report, "pv_power is -5, which no house has"));
  CHECK(tells(report, "battery_soc is 400, which no house has"));
  CHECK(tells(report, "holds NaN or Infinity"));
  CHECK(report["total"]["kept_whole"] == 1);  // a key twice
  CHECK(move.verify().code == 0);
}

TEST_CASE(
    "a database that is corrupt, newer or a wattledger's own is one line, the files are imported") {
  const auto told = [](const Move& move, const std::string& words) {
    move.write("out/energy_data/energy_data_2025-12-01.json",
               "[" + energy("2025-12-01T10:00:00") + "]");
    const ToolRun run = move.import();
    CHECK(run.code == 1);
    const auto report = Move::report(run);
    CHECK(report["total"]["imported"] == 1);
    CHECK(tells(report, words));
    CHECK(move.verify().code == 1);  // the files are compared all the same
  };
  {
    const Move move;
    move.write("data/goodwe_energy.db", std::string(8'192, 'x'));
    told(move, "not a database");
  }
  {
    const Move move;
    make_old_house(move.old(), {.readings = 1, .files = false});
    auto file = sqlite::Connection::open(move.database(), sqlite::Access::read_write);
    REQUIRE(file);
    REQUIRE(file->execute("INSERT INTO schema_version(version) VALUES (9); CREATE TABLE mine(a)"));
    told(move, "schema version 9");
  }
  {
    const Move move;
    make_old_house(move.old(), {.readings = 1, .files = false});
    auto file = sqlite::Connection::open(move.database(), sqlite::Access::read_write);
    REQUIRE(file);
    REQUIRE(file->execute("CREATE TABLE projection_checkpoint(projection TEXT)"));
    told(move, "wattledger's own projection");
  }
}

TEST_CASE("a time without a zone is asked for, and sources that are not there are named") {
  const Move move;
  make_old_house(move.old(), {.readings = 1});
  const ToolRun no_zone = move.run({"import", "legacy", "--db", move.database().string()});
  CHECK(no_zone.code == 2);
  CHECK(no_zone.err.find("--timezone") != std::string::npos);
  const ToolRun gone =
      move.run({"import", "legacy", "--timezone", "Europe/Warsaw", "--out", "/nowhere"});
  CHECK(gone.code == 3);
  CHECK(gone.one_error_line());
  CHECK(move.run({"import", "legacy"}).code == 2);
  const ToolRun within =
      run_tool({"--data", move.old().string(), "import", "legacy", "--timezone", "Europe/Warsaw",
                "--out", (move.old() / "out").string(), "--state", move.old().string()},
               move.old());
  CHECK(within.code == 2);
  CHECK(within.err.find("name another one with --data") != std::string::npos);
  const ToolRun swapped = move.run({"legacy", "import"});
  CHECK(swapped.code == 2);
  CHECK(swapped.err.find("write wattledger import legacy") != std::string::npos);
  CHECK(!fs::exists(move.data() / "log"));
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"import", "verify", "--out", "/nowhere"},
        {"import", "archive-originals", "--out", "/nowhere", "--into", move.old().string()}}) {
    const ToolRun wrong = move.run(words);
    CHECK(wrong.code == 3);
    CHECK(wrong.err.find("/nowhere is no directory") != std::string::npos);
  }
}

TEST_CASE("an odd record costs itself alone, also as the first of its file") {
  const Move move;
  move.write("out/energy_data/energy_data_2025-12-01.json",
             "[{\"battery_soc\": 50}, " + energy("2025-12-01T10:00:00") + "]");
  move.write("out/energy_data/energy_data_2025-12-02.json",
             "{\"data\": [" + energy("2025-12-02T10:00:00") + "]}");
  move.write("out/coordinator_state_20251201.json", "[1, 2]");
  move.write("data/partial_charging_sessions.json", "{\"sessions\": []}\n");
  move.write("data/price_history.json", "");
  const ToolRun run = move.import();
  CHECK(run.code == 1);
  const auto report = Move::report(run);
  CHECK(report["total"]["imported"] == 2);
  CHECK(report["total"]["rejected"] == 5);
  CHECK(report["left_aside"].empty());
  CHECK(tells(report, "is empty"));
}

TEST_CASE("no value that a file can hold stops the tables") {
  const Move move;
  const std::vector<std::string> values{
      "[1]", "{\"a\": 1}", "9999999999999999999", "\"text\"", "true", "1e400", "NaN", "-Infinity"};
  std::string elements;
  for (std::size_t i = 0; i < values.size(); ++i)
    elements += (i == 0 ? "" : ", ") +
                energy("2025-12-01T10:00:0" + std::to_string(i),
                       "\"battery_soc\": " + values[i] + ", \"pv_power\": " + values[i]);
  move.write("out/energy_data/energy_data_2025-12-01.json", "[" + elements + "]");
  move.write("out/charging_decision_20251201.json",
             "{\"timestamp\": \"2025-12-01T10:00:00\", \"action\": \"charge\", \"reason\": [1]}\n");
  CHECK(move.import().code == 1);  // 1e400 is no number
  CHECK(move.live("SELECT count(*) FROM energy_data") == "7");
  CHECK(move.live("SELECT count(*) FROM coordinator_decisions") == "1");
}

TEST_CASE("damage in one table leaves the others, and a wattledger's own files are no source") {
  {
    const Move move;
    make_old_house(move.old(), {.readings = 2'000, .files = false});
    // The page of the table, not of an index, that holds this row.
    const std::string bytes = text_of_file(move.database());
    std::size_t row = bytes.find("2025-12-03T05:00:00.250000");
    while (row != std::string::npos &&
           bytes.substr(row, 200).find("2026-01-01 ") == std::string::npos)
      row = bytes.find("2025-12-03T05:00:00.250000", row + 1);
    REQUIRE(row != std::string::npos);
    std::fstream file(move.database(), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(row / 4'096 * 4'096));
    file << std::string(4'096, 'x');
    file.close();
    const ToolRun run = move.import();
    CHECK(run.code == 1);
    const auto report = Move::report(run);
    CHECK(report["sources"]["coordinator_decisions"]["imported"].get<int>() > 0);
    CHECK(report["sources"]["energy_data"]["rejected"] == 1);
    CHECK(report["sources"]["energy_data"]["imported"].get<int>() > 1'900);
    const ToolRun verified = move.verify();
    CHECK(verified.code == 1);
    CHECK(verified.json_lines().at(0)["rows"].get<int>() > 600);
  }
  {
    const Move move;
    make_old_house(move.old(), {.readings = 1});
    move.write("out/.wattledger-manifest.json", "{}");
    const ToolRun run = move.import();
    CHECK(run.code == 3);
    CHECK(run.err.find("what a wattledger writes") != std::string::npos);
  }
}

TEST_CASE("a finding is a line, however long the values are") {
  const Move move;
  const auto padded = [](char c) {
    return energy("2025-12-01T10:00:00",
                  "\"battery_soc\": 50.0, \"pad\": \"" + std::string(5'000, c) + "\"");
  };
  move.write("out/energy_data/energy_data_2025-12-01.json",
             "[" + padded('a') + ", " + padded('b') + "]");
  const auto report = Move::report(move.import());
  REQUIRE(report["doubtful"] == 1);
  CHECK(report["findings"][0]["what"].get<std::string>().size() < 500);
  CHECK(move.verify().code == 0);
}

TEST_CASE("an import that fails leaves the report of an earlier one as it is") {
  const Move move;
  make_old_house(move.old(), {.readings = 1});
  const std::string report = (move.old() / "report.txt").string();
  REQUIRE(move.import({"--report", report}).code == 0);
  const std::string before = text_of_file(report);
  CHECK(before.find("records found") != std::string::npos);
  CHECK(move.run({"import", "legacy", "--timezone", "Europe/Warsaw", "--db", "/nowhere.db",
                  "--report", report})
            .code == 3);
  CHECK(text_of_file(report) == before);
}

TEST_CASE("import and verify take the same range for a time that spring leaves out") {
  const Move move;
  move.write("out/energy_data/energy_data_2025-03-30.json",
             "[" + energy("2025-03-30T01:30:00") + ", " + energy("2025-03-30T02:30:00") + ", " +
                 energy("2025-03-30T03:40:00") + "]");
  const std::vector<std::string> range{"--since", "2025-03-30T03:00", "--until",
                                       "2025-03-30T04:00"};
  CHECK(Move::report(move.import(range))["total"]["found"] == 1);
  CHECK(move.verify(range).code == 0);
  CHECK(move.verify().code == 1);
}

TEST_CASE("what somebody has open is read as it stood when reading began") {
  const Move move;
  make_old_house(move.old(), {.readings = 20'000, .every_s = 60, .files = false});
  auto writer = sqlite::Connection::open(move.database(), sqlite::Access::read_write);
  REQUIRE(writer);
  REQUIRE(
      writer->execute("PRAGMA journal_mode = WAL; UPDATE energy_data SET tariff_zone = 'one'; "
                      "PRAGMA wal_checkpoint(TRUNCATE)"));
  auto reader = tool::open_legacy_database(move.database(), move.old() / "aside");
  REQUIRE(reader);
  auto rows = reader->prepare("SELECT tariff_zone FROM energy_data ORDER BY rowid");
  REQUIRE(rows);
  REQUIRE(*rows->step());
  REQUIRE(
      writer->execute("UPDATE energy_data SET tariff_zone = 'another, longer one'; "
                      "PRAGMA wal_checkpoint(TRUNCATE)"));
  int read = 1;
  int old = 1;
  while (true) {
    const auto there = rows->step();
    REQUIRE(there);
    if (!*there) break;
    ++read;
    if (rows->text(0) == "one") ++old;
  }
  CHECK(read == 20'000);
  CHECK(old == 20'000);
}
