// The verbs that speak to the house: over the daemon's socket, or, where no daemon runs, under the
// writer lock. This part alone of the tool may link control/ and, later, the inverter and the
// sources.
#pragma once

#include "replay/command.hpp"

namespace wattledger::tool {

void add_status(CLI::App& app, Invocation& invocation);
void add_health(CLI::App& app, Invocation& invocation);
void add_override(CLI::App& app, Invocation& invocation);
void add_alerts(CLI::App& alerts, Invocation& invocation);
void add_fault_list(CLI::App& fault, Invocation& invocation);
void add_fault_clear(CLI::App& fault, Invocation& invocation);
void add_correct(CLI::App& app, Invocation& invocation);
void add_log_checkpoint(CLI::App& log, Invocation& invocation);
void add_reload(CLI::App& app, Invocation& invocation);
void add_maintain(CLI::App& maintain, Invocation& invocation);
void add_inputs_show(CLI::App& inputs, Invocation& invocation);
void add_inputs_fetch(CLI::App& inputs, Invocation& invocation);

}  // namespace wattledger::tool
