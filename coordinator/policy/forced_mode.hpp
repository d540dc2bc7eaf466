// What the inverter is to be told of the newest decision: one wording for the daemon, which tells
// it, and for an audit that lives the same past under another policy.
#pragma once

#include "projections/fold/state.hpp"

namespace wattledger::policy {

struct ForcedMode {
  fb::InverterMode mode = fb::InverterMode::general;  // then the rest means nothing
  UtcTime until;  // of whole minutes, on the inverter's own day, at most forced_end_max ahead
  Watts power;
  BasisPoints target_soc;
};

// General mode without a decision, after its end, and in an hour of the wall clock that comes
// again: what is forced in its first pass would begin anew by itself in the second.
[[nodiscard]] ForcedMode forced_mode(const fold::State& state, UtcTime now);

}  // namespace wattledger::policy
