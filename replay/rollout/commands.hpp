// wattledger rollout: how an owner comes from the older system's files to tables, and back.
#pragma once

#include "replay/command.hpp"
#include "replay/rollout/switching.hpp"

namespace wattledger::tool {

void add_rollout_preflight(CLI::App& rollout, Invocation& invocation, Owner owner);
void add_rollout_backup(CLI::App& rollout, Invocation& invocation, RolloutHouse house);
void add_rollout_deploy(CLI::App& rollout, Invocation& invocation, RolloutHouse house);
void add_rollout_verify(CLI::App& rollout, Invocation& invocation, Owner owner);
void add_rollout_monitor(CLI::App& rollout, Invocation& invocation, Owner owner);
void add_rollout_rollback(CLI::App& rollout, Invocation& invocation, RolloutHouse house);
void add_rollout_migrate(CLI::App& rollout, Invocation& invocation, RolloutHouse house);

}  // namespace wattledger::tool
