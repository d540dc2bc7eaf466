// A replay by the tool, adopted by the daemon that goes on appending meanwhile.
#include "tests/simulation/house_run.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_SUITE("simulation/adoption") {
  TEST_CASE("replays adopted while the daemon appends lose no event") {
    const MemoryDirectory home;
    const auto data = home / "live";
    Program daemon(WATTLEDGERD, simulation(proof_days * 6, data));
    // Its socket says that the daemon listens.
    while (!std::filesystem::exists(data / "control.sock")) REQUIRE(!daemon.ended());
    int adopted = 0;
    while (!daemon.ended() && adopted < 3) {
      const Ran replayed =
          run(WATTLEDGER_TOOL, {"--data", data.string(), "replay", "--projection", "all", "--yes"});
      if (daemon.ended()) break;
      REQUIRE_MESSAGE(replayed.code == 0, replayed.out << replayed.err);
      ++adopted;
    }
    CHECK(adopted >= 1);
    REQUIRE_MESSAGE(daemon.wait() == 0, daemon.err());
    CHECK(count(data, Kind::ReadingRecorded) == static_cast<std::uint64_t>(proof_days) * 6 * 1440);
    CHECK(count(data, Kind::ProjectionRebuilt) >= static_cast<std::uint64_t>(adopted));
    require_live_equals_rebuilt(data, home / "rebuilt");
  }
}
