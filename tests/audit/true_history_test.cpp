// A history that the daemon made stays true whatever is done with its log that changes no record.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/simulation/house_run.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

namespace fs = std::filesystem;

#ifdef WATTLEDGER_SANITIZED
constexpr int days = 2;
constexpr const char* last_day = "2025-10-23";
#else
constexpr int days = 4;
constexpr const char* last_day = "2025-10-25";
#endif

Ran tool(const fs::path& data, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--data", data.string()});
  return run(WATTLEDGER_TOOL, arguments);
}

Ran done(const fs::path& data, std::vector<std::string> arguments) {
  Ran ran = tool(data, std::move(arguments));
  INFO(ran.out);
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  return ran;
}

// "… decisions re-made: …", when all of them are identical and the log is whole.
std::string identical(const fs::path& data, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"audit", "verify"});
  const Ran ran = done(data, std::move(more));
  std::istringstream lines(ran.out);
  std::string decisions;
  std::string log;
  REQUIRE(std::getline(lines, decisions));
  REQUIRE(std::getline(lines, log));
  CHECK_MESSAGE(decisions.find(" 0 differ, 0 by another engine revision, 0 not reproducible") !=
                    std::string::npos,
                decisions);
  CHECK_MESSAGE(log.find(" records intact, root ") != std::string::npos, log);
  return decisions;
}

}  // namespace

TEST_SUITE("audit/true history") {
  TEST_CASE("every decision is identical, also after restart, archive, replay, salvage and copy") {
    const MemoryDirectory home;
    const fs::path data = home / "live";
    REQUIRE(run(WATTLEDGERD, simulation(days - 1, data)).code == 0);
    identical(data);
    const Ran restarted = run(WATTLEDGERD, simulation(1, data, {}, last_day));
    REQUIRE_MESSAGE(restarted.code == 0, restarted.err);
    const std::string decisions = identical(data);
    CHECK(decisions.find(std::to_string(days * 96) + " decisions re-made") == 0);
    for (const char* jobs : {"1", "2", "16"}) CHECK(identical(data, {"--jobs", jobs}) == decisions);
    CHECK(done(data, {"audit", "verify"}).out.find(", valid\n") != std::string::npos);

    fs::remove_all(data / "cache");
    CHECK(identical(data) == decisions);
    done(data, {"replay", "--yes"});
    CHECK(identical(data) == decisions);
    done(data, {"log", "archive", "--before", "2025-10-24", "--yes"});
    CHECK(identical(data) == decisions);
    done(data, {"replay", "--yes"});
    CHECK(identical(data) == decisions);
    done(data, {"log", "salvage", "--into", (home / "salvaged").string()});
    CHECK(identical(home / "salvaged") == decisions);
    fs::create_directory(home / "copied");
    fs::copy(data / "log", home / "copied" / "log", fs::copy_options::recursive);
    CHECK(identical(home / "copied") == decisions);
    done(home / "copied", {"replay", "--yes"});
    CHECK(identical(home / "copied") == decisions);
  }

  TEST_CASE("a log of another key, or that is not what was kept, is named") {
    const MemoryDirectory home;
    for (const char* name : {"one", "other"}) {
      const Ran made = run(WATTLEDGERD, simulation(1, home / name));
      REQUIRE_MESSAGE(made.code == 0, made.err);
      done(home / name, {"log", "checkpoint", "--out", home / (std::string(name) + ".note")});
      done(home / name, {"log", "key", "--out", home / (std::string(name) + ".vkey")});
    }
    const auto verify = [&](const char* option, const char* file) {
      return tool(home / "one", {"audit", "verify", option, (home / file).string()});
    };
    CHECK(verify("--against", "one.note").code == 0);
    CHECK(verify("--key", "one.vkey").code == 0);
    const Ran other_note = verify("--against", "other.note");
    CHECK(other_note.code == 1);
    CHECK(other_note.out.find("the checkpoint kept elsewhere is of wattledger/") !=
          std::string::npos);
    const Ran other_key = verify("--key", "other.vkey");
    CHECK(other_key.code == 1);
    // One finding, whether the daemon signed one checkpoint or, on a slow machine, several.
    CHECK(other_key.out.find("1 finding,") != std::string::npos);
    CHECK(other_key.out.find("is not signed by wattledger/") != std::string::npos);
  }

  TEST_CASE("a simulation's last decision is proved: the daemon signed what it ends with") {
    const MemoryDirectory home;
    REQUIRE(run(WATTLEDGERD, simulation(2, home / "live")).code == 0);
    const std::string all = done(home / "live", {"audit", "list", "--format", "json"}).out;
    const std::string last = all.substr(all.rfind("{\"sequence\":") + 12);
    const std::string sequence = last.substr(0, last.find(','));
    CHECK(done(home / "live", {"audit", "prove", sequence})
              .out.find("# decision        record " + sequence) != std::string::npos);
  }

  TEST_CASE("a period leaves the log alone, and says so") {
    const MemoryDirectory home;
    REQUIRE(run(WATTLEDGERD, simulation(1, home / "live")).code == 0);
    const Ran some = done(home / "live", {"audit", "verify", "--from", "2025-10-22T10:00", "--to",
                                          "2025-10-22T12:00"});
    CHECK(some.out.find("8 decisions re-made: 8 identical") == 0);
    CHECK(some.out.find("log: not checked as a whole") != std::string::npos);
    CHECK(tool(home / "live", {"audit", "verify", "--jobs", "17"}).code == 2);
  }
}
