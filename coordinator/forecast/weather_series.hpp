// A weather forecast's event as the panels' model takes it in. Pure.
#pragma once

#include <vector>

#include "coordinator/forecast/pv_model.hpp"
#include "events/catalogue.hpp"

namespace wattledger::forecast {

// One for each series of global irradiance, whose slots it has. Direct and diffuse are those of the
// same slot; the temperature, told for instants, is the line between them at the slot's middle.
// Series that are none (no step, beyond the calendar, longer than any forecast) are left out.
[[nodiscard]] std::vector<WeatherSeries> weather_of(const fb::PvForecastIssued& forecast);

// The power that it tells itself.
[[nodiscard]] std::vector<PowerSeries> power_of(const fb::PvForecastIssued& forecast);

}  // namespace wattledger::forecast
