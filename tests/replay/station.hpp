// A simulated inverter on loopback, and the tool asking it.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "coordinator/simulator/simulator.hpp"
#include "tests/replay/tool.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {

struct ToolStation {
  ToolStation() : house({}, simulator::HouseYear::generate(1), at_s(8 * 3600)) {
    house.set_pv(Watts(3'000));
    house.set_load(Watts(1'000));
    auto started = simulator::ModbusServer::start(house, 0);
    REQUIRE(started.has_value());
    server = std::move(*started);
  }
  [[nodiscard]] ToolRun ask(std::vector<std::string> words) const {
    words.insert(words.end(), {"--host", "127.0.0.1", "--port", std::to_string(server->port())});
    return run_tool(words, home.path());
  }
  MemoryDirectory home;
  simulator::House house;
  std::unique_ptr<simulator::ModbusServer> server;
};

}  // namespace wattledger::testing
