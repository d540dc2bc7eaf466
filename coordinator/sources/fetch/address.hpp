// The addresses of the sources that are known by name. Pure. Where each stands is said at its own
// site: PSE raporty.pse.pl (OData), ENTSO-E transparency.entsoe.eu (RESTful API guide, A44),
// energy-charts.info (api), awattar.de and .at (services/api), open-meteo.com (docs),
// danepubliczne.imgw.pl (apiinfo), doc.forecast.solar.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "events/result.hpp"
#include "events/time.hpp"

namespace wattledger::sources {

enum class Provider : std::uint8_t {
  pse,             // day-ahead prices, PLN/MWh
  pse_peak_hours,  // the operator's advice, hour by hour
  entsoe,          // day-ahead prices of a bidding zone; needs a token
  energy_charts,   // the same, without
  awattar_de,
  awattar_at,
  open_meteo,     // irradiance, cloud and temperature to come
  imgw,           // observed at a Polish station
  forecast_solar  // power to come of a plane
};
inline constexpr std::size_t provider_count = 9;

// As the configuration and the events name it: "pse", "energy-charts".
[[nodiscard]] std::string_view provider_name(Provider provider);
[[nodiscard]] std::optional<Provider> provider_of(std::string_view name);

// A plane of panels. Azimuth clockwise from north, so that south is 180.
struct PanelPlane {
  double tilt_deg = 35;
  double azimuth_deg = 180;
  double peak_kw = 0;
};

// What an address is made of; each provider takes what it needs.
struct Asked {
  UtcTime from, to;        // the local day, or the days, that are asked for
  std::string local_date;  // of `from`: "2025-11-29"
  std::string zone;        // bidding zone: energy-charts' name ("DE-LU"), ENTSO-E's EIC code
  std::string station;     // IMGW's: "warszawa"
  std::string token;       // ENTSO-E's
  std::optional<double> latitude, longitude;
  PanelPlane plane;
  std::string base;  // in the place of "https://host", for a mirror or a test
};

// invalid_input: what is missing, and the key that gives it.
[[nodiscard]] Result<std::string> address_of(Provider provider, const Asked& asked);

}  // namespace wattledger::sources
