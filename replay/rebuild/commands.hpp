// wattledger replay: builds projections anew from the log, aside. Taking them over is the owner's
// act, which this part does not know how to reach (it links neither the socket nor an inverter):
// main() hands it in.
#pragma once

#include "replay/command.hpp"
#include "replay/owner.hpp"

namespace wattledger::tool {

void add_replay(CLI::App& app, Invocation& invocation, Owner owner);

}  // namespace wattledger::tool
