// The owner's requests by socket and by lock are one function: equal events but for their times.
#include <nlohmann/json.hpp>

#include "log/checkpoint.hpp"
#include "tests/simulation/real_house.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// The requests of a log, with what differs by nature (times, what they follow) taken out.
std::vector<fb::EventT> requests(const std::filesystem::path& data) {
  auto log = log::Log::open(data / "log");
  REQUIRE_MESSAGE(log.has_value(), log.error().line());
  const auto snapshot = log->snapshot();
  std::vector<fb::EventT> found;
  const auto scanned = snapshot->scan(
      snapshot->first(), snapshot->head(), [&](const log::RecordView& record) -> Result<bool> {
        const Kind kind = record.event.kind();
        if (kind != Kind::OverrideRequested && kind != Kind::FaultCleared &&
            kind != Kind::CorrectionRecorded && kind != Kind::ProjectionRebuilt)
          return true;
        fb::EventT event = record.event.unpack();
        if (event.source != fb::Source::owner) return true;
        event.occurred_at_us = 0;
        event.correlation.reset();
        if (auto* override = event.fact.AsOverrideRequested())
          override->until_us = flatbuffers::nullopt;
        if (auto* cleared = event.fact.AsFaultCleared()) cleared->raised = flatbuffers::nullopt;
        if (auto* correction = event.fact.AsCorrectionRecorded()) correction->corrects = 0;
        if (auto* rebuilt = event.fact.AsProjectionRebuilt()) {
          CHECK(rebuilt->rows.has_value());
          CHECK(rebuilt->took_ms.has_value());
          rebuilt->up_to = 0;
          rebuilt->rows = flatbuffers::nullopt;
          rebuilt->took_ms = flatbuffers::nullopt;
        }
        found.push_back(std::move(event));
        return true;
      });
  REQUIRE(scanned.has_value());
  return found;
}

// The last latched fault's record.
std::string fault_record(const std::filesystem::path& data) {
  const auto log = log::Log::open(data / "log");
  REQUIRE(log.has_value());
  const auto snapshot = log->snapshot();
  REQUIRE(snapshot.has_value());
  std::uint64_t last = 0;
  const auto scanned =
      snapshot->scan(snapshot->first(), snapshot->head(), [&](const auto& record) -> Result<bool> {
        if (record.event.kind() == Kind::FaultRaised) last = record.sequence.value;
        return true;
      });
  REQUIRE(scanned.has_value());
  return std::to_string(last);
}

// A latched fault for the owner to clear.
void raise_fault(const std::filesystem::path& data) {
  fb::FaultRaisedT fault;
  fault.fault = fb::Fault::battery_voltage;
  fault.latched = true;
  append_to(data, event(wall_clock(), std::move(fault)));
}

void ask_everything(const std::filesystem::path& data) {
  const std::vector<std::vector<std::string>> wishes = {
      {"override", "charge", "--until", "+90m", "--soc", "80"},
      {"override", "hold", "--until", "+1h"},
      {"override", "auto"},
      {"fault", "clear", "battery_voltage"},
      {"correct", fault_record(data), "detail", "another", "--reason", "a test"},
      {"replay", "--projection", "sqlite", "--yes"},
  };
  for (const auto& wish : wishes) {
    std::vector<std::string> arguments = {"--data", data.string()};
    arguments.insert(arguments.end(), wish.begin(), wish.end());
    const Ran ran = run(WATTLEDGER_TOOL, arguments);
    CHECK_MESSAGE(ran.code == 0, wish[0] << " " << wish[1] << ": " << ran.out << ran.err);
  }
}

}  // namespace

TEST_SUITE("simulation/requests") {
  TEST_CASE("the same requests by socket and by lock give equal events but for times") {
    const MemoryDirectory home;
    simulator::House house({}, simulator::HouseYear::generate(1), wall_clock());
    const auto server = std::move(*simulator::ModbusServer::start(house, 0));
    const auto config = write_config(home.path(), server->port(), "advise");
    const auto data = home / "data";
    raise_fault(data);
    {
      Program daemon(WATTLEDGERD, {"--config", config.string()});
      REQUIRE_MESSAGE(wait_for(daemon, data, Kind::ReadingRecorded), daemon.err());
      ask_everything(data);
      REQUIRE_MESSAGE(daemon.kill(SIGTERM) == 0, daemon.err());
    }
    const auto by_socket = requests(data);
    raise_fault(data);
    ask_everything(data);
    const auto both = requests(data);
    REQUIRE(by_socket.size() == 6);
    REQUIRE(both.size() == 12);
    for (std::size_t i = 0; i < 6; ++i) {
      CAPTURE(i);
      CHECK(both[i] == both[i + 6]);
    }
  }

  TEST_CASE("the daemon makes the log's key, signs on demand, and the tool signs after it alike") {
    const MemoryDirectory home;
    simulator::House house({}, simulator::HouseYear::generate(1), wall_clock());
    const auto server = std::move(*simulator::ModbusServer::start(house, 0));
    const auto config = write_config(home.path(), server->port(), "advise");
    const auto data = home / "data";
    const auto tool = [&](std::vector<std::string> arguments) {
      arguments.insert(arguments.begin(), {"--data", data.string()});
      const Ran ran = run(WATTLEDGER_TOOL, arguments);
      REQUIRE_MESSAGE(ran.code == 0, ran.out << ran.err);
      return ran.out;
    };
    std::string by_daemon;
    {
      Program daemon(WATTLEDGERD, {"--config", config.string()});
      REQUIRE_MESSAGE(wait_for(daemon, data, Kind::ReadingRecorded), daemon.err());
      const auto answer = nlohmann::json::parse(tool({"log", "checkpoint", "--format", "json"}));
      CHECK(answer["by_daemon"] == true);
      by_daemon = answer["note"].get<std::string>();
      REQUIRE_MESSAGE(daemon.kill(SIGTERM) == 0, daemon.err());
    }
    std::string key = tool({"log", "key"});
    key.pop_back();
    const auto verifier = log::VerifierKey::parse(key);
    REQUIRE(verifier.has_value());
    const auto first = log::open_checkpoint(by_daemon, *verifier);
    REQUIRE_MESSAGE(first.has_value(), first.error().line());
    const auto second = log::open_checkpoint(tool({"log", "checkpoint"}), *verifier);
    REQUIRE_MESSAGE(second.has_value(), second.error().line());
    CHECK(second->size > first->size);  // the daemon's last words
    const std::string proof = home / "grown.proof";
    tool({"log", "prove", "--from", std::to_string(first->size), "--out", proof});
    CHECK(run(WATTLEDGER_TOOL, {"log", "check-proof", proof, "--key", key}).code == 0);
  }
}
