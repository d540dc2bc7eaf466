// What befalls the whole directory: a full disk, a power cut, a move; and what may be deleted.
#include <fstream>
#include <sstream>

#include "log/log.hpp"
#include "log/reader.hpp"
#include "tests/loss/lost_house.hpp"
#include "tests/support/preloaded.hpp"

using namespace wattledger;
using namespace wattledger::testing;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> simulation(const LostHouse& house, int days) {
  return {"--simulate", std::to_string(days), "--data", house.data().string()};
}

// Until the log has so many records, or the writer has ended.
void wait_for_records(const LostHouse& house, Program& writer, std::uint64_t records) {
  const auto log = log::Log::open(house / "log");
  REQUIRE(log.has_value());
  while (!writer.ended() && log->snapshot()->head().value < records)
    (void)log::wait_beyond(*log, log->snapshot()->head(), std::chrono::milliseconds(200));
}

// All of the power: the daemon and a replay under way, once the log has so many records.
void power_cut(const LostHouse& house, int days, std::uint64_t records) {
  Program daemon(WATTLEDGERD, simulation(house, days));
  Program replay(WATTLEDGER_TOOL, {"--data", house.data().string(), "replay", "--yes"});
  wait_for_records(house, daemon, records);
  daemon.kill(SIGKILL);
  replay.kill(SIGKILL);
}

}  // namespace

TEST_SUITE("loss/directory") {
  TEST_CASE("a full disk: the daemon says so and ends; freed and started again it goes on") {
    const LostHouse house;
    const std::uint64_t begun = head_of(house.data());
    const fs::path full = house / "full";
    constexpr int days = 3;
    const std::vector<std::string> words =
        preloading(WATTLEDGER_FULL_DISK, {"WATTLEDGER_FULL=" + full.string()}, WATTLEDGERD,
                   simulation(house, days));
    Program daemon("/usr/bin/env", words);
    wait_for_records(house, daemon, begun + 200);
    { std::ofstream marked(full); }
    CHECK(daemon.wait() == 3);
    CHECK_MESSAGE(
        contains(daemon.err(), "free space on the disk, then open the log again: start the daemon"),
        daemon.err());
    // What was recorded can be read all the same; another start says it at once.
    const std::uint64_t recorded = head_of(house.data());
    CHECK(recorded >= begun + 200);
    CHECK(house.tool({"status"}).code == 0);
    const Ran again = run("/usr/bin/env", words);
    CHECK(again.code == 3);
    CHECK_MESSAGE(contains(again.err, "free space on the disk"), again.err);
    fs::remove(full);
    mend(house.data(), Row("the disk is full"), daemon.err());
    CHECK(head_of(house.data()) == recorded);
    CHECK(house.lives_on(days).code == 0);
    require_whole(house.data());
  }

  TEST_CASE("a power cut at any moment loses nothing that was committed, and is said by nobody") {
    const LostHouse house;
    const std::uint64_t begun = head_of(house.data());
    constexpr int days = 8;  // so many that the daemon is not done before it is killed
    for (const std::uint64_t more : {1U, 700U, 2'100U}) {
      CAPTURE(more);
      power_cut(house, days, begun + more);
      const Ran verified = house.tool({"log", "verify", "--deep"});
      CHECK_MESSAGE(verified.code == 0, verified.out);
      CHECK(head_of(house.data()) >= begun + more);
    }
    const Row row("the power went");
    CHECK(row.says.empty());
    const Ran day = house.lives_on(days + 1);
    CHECK_MESSAGE(day.code == 0, day.err);
    require_whole(house.data());
  }

  TEST_CASE("a directory that was moved is the same house at the new place") {
    const LostHouse house;
    const std::string id = house.backed_up();
    const fs::path there = house.beside("elsewhere");
    fs::rename(house.data(), there);
    const Ran missing = house.tool({"status"});
    CHECK(missing.code == 3);
    mend(there, Row("the data directory was moved"), missing.err);
    const Ran day = run(WATTLEDGERD, {"--simulate", "2", "--data", there.string()});
    CHECK_MESSAGE(day.code == 0, day.err);
    CHECK(tool(there, {"backup", "verify", id}).code == 0);
    CHECK(tool(there, {"replay", "--yes"}).code == 0);
    CHECK(tool(there, {"replay", "--undo", "--yes"}).code == 0);
    require_whole(there);
    CHECK_FALSE(fs::exists(house.data()));
  }

  TEST_CASE("the signing key is gone: another is made and said, and the log proves itself still") {
    const LostHouse house;
    const std::string old_key = house.tool({"log", "key"}).out;
    fs::rename(house / "keys" / "log.pem", house.beside("kept.pem"));
    const Ran day = house.lives_on(2);
    CHECK(day.code == 0);
    const Ran key = mend(house.data(), Row("`keys/log.pem` is gone"), day.err);
    CHECK(key.out != old_key);
    const Ran compared = house.tool({"replay", "--dry-run", "--diff"});
    CHECK_MESSAGE(contains(compared.out, "no differences"), compared.out);
    // Nothing is amiss but that the old checkpoints are another's.
    const Ran verified = house.tool({"log", "verify", "--deep"});
    CHECK(verified.code == 1);
    std::istringstream lines(verified.out);
    int others = 0;
    for (std::string line; std::getline(lines, line);)
      others += contains(line, "damaged checkpoint  the note is not signed by") ? 1 : 0;
    CHECK(others > 0);
    CHECK_MESSAGE(contains(verified.out, std::to_string(others) + " finding"), verified.out);
    // The old checkpoints are the old key's: a copy that comes back signs on.
    fs::rename(house.beside("kept.pem"), house / "keys" / "log.pem");
    CHECK(house.lives_on(3).code == 0);
    CHECK(house.tool({"log", "key"}).out == old_key);
  }

  TEST_CASE("snapshots, the simulated house's state, sockets and text logs may be deleted") {
    const LostHouse house;
    for (const char* name : {"cache", "house.state", "logs", "control.sock"})
      fs::remove_all(house / name);
    const Row row("`cache/` or `house.state` was deleted");
    CHECK(row.lost == "nothing");
    const Ran day = house.lives_on(2);
    CHECK_MESSAGE(day.code == 0, day.err);
    CHECK_MESSAGE(day.err.empty(), day.err);
    require_whole(house.data());
    CHECK(house.tool({"log", "cat", "--kind", "ForeignChangeSeen"}).out.empty());
  }

  // A restore ends a log where no stop would: here in a charge that was confirmed.
  TEST_CASE("a simulated house that is not remembered keeps its mode: nobody else's hand is seen") {
    const LostHouse house;
    const std::string id = house.backed_up();
    std::istringstream confirmed(house.tool({"log", "cat", "--kind", "CommandConfirmed"}).out);
    std::string line;
    while (std::getline(confirmed, line) && !contains(line, " charge, ")) continue;
    REQUIRE_MESSAGE(contains(line, " charge, "), line);
    const fs::path there = house.beside("restored");
    const std::string last = std::to_string(std::stoull(line) + 4);
    REQUIRE(house.tool({"backup", "restore", id, "--until", last, "--into", there.string()}).code ==
            0);
    const Ran day = run(WATTLEDGERD, {"--simulate", "1", "--data", there.string()});
    CHECK_MESSAGE(day.code == 0, day.err);
    CHECK_MESSAGE(day.err.empty(), day.err);
    CHECK(tool(there, {"log", "cat", "--kind", "ForeignChangeSeen"}).out.empty());
    require_whole(there);
  }
}
