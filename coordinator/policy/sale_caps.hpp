// What may be sold in a sale and in a day, put into a planning problem. The planner knows no such
// sums: a first plan says where selling earns most, and of its sales the dearest slots keep what
// the caps leave.
#pragma once

#include "coordinator/policy/horizon.hpp"
#include "coordinator/policy/sale.hpp"

namespace wattledger::policy {

// Where the plan's sales exceed `selling.session_max_bp` or `selling.day_max_bp` of the battery,
// lowers discharge_max in every slot until no plan of the problem can sell more than that in a row
// or in a local day; true then. Slots keep their sales by feed-in price, of equal ones the earlier.
// What was sold already counts, by `room`.
bool cap_sales(const fold::PolicySettings& settings, const ZoneOffsets& zone, const SaleRoom& room,
               const Plan& plan, Horizon& horizon);

}  // namespace wattledger::policy
