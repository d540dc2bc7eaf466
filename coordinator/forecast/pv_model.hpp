// Panels: irradiance to watts per slot. Power by PVWatts (Dobos 2014, NREL/TP-6A20-62641): peak *
// irradiance / 1000 W/m2, by the cells' temperature and constant losses, cut at the inverter. Cells
// by their nominal operating temperature (Ross 1976; 45 degrees): air + 25 K * irradiance / 800
// W/m2. Pure; integers in and out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/forecast/forecast.hpp"

namespace wattledger::forecast {

struct Plane {
  std::int32_t tilt_deg = 35;      // 0 flat, 90 a wall
  std::int32_t azimuth_deg = 180;  // where it looks: 0 north, 90 east, 180 south
  Watts peak;
  BasisPoints losses{1'400};                    // all but temperature, the inverter's own too
  std::int32_t temperature_ppm_per_k = -4'000;  // of power, from 25 degrees on
  bool operator==(const Plane&) const = default;
};

struct Plant {
  std::int32_t latitude_e6 = 0;
  std::int32_t longitude_e6 = 0;  // + is east
  std::vector<Plane> planes;
  Watts inverter_limit;       // 0: none
  BasisPoints albedo{2'000};  // the ground's
  bool operator==(const Plant&) const = default;
};

// Means over a slot on the horizontal, mW/m2. Direct and diffuse are used where both are known,
// else global is split (Erbs). An unknown temperature is 15 degrees.
struct SlotWeather {
  std::optional<std::int64_t> global_mw_m2;
  std::optional<std::int64_t> direct_mw_m2;
  std::optional<std::int64_t> diffuse_mw_m2;
  std::optional<MilliCelsius> temperature;
  bool operator==(const SlotWeather&) const = default;
};
struct WeatherSeries {
  UtcTime start;
  std::chrono::seconds step{3600};
  std::vector<SlotWeather> slots;
};

// The mean power over [start, start + step), step at most a day. Inside the slot the irradiance
// follows the clear sky, so that an hour around sunrise has its light in the part where the sun is
// up. Between 0 and the inverter's limit (0: no limit). Nothing if there is no irradiance.
[[nodiscard]] std::optional<Watts> pv_power(const Plant& plant, UtcTime start,
                                            std::chrono::seconds step, const SlotWeather& weather);
[[nodiscard]] PowerSeries pv_power(const Plant& plant, const WeatherSeries& weather);

// The same under a cloudless sky at 15 degrees: where no forecast is, and what a good day gives.
[[nodiscard]] Watts clear_sky_power(const Plant& plant, UtcTime start, std::chrono::seconds step);

}  // namespace wattledger::forecast
