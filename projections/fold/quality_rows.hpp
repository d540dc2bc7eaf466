// Each local day's data judged as it comes: the rows of data_quality. Pure; memory is bounded. What
// was recorded is judged, whatever was corrected later; what an import brought is not.
//
// A reading is believed unless it says that it is implausible, holds a value that cannot be, or
// repeats every value of those before it for too long: reading_stale_after where the inverter's
// clock stands or is not told, frozen_while_clock_goes where it goes on. Between two believed ones
// at most reading_stale_after apart a day is covered; more is a gap.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "events/catalogue.hpp"
#include "projections/fold/day_quality.hpp"
#include "projections/fold/house_rows.hpp"
#include "projections/fold/power_series.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::fold {

// What adds to a local day's figures.
struct DayQualityRow {
  std::chrono::local_days day;
  DayQuality part;
  bool operator==(const DayQualityRow&) const = default;
};

// As many equal readings are no chance: a grid's voltage and frequency always move.
inline constexpr std::int64_t frozen_readings = 5;
// A simulated one's may stand as long as its half hours of load.
inline constexpr std::chrono::minutes frozen_while_clock_goes{31};
// A counter that stands while so much flowed past it; flows of less than its own noise aside.
inline constexpr std::int64_t standing_mwh = 500'000;
inline constexpr std::int64_t flowing_w = 100;
// A silence tells of so many days at most, the last.
inline constexpr std::chrono::days silence_max{366};

struct CounterWatch {
  std::optional<std::int64_t> mwh;  // the newest that was told
  UtcTime at;                       // when
  std::int64_t flowed_mwh = 0;      // by the powers, since it moved
  bool stands = false;              // and that was told
  bool operator==(const CounterWatch&) const = default;
};

// What judging must remember between events.
struct QualityMemory {
  struct Part {
    LocalTime day;
    DayQuality part;
    bool operator==(const Part&) const = default;
  };
  std::optional<UtcTime> seen_to;     // up to where time was counted
  std::optional<UtcTime> covered_to;  // up to where what came is believed
  std::optional<Metered> believed;    // the last such reading, and its state of charge
  std::optional<std::int64_t> believed_soc_bp;
  std::uint64_t values = 0;  // of the last reading, as one number
  UtcTime same_since;        // so many readings have had these values since then
  std::int64_t same = 0;
  std::optional<std::int64_t> clock_s;  // that the inverter's clock showed last
  bool clock_goes = false;              // and whether it does, while the values stay
  std::array<CounterWatch, meters> counters;
  Quarter quarter;            // of the last reading
  std::vector<Part> pending;  // not yet told
  bool operator==(const QualityMemory&) const = default;
};

// What the reading adds to its day and to the days of a silence before it. Told with the first
// reading of each quarter of an hour, for all that came since. `state` is the fold after it.
[[nodiscard]] std::vector<DayQualityRow> judge(QualityMemory& memory, const State& state,
                                               const fb::ReadingRecorded& reading, UtcTime at);
// The clock was set: nothing is measured across that.
void set_clock(QualityMemory& memory);

}  // namespace wattledger::fold
