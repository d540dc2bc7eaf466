#include "coordinator/sources/fetch/configured.hpp"

#include <algorithm>

#include "coordinator/config/secrets.hpp"

namespace wattledger::sources {
namespace {

Result<std::string> token_in(const std::filesystem::path& file) {
  auto token = config::read_secret(file);
  if (token) return token;
  return fail(ErrorKind::invalid_input, "sources.entsoe_token_file: " + token.error().what,
              token.error().remedy);
}

}  // namespace

bool has_days(Provider provider) {
  switch (provider) {
    case Provider::pse:
    case Provider::pse_peak_hours:
    case Provider::entsoe:
    case Provider::energy_charts:
    case Provider::awattar_de:
    case Provider::awattar_at:
      return true;
    case Provider::open_meteo:
    case Provider::imgw:
    case Provider::forecast_solar:
      return false;
  }
  return false;
}

std::vector<Provider> providers_of(const config::Config& config) {
  std::vector<Provider> providers;
  switch (config.sources.prices) {
    case config::PriceSource::none:
      break;
    case config::PriceSource::pse:
      providers.push_back(Provider::pse);
      break;
    case config::PriceSource::entsoe:
      providers.push_back(Provider::entsoe);
      break;
    case config::PriceSource::energy_charts:
      providers.push_back(Provider::energy_charts);
      break;
    case config::PriceSource::awattar_de:
      providers.push_back(Provider::awattar_de);
      break;
    case config::PriceSource::awattar_at:
      providers.push_back(Provider::awattar_at);
      break;
  }
  if (config.sources.peak_hours) providers.push_back(Provider::pse_peak_hours);
  if (config.sources.weather) providers.push_back(Provider::open_meteo);
  if (!config.sources.station.empty()) providers.push_back(Provider::imgw);
  if (config.sources.pv_forecast) providers.push_back(Provider::forecast_solar);
  return providers;
}

bool still_asked(const config::Config& config, std::string_view provider) {
  const auto known = provider_of(provider);
  const std::vector<Provider> asked = providers_of(config);
  return !known || std::find(asked.begin(), asked.end(), *known) != asked.end();
}

Result<Asked> asked_of(const config::Config& config, Provider provider) {
  Asked asked;
  asked.zone = config.sources.bidding_zone;
  asked.station = config.sources.station;
  asked.latitude = config.site.latitude;
  asked.longitude = config.site.longitude;
  constexpr double watts = 1'000;
  asked.plane = {static_cast<double>(config.panels.tilt_deg),
                 static_cast<double>(config.panels.azimuth_deg), config.panels.peak_w / watts};
  asked.base = config.sources.mirror;
  if (provider != Provider::entsoe) return asked;
  auto token = token_in(config.sources.entsoe_token_file);
  if (!token) return Failure(token.error());
  asked.token = *std::move(token);
  return asked;
}

DaysAsked days_asked(const config::Config& config, const ZoneOffsets& zone, UtcTime now) {
  const LocalTime midnight = std::chrono::floor<std::chrono::days>(zone.to_local(now));
  DaysAsked days{{zone.day_start(now)},
                 zone.to_utc(midnight + std::chrono::hours(config.sources.day_ahead_from_h))};
  if (now >= days.tomorrow_from) days.starts.push_back(zone.next_day_start(now));
  return days;
}

void ask_for(Asked& asked, UtcTime day, const ZoneOffsets& zone) {
  asked.from = day;
  asked.to = zone.next_day_start(day);
  asked.local_date = date_text(zone.to_local(day));
}

}  // namespace wattledger::sources
