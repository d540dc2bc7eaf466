// wattledger tiers: where the log's records stand, what has come of age moved on, and cold ones
// brought back.
#pragma once

#include "replay/change/change.hpp"
#include "replay/command.hpp"
#include "replay/owner.hpp"

namespace wattledger::tool {

// Shows, and has the other two below it.
void add_tiers(CLI::App& app, Invocation& invocation, Retirer retirer, ChangeHouse house);
void add_tiers_run(CLI::App& tiers, Invocation& invocation, Retirer retirer, ChangeHouse house);
void add_tiers_fetch(CLI::App& tiers, Invocation& invocation);

}  // namespace wattledger::tool
