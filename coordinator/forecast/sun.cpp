#include "coordinator/forecast/sun.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace wattledger::forecast {
namespace {

constexpr double rad = std::numbers::pi / 180;

double minutes_of_day(UtcTime time) {
  const auto of_day = time - std::chrono::floor<std::chrono::days>(time);
  return static_cast<double>(of_day.count()) / 60e6;
}

}  // namespace

Sun sun_at(UtcTime time) {
  // 2000-01-01 12:00 is day 2 451 545; a Julian century has 36 525 days.
  constexpr UtcTime epoch =
      std::chrono::sys_days(std::chrono::year(2000) / 1 / 1) + std::chrono::hours(12);
  const double t = static_cast<double>((time - epoch).count()) / (86'400e6 * 36'525);
  const double mean_longitude = rad * (280.46646 + t * (36'000.76983 + t * 0.0003032));
  const double mean_anomaly = rad * (357.52911 + t * (35'999.05029 - t * 0.0001537));
  const double eccentricity = 0.016708634 - t * (0.000042037 + t * 0.0000001267);
  const double centre = rad * ((1.914602 - t * (0.004817 + t * 0.000014)) * std::sin(mean_anomaly) +
                               (0.019993 - t * 0.000101) * std::sin(2 * mean_anomaly) +
                               0.000289 * std::sin(3 * mean_anomaly));
  const double node = rad * (125.04 - 1'934.136 * t);
  const double longitude = mean_longitude + centre - rad * (0.00569 + 0.00478 * std::sin(node));
  const double obliquity = rad * (23.4392911 - 0.0130042 * t + 0.00256 * std::cos(node));

  const double half = std::tan(obliquity / 2);
  const double y = half * half;
  const double equation =
      y * std::sin(2 * mean_longitude) - 2 * eccentricity * std::sin(mean_anomaly) +
      4 * eccentricity * y * std::sin(mean_anomaly) * std::cos(2 * mean_longitude) -
      y * y / 2 * std::sin(4 * mean_longitude) -
      1.25 * eccentricity * eccentricity * std::sin(2 * mean_anomaly);
  return {std::asin(std::sin(obliquity) * std::sin(longitude)) / rad, 4 * equation / rad,
          1.000001018 * (1 - eccentricity * eccentricity) /
              (1 + eccentricity * std::cos(mean_anomaly + centre))};
}

Direction sun_direction(const Sun& sun, UtcTime time, double latitude_deg, double longitude_deg) {
  const double hour_angle =
      rad * ((minutes_of_day(time) + sun.equation_of_time_min) / 4 + longitude_deg - 180);
  const double sin_lat = std::sin(rad * latitude_deg);
  const double cos_lat = std::cos(rad * latitude_deg);
  const double sin_dec = std::sin(rad * sun.declination_deg);
  const double cos_dec = std::cos(rad * sun.declination_deg);
  const double cos_hour = std::cos(hour_angle);
  return {-cos_dec * std::sin(hour_angle), cos_lat * sin_dec - sin_lat * cos_dec * cos_hour,
          sin_lat * sin_dec + cos_lat * cos_dec * cos_hour};
}

SunAngles sun_angles(UtcTime time, double latitude_deg, double longitude_deg) {
  const Direction to = sun_direction(sun_at(time), time, latitude_deg, longitude_deg);
  double elevation = std::asin(std::clamp(to.up, -1.0, 1.0)) / rad;
  if (elevation > -1)  // below, nothing is seen
    elevation += 1.02 / 60 / std::tan(rad * (elevation + 10.3 / (elevation + 5.11)));
  const double azimuth = std::atan2(to.east, to.north) / rad;
  return {elevation, azimuth < 0 ? azimuth + 360 : azimuth};
}

}  // namespace wattledger::forecast
