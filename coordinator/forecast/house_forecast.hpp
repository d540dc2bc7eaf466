// The house's own forecasts, from its events to the facts that say them: both folds, and what they
// rest on. Pure; values only, bounded, comparable.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordinator/forecast/load_forecast.hpp"
#include "coordinator/forecast/pv_forecast.hpp"
#include "events/catalogue.hpp"
#include "events/codec.hpp"

namespace wattledger::forecast {

// How far ahead is forecast, in quarters: 48 h.
inline constexpr int quarters_ahead = 192;
// A service's watts are passed over while a weather forecast of this time is known: what was
// learned of one does not fit the other.
inline constexpr std::chrono::hours weather_holds{24};
// Less than this, from panels that nobody configured, is an inverter's noise at most.
inline constexpr Watts panels_at_least{50};

struct House {
  PvSettings pv;
  LoadSettings load;
  Calendar calendar;
  bool operator==(const House&) const = default;
};

struct HouseState {
  PvState pv;
  LoadState load;
  std::string base;  // whose forecast the panels' rests on; empty: nobody's yet
  UtcTime base_at;
  UtcTime weather_at = utc_from_us(0);  // of the newest weather forecast
  bool operator==(const HouseState&) const = default;
};

// What one event teaches, free of its bytes.
struct Observation {
  UtcTime at;
  std::optional<Watts> pv, load;  // of a reading
  bool curtailed = false;
  struct Base {
    std::string provider;
    bool weather = false;  // the plant under it, not a service's watts
    std::vector<PowerSeries> power;
  };
  std::optional<Base> base;  // of a forecast
};

// nullopt for an event that teaches nothing: also the house's own forecasts, and those that an
// import brought, which were not known then. An imported reading teaches like any other; an
// implausible one that nothing is known.
[[nodiscard]] std::optional<Observation> observation_of(const EventView& event,
                                                        const std::optional<Plant>& plant);
// In the order of time. True where the panels' forecast rests on something new.
bool observe(HouseState& state, const House& house, const Observation& observation);

// Whether the panels could have given more, as far as a reading says: the grid gets what the
// inverter's export limit lets it have, and the battery takes no more (it rests, or its own limit
// is reached).
[[nodiscard]] bool is_curtailed(const fb::ReadingRecorded& reading);

// Both for the quarters from the one that holds `now`, by provider fold::own_forecast. Of a house
// without panels nothing is said: no plant is configured, nobody forecasts it, and no reading ever
// had power of it.
[[nodiscard]] fb::LoadForecastIssuedT own_load_forecast(const HouseState& state, const House& house,
                                                        UtcTime now);
[[nodiscard]] std::optional<fb::PvForecastIssuedT> own_pv_forecast(const HouseState& state,
                                                                   const House& house, UtcTime now);

}  // namespace wattledger::forecast
