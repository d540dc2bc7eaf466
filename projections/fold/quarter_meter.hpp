// Readings to the mean power of each quarter-hour.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "projections/fold/power_series.hpp"

namespace wattledger::fold {

struct QuarterMean {
  Quarter quarter;
  Watts power;
  bool operator==(const QuarterMean&) const = default;
};

// A reading holds until the next one, at most `hold`; a quarter of which less than half is covered
// is a gap. Readings may come at any pace; one that is not later than the last is passed over.
// O(1).
struct QuarterMeter {
  static constexpr std::chrono::minutes hold{10};
  static constexpr std::chrono::microseconds least_covered = std::chrono::seconds(450);

  Quarter quarter;  // the one being measured
  UtcTime last_at = UtcTime::min();
  std::optional<Watts> last;  // what holds since last_at
  std::int64_t watt_us = 0;
  std::int64_t covered_us = 0;

  // The quarters that this reading closes, in order: none, one or two. Without a value nothing
  // holds from `at` on.
  std::array<std::optional<QuarterMean>, 2> add(UtcTime at, std::optional<Watts> power);
  bool operator==(const QuarterMeter&) const = default;

 private:
  void cover(UtcTime from, UtcTime to);
  std::optional<QuarterMean> close(Quarter next);
};

}  // namespace wattledger::fold
