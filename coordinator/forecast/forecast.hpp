// What the forecasts take in and give out; series, quarters and horizons are the fold's, which
// judges them.
#pragma once

#include "projections/fold/horizon.hpp"
#include "projections/fold/power_series.hpp"
#include "projections/fold/quarter_meter.hpp"

namespace wattledger::forecast {

using fold::horizon_class;
using fold::horizon_ends_h;
using fold::mean_over;
using fold::PowerSeries;
using fold::Quarter;
using fold::quarter_of;
using fold::QuarterMean;
using fold::QuarterMeter;
using fold::Quarters;

// The three series have the same slots. `low` and `high` are the 10 % and 90 % quantiles of what
// came when the same was said before, measured (error_bands.hpp) and absent until they are.
struct Forecast {
  PowerSeries power;
  PowerSeries low;
  PowerSeries high;
  bool operator==(const Forecast&) const = default;
};

}  // namespace wattledger::forecast
