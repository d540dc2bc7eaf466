#pragma once

#include "replay/command.hpp"

namespace wattledger::tool {

// `wattledger page`: of the whole tree of commands that `app` has when it is called.
void add_page(CLI::App& app, Invocation& invocation);

}  // namespace wattledger::tool
