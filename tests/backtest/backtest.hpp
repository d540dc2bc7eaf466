// A policy over recorded days: every quarter-hour it is asked with what was known then, a battery
// does what was decided, and the meter is read. No daemon, no inverter, no log.
#pragma once

#include <optional>
#include <vector>

#include "coordinator/forecast/load_forecast.hpp"
#include "coordinator/forecast/pv_forecast.hpp"
#include "coordinator/policy/decide.hpp"
#include "coordinator/policy/planner.hpp"

namespace wattledger::testing {

struct Quarter {
  UtcTime start;
  PriceE8 market;
  Watts load;
  Watts pv;
  std::optional<Watts> pv_told;  // the owner's own forecast of it
};

struct Past {
  ZoneOffsets zone;
  forecast::Calendar calendar;
  std::vector<Quarter> warm_up;  // before, to learn from; without prices
  std::vector<Quarter> days;
};

enum class Told {
  forecasts,  // the house's own load forecast; PV by the owner's forecast, corrected; prices from
              // 13:00 of the day before
  nothing     // no forecast at all
};

struct Lived {
  MoneyE8 cost;  // as the planner reckons: import, feed-in, wear, and the end's stored energy
  std::int64_t decisions = 0;
  std::vector<int> mode_changes;  // by local day
  std::vector<double> decide_us;  // each decision's processor time, for people to look at
  std::int64_t broken = 0;        // slots in which a limit was broken
  policy::Energy stored_end;
};

// The whole past as one problem: what perfect foresight is asked.
[[nodiscard]] policy::PlanProblem whole_problem(const Past& past,
                                                const fold::PolicySettings& settings,
                                                PriceE8 terminal_value);

// `terminal_value` of a kWh stored at the end, the same for all that are compared.
[[nodiscard]] Lived live(const Past& past, const fold::PolicySettings& settings, Told told,
                         PriceE8 terminal_value);

}  // namespace wattledger::testing
