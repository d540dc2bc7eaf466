// What a kWh costs from the grid and earns into it, by a policy's tariff: exact integers of 1e-8
// currency/kWh, no clock, no time-zone database. The hour and the day are the wall clock's, by the
// offsets given; holidays are the policy's list. Both passes of a repeated hour are the same hour.
//
//   import = (market + component + components + the zone's) × (1 + VAT)
//
// rounded once, at the end, half away from zero; without VAT nothing is rounded. VAT is on the
// whole, a negative market price included.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "events/time.hpp"
#include "projections/fold/policy_settings.hpp"

namespace wattledger::fold {

// 0 to 3, the grid operator's code of an hour; nothing: unknown, which is not 0.
using PeakHours = std::optional<std::uint8_t>;

struct TariffHour {
  unsigned month = 0;     // 0 = January
  unsigned day_kind = 0;  // 0 = Monday … 6 = Sunday, 7 = a holiday of the policy
  unsigned hour = 0;
};
[[nodiscard]] TariffHour tariff_hour(const PolicySettings& settings, const ZoneOffsets& zone,
                                     UtcTime at);

// The first zone that names the instant; null where none does, which adds nothing. It points into
// `settings`.
[[nodiscard]] const TariffZone* zone_at(const PolicySettings& settings, const ZoneOffsets& zone,
                                        UtcTime at, PeakHours peak_hours);

// Neighbouring slots of one zone; null where none holds. The zone points into `settings`.
struct TariffRun {
  UtcTime start, end;
  const TariffZone* zone = nullptr;
};
// The runs of the local day that holds `day`, from midnight to midnight without a gap. Zones change
// on the hour, and every offset is a whole number of quarters.
[[nodiscard]] std::vector<TariffRun> day_runs(const PolicySettings& settings,
                                              const ZoneOffsets& zone, UtcTime day,
                                              PeakHours peak_hours);

// The parts of an import price; they add up to `total`.
struct ImportPrice {
  PriceE8 market;
  PriceE8 component;     // PolicySettings::tariff_component
  PriceE8 components;    // the sum of those with names
  PriceE8 distribution;  // the zone's
  PriceE8 vat;           // what VAT and its rounding add
  PriceE8 total;
};
// |market| below 2^61.
[[nodiscard]] ImportPrice import_price(const PolicySettings& settings, const TariffZone* zone,
                                       PriceE8 market);

// By the rule of feed-in; no component, zone or VAT is in it.
[[nodiscard]] PriceE8 export_price(const PolicySettings& settings, PriceE8 market);

}  // namespace wattledger::fold
