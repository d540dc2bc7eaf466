// The log's past moved into segments by the tool, under a daemon that goes on appending.
#include "log/archive.hpp"
#include "tests/simulation/house_run.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_SUITE("simulation/archiving") {
  TEST_CASE("what is archived while the daemon appends is read, re-made and rebuilt as before") {
    const MemoryDirectory home;
    const auto data = home / "live";
    Program daemon(WATTLEDGERD, simulation(proof_days * 6, data));
    while (!std::filesystem::exists(data / "control.sock")) REQUIRE(!daemon.ended());
    // The house's simulated days go by; the first is archived as soon as enough stands behind it.
    std::string said;
    while (said.find("stand in segments now") == std::string::npos) {
      REQUIRE_MESSAGE(!daemon.ended(),
                      "the daemon was faster than the archiving: " << daemon.err());
      const Ran archived = run(WATTLEDGER_TOOL, {"--data", data.string(), "log", "archive",
                                                 "--before", "2025-10-23", "--yes"});
      // In a forced charge nothing is archived; simulated, it is over in a moment.
      if (archived.err.find("try again after it") != std::string::npos) continue;
      REQUIRE_MESSAGE(archived.code == 0, archived.out << archived.err);
      said = archived.out;
    }
    CHECK(said.find("the daemon") != std::string::npos);
    REQUIRE_MESSAGE(daemon.wait() == 0, daemon.err());
    {
      const auto log = log::Log::open(data / "log");
      REQUIRE(log.has_value());
      const auto snapshot = log->snapshot();
      REQUIRE(snapshot.has_value());
      CHECK(snapshot->meta().first > Sequence{1});
      CHECK(snapshot->first() == Sequence{1});
    }
    CHECK(count(data, Kind::LogArchived) >= 1);
    CHECK(count(data, Kind::ReadingRecorded) == static_cast<std::uint64_t>(proof_days) * 6 * 1440);
    require_live_equals_rebuilt(data, home / "rebuilt");
    for (const std::vector<std::string>& what :
         {std::vector<std::string>{"audit", "verify"}, {"log", "verify", "--deep"}}) {
      std::vector<std::string> arguments = {"--data", data.string()};
      arguments.insert(arguments.end(), what.begin(), what.end());
      const Ran verified = run(WATTLEDGER_TOOL, arguments);
      CHECK_MESSAGE(verified.code == 0, verified.out << verified.err);
    }
  }
}
