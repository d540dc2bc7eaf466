// wattledger change: what was changed in a data directory, by whom, and how it ended. Read-only.
#pragma once

#include "replay/command.hpp"

namespace wattledger::tool {

void add_change_list(CLI::App& change, Invocation& invocation);
void add_change_show(CLI::App& change, Invocation& invocation);

}  // namespace wattledger::tool
