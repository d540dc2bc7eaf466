// Charges, sales and the day's plan as state machines: which facts about them are due. Pure, and
// all that is remembered is the fold, so a daemon that starts goes on with what it finds. What
// begins, ends and counts when: "Sessions" in README.md beside this file.
//
//   planned -> started -> progressed (each slot) -> completed | cancelled | failed
//          \-> cancelled
#pragma once

#include <vector>

#include "projections/fold/state.hpp"

namespace wattledger::policy {

// A battery that moves less than this shows no charge and no sale.
inline constexpr Watts session_power_min{100};

// In the order in which they are to be recorded, each with its cause. Looking again after they were
// recorded may find more (a plan is told after the sessions), and then nothing.
[[nodiscard]] std::vector<fb::EventT> look_at_sessions(const fold::State& state, UtcTime now);

// What of the day's plan is due: sessions newly planned, changed or dropped, and the plan. Inside
// this part only.
[[nodiscard]] std::vector<fb::EventT> look_at_daily_plan(const fold::State& state, UtcTime now);

}  // namespace wattledger::policy
