// What a battery should do over a known horizon: a problem from a file, and nothing else.
#pragma once

#include "replay/command.hpp"

namespace wattledger::tool {

void add_plan(CLI::App& parent, Invocation& invocation);

}  // namespace wattledger::tool
