// Forecasts judged by what came: the rows of forecast_scores. Pure. A forecast is judged as it was
// issued, from the moment on at which the log knew it; what came is the mean of a quarter-hour's
// readings (quarter_meter.hpp), as an owner corrected them; an implausible reading is a gap. What
// an import brought was not known when it happened: it is neither judged nor judges.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "events/catalogue.hpp"
#include "projections/fold/quarter_meter.hpp"
#include "projections/fold/scores.hpp"

namespace wattledger::fold {

// A forecast of more than this, or less than nothing, is a mistake of its source.
inline constexpr std::int64_t scored_power_max_w = 10'000'000;

enum class Scored : std::uint8_t { pv, load };

// What one quarter adds to a source's score in one class of horizons.
struct ScoreRow {
  Scored of = Scored::pv;
  std::string source;
  std::size_t horizon = 0;  // horizon_ends_h
  Score score;
  bool operator==(const ScoreRow&) const = default;
};

// What judging must remember between events.
struct ScoresMemory {
  QuarterMeter pv_meter, load_meter;
  ScoreBoard pv, load;
  bool operator==(const ScoresMemory&) const = default;
};

// `reading` says what came, an implausible one that nothing is known from then on.
[[nodiscard]] std::vector<ScoreRow> judge(ScoresMemory& memory, const fb::ReadingRecorded& reading,
                                          UtcTime at);
void remember(ScoresMemory& memory, const fb::PvForecastIssued& forecast, UtcTime at);
void remember(ScoresMemory& memory, const fb::LoadForecastIssued& forecast, UtcTime at);
// An owner corrected something, perhaps a reading of the quarter that is being measured: it is
// measured anew from here on, so that what is remembered is the same with and without corrections.
void begin_anew(ScoresMemory& memory);
// The clock was set: what it shows now may have been measured before.
void set_clock(ScoresMemory& memory);

}  // namespace wattledger::fold
