#include "coordinator/forecast/irradiance.hpp"

#include <algorithm>
#include <cmath>

namespace wattledger::forecast {
namespace {

constexpr double lowest_cos_zenith = 0.0523;  // 87 degrees from the zenith

}  // namespace

double above_air_w_m2(const Sun& sun) { return 1'361 / (sun.distance_au * sun.distance_au); }

double clear_sky_w_m2(double cos_zenith) {
  return cos_zenith <= 0 ? 0 : 1'098 * cos_zenith * std::exp(-0.059 / cos_zenith);
}

double diffuse_share(double clearness) {
  const double k = std::max(clearness, 0.0);
  if (k <= 0.22) return 1 - 0.09 * k;
  if (k > 0.8) return 0.165;
  return 0.9511 + k * (-0.1604 + k * (4.388 + k * (-16.638 + k * 12.336)));
}

Sky split(double global_w_m2, double cos_zenith, double above_air) {
  const double global = std::max(global_w_m2, 0.0);
  if (cos_zenith < lowest_cos_zenith) return {0, global};
  const double diffuse = global * diffuse_share(global / (above_air * cos_zenith));
  return {global - diffuse, diffuse};
}

double on_plane_w_m2(const Direction& plane, const Direction& sun, const Sky& sky, double above_air,
                     double albedo) {
  const double direct = std::max(sky.direct_w_m2, 0.0);
  const double diffuse = std::max(sky.diffuse_w_m2, 0.0);
  double from_sun = 0;  // on what faces it
  if (sun.up >= lowest_cos_zenith) {
    const double normal = std::min(direct / sun.up, above_air);
    from_sun = std::min(normal + diffuse * normal / above_air / sun.up, above_air);
  }
  const double incidence =
      std::max(0.0, plane.east * sun.east + plane.north * sun.north + plane.up * sun.up);
  const double from_sky = std::max(direct + diffuse - from_sun * sun.up, 0.0);
  return from_sun * incidence + from_sky * (1 + plane.up) / 2 +
         albedo * (direct + diffuse) * (1 - plane.up) / 2;
}

}  // namespace wattledger::forecast
