// Looks at a configuration's file: needs no data directory.
#pragma once

#include "replay/command.hpp"

namespace wattledger::tool {

// `config check FILE`, below the group `config`.
void add_config_check(CLI::App& config, Invocation& invocation);

}  // namespace wattledger::tool
