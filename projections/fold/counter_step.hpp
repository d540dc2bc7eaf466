// What a meter's counter moved on between two readings, where a house's connection can have moved
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace wattledger::fold {

inline constexpr std::int64_t power_max_w = 200'000;         // no house moves more
inline constexpr std::int64_t counter_step_mwh = 1'000'000;  // what a coarse counter may run ahead
inline constexpr std::int64_t ms_per_mwh_w = 3'600;          // 1 W over 3600 ms is 1 mWh

// In mWh; nullopt for a counter below zero, one that went back, or a leap: another meter, or a
// reading that cannot be. `gap` is not negative and at most some days.
[[nodiscard]] inline std::optional<std::int64_t> counter_step(std::int64_t before,
                                                              std::int64_t after,
                                                              std::chrono::milliseconds gap) {
  if (before < 0 || after < before) return std::nullopt;
  const std::int64_t step = after - before;
  if (step > power_max_w * gap.count() / ms_per_mwh_w + counter_step_mwh) return std::nullopt;
  return step;
}

}  // namespace wattledger::fold
