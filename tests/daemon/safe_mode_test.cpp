// --safe-mode: control off and the inverter only read, whatever the configuration or a reload says.
#include <atomic>
#include <nlohmann/json.hpp>

#include "coordinator/control/control.hpp"
#include "coordinator/daemon/arguments.hpp"
#include "tests/daemon/logged_lines.hpp"
#include "tests/daemon/lone_daemon.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

nlohmann::json ask(const std::filesystem::path& data, const std::string& verb, std::uint8_t id) {
  control::Request request;
  request.id.bytes[0] = id;
  request.verb = verb;
  request.args_json = "{}";
  const auto answer = control::ask(data, request);
  REQUIRE_MESSAGE(answer.has_value(), answer.error().line());
  return nlohmann::json::parse(*answer);
}

// Facts of a kind in a daemon's log, in order.
template <class FactT>
std::vector<FactT> facts(const daemon::Daemon& daemon) {
  std::vector<FactT> found;
  const auto snapshot = daemon.log().snapshot();
  REQUIRE(snapshot.has_value());
  REQUIRE(snapshot
              ->scan(snapshot->first(), snapshot->head(),
                     [&](const log::RecordView& record) -> Result<bool> {
                       if (const auto* fact = record.event.as<typename FactT::TableType>())
                         fact->UnPackTo(&found.emplace_back());
                       return true;
                     })
              .has_value());
  return found;
}

}  // namespace

TEST_SUITE("daemon/safe_mode") {
  TEST_CASE_FIXTURE(
      LoneDaemon,
      "control on is configured and stays off, in the log, the status, the health and "
      "the text log, and a reload does not switch it on") {
    listen = true;
    const LoggedLines lines;
    daemon::DaemonOptions options;
    options.safe_mode = true;
    options.reload = [this]() -> Result<config::Config> { return config; };
    const auto daemon = open(std::move(options));
    clock.slept = [&](int sleeps) {
      if (sleeps == 2) {
        const auto reloaded = ask(home.path(), "reload", 1);
        CHECK(reloaded["control_trouble"].get<std::string>().find("safe mode") == 0);
      }
      if (sleeps != 5) return;
      const auto status = ask(home.path(), "status", 2);
      CHECK(status["control_mode"] == "off");
      CHECK(status["warnings"].dump().find("safe mode: control is off") != std::string::npos);
      CHECK(status["health"]["items"][0]["state"] == "degraded");
      CHECK(status["health"]["items"][0]["detail"].get<std::string>().find("safe mode") !=
            std::string::npos);
    };
    REQUIRE(daemon->run(at_s(120)).has_value());
    REQUIRE(daemon->close(fb::StopCause::finished).has_value());
    const auto started = facts<fb::CoordinatorStartedT>(*daemon);
    REQUIRE(started.size() == 1);
    CHECK(started[0].control_mode == fb::ControlMode::off);
    for (const auto& each : facts<fb::CoordinatorStateChangedT>(*daemon))
      CHECK(each.control_mode == fb::ControlMode::off);
    CHECK(recorded(*daemon, Kind::ReadingRecorded).size() >= 2);
    CHECK(recorded(*daemon, Kind::DecisionMade).empty());
    CHECK(inverter.wishes.empty());
    CHECK(inverter.released == 0);
    CHECK(inverter.clocks_set == 0);
    CHECK(lines.count("safe mode: control is off and nothing is written to the inverter") >= 1);
  }

  TEST_CASE_FIXTURE(LoneDaemon,
                    "what an earlier run forced is not touched either: it carries its own end") {
    {
      const auto steering = open();
      REQUIRE(steering->run(at_s(60)).has_value());  // killed: no way down
    }
    REQUIRE_FALSE(inverter.wishes.empty());
    const std::size_t wishes = inverter.wishes.size();
    const std::uint32_t writes = inverter.writes();
    daemon::DaemonOptions options;
    options.safe_mode = true;
    const auto daemon = open(std::move(options));
    REQUIRE(daemon->run(at_s(600)).has_value());
    REQUIRE(daemon->close(fb::StopCause::finished).has_value());
    CHECK(inverter.wishes.size() == wishes);
    CHECK(inverter.released == 0);
    CHECK(inverter.writes() == writes);
    CHECK(recorded(*daemon, Kind::CommandIssued).back() < at_s(60));
  }

  TEST_CASE("--safe-mode is for a house that lives; a simulation would ignore it") {
    const auto read = [](std::vector<const char*> words) {
      words.insert(words.begin(), "wattledgerd");
      return daemon::read_arguments(static_cast<int>(words.size()),
                                    const_cast<char**>(words.data()));
    };
    const auto house = read({"--config", "house.yaml", "--safe-mode"});
    REQUIRE(std::holds_alternative<daemon::Arguments>(house));
    CHECK(std::get<daemon::Arguments>(house).safe_mode);
    CHECK_FALSE(std::get<daemon::Arguments>(read({"--config", "house.yaml"})).safe_mode);
    const auto simulated = read({"--simulate", "3", "--safe-mode"});
    REQUIRE(std::holds_alternative<int>(simulated));
    CHECK(std::get<int>(simulated) == 2);
  }
}
