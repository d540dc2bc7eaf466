#include "projections/fold/quarter_meter.hpp"

#include <algorithm>

namespace wattledger::fold {

void QuarterMeter::cover(UtcTime from, UtcTime to) {
  if (to <= from) return;
  watt_us += last->count() * (to - from).count();
  covered_us += (to - from).count();
}

std::optional<QuarterMean> QuarterMeter::close(Quarter next) {
  std::optional<QuarterMean> mean;
  if (covered_us >= least_covered.count()) mean = QuarterMean{quarter, Watts(watt_us / covered_us)};
  quarter = next;
  watt_us = covered_us = 0;
  return mean;
}

std::array<std::optional<QuarterMean>, 2> QuarterMeter::add(UtcTime at,
                                                            std::optional<Watts> power) {
  std::array<std::optional<QuarterMean>, 2> closed;
  if (at <= last_at) return closed;
  if (last) {
    const UtcTime end = std::min<UtcTime>(at, last_at + hold);  // crosses one border at most
    const UtcTime border = quarter + Quarters(1);
    cover(last_at, std::min(end, border));
    if (end >= border) {
      closed[0] = close(quarter + Quarters(1));
      cover(border, end);
    }
  }
  if (quarter_of(at) != quarter) closed[1] = close(quarter_of(at));
  last_at = at;
  last = power;
  return closed;
}

}  // namespace wattledger::fold
