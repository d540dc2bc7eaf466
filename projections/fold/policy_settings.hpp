// The numbers that decide, plan, fold and the legacy rows read: what a PolicyAdopted event says,
// typed. Integers only. Pure. The canonical text (sorted `key=value` lines) is what the event holds
// and what its digest covers.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/result.hpp"
#include "events/units.hpp"

namespace wattledger::fold {

// A tariff zone adds `price` to the market price of the hours it names. The first zone that matches
// holds.
struct TariffZone {
  static constexpr std::uint8_t holiday = 0x80;  // of weekdays
  static constexpr std::uint8_t unknown = 0x10;  // of peak_hours
  static constexpr std::uint8_t any_peak_hours = 0x1F;

  std::string name = "T1";
  std::uint16_t months = 0x0FFF;  // bit 0 = January
  // Bit 0 = Monday, bit 7 = one of the policy's holidays, which then is no weekday.
  std::uint8_t weekdays = 0x7F;
  std::uint32_t hours = 0x00FFFFFF;  // bit 0 = 00:00-01:00 local
  PriceE8 price;
  // Bits 0 to 3: the grid operator's code of the hour (PeakHoursPublished), bit 4: none is known.
  std::uint8_t peak_hours = any_peak_hours;
  bool operator==(const TariffZone&) const = default;
};

// What is added to every market price under a name of its own.
struct TariffComponent {
  std::string name;
  PriceE8 price;
  bool operator==(const TariffComponent&) const = default;
};

// What a kWh fed into the grid earns: the market price, that price but never less than zero, a
// fixed one, or nothing.
enum class FeedIn : std::uint8_t { market, market_floored, fixed, none };

// Selling from the battery to the grid, in every policy that sells.
struct SellingSettings {
  bool enabled = false;
  Watts power_max{5'000};
  BasisPoints floor{5'000};        // nothing is sold below it
  BasisPoints session_max{2'000};  // of the battery, in one sale
  BasisPoints day_max{4'000};      // of the battery, in a local day
  PriceE8 price_min{80'000'000};   // feed-in price below which nothing is sold
  // Policy `tiered` alone:
  BasisPoints start{8'000};  // no sale begins below it
  // The least price is also this share of the median of the prices known of the last seven days;
  // 0: that is not asked.
  BasisPoints over_median{0};
  std::int32_t sales_max = 2;        // in a local day
  std::uint32_t hours = 0x003FFFE0;  // of the wall clock, bit 0 = 00:00-01:00: 05 to 22
  bool operator==(const SellingSettings&) const = default;
};

// Policy `tiered`: what the battery does by how full it is. Sources: the legacy rules' keys and
// defaults (coordinator/policy/README.md).
struct TieredSettings {
  BasisPoints critical{1'200};              // below: charged unless waiting pays
  BasisPoints middle{5'000};                // below: charged near the cheapest; above: in sessions
  PriceE8 price_high{110'000'000};          // above it a charge stops
  PriceE8 price_critical{120'000'000};      // up to it a critical battery charges at once
  BasisPoints wait_saving{3'000};           // it waits for a slot cheaper by this share …
  std::chrono::seconds wait_max{8 * 3600};  // … within this time
  Watts little_sun{200};                    // PV surplus up to which there is no sun
  BasisPoints no_sun_below{8'000};          // without sun it charges below this SOC …
  PriceE8 no_sun_price{70'000'000};         // … up to this price
  BasisPoints before_peak_from{0};          // before the evening: from this SOC on …
  PriceE8 before_peak_price{90'000'000};    // … up to this price …
  BasisPoints before_peak_rise{1'000};  // … where the evening's mean is above it by this share
  std::uint32_t evening_hours = 0x003E0000;  // 17 to 22
  BasisPoints near_cheapest{1'500};          // above the cheapest slot to come, by this share
  std::chrono::seconds near_within{12 * 3600};
  BasisPoints cheap_quantile{4'000};          // of the last day's prices: cheap at any SOC
  BasisPoints cheap_quantile_low{6'000};      // … and below session_start_below
  BasisPoints session_start_below{8'500};     // no session begins at or above it
  BasisPoints session_again_below{1'000};     // nor this close to where the last one ended
  std::int32_t sessions_max = 4;              // in a local day
  std::chrono::seconds session_min{30 * 60};  // a session stands so long, whatever the price
  PriceE8 super_cheap{30'000'000};            // up to it the battery is filled
  bool operator==(const TieredSettings&) const = default;
};

struct PolicySettings {
  std::string policy = "cheapest";  // "cheapest", "tiered", "optimal"
  std::string currency = "PLN";

  // Battery
  MilliwattHours battery_capacity{10'000'000};
  Watts charge_power_max{5'000};
  Watts discharge_power_max{5'000};
  BasisPoints soc_min{1'000};      // never discharged below by us
  BasisPoints soc_target{9'000};   // charged to at cheap prices
  BasisPoints soc_emergency{500};  // below: charge at any price, without prices too
  BasisPoints soc_emergency_target{1'200};
  BasisPoints charge_efficiency{9'500};
  BasisPoints discharge_efficiency{9'500};
  BasisPoints soc_max{10'000};  // never charged above by us
  PriceE8 wear{5'000'000};      // of the battery, per kWh that comes out of it

  // The house's connection; a megawatt is no limit
  Watts import_max{1'000'000};
  Watts export_max{1'000'000};
  // Without a forecast of the load: a day's energy, spread evenly.
  MilliwattHours load_default_day{8'000'000};

  SellingSettings selling;
  TieredSettings tiered;

  // Optimal: what a kWh stored at the end of what is known is worth, as a share of the mean price
  // of the known slots; how far towards the forecasts' pessimistic side it plans; what a changed
  // plan must gain.
  BasisPoints terminal_value{8'000};
  BasisPoints forecast_margin{3'000};
  MoneyE8 plan_gain_min{10'000'000};

  // Cheapest slots
  PriceE8 charge_price_max{70'000'000};  // final price; above it only an emergency charges
  std::chrono::seconds horizon{24 * 3600};
  std::chrono::seconds anti_flap{15 * 60};

  // Safety limits (source: facts of the legacy configuration; legacy key
  // coordinator.emergency_stop_conditions)
  Millivolts battery_voltage_min{320'000};
  Millivolts battery_voltage_max{480'000};
  // Outside of these nothing charges or gives; inside, it charges between the other two alone.
  MilliCelsius battery_temperature_min{-20'000};
  MilliCelsius battery_temperature_max{53'000};
  MilliCelsius battery_temperature_charge_min{0};
  MilliCelsius battery_temperature_charge_max{50'000};
  Millivolts grid_voltage_min{200'000};
  Millivolts grid_voltage_max{253'000};
  std::chrono::seconds reading_stale_after{180};
  std::chrono::seconds forced_end_max{
      3600};  // a forced mode's end in the inverter, at most this far ahead

  // Tariff: final = (market + component + components + zone) × (1 + VAT); see tariff.hpp
  std::string tariff = "g12";
  PriceE8 tariff_component{8'920'000};
  std::vector<TariffComponent> tariff_components;  // at most 32
  std::vector<TariffZone> tariff_zones;            // at most 100; empty: nothing added
  BasisPoints tariff_vat{0};
  // Local days of the years 2000 to 2099 in ascending order, only where a zone asks for them: days
  // are given, never computed here.
  std::vector<std::chrono::local_days> holidays;
  FeedIn feed_in = FeedIn::market;
  PriceE8 feed_in_price{0};  // of FeedIn::fixed

  // Cadence
  std::chrono::seconds slot{900};              // decisions fall on its boundaries
  std::chrono::seconds energy_row_every{300};  // legacy table energy_data
  std::chrono::seconds state_row_every{60};    // legacy table system_state

  bool operator==(const PolicySettings&) const = default;
};

// One policy has one text: what came after the first release (VAT, components by name, holidays,
// feed-in, peak hours) has no line while it says nothing, so that older texts and digests stand.
[[nodiscard]] std::string render_policy(const PolicySettings& settings);
// Refuses unknown keys, missing keys and values out of range, naming the line.
[[nodiscard]] Result<PolicySettings> parse_policy(std::string_view text);

// G12 as the legacy system shipped it: peak 07-13 and 15-22 0.3566, else 0.0749 PLN/kWh (decision
// rules §2.7).
[[nodiscard]] std::vector<TariffZone> g12_zones();

}  // namespace wattledger::fold
