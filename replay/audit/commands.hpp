// wattledger audit …: what was decided, why, and whether it can be re-made. Read-only, all of it;
// links neither inverter nor network, so that an audit cannot touch them even by mistake.
#pragma once

#include "replay/command.hpp"

namespace wattledger::tool {

void add_audit_list(CLI::App& audit, Invocation& invocation);
void add_audit_explain(CLI::App& audit, Invocation& invocation);
void add_audit_what_if(CLI::App& audit, Invocation& invocation);
void add_audit_verify(CLI::App& audit, Invocation& invocation);
void add_audit_prove(CLI::App& audit, Invocation& invocation);

}  // namespace wattledger::tool
