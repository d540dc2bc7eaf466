// What falls on a plane: watts per square metre, never negative.
#pragma once

#include "coordinator/forecast/sun.hpp"

namespace wattledger::forecast {

// Above the air, facing the sun: 1361 W/m2 (Kopp and Lean 2011) by the square of the distance.
[[nodiscard]] double above_air_w_m2(const Sun& sun);

// Global irradiance on the horizontal under a cloudless sky: 1098 cos z exp(-0.059 / cos z).
// Haurwitz 1945; judged in Reno, Hansen and Stein, SAND2012-2389. 0 when the sun is down.
[[nodiscard]] double clear_sky_w_m2(double cos_zenith);

// The diffuse share of the global irradiance by the clearness index (global over what falls above
// the air on the horizontal): Erbs, Klein and Duffie 1982, Solar Energy 28(4).
[[nodiscard]] double diffuse_share(double clearness);

// On the horizontal; direct + diffuse is global.
struct Sky {
  double direct_w_m2;
  double diffuse_w_m2;
};
// Global irradiance in two. With the sun lower than 3 degrees, where the index means nothing, all
// is diffuse.
[[nodiscard]] Sky split(double global_w_m2, double cos_zenith, double above_air);

// On a plane whose normal is `plane`: direct by the angle of incidence, diffuse by Hay and Davies
// 1980 (the part around the sun like the direct, the rest from all of the sky that the plane sees),
// the ground's reflection by `albedo`, alike from all sides. No more than `above_air` comes from
// the sun's side, and nothing while it is lower than 3 degrees: the rest is the sky's, so that a
// flat plane always has what fell. More diffuse light is never less on any plane, nor more global
// light on a flat one.
[[nodiscard]] double on_plane_w_m2(const Direction& plane, const Direction& sun, const Sky& sky,
                                   double above_air, double albedo);

}  // namespace wattledger::forecast
