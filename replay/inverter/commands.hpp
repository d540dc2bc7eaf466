// wattledger inverter: what an inverter can tell, what it tells now, and its settings by hand; and
// wattledger setup, which finds one.
#pragma once

#include "replay/command.hpp"

namespace wattledger::tool {

void add_setup(CLI::App& parent, Invocation& invocation);
void add_inverter_registers(CLI::App& parent, Invocation& invocation);
void add_inverter_simulate(CLI::App& parent, Invocation& invocation);
void add_inverter_read(CLI::App& parent, Invocation& invocation);
void add_inverter_watch(CLI::App& parent, Invocation& invocation);
// mode, export-limit, dod and charge, below the group `set`.
void add_inverter_set(CLI::App& set, Invocation& invocation);
void add_inverter_release(CLI::App& parent, Invocation& invocation);

}  // namespace wattledger::tool
