// Another policy over the recorded past, beside what was and beside what needs no policy: per day
// and in all. The period is read as a stream, from the nearest kept state before it: once for the
// battery's losses, with fit_beside on either side, then once for the recorded ways and, at the
// same time on a thread of its own, once for each policy. Kept are sums per day, the fit's windows
// and the quarters that foresight plans over.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "log/log.hpp"
#include "projections/fold_cache.hpp"
#include "replay/audit/policy_world.hpp"
#include "replay/audit/recorded_ways.hpp"

namespace wattledger::tool {

// Of a day so much may be unknown (no reading, or no price); beyond it the day is left out of every
// sum.
inline constexpr std::chrono::hours day_unknown_max{1};

// A battery's losses are learnt from the period and so much before and behind it.
inline constexpr std::chrono::days fit_beside{182};

// What a way is: "recorded" is by the meter, "model" the same orders through the battery model.
enum class WayKind { recorded, model, policy, self_use, no_battery, foresight };

struct WayAsked {
  WayKind kind = WayKind::policy;
  OtherPolicy policy;  // of WayKind::policy
};

struct Way {
  WayKind kind = WayKind::policy;
  std::string name;
  std::vector<DaySums> days;  // as WhatIf::days
  DaySums total;              // without days left out
};

struct WhatIfDay {
  std::int32_t day = 0;
  DayFacts facts;
  double length_h = 0;    // 23, 24 or 25
  double expected_h = 0;  // of it inside the period and the recording
  bool left_out = false;
  // All of it is inside and known, but for day_unknown_max: what is said of a day, a month or a
  // year rests on such days alone.
  [[nodiscard]] bool is_whole() const;
};

struct WhatIf {
  UtcTime from, to;  // first reading and the end of what is known
  ZoneOffsets zone;
  fold::PolicySettings house;  // as last adopted
  FittedBattery battery;
  ModelError error;
  double soc_at_start = 0;
  double stored_value = 0;  // of a kWh more at the end, per kWh
  std::vector<WhatIfDay> days;
  std::vector<Way> ways;
  std::size_t base = 0, other = 0;  // of ways, the two that are compared
  bool foresight_sells = false;
  bool foresight_missing = false;  // more quarters than the planner takes
  std::vector<std::string> remarks;

  // Bill, wear, and what is stored more at the end taken off.
  [[nodiscard]] double cost(const DaySums& sums) const;
  [[nodiscard]] const Way* way(WayKind kind) const;
  [[nodiscard]] std::size_t days_kept() const;
  [[nodiscard]] std::size_t whole_days() const;
  [[nodiscard]] DaySums of_whole_days(const Way& way) const;
  // Nothing where no day is whole.
  [[nodiscard]] std::optional<double> modes_a_day(const Way& way) const;
};

// How far the model's days are from the meter's, and what that means for a sum over all of them: a
// difference within `band` says nothing.
struct DayError {
  double cost_rms = 0, bought_rms = 0, sold_rms = 0;  // currency, kWh
  double cost_sum = 0;                                // model − meter
  double band = 0;  // |sum| + two standard deviations of the days' errors, added up
};
[[nodiscard]] DayError day_error(const WhatIf& what_if);

// `against`: nothing for what was recorded. `cache`: believed, as by state_at(). not_found where
// there is nothing to compare.
[[nodiscard]] Result<WhatIf> what_if(const log::Log& log, const projections::FoldCache& cache,
                                     const Period& period, const WayAsked& asked,
                                     const std::optional<WayAsked>& against,
                                     const std::function<void(Sequence, Sequence)>& progress);

}  // namespace wattledger::tool
