// How far off a forecast has been, measured: the state rehearses its own forecasts, and what comes
// later says where nine in ten of them lie. Values only; every update O(1).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "coordinator/forecast/forecast.hpp"

namespace wattledger::forecast {

// The 10 % and 90 % quantiles of (actual - forecast) / (forecast + 100 W) in basis points, by
// stochastic approximation (Robbins and Monro 1951): each error moves a quantile a little to its
// side, nine times less often than to the other.
struct ErrorBand {
  static constexpr std::uint32_t least_count = 64;
  std::int32_t low_bp = 0;
  std::int32_t high_bp = 0;
  std::uint32_t count = 0;

  void learn(Watts forecast, Watts actual);
  bool operator==(const ErrorBand&) const = default;
};

struct PowerRange {
  Watts low;
  Watts high;
};

// Each quarter one class of horizons is rehearsed, at its middle; all in turn, so that each class
// meets every quarter of the day.
struct Rehearsal {
  struct Turn {
    std::size_t horizon;
    Quarter target;
  };
  // Whose turn it is when `now` begins.
  [[nodiscard]] static Turn turn(Quarter now);
  void plan(const Turn& turn, Watts forecast);
  // What `quarter` really was; what nobody asks for is forgotten after 48 h.
  void settle(Quarter quarter, Watts actual);
  // Around a forecast for a slot that begins `ahead` of now; nothing until 64 errors are known. low
  // <= forecast <= high.
  [[nodiscard]] std::optional<PowerRange> range(std::chrono::microseconds ahead,
                                                Watts forecast) const;
  bool operator==(const Rehearsal&) const = default;

  static constexpr std::size_t longest = 192;  // quarters in 48 h
  struct Planned {
    Quarter target;
    std::int32_t watts = 0;
    bool operator==(const Planned&) const = default;
  };
  std::array<std::array<Planned, longest>, horizon_ends_h.size()> planned{};  // at target % 192
  std::array<ErrorBand, horizon_ends_h.size()> bands{};
};

// Now against what was expected: the last hours' energy by the meter and by the forecast, older
// ones fading.
struct Anchor {
  Quarter end;            // of the last quarter seen
  std::int64_t seen = 0;  // W / 1024
  std::int64_t told = 0;

  // `keep_bp` of the past stays per quarter that went by, seen or not.
  void learn(Quarter quarter, Watts actual, Watts forecast, int keep_bp);
  // By what a forecast for `middle` is multiplied: the ratio seen / told, `prior` added to both,
  // within a third and three; its distance from 1 falls to half after `half` and never depends on
  // midnight.
  [[nodiscard]] double factor(UtcTime middle, Watts prior, std::chrono::seconds half) const;
  bool operator==(const Anchor&) const = default;
};

}  // namespace wattledger::forecast
