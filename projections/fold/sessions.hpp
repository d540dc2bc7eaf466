// Charges and sales as they run: what the events about them, the commands and the readings during
// them come to. Inside this part only.
#pragma once

#include "projections/fold/state.hpp"

namespace wattledger::fold {

// A reading so soon after a mode's end still counts as of the mode, and a renewal so soon goes on
// with it: an inverter takes seconds to leave a mode, and a minute lies between two records.
inline constexpr std::chrono::seconds session_end_grace{60};
// What one meter may be ahead of another: two steps of a counter that knows tenths of a kWh.
inline constexpr MilliwattHours counter_lag_max{200'000};

// A session is planned, begins, goes on or ends. What ends without having begun, or under another
// name, changes only what was planned.
void take_session(State& state, const fb::ChargingSessionChanged& fact, Sequence sequence,
                  UtcTime at);
void take_session(State& state, const fb::SellingSessionChanged& fact, Sequence sequence,
                  UtcTime at);
void take_daily_plan(State& state, const fb::DailyPlanChanged& fact);

// Adds what passed since the reading before to the sessions that run.
void meter_sessions(State& state, const Reading& after);

// The newest decision goes on with a session: its end and target are the session's.
void follow_decision(State& state);
// The inverter is about to be in `mode`; called before state.inverter says so.
void leave_mode(State& state, fb::InverterMode mode, LeftBy by, Sequence sequence, UtcTime at);
// The clock was set to `now`: nothing of a session lies ahead of it.
void step_sessions(State& state, UtcTime now);

}  // namespace wattledger::fold
