#include "projections/fold/tariff.hpp"

#include <algorithm>

namespace wattledger::fold {
namespace {

__extension__ using Wide = __int128;

// Half away from zero.
PriceE8 with_vat(PriceE8 sum, BasisPoints vat) {
  constexpr Wide whole = 10'000;
  const Wide scaled = static_cast<Wide>(sum.count()) * (whole + vat.count());
  const Wide half = scaled < 0 ? -whole / 2 : whole / 2;
  return PriceE8(static_cast<std::int64_t>((scaled + half) / whole));
}

}  // namespace

TariffHour tariff_hour(const PolicySettings& settings, const ZoneOffsets& zone, UtcTime at) {
  const LocalTime local = zone.to_local(at);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date(day);
  TariffHour result;
  result.month = static_cast<unsigned>(date.month()) - 1;
  const bool holiday = std::binary_search(settings.holidays.begin(), settings.holidays.end(), day);
  result.day_kind = holiday ? 7 : std::chrono::weekday(day).iso_encoding() - 1;
  result.hour = static_cast<unsigned>(std::chrono::floor<std::chrono::hours>(local - day).count());
  return result;
}

const TariffZone* zone_at(const PolicySettings& settings, const ZoneOffsets& zone, UtcTime at,
                          PeakHours peak_hours) {
  const TariffHour here = tariff_hour(settings, zone, at);
  const unsigned code = peak_hours && *peak_hours < 4 ? *peak_hours : 4;
  for (const TariffZone& each : settings.tariff_zones) {
    const bool holds =
        ((each.months >> here.month) & 1U) != 0 && ((each.weekdays >> here.day_kind) & 1U) != 0 &&
        ((each.hours >> here.hour) & 1U) != 0 && ((each.peak_hours >> code) & 1U) != 0;
    if (holds) return &each;
  }
  return nullptr;
}

std::vector<TariffRun> day_runs(const PolicySettings& settings, const ZoneOffsets& zone,
                                UtcTime day, PeakHours peak_hours) {
  constexpr std::chrono::minutes quarter{15};
  std::vector<TariffRun> runs;
  const UtcTime end = zone.next_day_start(day);
  for (UtcTime at = zone.day_start(day); at < end; at += quarter) {
    const TariffZone* here = zone_at(settings, zone, at, peak_hours);
    if (runs.empty() || runs.back().zone != here) runs.push_back({at, at, here});
    runs.back().end = std::min(end, at + quarter);
  }
  return runs;
}

ImportPrice import_price(const PolicySettings& settings, const TariffZone* zone, PriceE8 market) {
  ImportPrice price;
  price.market = market;
  price.component = settings.tariff_component;
  for (const TariffComponent& each : settings.tariff_components) price.components += each.price;
  if (zone != nullptr) price.distribution = zone->price;
  const PriceE8 sum = market + price.component + price.components + price.distribution;
  price.total = with_vat(sum, settings.tariff_vat);
  price.vat = price.total - sum;
  return price;
}

PriceE8 export_price(const PolicySettings& settings, PriceE8 market) {
  switch (settings.feed_in) {
    case FeedIn::market:
      return market;
    case FeedIn::market_floored:
      return std::max(market, PriceE8(0));
    case FeedIn::fixed:
      return settings.feed_in_price;
    case FeedIn::none:
      break;
  }
  return PriceE8(0);
}

}  // namespace wattledger::fold
