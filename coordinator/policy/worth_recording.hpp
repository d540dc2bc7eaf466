// Whether a judgement becomes a DecisionMade. Asked by the daemon of what it judges every few
// seconds, and by whoever lives recorded days anew.
#pragma once

#include "projections/fold/state.hpp"

namespace wattledger::policy {

// At each new slot, and whenever action, power, target or rule differ from the last decision's, or
// a forced mode must be renewed. Pure.
[[nodiscard]] bool worth_recording(const fold::State& state, const fb::DecisionMadeT& decision,
                                   UtcTime now);

}  // namespace wattledger::policy
