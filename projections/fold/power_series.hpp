// Power over time, as the forecasts take it in and give it out: integers of watts, absent where
// nothing is known.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "events/time.hpp"
#include "events/units.hpp"

namespace wattledger::fold {

// Quarter-hours since 1970 in UTC: what is learned and said is counted in them. Every zone of today
// is whole quarters from UTC.
using Quarters = std::chrono::duration<std::int64_t, std::ratio<900>>;
using Quarter = std::chrono::sys_time<Quarters>;

[[nodiscard]] constexpr Quarter quarter_of(UtcTime time) {
  return std::chrono::floor<Quarters>(time);
}

// watts[i] is the mean power over [start + i * step, start + (i + 1) * step).
struct PowerSeries {
  UtcTime start;
  std::chrono::seconds step = Quarters(1);
  std::vector<std::optional<Watts>> watts;
  bool operator==(const PowerSeries&) const = default;
};

// The mean over [from, to), each slot by its share; nothing where less than half of the time is
// known.
[[nodiscard]] std::optional<Watts> mean_over(const PowerSeries& series, UtcTime from, UtcTime to);

}  // namespace wattledger::fold
