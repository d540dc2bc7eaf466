// Open-Meteo's answer.
#include "coordinator/sources/parse/weather.hpp"
#include "tests/fuzz/told_zone.hpp"

namespace wattledger::fuzz {
namespace {

void check(const std::optional<sources::ForecastSeries>& series, std::chrono::seconds step,
           std::int64_t low, std::int64_t high) {
  if (!series) return;
  must(series->step == step, "a series has its block's step");
  must(series->values.size() <= 20'000, "a series has a limit");
  for (const auto& value : series->values)
    must(!value || (*value >= low && *value <= high), "a value is possible or none");
  const auto event = to_series(*series);
  must(event->values.size() == series->values.size(), "an event has each slot");
}

void check(const std::optional<sources::WeatherForecast>& block, std::chrono::seconds step) {
  if (!block) return;
  for (const auto* sun : {&block->global_mw_m2, &block->direct_mw_m2, &block->diffuse_mw_m2,
                          &block->direct_normal_mw_m2})
    check(*sun, step, 0, 2'000'000);
  check(block->cloud_cover_bp, step, 0, 10'000);
  check(block->temperature_mc, step, -100'000, 70'000);
}

const Target weather_forecast("weather_forecast", [](Bytes bytes) {
  const auto parsed = sources::parse_open_meteo(text_of(bytes), "fuzz");
  if (!parsed) return check_refusal(parsed.error());
  must(parsed->hourly || parsed->quarters, "what is usable has a block");
  check(parsed->hourly, std::chrono::hours(1));
  check(parsed->quarters, std::chrono::minutes(15));
  check_lines(parsed->remarks);
});

}  // namespace
}  // namespace wattledger::fuzz
