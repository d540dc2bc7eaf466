// IMGW's answer for one station.
#include "coordinator/sources/parse/weather.hpp"
#include "tests/fuzz/told_zone.hpp"

namespace wattledger::fuzz {
namespace {

const Target weather_observation("weather_observation", [](Bytes bytes) {
  const auto parsed = sources::parse_imgw(text_of(bytes), "fuzz");
  if (!parsed) return check_refusal(parsed.error());
  const fb::WeatherObservedT& it = parsed->observation;
  must(it.observed_at_us.has_value(), "an observation has its time");
  must(!it.humidity_bp || *it.humidity_bp <= 10'000, "humidity is a share");
  must(!it.wind_direction_deg || *it.wind_direction_deg <= 360, "a direction is an angle");
  check_lines(parsed->remarks);
});

}  // namespace
}  // namespace wattledger::fuzz
