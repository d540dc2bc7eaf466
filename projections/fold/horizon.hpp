// How far ahead: the classes in which forecasts are judged.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

namespace wattledger::fold {

// A class ends before this many hours: 0-1, 1-3, 3-6, 6-12, 12-24, 24-48.
inline constexpr std::array<int, 6> horizon_ends_h{1, 3, 6, 12, 24, 48};

// The class of a slot that begins `ahead` after the forecast was made; none for the past and from
// 48 h on.
[[nodiscard]] constexpr std::optional<std::size_t> horizon_class(std::chrono::microseconds ahead) {
  if (ahead.count() < 0) return std::nullopt;
  for (std::size_t i = 0; i < horizon_ends_h.size(); ++i)
    if (ahead < std::chrono::hours(horizon_ends_h[i])) return i;
  return std::nullopt;
}

}  // namespace wattledger::fold
