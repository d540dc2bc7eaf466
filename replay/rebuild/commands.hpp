// wattledger replay: builds projections anew from the log, aside. Taking them over is the owner's
// act, which this part does not know how to reach (it links neither the socket nor an inverter):
// main() hands it in.
#pragma once

#include "replay/change/change.hpp"
#include "replay/command.hpp"
#include "replay/owner.hpp"

namespace wattledger::tool {

// Part of another change, which has asked and records it: everything that the house has, anew from
// the log, and taken over. Says only what goes wrong. Without `anyway`, nothing where all stand
// behind the newest import.
[[nodiscard]] Exit rebuild_live(const Invocation& invocation, const Place& place,
                                const Owner& owner, bool anyway);

void add_replay(CLI::App& app, Invocation& invocation, Owner owner, ChangeHouse house);

}  // namespace wattledger::tool
