// One decision from a file: needs no data directory, no configuration, no log.
#pragma once

#include "replay/command.hpp"

namespace wattledger::tool {

// `decide SCENARIO.json`.
void add_decide(CLI::App& parent, Invocation& invocation);

}  // namespace wattledger::tool
