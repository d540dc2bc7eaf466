// What the panels will give: somebody's forecast (a weather model through pv_model.hpp, or a
// service's watts) corrected by what the panels really gave. Pure; values only, bounded,
// comparable; every update O(1); integers in and out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "coordinator/forecast/error_bands.hpp"
#include "coordinator/forecast/forecast.hpp"
#include "coordinator/forecast/pv_model.hpp"

namespace wattledger::forecast {

struct PvSettings {
  std::optional<Plant>
      plant;    // where unknown, a cloudless sky is told by nothing but the last days' production
  Watts limit;  // the most the inverter gives; 0: not known. Readings a fifth above it are none
  bool operator==(const PvSettings&) const = default;
};

// Energy by the meter and as told, older days fading: W / 1024.
struct Ratio {
  std::int64_t seen = 0;
  std::int64_t told = 0;
  bool operator==(const Ratio&) const = default;
};

// Days of the UTC calendar on which something was learned, up to as many as it remembers.
struct LearnedDays {
  std::int32_t last = -1;
  std::int32_t count = 0;
  bool operator==(const LearnedDays&) const = default;
};

struct PvState {
  static constexpr std::size_t base_quarters = 384;  // four days
  struct Base {
    Quarter quarter;
    std::int32_t watts = 0;
    bool operator==(const Base&) const = default;
  };

  QuarterMeter meter;
  bool curtailed = false;  // within the quarter being measured
  // By the quarter of the UTC day, which stands for the sun's place: shade, other tilts, a wrong
  // model. Never by local time.
  std::array<Ratio, 96> by_base;  // against the forecast; 20 days
  std::array<Ratio, 96>
      by_clear;    // against the cloudless sky (1000 W where there is no plant); 6 days
  Ratio all_base;  // the sums of both
  Ratio all_clear;
  LearnedDays base_days;
  LearnedDays clear_days;
  std::array<Base, base_quarters> base;  // the newest forecast of each quarter, at quarter % 384
  Anchor anchor;
  Rehearsal rehearsal;
  bool operator==(const PvState&) const = default;
};

// A forecast was issued: from now on it is the one for its slots; for others an earlier one goes
// on. Absent slots say nothing. What lies more than four days after its start is passed over.
// O(slots).
void take_base(PvState& state, const PowerSeries& base);

// A reading. `curtailed`: the panels could have given more (an export limit, a full battery with
// export off); such a quarter teaches nothing. Nor does one with no power at all where some was due
// (snow, switched off), but the next hours expect it.
void observe(PvState& state, const PvSettings& settings, UtcTime at, std::optional<Watts> pv,
             bool curtailed = false);

// The quarters from the one that holds `now` on. Seven parts forecast times its learned ratio,
// three parts what the last days gave at this sun under their skies; where there is no forecast the
// latter alone, or half of a cloudless sky before anything is learned; absent where there is no
// plant either. Then the last hour against its own forecast, half of it left after two hours.
// Between 0 and the limit; 0 with the sun down.
[[nodiscard]] Forecast pv_forecast(const PvState& state, const PvSettings& settings, UtcTime now,
                                   int quarters);

}  // namespace wattledger::forecast
