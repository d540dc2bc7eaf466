#include "coordinator/simulator/director.hpp"

#include "tests/simulator/yard.hpp"

namespace wattledger::simulator {
namespace {

struct Stage {
  Stage() : yard(Watts(2'000), Watts(500)) {
    auto started = ModbusServer::start(yard.house, 0);
    REQUIRE(started.has_value());
    server = std::move(*started);
    director = std::make_unique<Director>(yard.house, *server);
  }
  std::string said(std::string_view line) const {
    const auto answer = director->obey(line);
    return answer ? *answer : answer.error().line();
  }
  Yard yard;
  std::unique_ptr<ModbusServer> server;
  std::unique_ptr<Director> director;
};

}  // namespace

TEST_SUITE("simulator/director") {
  TEST_CASE("state tells what flows") {
    Stage stage;
    CHECK(stage.said("state") ==
          "2025-10-01T00:00:00Z SOC 50.0 %, sun 2000 W, load 500 W, charging 1500 W, grid idle, 0 "
          "requests");
    CHECK(stage.said("load 3000").find("discharging 1000 W") != std::string::npos);
    CHECK(stage.said(" pv\t0 ").find("sun 0 W") != std::string::npos);
    CHECK(stage.said("soc 80").find("SOC 80.0 %") != std::string::npos);
    CHECK(stage.said("").empty());
  }

  TEST_CASE("every fault has a name, begins and ends") {
    Stage stage;
    std::string names = stage.said("faults") + ", ";
    int count = 0;
    while (!names.empty()) {
      const std::string name = names.substr(0, names.find(", "));
      names.erase(0, name.size() + 2);
      CHECK(stage.said("fault " + name) == name + " begins");
      CHECK(stage.said("fault " + name + " off") == name + " is over");
      ++count;
    }
    CHECK(count == 16);
    stage.yard.house.set_load(Watts(4'000));
    CHECK(stage.said("fault grid-loss") == "grid-loss begins");
    CHECK(stage.yard.house.powers().load == Watts(0));
    CHECK(stage.said("clear") == "no faults");
    CHECK(stage.yard.house.powers().load == Watts(4'000));
  }

  TEST_CASE("what is no order is told in one line, and nothing happens") {
    Stage stage;
    const std::string before = stage.said("state");
    for (const char* line : {"sing", "pv", "pv -3", "pv 3 4", "soc 101", "load many", "fault rain",
                             "fault silence maybe", "clock", "state now"}) {
      CAPTURE(std::string(line));
      const auto answer = stage.director->obey(line);
      REQUIRE_FALSE(answer.has_value());
      CHECK(answer.error().kind == ErrorKind::invalid_input);
      CHECK_FALSE(answer.error().remedy.empty());
    }
    CHECK(stage.said("state") == before);
  }

  TEST_CASE("the inverter's clock is shifted") {
    Stage stage;
    CHECK(stage.said("clock -90") == "the inverter's clock is shifted by -90 s");
    std::array<std::uint16_t, 3> words{};
    REQUIRE(stage.yard.house.impl().read(45200, words) == Exception::none);
    CHECK(*inverter::decode_clock(words) ==
          ZoneOffsets().to_local(stage.yard.house.now() - std::chrono::seconds(90)));
  }
}

}  // namespace wattledger::simulator
