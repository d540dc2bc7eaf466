// Selling from the battery to the grid: what any sale must keep to, and when policy `tiered` sells.
// A policy that plans its sales takes sale_room() as its limits.
#pragma once

#include <algorithm>
#include <optional>

#include "coordinator/policy/judge.hpp"

namespace wattledger::policy {

// What a sale may be now, by the settings and by what was sold already. SOC is what was measured.
struct SaleRoom {
  bool running = false;      // a sale was decided and goes on
  Watts power;               // the most, within battery, export and selling limits
  BasisPoints floor;         // nothing is sold at or below it
  BasisPoints sold_session;  // of the running session; all it may be if its start is not known
  BasisPoints sold_day;      // that included
  std::uint32_t sales = 0;   // begun today
  BasisPoints left_session;  // never below 0
  BasisPoints left_day;      // the same
  // The SOC at which the sale must end.
  [[nodiscard]] BasisPoints target(BasisPoints soc) const {
    return std::max(floor, soc - std::min(left_session, left_day));
  }
};
[[nodiscard]] SaleRoom sale_room(const Judge& judge);

// Rules sale_limits to sale of policy `tiered`; of them `rejected` says that this one forbids the
// sale. A wish to sell; or, where a sale runs that must end, to serve the house, by the rule that
// ends it; or nothing.
[[nodiscard]] std::optional<Wish> wish_sale(Judge& judge);

}  // namespace wattledger::policy
