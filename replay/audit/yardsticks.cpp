#include "replay/audit/yardsticks.hpp"

#include <algorithm>

namespace wattledger::tool {

policy::PlanProblem problem_of(std::span<const KnownQuarter> quarters,
                               const PlannedBattery& battery, PriceE8 terminal_value) {
  policy::PlanProblem problem;
  problem.slots.reserve(quarters.size());
  for (const KnownQuarter& quarter : quarters) {
    policy::PlanSlot slot;
    slot.length = quarter.length;
    slot.import_price = quarter.import_price;
    slot.export_price = quarter.export_price;
    slot.load = quarter.load;
    slot.pv = quarter.pv;
    slot.charge_max = policy::energy_in(battery.charge_max, quarter.length);
    slot.discharge_max = policy::energy_in(battery.discharge_max, quarter.length);
    if (!battery.sells)
      slot.discharge_max =
          std::min(slot.discharge_max, std::max(slot.load - slot.pv, policy::Energy(0)));
    if (battery.export_max)
      slot.export_max = policy::energy_in(*battery.export_max, quarter.length);
    problem.slots.push_back(slot);
  }
  problem.start = battery.start;
  problem.min = battery.min;
  problem.max = battery.max;
  problem.charge_efficiency = battery.charge;
  problem.discharge_efficiency = battery.discharge;
  problem.wear = battery.wear;
  problem.terminal_value = terminal_value;
  problem.curtailment = battery.export_max.has_value();
  if (battery.sells) problem.sale_floor = battery.sale_floor;
  return problem;
}

}  // namespace wattledger::tool
