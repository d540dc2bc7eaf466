// Has a house take its configuration over: what it keeps beside its log becomes what the file asks
// for.
#pragma once

#include "replay/change/change.hpp"
#include "replay/rollout/checks.hpp"

namespace wattledger::tool {

struct RolloutHouse {
  Owner owner;
  ChangeHouse changes;
  std::function<Exit(const Invocation&)> create_backup;
};

struct SwitchWish {
  std::string restart_command;  // for /bin/sh; empty: the daemon reloads
  std::uint64_t wait_s = 300;
};

// Reload or restart, then until each projection that is asked for is fed in the version that is
// asked for (built anew by us where the daemon waits for consent, which the caller has), and no
// item of its health has failed that had not before. Without a daemon they are built under the
// lock.
[[nodiscard]] Result<void> bring_into_force(const Invocation& invocation, const Place& place,
                                            const Owner& owner, const SwitchWish& wish);

void add_switch_options(CLI::App& command, SwitchWish& wish);

}  // namespace wattledger::tool
