#include "projections/fold/power_series.hpp"

#include <algorithm>

namespace wattledger::fold {

std::optional<Watts> mean_over(const PowerSeries& series, UtcTime from, UtcTime to) {
  if (series.step.count() <= 0 || to <= from) return std::nullopt;
  const std::chrono::microseconds step = series.step;
  const auto size = static_cast<std::int64_t>(series.watts.size());
  std::int64_t slot = std::clamp<std::int64_t>((from - series.start) / step, 0, size);
  std::int64_t known_ms = 0;
  std::int64_t watt_ms = 0;
  for (; slot < size; ++slot) {
    const UtcTime begin = series.start + slot * step;
    if (begin >= to) break;
    const auto share = std::chrono::floor<std::chrono::milliseconds>(std::min(begin + step, to) -
                                                                     std::max(begin, from));
    const auto& watts = series.watts[static_cast<std::size_t>(slot)];
    if (!watts || share.count() <= 0) continue;
    known_ms += share.count();
    watt_ms += share.count() * watts->count();
  }
  if (known_ms == 0 || std::chrono::milliseconds(2 * known_ms) < to - from) return std::nullopt;
  return Watts(watt_ms / known_ms);
}

}  // namespace wattledger::fold
