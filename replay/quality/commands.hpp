// How good the recorded data are, day by day.
#pragma once

#include "replay/command.hpp"

namespace wattledger::tool {

// `quality`, below the program itself.
void add_quality(CLI::App& app, Invocation& invocation);

}  // namespace wattledger::tool
