// Which lanes a shape's records are cut into, and how each is written: whichever are estimated to
// take the fewest bytes. Pure, any thread. Inside this room only.
#pragma once

#include <vector>

#include "log/segment_planes.hpp"

namespace wattledger::log {

// The lanes of a shape of at least one record, from left to right.
[[nodiscard]] std::vector<Lane> choose_lanes(const Columns& columns);

}  // namespace wattledger::log
