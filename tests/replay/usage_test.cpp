// Wrong input gets one line, what and what to do, and the exit code of its sort.
#include <doctest/doctest.h>

#include "tests/replay/house_log.hpp"
#include "tests/replay/tool.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_SUITE("replay/usage") {
  struct Wrong {
    const char* name;
    std::vector<std::string> arguments;
    int code;
    const char* says;
  };

  TEST_CASE("what is wrong on the command line is said in one line, exit code 2") {
    HouseDirectory house;
    house.begin();
    house.close();
    const std::vector<Wrong> table = {
        {"nothing", {}, 2, "no command given"},
        {"unknown command", {"stauts"}, 2, "did you mean \"status\"?"},
        {"unknown verb of a group", {"log", "ct"}, 2, "did you mean \"cat\"?"},
        {"group without verb", {"log"}, 2, "log: no command given"},
        {"unknown option", {"log", "cat", "--knd", "X"}, 2, "did you mean \"--kind\"?"},
        {"one word too many", {"log", "cat", "1", "2"}, 2, "\"2\" is too much"},
        {"unknown format", {"--format", "xml", "log", "stat"}, 2, "write text or json"},
        {"no count", {"log", "cat", "--limit", "0"}, 2, "is no count"},
        {"no count of lines", {"log", "tail", "-n", "ten"}, 2, "is no count"},
        {"unknown kind",
         {"log", "cat", "--kind", "DecisionMad"},
         2,
         "did you mean \"DecisionMade\"?"},
        {"no record", {"log", "cat", "one"}, 2, "write 120, 120..140"},
        {"range backwards", {"log", "cat", "3..2"}, 2, "runs backwards"},
        {"no time", {"audit", "list", "--from", "yesterday"}, 2, "\"yesterday\" is no time"},
        {"period backwards",
         {"audit", "verify", "--from", "2025-10-02", "--to", "2025-10-01"},
         2,
         "--from is not before --to"},
        {"unknown action", {"audit", "list", "--action", "chrage"}, 2, "did you mean \"charge\"?"},
        {"unknown rule",
         {"audit", "list", "--rule", "cheapest_slot"},
         2,
         "did you mean \"cheapest_slots\"?"},
        {"unknown override", {"override", "chrage"}, 2, "did you mean \"charge\"?"},
        {"override into the past", {"override", "charge", "--until", "2020-01-01"}, 2, "is over"},
        {"override auto with an end",
         {"override", "auto", "--until", "+1h"},
         2,
         "gives control back at once"},
        {"hold with a power",
         {"override", "hold", "--power", "100"},
         2,
         "keeps the charge it finds"},
        {"charge beyond full", {"override", "charge", "--soc", "101"}, 2, "0 to 100"},
        {"negative power", {"override", "charge", "--power=-5"}, 2, "without a sign"},
        {"unknown fault", {"fault", "clear", "grid_voltag"}, 2, "did you mean \"grid_voltage\"?"},
        {"correction without reason", {"correct", "1", "site", "cottage"}, 2, "--reason"},
        {"unknown field",
         {"correct", "1", "sit", "x", "--reason", "r"},
         2,
         "did you mean \"site\"?"},
        {"value that does not fit",
         {"correct", "1", "latitude_e6", "north", "--reason", "r"},
         2,
         "write a whole number"},
        {"replay without consent", {"replay"}, 2, "add --yes"},
        {"unknown projection", {"replay", "--projection", "sqlit"}, 2, "did you mean \"sqlite\"?"},
        {"schema that cannot be built",
         {"replay", "--schema", "9"},
         2,
         "schema version 9 cannot be built"},
    };
    for (const Wrong& wrong : table) {
      std::vector<std::string> arguments = {"--data", house.data().string()};
      arguments.insert(arguments.end(), wrong.arguments.begin(), wrong.arguments.end());
      const ToolRun run = run_tool(arguments);
      INFO(wrong.name << ": " << run.err);
      CHECK(run.code == wrong.code);
      CHECK(run.one_error_line());
      CHECK(run.err.find(wrong.says) != std::string::npos);
      CHECK(run.out.empty());
    }
  }

  TEST_CASE("an option behind which nothing stands is refused, and a record that is none") {
    HouseDirectory house;
    house.begin();
    house.close();
    const std::vector<Wrong> table = {
        {"place to replay into", {"replay", "--into", "", "--yes"}, 2, "nothing stands behind it"},
        {"configuration", {"--config", "", "status"}, 2, "nothing stands behind it"},
        {"end", {"override", "charge", "--until", ""}, 2, "nothing stands behind it"},
        {"period", {"audit", "list", "--from", ""}, 2, "nothing stands behind it"},
        {"record", {"correct", "-1", "site", "x", "--reason", "r"}, 2, "is no count"},
    };
    for (const Wrong& wrong : table) {
      std::vector<std::string> arguments = {"--data", house.data().string()};
      arguments.insert(arguments.end(), wrong.arguments.begin(), wrong.arguments.end());
      const ToolRun run = run_tool(arguments);
      INFO(wrong.name << ": " << run.err);
      CHECK(run.code == wrong.code);
      CHECK(run.one_error_line());
      CHECK(run.err.find(wrong.says) != std::string::npos);
    }
  }

  TEST_CASE("what is not there is said in one line, exit code 3") {
    const MemoryDirectory empty;
    HouseDirectory house;
    house.begin();
    house.close();
    const std::string data = house.data().string();
    const std::vector<Wrong> table = {
        {"no directory by habit",
         {"log", "stat"},
         3,
         "neither ./wattledger-data nor ./wattledger-demo"},
        {"no such directory",
         {"--data", "/nowhere", "log", "stat"},
         3,
         "no data directory /nowhere"},
        {"a directory without a log",
         {"--data", empty.path().string(), "log", "stat"},
         3,
         "its directory log/ is missing"},
        {"no such configuration", {"--config", "/nowhere.yaml", "log", "stat"}, 3, "/nowhere.yaml"},
        {"no such record", {"--data", data, "log", "cat", "99"}, 3, "there is no record 99"},
        {"no record to correct",
         {"--data", data, "correct", "99", "site", "x", "--reason", "r"},
         3,
         "99"},
        {"fault that does not stand",
         {"--data", data, "fault", "clear", "grid_voltage"},
         3,
         "does not stand"},
        {"no daemon to reload", {"--data", data, "reload"}, 3, "no daemon is running"},
    };
    for (const Wrong& wrong : table) {
      const ToolRun run = run_tool(wrong.arguments);
      INFO(wrong.name << ": " << run.err);
      CHECK(run.code == wrong.code);
      CHECK(run.one_error_line());
      CHECK(run.err.find(wrong.says) != std::string::npos);
    }
  }

  TEST_CASE(
      "without --data the house's directory is taken, then the demo's, and a choice between both "
      "is said") {
    HouseDirectory house;
    house.begin();
    house.close();
    const MemoryDirectory here;
    std::filesystem::create_symlink(house.data(), here / "wattledger-demo");
    ToolRun run = run_tool({"log", "stat"}, here.path());
    CHECK(run.code == 0);
    CHECK(run.err.empty());
    std::filesystem::create_symlink(house.data(), here / "wattledger-data");
    run = run_tool({"log", "stat"}, here.path());
    CHECK(run.code == 0);
    CHECK(run.err ==
          "wattledger: using ./wattledger-data; ./wattledger-demo is here too, --data "
          "wattledger-demo asks it\n");
  }

  TEST_CASE("an answer that could not be written in full is no answer: exit code 3") {
    HouseDirectory house;
    house.begin();
    house.close();
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"log", "cat"}, {"status"}, {"audit", "verify"}}) {
      std::vector<std::string> arguments = {"--data", house.data().string()};
      arguments.insert(arguments.end(), words.begin(), words.end());
      const ToolRun run = run_tool(arguments, {}, "/dev/full");
      INFO(words.front() << ": " << run.err);
      CHECK(run.code == 3);
      CHECK(run.one_error_line());
      CHECK(run.err.find("standard output") != std::string::npos);
    }
  }

  TEST_CASE("a directory whose name is no UTF-8 is JSON all the same") {
    HouseDirectory house;
    house.begin();
    house.decide(60);
    house.close();
    const MemoryDirectory here;
    const std::filesystem::path data = here / "h\xFFuse";
    std::filesystem::rename(house.data() / "log", here / "log");
    std::filesystem::create_directory(data);
    std::filesystem::rename(here / "log", data / "log");
    for (const std::vector<std::string>& words : {std::vector<std::string>{"log", "stat"},
                                                  {"status"},
                                                  {"audit", "list"},
                                                  {"audit", "verify"},
                                                  {"replay", "--yes"},
                                                  {"replay", "--into", (data / "into").string()}}) {
      std::vector<std::string> arguments = {"--data", data.string(), "--format", "json"};
      arguments.insert(arguments.end(), words.begin(), words.end());
      const ToolRun run = run_tool(arguments);
      INFO(words.back() << ": " << run.err);
      CHECK(run.code == 0);
      CHECK(run.json_lines().size() == 1);
    }
  }

  TEST_CASE("every command explains itself") {
    const std::vector<std::vector<std::string>> commands = {
        {"setup"},          {"status"},          {"override"},        {"fault", "list"},
        {"fault", "clear"}, {"correct"},         {"reload"},          {"replay"},
        {"log", "stat"},    {"log", "cat"},      {"log", "tail"},     {"log", "verify"},
        {"audit", "list"},  {"audit", "verify"}, {"audit", "explain"}};
    for (std::vector<std::string> words : commands) {
      words.emplace_back("--help");
      const ToolRun run = run_tool(words);
      INFO(run.out);
      CHECK(run.code == 0);
      CHECK(run.out.find("Example:") != std::string::npos);
    }
  }
}
