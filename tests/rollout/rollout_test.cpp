// From files to both, to tables alone and back, on a house that goes on living.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/simulation/real_house.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

namespace fs = std::filesystem;

// A daemon in real time, and the tool beside it.
struct RunningHouse {
  explicit RunningHouse(const std::string& more)
      : config(write_config(home.path(), server->port(), "advise", more)) {
    start();
  }
  void start() {
    daemon.emplace(WATTLEDGERD, std::vector<std::string>{"--config", config.string()});
    REQUIRE_MESSAGE(wait_for(*daemon, data(), Kind::ReadingRecorded), daemon->err());
    while (!fs::exists(data() / "control.sock")) REQUIRE(!daemon->ended());
  }
  [[nodiscard]] fs::path data() const { return home / "data"; }
  [[nodiscard]] Ran rollout(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--config", config.string(), "rollout"});
    return run(WATTLEDGER_TOOL, words);
  }
  [[nodiscard]] Ran tool(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--config", config.string()});
    return run(WATTLEDGER_TOOL, words);
  }
  [[nodiscard]] std::string text() const {
    std::ostringstream all;
    all << std::ifstream(config).rdbuf();
    return all.str();
  }
  // "sqlite json" as the daemon says it feeds them.
  [[nodiscard]] std::string fed() const {
    const auto status = nlohmann::json::parse(tool({"status", "--format", "json"}).out);
    std::string names;
    for (const auto& each : status["projections"])
      if (each["standing"] == "current" || each["standing"] == "behind")
        names += (names.empty() ? "" : " ") + each["name"].get<std::string>();
    return names;
  }

  MemoryDirectory home;
  simulator::House house{{}, simulator::HouseYear::generate(1), wall_clock()};
  std::unique_ptr<simulator::ModbusServer> server =
      std::move(*simulator::ModbusServer::start(house, 0));
  fs::path config;
  std::optional<Program> daemon;
};

const std::string files_only =
    "projections:  # what stands beside the log\n"
    "  sqlite:\n"
    "    enabled: false  # not yet\n"
    "  json:\n"
    "    enabled: true\n";

}  // namespace

TEST_SUITE("rollout") {
  TEST_CASE("files, both, tables alone and back on a running house: nothing is lost") {
    // What the daemon alone was given is not asked of who rolls out.
    ::setenv("WATTLEDGER_TEST_ROLLOUT", "http://127.0.0.1:9/", 1);
    RunningHouse house(files_only + "language: pl\n" +
                       "alerts:\n  - {name: hook, webhook: \"${WATTLEDGER_TEST_ROLLOUT}\"}\n");
    ::unsetenv("WATTLEDGER_TEST_ROLLOUT");
    const Ran ready = house.rollout({"preflight"});
    CHECK_MESSAGE(ready.code == 0, ready.out << ready.err);
    CHECK(ready.out.find("[OK]   service        the daemon answers") != std::string::npos);
    CHECK(house.fed() == "json");
    CHECK_FALSE(fs::exists(house.data() / "goodwe_energy.db"));
    CHECK(house.tool({"status"}).out.find("cena na tę porę nie jest znana") != std::string::npos);
    const auto first = records(house.data());

    const Ran both = house.rollout({"deploy", "--mode", "both", "--yes"});
    REQUIRE_MESSAGE(both.code == 0, both.out << both.err);
    CHECK(house.fed() == "sqlite json");
    CHECK(house.text().find("    enabled: true  # not yet\n") != std::string::npos);
    CHECK(house.text().find("# what stands beside the log") != std::string::npos);
    CHECK(count(house.data(), Kind::BackupTaken) == 1);

    // Tables alone is for those who have seen it work.
    const Ran early = house.rollout({"deploy", "--mode", "database", "--yes"});
    CHECK(early.code == 1);
    CHECK(early.out.find("[FAIL] days of both") != std::string::npos);
    CHECK(early.out.find("[FAIL] backup ") != std::string::npos);
    CHECK(house.fed() == "sqlite json");
    REQUIRE(house.tool({"backup", "drill"}).code == 0);
    const Ran database = house.rollout({"deploy", "--mode", "database", "--days", "0", "--yes"});
    REQUIRE_MESSAGE(database.code == 0, database.out << database.err);
    CHECK(database.out.find("[OK]   all in tables") != std::string::npos);
    CHECK(house.fed() == "sqlite");

    const Ran older = house.rollout({"rollback", "--to", "3", "--yes"});
    REQUIRE_MESSAGE(older.code == 0, older.out << older.err);
    CHECK(older.out.find("[OK]   schema         version 3, 3 is configured") != std::string::npos);
    const Ran files = house.rollout({"rollback", "--to", "files", "--yes"});
    REQUIRE_MESSAGE(files.code == 0, files.out << files.err);
    CHECK(house.fed() == "json");
    const Ran forth = house.rollout({"rollback", "--to", "5", "--yes"});
    REQUIRE_MESSAGE(forth.code == 0, forth.out << forth.err);
    CHECK(house.fed() == "sqlite json");

    // Every record of before stands where it stood, the house went on, and what is live is the log.
    CHECK(house.rollout({"verify"}).code == 0);
    REQUIRE_MESSAGE(house.daemon->kill(SIGTERM) == 0, house.daemon->err());
    const auto last = records(house.data());
    REQUIRE(last.size() > first.size());
    CHECK(std::equal(first.begin(), first.end(), last.begin()));
    CHECK(house.tool({"log", "verify", "--deep"}).code == 0);
    const Ran same = house.tool({"replay", "--dry-run", "--diff"});
    CHECK_MESSAGE(same.code == 0, same.out << same.err);
    CHECK(count(house.data(), Kind::ChangeStarted) == count(house.data(), Kind::ChangeFinished));
  }

  TEST_CASE("a rollout that goes wrong is taken back by itself, and the log says so") {
    RunningHouse house(files_only + "environment: development\n");
    // Not a file of ours where the tables would stand: it is never written to.
    fs::create_directories(house.data() / "goodwe_energy.db");
    const std::string before = house.text();
    const Ran failed = house.rollout({"deploy", "--mode", "both", "--wait", "2"});
    CHECK_MESSAGE(failed.code == 1, failed.out << failed.err);
    CHECK(failed.out.find("deploy: rolled back, ") != std::string::npos);
    CHECK(house.text() == before);
    CHECK(house.fed() == "json");
    const auto change = nlohmann::json::parse(
        house.tool({"change", "list", "--limit", "1", "--format", "json"}).out);
    CHECK(change["verb"] == "rollout deploy");
    CHECK(change["result"] == "failed");
    CHECK(change["detail"].get<std::string>().find("; rolled back") != std::string::npos);
  }

  TEST_CASE("a daemon that does not come back is no rollout that was done") {
    RunningHouse house(files_only + "environment: development\n");
    const std::string before = house.text();
    const std::string kill = "kill -9 " + std::to_string(house.daemon->pid()) + " 2>&-; true";
    const Ran failed =
        house.rollout({"deploy", "--mode", "both", "--wait", "4", "--restart-command", kill});
    CHECK_MESSAGE(failed.code == 1, failed.out << failed.err);
    CHECK(failed.out.find("the daemon does not answer any more") != std::string::npos);
    CHECK(failed.err.find("waiting: the daemon does not answer any more") != std::string::npos);
    CHECK(failed.out.find("deploy: done") == std::string::npos);
    CHECK(house.text() == before);
  }

  TEST_CASE("a rollout whose time is over ends, and what came into force is taken back") {
    RunningHouse house(files_only + "environment: development\nchanges: {time_limit_min: 0.1}\n");
    const std::string before = house.text();
    const fs::path held = house.home / "held";
    REQUIRE(::mkfifo(held.c_str(), 0600) == 0);
    const Ran ended =
        house.rollout({"deploy", "--mode", "both", "--restart-command", "cat " + held.string()});
    const int let_go = ::open(held.c_str(), O_RDWR | O_NONBLOCK);  // `cat` ends with it
    ::close(let_go);
    CHECK_MESSAGE(ended.code == 3, ended.out << ended.err);
    CHECK(ended.err.find("rollout deploy took longer than 6 s (changes.time_limit_min) and is "
                         "ended") != std::string::npos);
    CHECK(house.text() == before);
    CHECK_FALSE(fs::exists(house.config.string() + ".before-rollout"));
    CHECK(house.fed() == "json");
    const auto change = nlohmann::json::parse(
        house.tool({"change", "list", "--limit", "1", "--format", "json"}).out);
    CHECK(change["result"] == "failed");
    CHECK(change["detail"].get<std::string>().find("took longer than 6 s") != std::string::npos);
  }

  TEST_CASE("the monitor says rates, sizes and lag, and ends with 1 when a trigger fires") {
    RunningHouse house(files_only);
    const Ran calm = house.rollout({"monitor", "--once"});
    CHECK_MESSAGE(calm.code == 0, calm.out << calm.err);
    for (const char* part : {"rates       ", "sizes       log ", "json        ", "decision    ",
                             "rollback when\n", "  [OK]   crashes "})
      CHECK_MESSAGE(calm.out.find(part) != std::string::npos, calm.out);
    house.daemon->kill(SIGKILL);
    house.start();
    while (count(house.data(), Kind::CoordinatorStarted) < 2) REQUIRE(!house.daemon->ended());
    const Ran alarmed = house.rollout({"monitor", "--once", "--format", "json"});
    CHECK(alarmed.code == 1);
    const auto told = nlohmann::json::parse(alarmed.out);
    for (const auto& trigger : told["triggers"])
      CHECK(trigger["fires"] == (trigger["trigger"] == "crashes"));
  }

  TEST_CASE("what a rollout is not told, or told wrongly, it says") {
    const MemoryDirectory home;
    CHECK(run(WATTLEDGER_TOOL, {"rollout", "deploy", "--mode", "both"}, home.path()).code == 2);
    const auto config = write_config(home.path(), 1, "advise");
    CHECK(run(WATTLEDGER_TOOL, {"--config", config.string(), "rollout", "deploy", "--mode", "all"})
              .code == 2);
    std::filesystem::create_directories(home / "data");
    const Ran none =
        run(WATTLEDGER_TOOL, {"--config", config.string(), "rollout", "rollback", "--yes"});
    CHECK(none.code == 3);
    CHECK(none.err.find("no rollout was made here") != std::string::npos);
    CHECK(run(WATTLEDGER_TOOL,
              {"--config", config.string(), "rollout", "rollback", "--to", "9", "--yes"})
              .code == 2);
  }
}
