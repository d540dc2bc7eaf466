// The planning problem that a state poses at an instant: the slots from now to where the known
// prices end, with the forecasts for them. Pure integers.
#pragma once

#include <optional>
#include <vector>

#include "coordinator/policy/planner.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::policy {

// A stretch of one slot of the grid (settings.slot long): the first begins at now, the others
// whole.
struct HorizonSlot {
  UtcTime start;
  std::chrono::seconds length{};
};

struct Horizon {
  std::vector<HorizonSlot> slots;  // without gaps; as many as problem.slots
  PlanProblem problem;
  UtcTime grid_start;  // of the grid slot that holds now
};

// From now on, at most so many slots: a week of quarter-hours.
inline constexpr std::size_t horizon_slots_max = 672;
// A longer gap in the known prices ends the horizon. A shorter one is taken for the worse of the
// prices beside it, so that one missing quarter does not hide the day behind it.
inline constexpr std::chrono::seconds bridged_max{3'600};

// Nothing when the slot that holds now has no price. `soc` is the battery's now.
//
// Load and PV are the forecasts' means over each slot, `policy.forecast_margin_bp` of the way to
// the high load and the low PV where these are told. Where no load is forecast it is
// `load.default_day_mwh` spread evenly, where no PV is, none. The battery may give to the grid only
// where selling is on and the feed-in price is at least `selling.price_min_e8`, and not below
// `selling.floor_bp`. PV is turned down
// only where an export limit is set, for then the inverter does it by itself. A kWh stored at the
// end is worth `policy.terminal_value_bp` of the mean import price.
[[nodiscard]] std::optional<Horizon> horizon_of(const fold::State& state,
                                                const fold::PolicySettings& settings,
                                                BasisPoints soc, UtcTime now);

}  // namespace wattledger::policy
