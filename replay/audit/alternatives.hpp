// What the battery could have done instead, and what that costs. The first slot is fixed to an
// action; where the policy plans, the rest of the horizon is then planned at its best, so that the
// difference is the action's alone. Pure: of the State that the decision saw.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "projections/fold/state.hpp"

namespace wattledger::tool {

// Reasons beside the planner's obstacles why an action was not open.
inline constexpr std::string_view forbidden_selling_off = "selling is switched off";
inline constexpr std::string_view forbidden_price = "a kWh fed in earns less than is asked";

struct Alternative {
  fb::Action action = fb::Action::self_use;
  bool chosen = false;  // it is what was decided
  // By the forecasts that the decision knew: the meter and wear, in what was left of the slot.
  std::optional<MoneyE8> slot_cost;
  // … and to the end of the known prices; what is then stored more than at the start is taken off.
  std::optional<MoneyE8> horizon_cost;
  std::optional<BasisPoints> soc_end;  // at the slot's end
  std::string_view forbidden;          // why it was not open; else empty
};

struct Alternatives {
  std::vector<Alternative> each;  // charge, hold, self_use, sell
  UtcTime slot_end, horizon_end;
  bool planned = false;  // horizon_cost is told
};

// Nothing where the slot's price, or the state of charge, was not known.
[[nodiscard]] std::optional<Alternatives> alternatives_of(const fold::State& past, UtcTime now,
                                                          const fb::DecisionMadeT& decision);

}  // namespace wattledger::tool
