// wattledger inverter: what an inverter can tell, and what it tells now.
#pragma once

#include "replay/command.hpp"

namespace wattledger::tool {

void add_inverter_registers(CLI::App& parent, Invocation& invocation);
void add_inverter_simulate(CLI::App& parent, Invocation& invocation);
void add_inverter_read(CLI::App& parent, Invocation& invocation);
void add_inverter_watch(CLI::App& parent, Invocation& invocation);

}  // namespace wattledger::tool
