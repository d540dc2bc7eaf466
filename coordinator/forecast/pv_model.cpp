#include "coordinator/forecast/pv_model.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "coordinator/forecast/irradiance.hpp"

namespace wattledger::forecast {
namespace {

constexpr double rad = std::numbers::pi / 180;
constexpr double unknown_temperature = 15;
// The sun moves 3.75 degrees in a quarter-hour.
constexpr std::chrono::seconds longest_piece{900};
constexpr int most_pieces = 96;
// No sky gives more than 2 kW/m2, at a cloud's bright edge.
constexpr std::int64_t most_mw_m2 = 2'000'000;

// The middle of a piece of a slot.
struct Piece {
  Direction sun;
  double above_air;
  double clear;
};

Piece piece_at(const Plant& plant, UtcTime time) {
  const Sun sun = sun_at(time);
  const Direction to = sun_direction(sun, time, plant.latitude_e6 / 1e6, plant.longitude_e6 / 1e6);
  return {to, above_air_w_m2(sun), clear_sky_w_m2(to.up)};
}

std::vector<Piece> pieces_of(const Plant& plant, UtcTime start, std::chrono::seconds step) {
  const int count = static_cast<int>(std::clamp<std::int64_t>(
      (step + longest_piece - std::chrono::seconds(1)) / longest_piece, 1, most_pieces));
  std::vector<Piece> pieces;
  pieces.reserve(static_cast<std::size_t>(count));
  const std::chrono::microseconds length = step;
  for (int i = 0; i < count; ++i)
    pieces.push_back(piece_at(plant, start + length * (2 * i + 1) / (2 * count)));
  return pieces;
}

Direction normal_of(const Plane& plane) {
  const double flat = std::sin(rad * plane.tilt_deg);
  return {flat * std::sin(rad * plane.azimuth_deg), flat * std::cos(rad * plane.azimuth_deg),
          std::cos(rad * plane.tilt_deg)};
}

double plane_watts(const Plane& plane, double irradiance, double air) {
  const double cells = air + 25 * irradiance / 800;
  const double efficiency =
      std::max(0.0, 1 + static_cast<double>(plane.temperature_ppm_per_k) / 1e6 * (cells - 25));
  const double kept = std::max(0.0, 1 - static_cast<double>(plane.losses.count()) / 1e4);
  return static_cast<double>(plane.peak.count()) * irradiance / 1'000 * efficiency * kept;
}

double plant_watts(const Plant& plant, const Piece& piece, const Sky& sky, double air) {
  double watts = 0;
  for (const Plane& plane : plant.planes)
    watts += plane_watts(plane,
                         on_plane_w_m2(normal_of(plane), piece.sun, sky, piece.above_air,
                                       static_cast<double>(plant.albedo.count()) / 1e4),
                         air);
  if (plant.inverter_limit > Watts(0))
    watts = std::min(watts, static_cast<double>(plant.inverter_limit.count()));
  return std::max(watts, 0.0);
}

double w_m2(std::optional<std::int64_t> mw_m2) {
  return static_cast<double>(std::clamp<std::int64_t>(mw_m2.value_or(0), 0, most_mw_m2)) / 1e3;
}

}  // namespace

std::optional<Watts> pv_power(const Plant& plant, UtcTime start, std::chrono::seconds step,
                              const SlotWeather& weather) {
  const bool both = weather.direct_mw_m2 && weather.diffuse_mw_m2;
  if (!both && !weather.global_mw_m2) return std::nullopt;
  const auto pieces = pieces_of(plant, start, step);
  double clear = 0;
  for (const Piece& piece : pieces) clear += piece.clear;
  if (clear <= 0) return Watts(0);
  const double air = weather.temperature ? static_cast<double>(weather.temperature->count()) / 1e3
                                         : unknown_temperature;
  double watts = 0;
  for (const Piece& piece : pieces) {
    const double share = piece.clear / clear * static_cast<double>(pieces.size());
    const Sky sky =
        both ? Sky{w_m2(weather.direct_mw_m2) * share, w_m2(weather.diffuse_mw_m2) * share}
             : split(w_m2(weather.global_mw_m2) * share, piece.sun.up, piece.above_air);
    watts += plant_watts(plant, piece, sky, air);
  }
  return Watts(std::llround(watts / static_cast<double>(pieces.size())));
}

PowerSeries pv_power(const Plant& plant, const WeatherSeries& weather) {
  PowerSeries power{weather.start, weather.step, {}};
  power.watts.reserve(weather.slots.size());
  UtcTime start = weather.start;
  for (const SlotWeather& slot : weather.slots) {
    power.watts.push_back(pv_power(plant, start, weather.step, slot));
    start += weather.step;
  }
  return power;
}

Watts clear_sky_power(const Plant& plant, UtcTime start, std::chrono::seconds step) {
  double watts = 0;
  const auto pieces = pieces_of(plant, start, step);
  for (const Piece& piece : pieces)
    watts += plant_watts(plant, piece, split(piece.clear, piece.sun.up, piece.above_air),
                         unknown_temperature);
  return Watts(std::llround(watts / static_cast<double>(pieces.size())));
}

}  // namespace wattledger::forecast
