#include "coordinator/sources/fetch/fetch.hpp"

#include <algorithm>
#include <utility>

#include "coordinator/sources/parse/peak_hours.hpp"
#include "coordinator/sources/parse/prices.hpp"
#include "coordinator/sources/parse/pv_forecast.hpp"
#include "coordinator/sources/parse/weather.hpp"

namespace wattledger::sources {
namespace {

using Bodies = std::vector<std::string_view>;

template <class Fact>
void add(Fetched& fetched, Provider provider, fb::Source source, Fact fact) {
  fb::EventT event;
  event.fact.Set(std::move(fact));
  event.source = source;
  event.source_name = std::string(provider_name(provider));
  fetched.facts.push_back(std::move(event));
}

// The day that was asked for is among them, whole.
bool holds_day(const std::vector<DaySlots>& days, const Asked& asked) {
  return std::any_of(days.begin(), days.end(), [&](const DaySlots& day) {
    return date_text(day.day) == asked.local_date && day.complete();
  });
}

template <class Parsed>
Result<Fetched> of_days(Parsed parsed, Provider provider, const Asked& asked) {
  Fetched fetched;
  fetched.complete = holds_day(parsed.slots, asked);
  fetched.remarks = std::move(parsed.remarks);
  for (std::size_t i = 0; i < parsed.days.size(); ++i) {
    const std::string date = date_text(parsed.slots[i].day);
    if (date == asked.local_date)
      add(fetched, provider, fb::Source::price_source, std::move(parsed.days[i]));
    else
      fetched.remarks.push_back("what it says of " + date + " was not asked for and is left out");
  }
  if (fetched.facts.empty())
    return fail(ErrorKind::corrupt, "the answer is not of " + asked.local_date,
                "the source may have mistaken the day; it is asked again");
  return fetched;
}

Result<Fetched> prices(const Bodies& pages, Provider provider, const Asked& asked,
                       const ZoneOffsets& zone) {
  auto parsed = parse_price_pages(pages, zone, std::string(provider_name(provider)));
  if (!parsed) return Failure(parsed.error());
  return of_days(*std::move(parsed), provider, asked);
}

Result<Fetched> peak_hours(const Bodies& pages, Provider provider, const Asked& asked,
                           const ZoneOffsets& zone) {
  auto parsed = parse_peak_hour_pages(pages, zone, std::string(provider_name(provider)));
  if (!parsed) return Failure(parsed.error());
  return of_days(*std::move(parsed), provider, asked);
}

// Irradiance, cloud and temperature as they were told; what the panels make of it is a forecast of
// our own.
Result<Fetched> weather_to_come(std::string_view body, Provider provider) {
  auto parsed = parse_open_meteo(body, std::string(provider_name(provider)));
  if (!parsed) return Failure(parsed.error());
  Fetched fetched;
  fetched.remarks = std::move(parsed->remarks);
  fb::PvForecastIssuedT forecast;
  forecast.provider = parsed->provider;
  forecast.raw_digest = std::move(parsed->raw_digest);
  const auto take = [](std::vector<std::unique_ptr<fb::SeriesT>>& into,
                       const std::optional<WeatherForecast>& fine,
                       const std::optional<WeatherForecast>& coarse,
                       std::optional<ForecastSeries> WeatherForecast::*which) {
    const bool in_fine = fine && ((*fine).*which);
    const auto& from = in_fine ? fine : coarse;
    if (from && ((*from).*which)) into.push_back(to_series(*((*from).*which)));
  };
  take(forecast.irradiance_mw_m2, parsed->quarters, parsed->hourly, &WeatherForecast::global_mw_m2);
  take(forecast.direct_mw_m2, parsed->quarters, parsed->hourly, &WeatherForecast::direct_mw_m2);
  take(forecast.diffuse_mw_m2, parsed->quarters, parsed->hourly, &WeatherForecast::diffuse_mw_m2);
  if (parsed->latitude_e6) forecast.latitude_e6 = static_cast<std::int32_t>(*parsed->latitude_e6);
  if (parsed->longitude_e6)
    forecast.longitude_e6 = static_cast<std::int32_t>(*parsed->longitude_e6);
  take(forecast.cloud_cover_bp, parsed->quarters, parsed->hourly, &WeatherForecast::cloud_cover_bp);
  take(forecast.temperature_mc, parsed->quarters, parsed->hourly, &WeatherForecast::temperature_mc);
  add(fetched, provider, fb::Source::weather_source, std::move(forecast));
  return fetched;
}

Result<Fetched> observation(std::string_view body, Provider provider) {
  auto parsed = parse_imgw(body, std::string(provider_name(provider)));
  if (!parsed) return Failure(parsed.error());
  Fetched fetched;
  fetched.remarks = std::move(parsed->remarks);
  add(fetched, provider, fb::Source::weather_source, std::move(parsed->observation));
  return fetched;
}

Result<Fetched> power_to_come(std::string_view body, Provider provider, const ZoneOffsets& zone) {
  auto parsed = parse_forecast_solar(body, zone, std::string(provider_name(provider)));
  if (!parsed) return Failure(parsed.error());
  Fetched fetched;
  fetched.remarks = std::move(parsed->remarks);
  add(fetched, provider, fb::Source::forecast_source, std::move(parsed->forecast));
  return fetched;
}

// A page for people, as a service gives that has moved or is being mended. ENTSO-E's answers begin
// like one.
bool is_web_page(std::string_view body, Provider provider) {
  const std::size_t begin = body.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
  return provider != Provider::entsoe && begin != std::string_view::npos && body[begin] == '<';
}

Result<Fetched> parsed_of(const Bodies& pages, Provider provider, const Asked& asked,
                          const ZoneOffsets& zone) {
  switch (provider) {
    case Provider::pse:
    case Provider::entsoe:
    case Provider::energy_charts:
    case Provider::awattar_de:
    case Provider::awattar_at:
      return prices(pages, provider, asked, zone);
    case Provider::pse_peak_hours:
      return peak_hours(pages, provider, asked, zone);
    case Provider::open_meteo:
      return weather_to_come(pages.front(), provider);
    case Provider::imgw:
      return observation(pages.front(), provider);
    case Provider::forecast_solar:
      return power_to_come(pages.front(), provider, zone);
  }
  return fail(ErrorKind::unsupported, "no such source");
}

// Where the answer goes on; empty: nowhere.
Result<std::string> page_after(std::string_view body, Provider provider, const ZoneOffsets& zone) {
  const std::string name(provider_name(provider));
  if (provider == Provider::pse) {
    const auto page = parse_prices(body, zone, name);
    return page ? page->next_page : Result<std::string>(Failure(page.error()));
  }
  if (provider == Provider::pse_peak_hours) {
    const auto page = parse_peak_hours(body, zone, name);
    return page ? page->next_page : Result<std::string>(Failure(page.error()));
  }
  return std::string();
}

std::string_view origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

}  // namespace

Result<void> check_currency(const Fetched& fetched, const std::string& wanted) {
  for (const fb::EventT& each : fetched.facts) {
    const auto* prices = each.fact.AsPricesPublished();
    if (prices == nullptr || wanted.empty() || prices->currency == wanted) continue;
    return fail(ErrorKind::conflict,
                "its prices are in " + prices->currency + ", and prices.currency is " + wanted,
                "set prices.currency and a tariff in it, or another source");
  }
  return {};
}

std::optional<std::string> next_page_url(std::string_view url, std::string_view next) {
  const std::string_view origin = origin_of(url);
  if (origin.empty()) return std::nullopt;
  if (next.find("://") == std::string_view::npos) {
    if (next.empty() || next.front() != '/' || next.substr(0, 2) == "//") return std::nullopt;
    return std::string(origin) + std::string(next);
  }
  if (origin_of(next) != origin) return std::nullopt;
  return std::string(next);
}

Result<Fetched> Fetcher::fetch(Provider provider, const Asked& asked, const ZoneOffsets& zone,
                               const std::string& etag, const std::stop_token& stop,
                               std::optional<std::chrono::seconds>* retry_after) {
  auto url = address_of(provider, asked);
  if (!url) return Failure(url.error());
  std::vector<std::string> bodies;
  std::string first_etag;
  for (HttpRequest request{*std::move(url), etag, {}};;) {
    auto answer = http_.get(request, limits_, stop);
    if (!answer) return Failure(answer.error());
    if (retry_after != nullptr) *retry_after = answer->retry_after;
    // What energy-charts says of a day that has no prices yet.
    if (provider == Provider::energy_charts && answer->status == 404)
      return fail(ErrorKind::not_found, "GET " + shown_url(request.url) + ": no content available",
                  "");
    WATTLEDGER_TRY(check_status(*answer, request.url));
    if (answer->status == 304 && request.etag.empty())
      return fail(ErrorKind::corrupt,
                  "GET " + shown_url(request.url) + ": HTTP 304, and nothing was known before",
                  "a cache on the way answers for the source");
    if (bodies.empty()) first_etag = answer->etag;
    if (answer->status == 304) {
      Fetched same;
      same.etag = etag;
      return same;
    }
    if (is_web_page(answer->body, provider))
      return fail(ErrorKind::corrupt,
                  "GET " + shown_url(request.url) + ": a web page instead of data",
                  "look at it in a browser: the service may have moved or be down");
    bodies.push_back(std::move(answer->body));
    const auto next = page_after(bodies.back(), provider, zone);
    const bool blank = !next && next.error().kind == ErrorKind::not_found && bodies.size() > 1;
    if (blank) bodies.pop_back();
    if (blank || (next && next->empty())) break;
    if (!next) return Failure(next.error());
    const auto there = next_page_url(request.url, *next);
    if (!there)
      return fail(ErrorKind::corrupt,
                  "the answer of " + shown_url(request.url) + " goes on at another place",
                  "nothing is taken from there; report it");
    if (bodies.size() >= pages_max)
      return fail(ErrorKind::full,
                  "the answer of " + shown_url(request.url) + " has more than " +
                      std::to_string(pages_max) + " pages",
                  "report it");
    request = {*there, "", {}};
  }
  auto fetched = parsed_of(Bodies(bodies.begin(), bodies.end()), provider, asked, zone);
  if (fetched) fetched->etag = std::move(first_etag);
  return fetched;
}

}  // namespace wattledger::sources
