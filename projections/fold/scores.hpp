// Is a forecast any good: each one compared with what came, by source and by how far ahead it was
// made. Values only, integers, bounded; every update O(1) per quarter of a forecast and O(sources)
// per quarter of actuals.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/fold/horizon.hpp"
#include "projections/fold/power_series.hpp"

namespace wattledger::fold {

struct Score {
  std::uint64_t count = 0;       // quarters
  std::int64_t error_sum_w = 0;  // of forecast - actual
  std::int64_t absolute_sum_w = 0;

  [[nodiscard]] std::optional<Watts> mean_absolute_error() const;
  // + is told too much.
  [[nodiscard]] std::optional<Watts> bias() const;
  void add(Watts forecast, Watts actual);
  Score& operator+=(const Score& other);
  bool operator==(const Score&) const = default;
};

// A quarter of one source's forecast of one class of horizons, and what came.
struct Judged {
  std::string source;
  std::size_t horizon = 0;
  Watts forecast;
  Watts actual;
  bool operator==(const Judged&) const = default;
};

// What was said of quarters that are still to come, for one kind of forecast (PV, or load). A
// quarter is judged once per source and class of horizon, on the earliest forecast issued within
// that class: how often a source repeats itself changes nothing. The order of sources does not
// matter; an actual must come after the forecasts that it judges, and its quarter is then done.
struct ScoreBoard {
  static constexpr std::size_t most_sources = 8;
  static constexpr std::size_t longest = 193;  // quarters that can wait: 48 h and the one now
  struct Said {
    Quarter quarter;
    std::int64_t watts = 0;
    bool operator==(const Said&) const = default;
  };
  struct Source {
    std::string name;
    std::array<std::array<Said, longest>, horizon_ends_h.size()> said{};  // at quarter % 193
    bool operator==(const Source&) const = default;
  };

  // Slots that began before `issued_at`, or begin 48 h after it, are passed over, and absent ones.
  // False if this would be the ninth source: it is not judged.
  bool issue(std::string_view source, UtcTime issued_at, const PowerSeries& power);
  // What came in a quarter, and whom it judges, by name and horizon. Without this a quarter is
  // never judged: a gap costs nobody anything.
  std::vector<Judged> came(Quarter quarter, Watts power);
  // What was said of quarters before this one is no longer waited for.
  void forget_before(Quarter quarter);
  bool operator==(const ScoreBoard&) const = default;

  std::vector<Source> sources;  // by name
};

}  // namespace wattledger::fold
