// Weather from outside, parsed purely: forecasts of Open-Meteo, observations of IMGW. Integers in
// the units that the names say; what is missing, null or impossible is no value and never 0. Values
// only: any thread, nothing is kept. invalid_input: not usable; rejected: the source answered with
// an error of its own.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/codec.hpp"
#include "events/result.hpp"
#include "events/time.hpp"

namespace wattledger::sources {

// What the value of a slot means.
enum class Holds {
  slot,   // the mean from the slot's start to its end
  start,  // the moment at which the slot starts
};

struct ForecastSeries {
  Holds holds = Holds::slot;
  UtcTime start;
  std::chrono::seconds step{3'600};
  std::vector<std::optional<std::int64_t>> values;
};

// As an event has it: an absent value is 0 there and named in `absent`.
[[nodiscard]] std::unique_ptr<fb::SeriesT> to_series(const ForecastSeries& series);

// What one answer says in one step. A quantity that it does not have, or has in a unit that is not
// ours, is absent as a whole. Radiation is on the horizontal plane but for `direct_normal`.
struct WeatherForecast {
  std::chrono::seconds step{3'600};  // 900 (minutely_15) or 3 600 (hourly)
  std::optional<ForecastSeries> global_mw_m2;
  std::optional<ForecastSeries> direct_mw_m2;
  std::optional<ForecastSeries> diffuse_mw_m2;
  std::optional<ForecastSeries> direct_normal_mw_m2;
  std::optional<ForecastSeries> cloud_cover_bp;  // 10 000 = overcast
  std::optional<ForecastSeries> temperature_mc;
};

struct ParsedWeatherForecast {
  std::string provider;
  // Of the grid cell that was answered, in 1e-6 degrees; north and east +.
  std::optional<std::int64_t> latitude_e6, longitude_e6;
  std::optional<WeatherForecast> hourly, quarters;  // at least one
  std::unique_ptr<fb::Digest256> raw_digest;
  std::vector<std::string> remarks;
};

inline constexpr std::size_t weather_bytes_max = 4U << 20U;

// Open-Meteo's /v1/forecast with hourly and minutely_15: shortwave_radiation, direct_radiation,
// diffuse_radiation, direct_normal_irradiance (W/m², mean of the time BEFORE the stamp: a slot's
// start is one step earlier; with _instant at the stamp), cloud_cover or cloudcover (%),
// temperature_2m (°C), each with its unit in hourly_units. Times in unixtime are UTC; in iso8601
// they are at utc_offset_seconds, one offset for all of an answer, also across a clock change
// (open-meteo issue 1764). There is no issue time in it.
[[nodiscard]] Result<ParsedWeatherForecast> parse_open_meteo(std::string_view bytes,
                                                             const std::string& provider);

struct ParsedObservation {
  fb::WeatherObservedT observation;
  std::vector<std::string> remarks;
};

// IMGW's /api/data/synop/station/NAME: one object, every number a text, null where a station does
// not measure; data_pomiaru and godzina_pomiaru are UTC; m/s, %, hPa, mm.
[[nodiscard]] Result<ParsedObservation> parse_imgw(std::string_view bytes,
                                                   const std::string& provider);

}  // namespace wattledger::sources
