// Instants of a wall clock's readings in the order in which an answer has them. For this part only.
// Pure.
#pragma once

#include <map>
#include <optional>

#include "events/time.hpp"

namespace wattledger::sources {

// In a repeated hour the second appearance of a reading is the second pass. Lives no longer than
// the zone that it was given.
class WallClock {
 public:
  explicit WallClock(const ZoneOffsets& zone) : zone_(zone) {}
  // nullopt for a reading that the clocks jumped over. `expected`, where known, says which pass is
  // meant.
  std::optional<UtcTime> place(LocalTime local, std::optional<UtcTime> expected);

 private:
  const ZoneOffsets& zone_;
  std::map<LocalTime, int> appeared_;  // readings of repeated hours
};

}  // namespace wattledger::sources
