// The verbs that write, under the lock and through a daemon's socket.
#include <doctest/doctest.h>

#include <mutex>

#include "coordinator/control/control.hpp"
#include "tests/replay/house_log.hpp"
#include "tests/replay/tool.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// The last record, as log cat has it.
nlohmann::json newest(const HouseDirectory& house) {
  const auto records = on(house, {"log", "tail", "-n", "1", "--format", "json"}).json_lines();
  REQUIRE(records.size() == 1);
  return records[0];
}

// Answers the socket as a daemon would, and remembers what was asked.
class FakeDaemon {
 public:
  FakeDaemon(const HouseDirectory& house, Result<std::string> result) {
    server_ = value(
        control::Server::start(house.data(), "", [this, result](const control::Request& request) {
          const std::lock_guard lock(mutex_);
          const auto args = nlohmann::json::parse(request.args_json);
          // A change's beginning and end are taken whatever the answer to its act is.
          if (const auto event = args.find("event");
              event != args.end() && (*event)["type"].get<std::string>().rfind("Change", 0) == 0) {
            changes_.push_back(*event);
            return Result<std::string>(R"({"sequence":41,"repeated":false})");
          }
          verb_ = request.verb;
          args_ = args;
          staged_there_ = args_.contains("staged") &&
                          std::filesystem::is_directory(args_["staged"].get<std::string>());
          ++asked_;
          same_id_ = request.id == id_;
          id_ = request.id;
          return result;
        }));
  }
  std::string verb() {
    const std::lock_guard lock(mutex_);
    return verb_;
  }
  nlohmann::json args() {
    const std::lock_guard lock(mutex_);
    return args_;
  }
  int asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  bool same_id() {
    const std::lock_guard lock(mutex_);
    return same_id_;
  }
  std::vector<nlohmann::json> changes() {
    const std::lock_guard lock(mutex_);
    return changes_;
  }
  bool staged_there() {
    const std::lock_guard lock(mutex_);
    return staged_there_;
  }

 private:
  std::mutex mutex_;
  std::string verb_;
  nlohmann::json args_;
  std::vector<nlohmann::json> changes_;
  bool staged_there_ = false;
  int asked_ = 0;
  Id128 id_;
  bool same_id_ = false;  // of the last two requests
  std::unique_ptr<control::Server> server_;
};

}  // namespace

TEST_SUITE("replay/house") {
  TEST_CASE("a power that was meant in kilowatts is refused, with the unit") {
    HouseDirectory house;
    house.begin();
    house.close();
    for (const char* action : {"charge", "sell"}) {
      const ToolRun run = on(house, {"override", action, "--power", "4"});
      CHECK(run.code == 2);
      CHECK(run.err ==
            "wattledger: --power is in watts, and 4 W is too little to charge or sell by; for 4 kW "
            "write --power 4000\n");
    }
    CHECK(on(house, {"override", "charge", "--power", "99"}).code == 2);
    CHECK(on(house, {"override", "charge", "--power", "100"}).code == 0);
  }

  TEST_CASE(
      "without a daemon an override is recorded under the lock, with the house's offset and who "
      "asked") {
    HouseDirectory house;
    house.begin();
    house.close();
    const ToolRun run =
        on(house, {"override", "charge", "--until", "+2h", "--soc", "80", "--power", "3000"});
    INFO(run.out << run.err);
    REQUIRE(run.code == 0);
    CHECK(run.out.rfind("override charge at 3000 W to 80 % until ", 0) == 0);
    CHECK(run.out.find(
              "; recorded as 5 (no daemon is running: the next one finds it in the log)\n") !=
          std::string::npos);
    auto record = newest(house);
    CHECK(record["kind"] == "OverrideRequested");
    CHECK(record["event"]["source"] == "owner");
    CHECK(record["event"]["source_name"].get<std::string>().rfind("uid:", 0) == 0);
    CHECK(record["event"]["utc_offset_s"] == 3'600);  // the last transition of the fixture's zone
    CHECK(record["event"]["fact"]["action"] == "charge");
    CHECK(record["event"]["fact"]["target_soc_bp"] == 8'000);
    CHECK(record["event"]["fact"]["power_w"] == 3'000);
    CHECK(record["event"]["fact"]["until_us"].get<std::int64_t>() -
              record["event"]["occurred_at_us"].get<std::int64_t>() <=
          7'200'000'000);
  }

  TEST_CASE("a charge without an end gets one hour and says so; the others last until auto") {
    HouseDirectory house;
    house.begin();
    house.close();
    CHECK(on(house, {"override", "charge"}).out.find("(one hour, as no --until was given)") !=
          std::string::npos);
    CHECK(newest(house)["event"]["fact"].contains("until_us"));
    CHECK(on(house, {"override", "hold"}).out.find("until you say wattledger override auto") !=
          std::string::npos);
    CHECK_FALSE(newest(house)["event"]["fact"].contains("until_us"));
    CHECK(on(house, {"override", "auto"}).out.rfind("wattledger decides again; recorded as 7", 0) ==
          0);
    CHECK(newest(house)["event"]["fact"]["automatic"] == true);
  }

  TEST_CASE("a log that somebody holds without answering is exit code 3 and names the holder") {
    HouseDirectory house;
    house.begin();
    const ToolRun run = on(house, {"override", "auto"});
    CHECK(run.code == 3);
    CHECK(run.one_error_line());
    CHECK(run.err.rfind("wattledger: test, process ", 0) == 0);
    CHECK(run.err.find("does not answer") != std::string::npos);
    CHECK(newest(house)["sequence"] == 4);
  }

  TEST_CASE("with a daemon the same event goes over the socket") {
    HouseDirectory house;
    house.begin();
    FakeDaemon daemon(house, R"({"sequence":42,"repeated":false})");
    const ToolRun run = on(house, {"--format", "json", "override", "sell", "--soc", "30"});
    INFO(run.err);
    REQUIRE(run.code == 0);
    REQUIRE(run.json_lines().size() == 1);
    CHECK(run.json_lines()[0] == nlohmann::json{{"sequence", 42}, {"by_daemon", true}});
    CHECK(daemon.verb() == "append");
    CHECK(daemon.args()["event"]["type"] == "OverrideRequested");
    CHECK(daemon.args()["event"]["target_soc_bp"] == 3'000);
    CHECK(newest(house)["sequence"] == 4);
  }

  TEST_CASE("that a report was made is recorded by the daemon that holds the log") {
    HouseDirectory house;
    house.begin();
    FakeDaemon daemon(house, R"({"sequence":42,"repeated":false})");
    const ToolRun run = on(house, {"--format", "json", "audit", "report", "--month", "2025-10",
                                   "--out", (house.data() / "october.html").string()});
    INFO(run.err);
    REQUIRE(run.code == 0);
    const auto told = run.json_lines().at(0);
    CHECK(told["recorded"] == 42);
    CHECK(daemon.verb() == "append");
    CHECK(daemon.args()["event"]["type"] == "ReportMade");
    CHECK(daemon.args()["event"]["digest"] == told["digest"]);
    CHECK(newest(house)["sequence"] == 4);
  }

  TEST_CASE("an answer that got lost is asked for once more, with the same id") {
    HouseDirectory house;
    house.begin();
    FakeDaemon daemon(house, fail(ErrorKind::io, "the answer got lost", "try again"));
    const ToolRun run = on(house, {"override", "hold", "--until", "+1h"});
    CHECK(run.code == 3);
    CHECK(run.one_error_line());
    CHECK(daemon.verb() == "append");
    CHECK(daemon.asked() == 3);  // status, for the remark about the control mode, and twice append
    CHECK(daemon.same_id());
  }

  TEST_CASE("what the daemon did not find is not taken for no daemon") {
    HouseDirectory house;
    house.begin();
    house.reading(60, 6'400);
    FakeDaemon daemon(house, fail(ErrorKind::not_found, "no house.yaml", "restore it"));
    for (const std::vector<std::string>& verb :
         {std::vector<std::string>{"reload"}, {"replay", "--yes"}, {"override", "auto"}}) {
      CAPTURE(verb[0]);
      const ToolRun run = on(house, verb);
      CHECK(run.code == 3);
      CHECK(run.err == "wattledger: no house.yaml; restore it\n");
    }
    CHECK(newest(house)["sequence"] == 5);
  }

  TEST_CASE("faults are listed and cleared by name or all at once") {
    HouseDirectory house;
    house.begin();
    for (const fb::Fault each : {fb::Fault::battery_temperature, fb::Fault::grid_voltage}) {
      fb::FaultRaisedT fault;
      fault.fault = each;
      fault.latched = true;
      fault.detail = "54.0 °C";
      house.add(60, std::move(fault));
    }
    house.close();
    const auto lines = on(house, {"fault", "list"}).lines();
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] ==
          "       5  2025-10-01 02:01:00+02:00  battery_temperature         latched    54.0 °C");
    CHECK(on(house, {"fault", "clear", "grid_voltage", "--reason", "storm over"}).code == 0);
    CHECK(newest(house)["event"]["fact"]["raised"] == 6);
    CHECK(newest(house)["event"]["fact"]["reason"] == "storm over");
    CHECK(on(house, {"fault", "list", "--format", "json"}).json_lines().size() == 1);
    CHECK(on(house, {"fault", "clear", "all"}).code == 0);
    CHECK(on(house, {"fault", "list"}).out == "no faults\n");
  }

  TEST_CASE("a correction names what was there before") {
    HouseDirectory house;
    house.begin();
    house.reading(60, 6'400);
    house.close();
    const ToolRun run =
        on(house, {"correct", "5", "grid_power_w", "-100", "--reason", "meter was off"});
    INFO(run.out << run.err);
    REQUIRE(run.code == 0);
    CHECK(run.out.rfind("ReadingRecorded 5: grid_power_w is -100 instead of -2580", 0) == 0);
    auto fact = newest(house)["event"]["fact"];
    CHECK(fact["corrects"] == 5);
    CHECK(fact["value"] == "-100");
    CHECK(fact["previous"] == "-2580");
    CHECK(run.out.find("wattledger replay shows it") != std::string::npos);
    CHECK(on(house, {"correct", "5", "load_power_w", "unknown", "--reason", "r"}).code == 0);
    CHECK(newest(house)["event"]["fact"]["value"] == "unknown");
    CHECK(on(house, {"correct", "5", "device", "unknown", "--reason", "r"}).code == 2);
    CHECK(on(house, {"correct", "1", "site", "cottage", "--reason", "r"})
              .out.find("no table or file shows a correction of this field") != std::string::npos);
    CHECK(on(house, {"correct", "5", "quality", "partial", "--reason", "r"}).code == 0);
    CHECK(on(house, {"correct", "5", "quality", "bad", "--reason", "r"}).code == 2);
    CHECK(on(house, {"correct", "5", "fast_charging", "yes", "--reason", "r"})
              .err.find("write true or false") != std::string::npos);
    CHECK(
        on(house, {"correct", "5", "battery_soc_bp", "70000", "--reason", "r"}).err.find("65535") !=
        std::string::npos);
    CHECK(on(house, {"correct", "3", "prices_e8", "1", "--reason", "r"})
              .err.find("more than one value") != std::string::npos);
    CHECK(on(house, {"correct", "5", "battery_soc_bp", "6400", "--reason", "r"})
              .err.find("already") != std::string::npos);
  }

  TEST_CASE("replay into a directory touches neither log nor live files") {
    HouseDirectory house;
    house.begin();
    house.reading(60, 6'400);
    house.decide(60);
    house.close();
    const MemoryDirectory elsewhere;
    const std::filesystem::path into = elsewhere / "rebuilt";
    const ToolRun run = on(house, {"replay", "--into", into.string(), "--format", "json"});
    INFO(run.err);
    REQUIRE(run.code == 0);
    auto report = run.json_lines()[0];
    CHECK(report["sequence"] == newest(house)["sequence"]);
    CHECK(report["adopted_by"].is_null());
    CHECK(report["projections"].size() == 1);  // no JSON here, so none is built
    CHECK(std::filesystem::exists(into / "goodwe_energy.db"));
    CHECK_FALSE(std::filesystem::exists(house.data() / "goodwe_energy.db"));
    CHECK_FALSE(std::filesystem::exists(house.data() / "staging"));
    CHECK(on(house, {"replay", "--into", into.string()}).code == 3);  // something is there already
  }

  TEST_CASE("without a daemon replay adopts under the lock and records that it did") {
    HouseDirectory house;
    house.begin();
    house.reading(60, 6'400);
    house.close();
    const ToolRun run = on(house, {"replay", "--projection", "all", "--yes"});
    INFO(run.out << run.err);
    REQUIRE(run.code == 0);
    CHECK(run.out.find("adopted by wattledger, as no daemon is running") != std::string::npos);
    CHECK(std::filesystem::exists(house.data() / "goodwe_energy.db"));
    const auto records = on(house, {"log", "tail", "-n", "3", "--format", "json"}).json_lines();
    REQUIRE(records.size() == 3);
    CHECK(records[0]["kind"] == "ChangeStarted");
    CHECK(records[2]["kind"] == "ChangeFinished");
    const auto& record = records[1];
    CHECK(record["kind"] == "ProjectionRebuilt");
    CHECK(record["event"]["fact"]["projection"] == "sqlite");
    CHECK(record["event"]["fact"]["up_to"] == 6);
    // As the daemon says it, for which see simulation/requests.
    CHECK(record["event"]["source"] == "owner");
    CHECK(record["event"]["source_name"].get<std::string>().rfind("uid:", 0) == 0);
    CHECK(record["event"]["fact"]["reason"] == "adopted");
    const auto lines = on(house, {"status", "--format", "json"}).json_lines();
    REQUIRE(lines.size() == 1);
    auto status = lines[0];
    CHECK(status["projections"][0]["lag"] == 1);  // the change's end, which the next daemon takes
  }

  TEST_CASE(
      "what a failed adoption may still need is left, and said where; what was refused is "
      "removed") {
    HouseDirectory house;
    house.begin();
    house.reading(60, 6'400);
    struct Row {
      ErrorKind kind;
      bool left;
    };
    for (const Row row :
         {Row{ErrorKind::timed_out, true}, Row{ErrorKind::io, true}, Row{ErrorKind::full, true},
          Row{ErrorKind::conflict, false}, Row{ErrorKind::foreign, false}}) {
      CAPTURE(static_cast<int>(row.kind));
      FakeDaemon daemon(house, fail(row.kind, "it did not go well", "look"));
      const ToolRun run = on(house, {"replay", "--yes"});
      CHECK(run.code == 3);
      CHECK(run.one_error_line());
      const std::string staged = daemon.args()["staged"].get<std::string>();
      CHECK(std::filesystem::exists(staged) == row.left);
      CHECK((run.err.find(staged) != std::string::npos) == row.left);
      REQUIRE(daemon.changes().size() == 2);
      CHECK(daemon.changes()[1]["result"] == "failed");
      CHECK(daemon.changes()[1]["detail"].get<std::string>().rfind("it did not go well", 0) == 0);
      std::filesystem::remove_all(house.data() / "staging");
    }
  }

  TEST_CASE("with a daemon replay hands over what it staged and removes it afterwards") {
    HouseDirectory house;
    house.begin();
    house.reading(60, 6'400);
    FakeDaemon daemon(house, "{}");
    const ToolRun run = on(house, {"replay", "--yes"});
    INFO(run.out << run.err);
    REQUIRE(run.code == 0);
    CHECK(daemon.verb() == "adopt");
    CHECK(daemon.staged_there());
    const std::filesystem::path staged = daemon.args()["staged"].get<std::string>();
    CHECK(staged.is_absolute());
    CHECK_FALSE(std::filesystem::exists(staged));
    REQUIRE(daemon.changes().size() == 2);
    CHECK(daemon.changes()[0]["verb"] == "replay");
    CHECK(daemon.changes()[1]["started"] == 41);
    CHECK(daemon.changes()[1]["result"] == "succeeded");
    CHECK(newest(house)["sequence"] == 5);
  }
}
