#include "coordinator/sources/fetch/address.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace wattledger::sources {
namespace {

constexpr std::array<std::string_view, provider_count> names{
    "pse",        "pse-peak-hours", "entsoe", "energy-charts", "awattar-de",
    "awattar-at", "open-meteo",     "imgw",   "forecast-solar"};
constexpr std::array<std::string_view, provider_count> hosts{
    "https://api.raporty.pse.pl",   "https://api.raporty.pse.pl",
    "https://web-api.tp.entsoe.eu", "https://api.energy-charts.info",
    "https://api.awattar.de",       "https://api.awattar.at",
    "https://api.open-meteo.com",   "https://danepubliczne.imgw.pl",
    "https://api.forecast.solar"};

std::size_t index(Provider provider) { return static_cast<std::size_t>(provider); }

Failure missing(Provider provider, const std::string& what, const std::string& key) {
  return fail(ErrorKind::invalid_input, std::string(provider_name(provider)) + " needs " + what,
              "set " + key);
}

// Only what may stand in a query unescaped; the rest as %XX.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      result += c;
      continue;
    }
    std::array<char, 4> code{};
    std::snprintf(code.data(), code.size(), "%%%02X",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    result += code.data();
  }
  return result;
}

// Degrees and kilowatts, with as many digits as any forecast can use.
std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4f", value);
  std::string result(text.data());
  std::replace(result.begin(), result.end(), ',', '.');
  return result;
}

// "202511282300"
std::string compact(UtcTime time) {
  std::string text = utc_text(time).substr(0, 16);
  text.erase(std::remove_if(text.begin(), text.end(),
                            [](char c) { return c == '-' || c == ':' || c == 'T'; }),
             text.end());
  return text;
}

std::string milliseconds(UtcTime time) { return std::to_string(to_us(time) / 1000); }

Result<std::string> place(Provider provider, const Asked& asked) {
  if (asked.latitude && asked.longitude) return std::string();
  return missing(provider, "the place of the house", "site.latitude and site.longitude");
}

Result<std::string> path_of(Provider provider, const Asked& asked) {
  switch (provider) {
    case Provider::pse:
      return "/api/csdac-pln?$filter=business_date%20eq%20'" + asked.local_date + "'";
    case Provider::pse_peak_hours:
      return "/api/pdgsz?$filter=business_date%20eq%20'" + asked.local_date +
             "'%20and%20is_active%20eq%20true&$orderby=dtime%20asc&$first=20000";
    case Provider::entsoe:
      if (asked.zone.empty())
        return missing(provider, "a bidding zone, as 10YPL-AREA-----S", "sources.bidding_zone");
      if (asked.token.empty()) return missing(provider, "a token", "sources.entsoe_token");
      return "/api?documentType=A44&in_Domain=" + escaped(asked.zone) +
             "&out_Domain=" + escaped(asked.zone) + "&periodStart=" + compact(asked.from) +
             "&periodEnd=" + compact(asked.to) + "&securityToken=" + escaped(asked.token);
    case Provider::energy_charts:
      if (asked.zone.empty())
        return missing(provider, "a bidding zone, as PL or DE-LU", "sources.bidding_zone");
      return "/price?bzn=" + escaped(asked.zone) + "&start=" + asked.local_date +
             "&end=" + asked.local_date;
    case Provider::awattar_de:
    case Provider::awattar_at:
      return "/v1/marketdata?start=" + milliseconds(asked.from) + "&end=" + milliseconds(asked.to);
    case Provider::open_meteo:
      WATTLEDGER_TRY(place(provider, asked));
      return "/v1/forecast?latitude=" + number(*asked.latitude) +
             "&longitude=" + number(*asked.longitude) +
             "&minutely_15=shortwave_radiation,direct_radiation,diffuse_radiation,temperature_2m"
             "&hourly=cloud_cover&forecast_days=3&timeformat=unixtime&timezone=GMT";
    case Provider::imgw:
      if (asked.station.empty())
        return missing(provider, "a station, as warszawa", "sources.station");
      return "/api/data/synop/station/" + escaped(asked.station);
    case Provider::forecast_solar:
      WATTLEDGER_TRY(place(provider, asked));
      if (asked.plane.peak_kw <= 0)
        return missing(provider, "the panels' peak power", "pv.peak_power_w");
      return "/estimate/" + number(*asked.latitude) + "/" + number(*asked.longitude) + "/" +
             number(asked.plane.tilt_deg) + "/" + number(asked.plane.azimuth_deg - 180) + "/" +
             number(asked.plane.peak_kw);
  }
  return fail(ErrorKind::unsupported, "no such source");
}

}  // namespace

std::string_view provider_name(Provider provider) { return names.at(index(provider)); }

std::optional<Provider> provider_of(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Provider>(found - names.begin());
}

Result<std::string> address_of(Provider provider, const Asked& asked) {
  auto path = path_of(provider, asked);
  if (!path) return path;
  const std::string_view host = asked.base.empty() ? hosts.at(index(provider)) : asked.base;
  return std::string(host) + *path;
}

}  // namespace wattledger::sources
