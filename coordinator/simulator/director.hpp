// What can be done to a simulated house while it runs, one line each: for people at a terminal and
// for scripts. One thread.
#pragma once

#include <string>
#include <string_view>

#include "coordinator/simulator/simulator.hpp"

namespace wattledger::simulator {

class Director {
 public:
  // Both outlive it.
  Director(House& house, ModbusServer& server) : house_(house), server_(server) {}

  // Does what the line says and returns what there is to say about it, several lines at times;
  // empty for an empty line. invalid_input for what is no order, with what would be one.
  Result<std::string> obey(std::string_view line);

 private:
  Result<std::string> fault(std::string_view name, std::string_view on);
  [[nodiscard]] std::string state() const;

  House& house_;
  ModbusServer& server_;
};

// "silence, late, …": faults of the connection, of which one at a time holds, then those of the
// house.
[[nodiscard]] std::string fault_names();

}  // namespace wattledger::simulator
