// Where the sun stands. Jean Meeus, Astronomical Algorithms (2nd ed. 1998), chapters 25 (position,
// low accuracy: 0.01 degrees) and 28 (equation of time), as NOAA's solar calculator uses them;
// refraction by Saemundsson (Meeus 16.4). UTC is taken for dynamical time (a minute: 0.003
// degrees). Good for 1900 to 2100.
#pragma once

#include "events/time.hpp"

namespace wattledger::forecast {

// Seen from the centre of the earth.
struct Sun {
  double declination_deg;
  double equation_of_time_min;  // true minus mean solar time
  double distance_au;
};
[[nodiscard]] Sun sun_at(UtcTime time);

// From a place to the sun's true (not refracted) position: a vector of length 1; `up` is the cosine
// of the zenith angle.
struct Direction {
  double east;
  double north;
  double up;
};
[[nodiscard]] Direction sun_direction(const Sun& sun, UtcTime time, double latitude_deg,
                                      double longitude_deg);

// What an observer sees: elevation with refraction, azimuth clockwise from north, 0 to 360.
struct SunAngles {
  double elevation_deg;
  double azimuth_deg;
};
[[nodiscard]] SunAngles sun_angles(UtcTime time, double latitude_deg, double longitude_deg);

}  // namespace wattledger::forecast
