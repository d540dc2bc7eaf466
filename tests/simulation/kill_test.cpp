// A forced charge carries its own end in the inverter: whoever dies, the house is served again
// within the hour.
#include "tests/simulation/real_house.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// A house at noon UTC-ish: the test's wall clock, no sun, a steady load, a battery half full.
struct KillHouse {
  simulator::House house{{}, simulator::HouseYear::generate(1), wall_clock()};
  std::unique_ptr<simulator::ModbusServer> server;
  KillHouse() {
    house.set_pv(Watts(0));
    house.set_load(Watts(1'000));
    house.set_soc(BasisPoints(5'000));
    server = std::move(*simulator::ModbusServer::start(house, 0));
  }
};

// Within ten minutes of midnight an hour's charge is cut at 23:59 and the test would look at less
// than it says.
bool near_midnight() {
  const auto into = wall_clock() - std::chrono::floor<std::chrono::days>(wall_clock());
  return into > std::chrono::hours(23) + std::chrono::minutes(45);
}

}  // namespace

TEST_SUITE("simulation/kill") {
  TEST_CASE(
      "SIGKILL during each forced mode: the house is served within 60 minutes, and a restart finds "
      "the truth") {
    if (near_midnight()) {
      MESSAGE("skipped: a forced mode ends at 23:59, which is near");
      return;
    }
    for (const char* mode : {"charge", "hold", "sell"}) {
      CAPTURE(std::string(mode));
      const MemoryDirectory home;
      KillHouse real;
      const auto config = write_config(home.path(), real.server->port(), "on");
      {
        Program daemon(WATTLEDGERD, {"--config", config.string()});
        REQUIRE_MESSAGE(wait_for(daemon, home / "data", Kind::ReadingRecorded), daemon.err());
        const Ran asked = run(WATTLEDGER_TOOL, {"--data", (home / "data").string(), "override",
                                                mode, "--until", "+8h"});
        REQUIRE_MESSAGE(asked.code == 0, asked.err);
        // General mode at the start, then the forced one.
        while (!real.house.in_forced_mode())
          REQUIRE_MESSAGE(wait_for(daemon, home / "data", Kind::CommandConfirmed), daemon.err());
        CHECK(daemon.kill(SIGKILL) == 128 + SIGKILL);
      }
      real.house.advance(real.house.now() + std::chrono::minutes(5));
      CHECK(real.house.in_forced_mode());  // still: nobody told it to stop
      real.house.advance(real.house.now() + std::chrono::minutes(56));
      CHECK_FALSE(real.house.in_forced_mode());
      real.house.set_soc(BasisPoints(5'000));             // a sale went down to the floor
      CHECK(real.house.battery_power() == Watts(1'000));  // the battery serves the load again
      // Its clock is an hour ahead of ours by now: another thing to mend before the mode that is
      // still wished is entered again.
      Program daemon(WATTLEDGERD, {"--config", config.string()});
      while (!real.house.in_forced_mode())
        REQUIRE_MESSAGE(wait_for(daemon, home / "data", Kind::CommandConfirmed), daemon.err());
      const Ran given_back =
          run(WATTLEDGER_TOOL, {"--data", (home / "data").string(), "override", "auto"});
      REQUIRE_MESSAGE(given_back.code == 0, given_back.err);
      while (real.house.in_forced_mode())
        REQUIRE_MESSAGE(wait_for(daemon, home / "data", Kind::CommandConfirmed), daemon.err());
      CHECK(daemon.kill(SIGTERM) == 0);
    }
  }

  TEST_CASE("SIGTERM releases the inverter, says so in the log and exits with 0") {
    const MemoryDirectory home;
    KillHouse real;
    const auto config = write_config(home.path(), real.server->port(), "on");
    Program daemon(WATTLEDGERD, {"--config", config.string()});
    REQUIRE_MESSAGE(wait_for(daemon, home / "data", Kind::ReadingRecorded), daemon.err());
    REQUIRE(run(WATTLEDGER_TOOL, {"--data", (home / "data").string(), "override", "charge"}).code ==
            0);
    while (!real.house.in_forced_mode() && !near_midnight())
      REQUIRE(wait_for(daemon, home / "data", Kind::CommandConfirmed));
    CHECK_MESSAGE(daemon.kill(SIGTERM) == 0, daemon.err());
    CHECK_FALSE(real.house.in_forced_mode());
    CHECK(count(home / "data", Kind::CoordinatorStopped) == 1);
  }

  TEST_CASE("in advise mode nothing is written to the inverter, whatever is asked") {
    const MemoryDirectory home;
    KillHouse real;
    const auto config = write_config(home.path(), real.server->port(), "advise");
    Program daemon(WATTLEDGERD, {"--config", config.string()});
    REQUIRE(wait_for(daemon, home / "data", Kind::ReadingRecorded));
    REQUIRE(run(WATTLEDGER_TOOL, {"--data", (home / "data").string(), "override", "charge"}).code ==
            0);
    REQUIRE(wait_for(daemon, home / "data", Kind::OverrideRequested));
    const Ran status = run(WATTLEDGER_TOOL, {"--data", (home / "data").string(), "status"});
    CHECK(status.out.find("advise") != std::string::npos);
    CHECK(daemon.kill(SIGTERM) == 0);
    CHECK(count(home / "data", Kind::CommandIssued) == 0);
    CHECK_FALSE(real.house.in_forced_mode());
  }

  TEST_CASE("an inverter that does not answer is a fault in the log, not an end of the daemon") {
    const MemoryDirectory home;
    KillHouse real;
    real.server->misbehave(simulator::Misbehaviour::disconnect);
    const auto config = write_config(home.path(), real.server->port(), "on");
    Program daemon(WATTLEDGERD, {"--config", config.string()});
    REQUIRE_MESSAGE(wait_for(daemon, home / "data", Kind::FaultRaised), daemon.err());
    real.server->misbehave(simulator::Misbehaviour::none);
    REQUIRE_MESSAGE(wait_for(daemon, home / "data", Kind::FaultCleared), daemon.err());
    CHECK(daemon.kill(SIGTERM) == 0);
    CHECK(daemon.err().find("No real inverter data available") != std::string::npos);
  }

  TEST_CASE("control on is refused within an hour of somebody else's write, and said so") {
    const MemoryDirectory home;
    KillHouse real;
    const auto config = write_config(home.path(), real.server->port(), "on");
    fb::ForeignChangeSeenT seen;
    seen.mode_found = fb::InverterMode::general;
    append_to(home / "data", event(wall_clock() - std::chrono::minutes(10), std::move(seen)));
    Program daemon(WATTLEDGERD, {"--config", config.string()});
    REQUIRE_MESSAGE(wait_for(daemon, home / "data", Kind::DecisionMade), daemon.err());
    const Ran reload = run(WATTLEDGER_TOOL, {"--data", (home / "data").string(), "reload"});
    CHECK(reload.code == 1);
    CHECK(reload.err.find("control mode on is refused") != std::string::npos);
    const Ran status = run(WATTLEDGER_TOOL, {"--data", (home / "data").string(), "status"});
    CHECK(status.out.find("control mode on is refused") != std::string::npos);
    CHECK(daemon.kill(SIGTERM) == 0);
    CHECK(daemon.err().find("control mode on is refused") != std::string::npos);
    CHECK(count(home / "data", Kind::CommandIssued) == 0);
  }
}
