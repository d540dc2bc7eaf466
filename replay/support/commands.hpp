#pragma once

#include "replay/command.hpp"

namespace wattledger::tool {

void add_support_bundle(CLI::App& app, Invocation& invocation);

}  // namespace wattledger::tool
