// A series of values by slots, as its owner holds it: where a slot begins, and whether it is known.
#pragma once

#include <algorithm>
#include <chrono>

#include "events/codec.hpp"
#include "events/time.hpp"

namespace wattledger {

[[nodiscard]] inline UtcTime slot_start(const fb::SeriesT& series, std::size_t index) {
  return utc_from_us(series.start_us) +
         std::chrono::seconds(series.step_s) * static_cast<std::int64_t>(index);
}

// Named in `absent`: not known, whatever value stands there.
[[nodiscard]] inline bool is_absent(const fb::SeriesT& series, std::size_t index) {
  return std::find(series.absent.begin(), series.absent.end(), static_cast<std::uint16_t>(index)) !=
         series.absent.end();
}

}  // namespace wattledger
