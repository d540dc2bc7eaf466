#include "replay/house/input_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "events/series.hpp"
#include "projections/fold/state.hpp"
#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

using AllSeries = std::vector<std::unique_ptr<fb::SeriesT>>;

// Of several series, what stands in them.
struct Extent {
  std::size_t slots = 0, absent = 0;
  std::int64_t lowest = 0, highest = 0;
  std::optional<UtcTime> from;
  UtcTime to{};
};

Extent extent_of(const AllSeries& all) {
  Extent extent;
  for (const auto& series : all) {
    const UtcTime start = utc_from_us(series->start_us);
    if (!extent.from || start < *extent.from) extent.from = start;
    extent.to = std::max(extent.to, slot_start(*series, series->values.size()));
    for (std::size_t i = 0; i < series->values.size(); ++i) {
      if (is_absent(*series, i)) {
        ++extent.absent;
        continue;
      }
      const std::int64_t value = series->values[i];
      extent.lowest = extent.slots == 0 ? value : std::min(extent.lowest, value);
      extent.highest = extent.slots == 0 ? value : std::max(extent.highest, value);
      ++extent.slots;
    }
  }
  return extent;
}

std::string day_of(const Extent& extent, const ZoneOffsets& zone) {
  return extent.from ? date_text(zone.to_local(*extent.from)) : "?";
}

std::string missing_text(const Extent& extent) {
  return extent.absent == 0 ? "" : fmt::format(", {} unknown", extent.absent);
}

std::string until_text(const Extent& extent, const ZoneOffsets& zone) {
  return extent.from ? " until " + local_text(extent.to, zone).substr(0, 16) : "";
}

InputText text_of(const fb::PricesPublishedT& fact, const ZoneOffsets& zone) {
  const Extent extent = extent_of(fact.prices_e8);
  InputText text{"prices", day_of(extent, zone), fact.provider, "", false, {}};
  if (fact.kind != fb::PriceKind::day_ahead)
    text.about += std::string(" ") + fb::EnumNamePriceKind(fact.kind);
  text.what =
      fmt::format("{} slots, {} {} to {} per kWh{}", extent.slots, fact.currency,
                  price_text(extent.lowest), price_text(extent.highest), missing_text(extent));
  if (!fact.suspect.empty())
    text.what += fmt::format(", {} not to be believed", fact.suspect.size());
  return text;
}

InputText text_of(const fb::PeakHoursPublishedT& fact, const ZoneOffsets& zone) {
  const Extent extent = extent_of(fact.codes);
  std::size_t normal = 0, use = 0, save = 0, must = 0;
  for (const auto& series : fact.codes) {
    for (std::size_t i = 0; i < series->values.size(); ++i) {
      if (is_absent(*series, i)) continue;
      const std::int64_t code = series->values[i];
      ++(code == 0 ? use : code == 1 ? normal : code == 2 ? save : must);
    }
  }
  return {"peak hours",
          day_of(extent, zone),
          fact.provider,
          fmt::format("{} hours: {} use, {} normal, {} save, {} must save{}", extent.slots, use,
                      normal, save, must, missing_text(extent)),
          false,
          {}};
}

InputText text_of(const fb::WeatherObservedT& fact, const ZoneOffsets& zone) {
  InputText text{"weather", fact.station, fact.provider, "", false, {}};
  if (fact.temperature_mc)
    text.what = fmt::format("{:.1f} °C", static_cast<double>(*fact.temperature_mc) / 1e3);
  if (fact.cloud_cover_bp) text.what += ", cloud " + percent_text(number(fact.cloud_cover_bp));
  if (fact.observed_at_us)
    text.what += " at " + local_text(utc_from_us(*fact.observed_at_us), zone).substr(0, 16);
  return text;
}

// Until when a forecast says something.
std::optional<UtcTime> end_of(const Extent& extent) {
  return extent.from ? std::optional(extent.to) : std::nullopt;
}

// What both kinds of forecast have; the model of our own stands with what it says.
InputText forecast_text(std::string kind, const std::string& model, const std::string& provider,
                        const Extent& power, const ZoneOffsets& zone) {
  const bool own = provider == fold::own_forecast;
  InputText text{std::move(kind), own ? "" : model, provider, "", false, end_of(power)};
  text.what = fmt::format("{} slots{}, at most {}{}", power.slots, until_text(power, zone),
                          power_text(power.highest), missing_text(power));
  if (own) text.what += " (by " + model + ")";
  return text;
}

InputText text_of(const fb::PvForecastIssuedT& fact, const ZoneOffsets& zone) {
  const Extent power = extent_of(fact.power_w);
  InputText text = forecast_text("pv", fact.model, fact.provider, power, zone);
  if (power.slots != 0) return text;
  const Extent sun = extent_of(fact.irradiance_mw_m2);
  text.ends = end_of(sun);
  text.what = fmt::format("irradiance of {} slots{}, at most {} W/m²{}", sun.slots,
                          until_text(sun, zone), sun.highest / 1000, missing_text(sun));
  return text;
}

InputText text_of(const fb::LoadForecastIssuedT& fact, const ZoneOffsets& zone) {
  return forecast_text("load", fact.model, fact.provider, extent_of(fact.power_w), zone);
}

}  // namespace

std::optional<InputText> input_text(const fb::EventT& event, const ZoneOffsets& zone) {
  if (const auto* fact = event.fact.AsPricesPublished()) return text_of(*fact, zone);
  if (const auto* fact = event.fact.AsPeakHoursPublished()) return text_of(*fact, zone);
  if (const auto* fact = event.fact.AsWeatherObserved()) return text_of(*fact, zone);
  if (const auto* fact = event.fact.AsPvForecastIssued()) return text_of(*fact, zone);
  if (const auto* fact = event.fact.AsLoadForecastIssued()) return text_of(*fact, zone);
  if (const auto* fact = event.fact.AsSourceFailed())
    return InputText{"source", "", fact->provider, "fails: " + fact->detail, false, {}};
  if (const auto* fact = event.fact.AsSourceRecovered2())
    return InputText{"source", "", fact->provider, "answers again", true, {}};
  return std::nullopt;
}

std::string input_key(const InputText& input) {
  const bool by_day = input.kind == "prices" || input.kind == "peak hours";
  return input.kind + "\n" + input.about + (by_day ? "" : "\n" + input.provider);
}

}  // namespace wattledger::tool
