// What is needed before a change, and what the log knows of it afterwards.
#include <fstream>

#include "log/log.hpp"
#include "tests/replay/house_log.hpp"
#include "tests/replay/tool.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

namespace fs = std::filesystem;

// A house of a few records with a configuration.
struct ConfiguredHouse {
  explicit ConfiguredHouse(const std::string& environment, const std::string& more = {}) {
    house.begin();
    house.reading(60, 6'400);
    configure(environment, more);
  }
  void configure(const std::string& environment, const std::string& more = {}) const {
    std::ofstream(away / "house.yaml")
        << "data: " << house.data().string() << "\nenvironment: " << environment << "\n"
        << more;
  }
  // The inverter charges by our order.
  void charge() {
    fb::CommandConfirmedT confirmed;
    confirmed.mode = fb::InverterMode::charge;
    house.add(60, std::move(confirmed));
  }
  [[nodiscard]] ToolRun run(std::vector<std::string> words) {
    house.close();
    words.insert(words.begin(), {"--config", (away / "house.yaml").string()});
    return run_tool(words);
  }
  [[nodiscard]] nlohmann::json last_change() {
    const auto all = run({"change", "list", "--format", "json", "--limit", "1"}).json_lines();
    REQUIRE(all.size() == 1);
    return all[0];
  }
  HouseDirectory house;
  MemoryDirectory away;
};

}  // namespace

TEST_SUITE("replay/change") {
  TEST_CASE("a change is listed and shown with its verb, its times and its result") {
    ConfiguredHouse house("production");
    CHECK(house.run({"change", "list"}).out == "nothing was ever changed\n");
    REQUIRE(house.run({"replay", "--yes"}).code == 0);
    const auto change = house.last_change();
    CHECK(change["verb"] == "replay");
    CHECK(change["arguments"] == "--projection all");
    CHECK(change["result"] == "succeeded");
    const std::string id = change["id"];
    CHECK(id.size() == 32);
    const ToolRun list = house.run({"change", "list"});
    REQUIRE(list.lines().size() == 1);
    CHECK(list.lines()[0].rfind(id.substr(0, 8) + "  ", 0) == 0);
    const auto shown = house.run({"change", "show", id.substr(0, 6), "--format", "json"});
    REQUIRE(shown.code == 0);
    const auto json = shown.json_lines()[0];
    CHECK(json["id"] == id);
    CHECK(json["events"] == nlohmann::json{{"ProjectionRebuilt", 1}});
    CHECK(json["finished"].get<int>() == json["started"].get<int>() + 2);
    CHECK(
        house.run({"change", "show", id.substr(0, 8)}).out.find("meanwhile  1 ProjectionRebuilt") !=
        std::string::npos);
    const ToolRun none = house.run({"change", "show", "ffffffff0"});
    CHECK(none.code == 3);
    CHECK(none.one_error_line());
  }

  TEST_CASE("what changes the log waits for the end of a forced charge; a rebuild does not") {
    ConfiguredHouse house("development");
    house.charge();
    const ToolRun refused = house.run({"log", "compact"});
    CHECK(refused.code == 3);
    CHECK(refused.one_error_line());
    CHECK(refused.err.find("the inverter is in forced charge; ") != std::string::npos);
    CHECK(house.run({"replay"}).code == 0);  // development asks for no consent
    house.configure("test");
    CHECK(house.run({"log", "compact"}).code == 0);
    CHECK(house.last_change()["verb"] == "log compact");
  }

  TEST_CASE("production wants consent and a fresh backup before the log changes") {
    ConfiguredHouse house("production");
    const ToolRun unsafe = house.run({"log", "compact", "--yes"});
    CHECK(unsafe.code == 3);
    CHECK(unsafe.err.find("no verified backup of the last 24 h") != std::string::npos);
    REQUIRE(house.run({"backup", "create"}).code == 0);
    const ToolRun unasked = house.run({"log", "compact"});
    CHECK(unasked.code == 2);
    CHECK(unasked.err.find("nobody is at the terminal to agree; add --yes") != std::string::npos);
    CHECK(house.run({"change", "list"}).out == "nothing was ever changed\n");
    CHECK(house.run({"log", "compact", "--yes"}).code == 0);
  }

  TEST_CASE("outside the windows production changes nothing without --now") {
    // One that holds now, and one that does not, whatever the machine's clock says.
    const auto windows = [](int hours_ahead) {
      const auto hour = [](std::chrono::sys_seconds at) {
        const auto h = std::chrono::floor<std::chrono::hours>(at.time_since_epoch()).count() % 24;
        return (h < 10 ? "0" : "") + std::to_string(h) + ":00";
      };
      const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
      const auto from = now + std::chrono::hours(hours_ahead);
      return "site: {timezone: UTC}\nchanges: {windows: \"" + hour(from) + "-" +
             hour(from + std::chrono::hours(6)) + "\"}\n";
    };
    ConfiguredHouse house("production", windows(8));
    const ToolRun refused = house.run({"replay", "--yes"});
    CHECK(refused.code == 3);
    CHECK(refused.one_error_line());
    CHECK(refused.err.find("outside changes.windows") != std::string::npos);
    CHECK(refused.err.find("add --now") != std::string::npos);
    CHECK(house.run({"replay", "--yes", "--now"}).code == 0);
    house.configure("production", windows(-3));
    CHECK(house.run({"replay", "--yes"}).code == 0);
    house.configure("development", windows(8));
    CHECK(house.run({"replay"}).code == 0);
  }

  TEST_CASE("one change at a time: a second one names the first") {
    ConfiguredHouse house("test");
    house.house.close();
    fs::create_directories(house.house.data() / "changes");
    const auto lock = log::WriterLock::take(house.house.data() / "changes", "wattledger replay");
    REQUIRE(lock.has_value());
    const ToolRun refused = house.run({"replay"});
    CHECK(refused.code == 3);
    CHECK(refused.one_error_line());
    CHECK(refused.err.find("another change is at work") != std::string::npos);
    CHECK(refused.err.find("wattledger replay, process ") != std::string::npos);
  }

  TEST_CASE("a change that failed says why; one whose program died is interrupted") {
    ConfiguredHouse house("test");
    fb::ChangeStartedT dead;
    dead.verb = "replay";
    house.house.add(120, std::move(dead));
    const auto interrupted = house.last_change();
    CHECK(interrupted["result"] == "interrupted");
    CHECK(interrupted["finished_at"].is_null());
    // A directory in the place of the live file: the adoption cannot succeed.
    fs::create_directories(house.house.data() / "goodwe_energy.db" / "in the way");
    const ToolRun failed = house.run({"replay"});
    CHECK(failed.code == 3);
    const auto change = house.last_change();
    CHECK(change["result"] == "failed");
    CHECK_FALSE(change["detail"].get<std::string>().empty());
    CHECK(failed.err.find(change["detail"].get<std::string>()) != std::string::npos);
  }
}
