// Old records that a disk has lost: the house goes on and says so. Fold snapshots may go at any
// time.
#include <algorithm>

#include "tests/log/raw_environment.hpp"
#include "tests/simulation/house_run.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

Ran live_days(const char* days, const std::filesystem::path& data, const MemoryDirectory& home) {
  return run(WATTLEDGERD, {"--simulate", days, "--data", data.string()}, home.path());
}

Ran tool(const std::filesystem::path& data, const std::vector<std::string>& verb) {
  std::vector<std::string> words = {"--data", data.string()};
  words.insert(words.end(), verb.begin(), verb.end());
  return run(WATTLEDGER_TOOL, words);
}

bool contains(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_SUITE("simulation/damage") {
  TEST_CASE("a changed record and a hole in the past: the daemon runs, a fault says which") {
    const MemoryDirectory home;
    const auto data = home / "data";
    REQUIRE(live_days("1", data, home).code == 0);
    {
      RawEnvironment raw(data / "log");
      Bytes record = raw.get("events", key_of(500));
      record[record.size() / 2] ^= std::byte{16};
      raw.put("events", key_of(500), record);
      raw.remove("events", key_of(700));
    }
    // Behind a fold snapshot nothing of it is read; without one the past is.
    std::filesystem::remove_all(data / "cache");
    const Ran status_before = tool(data, {"status"});
    CHECK_MESSAGE(status_before.code == 0, status_before.err);
    CHECK_MESSAGE(contains(status_before.err, "record 500"), status_before.err);

    const Ran daemon = live_days("2", data, home);
    CHECK_MESSAGE(daemon.code == 0, daemon.err);
    CHECK_MESSAGE(contains(daemon.err, "the log is damaged: 2 records from 500 to 700"),
                  daemon.err);
    const Ran faults = tool(data, {"fault", "list"});
    CHECK_MESSAGE(contains(faults.out, "log_damaged"), faults.out);
    CHECK_MESSAGE(contains(faults.out, "record 500"), faults.out);
    const Ran status = tool(data, {"status"});
    CHECK_MESSAGE(contains(status.out, "log_damaged"), status.out);
    CHECK_MESSAGE(contains(status.out, "current"), status.out);  // the projections too
    CHECK(tool(data, {"log", "verify"}).code == 1);

    // Not again: the fold snapshot of the clean stop lies behind the damage.
    CHECK(std::filesystem::exists(data / "cache"));
    const Ran again = live_days("3", data, home);
    CHECK_MESSAGE(again.code == 0, again.err);
    CHECK_MESSAGE(!contains(again.err, "the log is damaged"), again.err);
  }

  TEST_CASE("a segment is missing: the daemon runs, everybody says which, and it is taken back") {
    const MemoryDirectory home;
    const auto data = home / "data";
    REQUIRE(live_days("4", data, home).code == 0);
    REQUIRE(tool(data, {"log", "archive", "--before", "2025-10-02", "--yes"}).code == 0);
    const auto segments = data / "log" / "segments";
    const auto file = std::filesystem::directory_iterator(segments)->path();
    const auto away = home / file.filename().string();
    std::filesystem::rename(file, away);
    std::filesystem::remove_all(data / "cache");
    const std::string missing = "no file has records 1 to ";
    const std::vector<std::vector<std::string>> stopped = {
        {"log", "cat", "5"},
        {"replay", "--into", (home / "apart").string()},
        {"audit", "verify"},
        {"audit", "list"},
        {"log", "stat"}};
    for (const auto& verb : stopped) {
      const Ran refused = tool(data, verb);
      // A verification that cannot read on has found something, a list without them lacks something.
      const bool goes_on = verb[1] == "verify" || verb[1] == "list" || verb[1] == "stat";
      CHECK(refused.code == (goes_on ? 1 : 3));
      const std::string said = refused.out + refused.err;
      CHECK_MESSAGE(contains(said, missing), said);
    }
    for (const char* verb : {"status", "fault list"}) {
      const Ran told =
          tool(data, verb == std::string("status") ? std::vector<std::string>{"status"}
                                                   : std::vector<std::string>{"fault", "list"});
      CHECK(told.code == 0);
      CHECK_MESSAGE(contains(told.err, missing), told.err);
    }
    const Ran verified = tool(data, {"log", "verify"});
    CHECK(verified.code == 1);
    CHECK_MESSAGE(contains(verified.out, "archived, and no segment here holds them"), verified.out);
    const Ran saved = tool(data, {"log", "salvage", "--into", (home / "saved").string()});
    CHECK(saved.code == 1);
    CHECK_MESSAGE(contains(saved.out, "lost: archived, and no segment here holds them"), saved.out);

    {
      // The demo house goes on from a simulated one's past.
      Program daemon(WATTLEDGERD, {"--data", data.string()}, home.path());
      while (!std::filesystem::exists(data / "control.sock"))
        REQUIRE_MESSAGE(!daemon.ended(), daemon.err());
      CHECK(contains(tool(data, {"fault", "list"}).out, "log_damaged"));
      REQUIRE_MESSAGE(daemon.kill(SIGTERM) == 0, daemon.err());
      CHECK_MESSAGE(contains(daemon.err(), missing), daemon.err());
    }

    std::filesystem::rename(away, file);
    CHECK(tool(data, {"log", "verify", "--deep"}).code == 0);
    // What was decided without the segment was decided on less than the log now holds.
    CHECK(tool(data, {"audit", "verify"}).code == 1);
  }

  TEST_CASE("with its fold snapshots or without, a house ends at the same records") {
    const MemoryDirectory home;
    for (const char* name : {"kept", "lost"}) {
      const auto data = home / name;
      for (const char* days : {"1", "2"}) {
        const Ran ran = live_days(days, data, home);
        REQUIRE_MESSAGE(ran.code == 0, ran.err);
        REQUIRE(!std::filesystem::is_empty(data / "cache"));
        if (std::string(name) == "lost") std::filesystem::remove_all(data / "cache");
      }
    }
    const auto kept = records(home / "kept");
    CHECK(kept.size() > 2'880);
    CHECK(kept == records(home / "lost"));
    CHECK(tool(home / "kept", {"audit", "verify"}).code == 0);
  }
}
