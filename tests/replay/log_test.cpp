#include <doctest/doctest.h>

#include "tests/replay/house_log.hpp"
#include "tests/replay/tool.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_SUITE("replay/log") {
  TEST_CASE("cat prints one aligned line per record, in the house's time") {
    HouseDirectory house;
    house.begin();
    house.reading(60, 6'400);
    house.decide(60);
    house.close();
    const ToolRun run = on(house, {"log", "cat"});
    INFO(run.err);
    REQUIRE(run.code == 0);
    const std::vector<std::string> lines = run.lines();
    REQUIRE(lines.size() == 7);
    CHECK(lines[0] ==
          "       1  2025-10-01 02:00:00+02:00  SiteAdopted              home, no inverter seen "
          "yet, Europe/Warsaw");
    CHECK(lines[4] ==
          "       5  2025-10-01 02:01:00+02:00  ReadingRecorded          SOC 64.0 %, battery -3000 "
          "W, PV 1250 W, load 830 W, grid "
          "-2580 W");
    CHECK(lines[6].find("DecisionMade") != std::string::npos);
    CHECK(lines[6].find("based on 5") != std::string::npos);
  }

  TEST_CASE("cat selects by sequence, kind and time, and stops at a limit") {
    HouseDirectory house;
    house.begin();
    for (int i = 1; i <= 10; ++i) house.reading(i * 60);
    house.close();
    CHECK(on(house, {"log", "cat", "2..3"}).lines().size() == 2);
    CHECK(on(house, {"log", "cat", "13.."}).lines().size() == 2);
    CHECK(on(house, {"log", "cat", "..3"}).lines().size() == 3);
    CHECK(on(house, {"log", "cat", "--kind", "ReadingRecorded"}).lines().size() == 10);
    CHECK(on(house, {"log", "cat", "--kind", "ReadingRecorded", "--limit", "4"}).lines().size() ==
          4);
    // 02:03 local to 02:05 local: the readings of the third and fourth minute.
    CHECK(on(house, {"log", "cat", "--from", "2025-10-01T02:03", "--to", "2025-10-01T00:05Z"})
              .lines()
              .size() == 2);
    // What was recorded up to 02:03 local: the beginning, and three readings.
    const auto known = on(house, {"log", "cat", "--known-at", "2025-10-01T02:03"}).lines();
    CHECK(known.size() == 7);
    CHECK(on(house, {"log", "cat", "6..", "--known-at", "2025-10-01T02:03"}).lines().size() == 2);
    CHECK(on(house, {"log", "cat", "--known-at", "2024-01-01"}).out.empty());
  }

  TEST_CASE("cat as JSON holds every field, one object per line") {
    HouseDirectory house;
    house.begin();
    house.reading(60, 6'400);
    house.close();
    const auto records = on(house, {"log", "cat", "--format", "json"}).json_lines();
    REQUIRE(records.size() == 5);
    CHECK(records[4]["sequence"] == 5);
    CHECK(records[4]["kind"] == "ReadingRecorded");
    CHECK(records[4]["recorded_at"] == "2025-10-01T00:01:00Z");
    CHECK(records[4]["event"]["fact"]["battery_soc_bp"] == 6'400);
  }

  TEST_CASE("tail prints the newest, all of a shorter log, nothing of an empty one") {
    HouseDirectory house;
    CHECK(on(house, {"log", "tail"}).out.empty());
    house.begin();
    CHECK(on(house, {"log", "tail"}).lines().size() == 4);
    const auto last = on(house, {"log", "tail", "-n", "1", "--format", "json"}).json_lines();
    REQUIRE(last.size() == 1);
    CHECK(last[0]["sequence"] == 4);
  }

  TEST_CASE("stat names the log, its writer and what it holds") {
    HouseDirectory house;
    house.begin();
    house.reading(60);
    const auto held = on(house, {"log", "stat", "--format", "json"}).json_lines();
    REQUIRE(held.size() == 1);
    CHECK(held[0]["uuid"] == std::string(30, '0') + "07");
    CHECK(held[0]["head"] == 5);
    CHECK(held[0]["kinds"]["ReadingRecorded"] == 1);
    CHECK(held[0]["writer"].get<std::string>().rfind("test", 0) == 0);
    house.close();
    const ToolRun text = on(house, {"log", "stat"});
    CHECK(text.out.find("records     1 to 5\n") != std::string::npos);
    CHECK(text.out.find("writer      none\n") != std::string::npos);
    CHECK(text.out.find("         1  ReadingRecorded\n") != std::string::npos);
  }

  TEST_CASE("verify finds a sound log sound, with the tree when it is asked to look deep") {
    HouseDirectory house;
    house.begin();
    const std::string root = value(house.log().snapshot()).meta().frontier.root().hex();
    house.close();
    const ToolRun quick = on(house, {"log", "verify"});
    CHECK(quick.code == 0);
    CHECK(quick.out == "4 records read, the tree not compared (--deep), no findings\n");
    const ToolRun deep = on(house, {"log", "verify", "--deep"});
    CHECK(deep.code == 0);
    CHECK(deep.out == "4 records read, root " + root + ", 0 checkpoints compared, no findings\n");
    const auto json = on(house, {"log", "verify", "--deep", "--format", "json"}).json_lines();
    REQUIRE(json.size() == 1);
    CHECK(json[0]["deep"] == true);
    CHECK(json[0]["root"] == root);
    CHECK(json[0]["findings"].empty());
    CHECK(json[0]["lost"].empty());
  }

  TEST_CASE("verify --since looks no further back than the 256 records before") {
    HouseDirectory house;
    house.begin();
    for (int i = 1; i <= 600; ++i) house.reading(i);
    house.close();
    REQUIRE(change_byte(house.data() / "log" / "data.mdb", "Europe/Warsaw"));
    CHECK(on(house, {"log", "verify", "--since", "256"}).code == 1);
    const ToolRun later = on(house, {"log", "verify", "--deep", "--since", "257"});
    CHECK(later.code == 0);
    CHECK(later.out.rfind("348 records read", 0) == 0);
    CHECK(on(house, {"log", "verify", "--since", "0"}).code == 2);
  }

  TEST_CASE("verify names the record that a changed byte damaged, exit code 1") {
    HouseDirectory house;
    house.begin();
    house.reading(60, 6'400);
    house.close();
    const std::filesystem::path file = house.data() / "log" / "data.mdb";
    REQUIRE(std::filesystem::exists(file));
    REQUIRE(change_byte(file, "Europe/Warsaw"));
    const ToolRun run = on(house, {"log", "verify"});
    INFO(run.out << run.err);
    CHECK(run.code == 1);
    CHECK(run.out.rfind("       1  damaged record", 0) == 0);
  }

  TEST_CASE("salvage copies what is intact, lists what is lost, and leaves the damaged log alone") {
    HouseDirectory house;
    house.begin();
    for (int i = 1; i <= 20; ++i) house.reading(i * 60);
    house.close();
    REQUIRE(change_byte(house.data() / "log" / "data.mdb", "Europe/Warsaw"));
    const MemoryDirectory home;
    const std::string into = home / "new";
    const ToolRun run = on(house, {"log", "salvage", "--into", into});
    INFO(run.err);
    CHECK(run.code == 1);
    REQUIRE(run.lines().size() == 2);
    CHECK(run.lines()[0] == "record 1 lost: the checksum does not fit the bytes");
    CHECK(run.lines()[1].rfind("23 records copied, 1 lost; new log ", 0) == 0);
    CHECK(on(house, {"log", "verify"}).code == 1);
    const ToolRun verified = run_tool({"--data", into, "log", "verify", "--deep"});
    CHECK(verified.code == 0);
    CHECK(verified.lines()[0] == "record 1 lost before this log was salvaged");
    CHECK(run_tool({"--data", into, "log", "cat"}).lines().size() == 24);
    const auto last =
        run_tool({"--data", into, "log", "tail", "-n", "1", "--format", "json"}).json_lines();
    REQUIRE(last.size() == 1);
    CHECK(last[0]["sequence"] == 25);
    CHECK(last[0]["kind"] == "LogRestored");
    const ToolRun again = on(house, {"log", "salvage", "--into", into});
    CHECK(again.code == 3);
    CHECK(again.one_error_line());
  }

  TEST_CASE("salvage of a sound log loses nothing, exit code 0; as JSON it is one object") {
    HouseDirectory house;
    house.begin();
    house.close();
    const MemoryDirectory home;
    const std::string into = home / "new";
    const ToolRun run = on(house, {"log", "salvage", "--into", into, "--format", "json"});
    CHECK(run.code == 0);
    const auto json = run.json_lines();
    REQUIRE(json.size() == 1);
    CHECK(json[0]["copied"] == 4);
    CHECK(json[0]["lost"].empty());
    CHECK(json[0]["parent"] == std::string(30, '0') + "07");
    CHECK(json[0]["restored"] == 5);
    CHECK(on(house, {"log", "salvage"}).code == 2);
  }
}
