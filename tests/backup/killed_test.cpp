// A backup, a prune and a restore that are killed at every step that makes something durable: what
// is left is never taken for a whole one, and the next run ends well.
#include <doctest/doctest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/replay/house_log.hpp"
#include "tests/support/preloaded.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

constexpr int killed = 128 + SIGKILL;
constexpr int steps_max = 300;  // more than any of these takes

class House {
 public:
  House() {
    house_.begin();
    for (int i = 1; i <= 400; ++i) house_.reading(60 * i, 4'000 + i);
    house_.close();
  }
  // Killed before this step; 0: never.
  [[nodiscard]] Ran run(Words words, int step = 0) const {
    words.insert(words.begin(), {"--data", house_.data().string(), "backup"});
    return run_preloaded(WATTLEDGER_KILLED_AT, {"KILL_AT=" + std::to_string(step)}, WATTLEDGER_TOOL,
                         words);
  }
  // The ids of those that list finds nothing wrong with, each of which verify must find sound.
  [[nodiscard]] std::set<std::string> good() const {
    const ToolRun list = on(house_, {"backup", "list", "--format", "json"});
    if (!fs::exists(store())) return {};
    CHECK_MESSAGE(list.code == 0, list.err);
    std::set<std::string> ids;
    for (const auto& line : list.json_lines()) {
      CHECK(line["wrong"].is_null());
      ids.insert(line["id"].get<std::string>());
    }
    const ToolRun verify = on(house_, {"backup", "verify"});
    CHECK_MESSAGE(verify.code == 0, verify.out);
    return ids;
  }
  [[nodiscard]] fs::path store() const { return house_.data() / "backups"; }
  [[nodiscard]] bool leftovers() const {
    for (const auto& each : fs::directory_iterator(store()))
      if (each.path().filename() != ".lock" && each.path().filename().string().front() == '.')
        return true;
    return false;
  }

 private:
  HouseDirectory house_;
};

}  // namespace

TEST_SUITE("backup/killed") {
  TEST_CASE("create, at every step: none is half there, and the next one takes the rest away") {
    for (const Words& words : {Words{"create"}, Words{"create", "--incremental"}}) {
      CAPTURE(words.back());
      const House house;
      REQUIRE(house.run({"create"}).code == 0);
      const std::size_t before = 1;
      for (int step = 1;; ++step) {
        CAPTURE(step);
        REQUIRE(step < steps_max);
        const Ran run = house.run(words, step);
        const std::size_t now = house.good().size();
        CHECK(now >= before);
        if (now > before) {  // it had its name already
          CHECK(step > 8);
          break;
        }
        REQUIRE(run.code == killed);
      }
      // What was left of the others went with the one that came about.
      CHECK_FALSE(house.leftovers());
    }
  }

  TEST_CASE("prune, at every step: what stays has all that it needs") {
    const House house;
    for (int i = 0; i < 3; ++i) {
      REQUIRE(house.run({"create"}).code == 0);
      REQUIRE(house.run({"create", "--incremental"}).code == 0);
    }
    int step = 1;
    while (true) {
      CAPTURE(step);
      REQUIRE(step < steps_max);
      const Ran run = house.run({"prune", "--keep-count", "1", "--yes"}, step++);
      CHECK(house.good().size() >= 2);
      if (run.code == 0) break;
      REQUIRE(run.code == killed);
    }
    CHECK(step > 3);
    CHECK(house.good().size() == 2);
  }

  TEST_CASE("restore, at every step: there is the whole log or none, and the next run ends well") {
    const House house;
    REQUIRE(house.run({"create"}).code == 0);
    const std::string id = *house.good().begin();
    const MemoryDirectory home;
    int step = 1;
    while (true) {
      CAPTURE(step);
      REQUIRE(step < steps_max);
      const fs::path into = home / std::to_string(step);
      const Ran run = house.run({"restore", id, "--into", into.string()}, step);
      REQUIRE((run.code == killed || run.code == 0));
      if (!fs::exists(into / "log")) {
        const Ran again = house.run({"restore", id, "--into", into.string()});
        CHECK_MESSAGE(again.code == 0, again.err);
      }
      const ToolRun verify = run_tool({"--data", into.string(), "log", "verify", "--deep"});
      CHECK_MESSAGE(verify.code == 0, verify.out << verify.err);
      CHECK_FALSE(fs::exists(into / ".log.part"));
      if (run.code == 0) break;
      ++step;
    }
    CHECK(step > 5);
  }
}
