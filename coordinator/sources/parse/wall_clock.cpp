#include "coordinator/sources/parse/wall_clock.hpp"

namespace wattledger::sources {

std::optional<UtcTime> WallClock::place(LocalTime local, std::optional<UtcTime> expected) {
  const UtcTime first = zone_.to_utc(local, false);
  if (zone_.to_local(first) != local) return std::nullopt;
  const UtcTime second = zone_.to_utc(local, true);
  if (first == second) return first;
  const bool again = appeared_[local]++ > 0;
  if (expected == first || expected == second) return expected;
  return again ? second : first;
}

}  // namespace wattledger::sources
