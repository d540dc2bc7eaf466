// Charges and sales as they run: what the events about them and the readings during them come to.
// Inside this part only.
#pragma once

#include "projections/fold/state.hpp"

namespace wattledger::fold {

// A session begins, goes on or ends. One that ends without having begun, or under another name,
// changes nothing.
void take_session(State& state, const fb::ChargingSessionChanged& fact, Sequence sequence,
                  UtcTime at);
void take_session(State& state, const fb::SellingSessionChanged& fact, Sequence sequence,
                  UtcTime at);

// Adds what passed between two readings, `after` not before `before`, to the sessions that run.
void meter_sessions(State& state, const Reading& before, const Reading& after);

}  // namespace wattledger::fold
