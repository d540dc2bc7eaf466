// wattledger replay --status and --history: which version each projection is of, which one this
// program continues, and every rebuild that the log knows. Read-only.
#pragma once

#include "replay/command.hpp"
#include "replay/owner.hpp"

namespace wattledger::tool {

// findings when something is pending: a projection of another version, foreign, unreadable, or of
// another log.
Exit replay_status(const Invocation& invocation, const Place& place, const Owner& owner);
Exit replay_history(const Invocation& invocation, const Place& place);

}  // namespace wattledger::tool
