#include "coordinator/forecast/error_bands.hpp"

#include <algorithm>
#include <limits>

namespace wattledger::forecast {
namespace {

constexpr std::int64_t scale_floor_w = 100;
constexpr std::int64_t most_bp = 1'000'000;
// The first errors move a quantile in large steps, the later ones in small ones.
constexpr std::uint32_t coarse_count = 128;
constexpr std::int32_t coarse_step_bp = 30;  // times 9 and 1
constexpr std::int32_t fine_step_bp = 6;
// The middles of the classes, in quarters.
constexpr std::array<std::int64_t, horizon_ends_h.size()> middles{2, 8, 18, 36, 72, 144};

}  // namespace

void ErrorBand::learn(Watts forecast, Watts actual) {
  const std::int64_t scale = std::max<std::int64_t>(forecast.count(), 0) + scale_floor_w;
  const std::int64_t error =
      std::clamp((actual - forecast).count() * 10'000 / scale, -most_bp, most_bp);
  const std::int32_t step = count < coarse_count ? coarse_step_bp : fine_step_bp;
  low_bp += error < low_bp ? -9 * step : step;
  high_bp += error > high_bp ? 9 * step : -step;
  low_bp = std::min(low_bp, 0);
  high_bp = std::max(high_bp, 0);
  if (count < std::numeric_limits<std::uint32_t>::max()) ++count;
}

Rehearsal::Turn Rehearsal::turn(Quarter now) {
  const auto quarter = static_cast<std::size_t>(now.time_since_epoch().count());
  const std::size_t horizon = (quarter + quarter / 96) % middles.size();
  return {horizon, now + Quarters(middles[horizon])};
}

void Rehearsal::plan(const Turn& turn, Watts forecast) {
  auto& row = planned[turn.horizon];
  row[static_cast<std::size_t>(turn.target.time_since_epoch().count()) % longest] = {
      turn.target, static_cast<std::int32_t>(forecast.count())};
}

void Rehearsal::settle(Quarter quarter, Watts actual) {
  for (std::size_t horizon = 0; horizon < planned.size(); ++horizon) {
    const Planned& said =
        planned[horizon][static_cast<std::size_t>(quarter.time_since_epoch().count()) % longest];
    if (said.target == quarter) bands[horizon].learn(Watts(said.watts), actual);
  }
}

std::optional<PowerRange> Rehearsal::range(std::chrono::microseconds ahead, Watts forecast) const {
  const auto horizon = horizon_class(std::max(ahead, std::chrono::microseconds(0)));
  if (!horizon || bands[*horizon].count < ErrorBand::least_count) return std::nullopt;
  const std::int64_t scale = forecast.count() + scale_floor_w;
  return PowerRange{std::max(Watts(0), forecast + Watts(scale * bands[*horizon].low_bp / 10'000)),
                    forecast + Watts(scale * bands[*horizon].high_bp / 10'000)};
}

void Anchor::learn(Quarter quarter, Watts actual, Watts forecast, int keep_bp) {
  // After a day nothing is left of what was.
  const std::int64_t passed = std::clamp<std::int64_t>((quarter - end).count() + 1, 0, 96);
  for (std::int64_t i = 0; i < passed; ++i) {
    seen = seen * keep_bp / 10'000;
    told = told * keep_bp / 10'000;
  }
  seen += actual.count() * 1024;
  told += forecast.count() * 1024;
  end = quarter + Quarters(1);
}

double Anchor::factor(UtcTime middle, Watts prior, std::chrono::seconds half) const {
  const std::int64_t added = prior.count() * 1024;
  const double ratio = std::clamp(
      static_cast<double>(seen + added) / static_cast<double>(told + added), 1.0 / 3, 3.0);
  const double since = static_cast<double>(std::max<std::int64_t>((middle - end).count(), 0));
  const double half_us = static_cast<double>(std::chrono::microseconds(half).count());
  return 1 + (ratio - 1) * half_us / (half_us + since);
}

}  // namespace wattledger::forecast
