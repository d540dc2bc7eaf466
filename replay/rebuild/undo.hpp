// wattledger replay --undo: what the last adoption replaced is taken over again; what is live now
// takes its place, so that an undo can be undone.
#pragma once

#include "replay/command.hpp"
#include "replay/owner.hpp"

namespace wattledger::tool {

// What would come back, in words; not_found when no copy is kept.
[[nodiscard]] Result<std::string> undoable(const Place& place);
Exit undo(const Invocation& invocation, const Place& place, const Owner& owner);

}  // namespace wattledger::tool
