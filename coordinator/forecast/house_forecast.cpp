#include "coordinator/forecast/house_forecast.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "coordinator/forecast/weather_series.hpp"
#include "projections/fold/imported.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::forecast {
namespace {

// A meter's noise, and a twentieth of the limit: where an inverter holds it.
constexpr std::int64_t export_near_w = 100;
constexpr std::int64_t battery_rests_w = 100;
// The base is named while it tells something of the two days ahead.
constexpr std::chrono::hours base_named{48};

Observation::Base base_of(const fb::PvForecastIssued& forecast, const std::optional<Plant>& plant) {
  Observation::Base base;
  if (forecast.provider() != nullptr) base.provider = forecast.provider()->str();
  if (plant)
    for (const WeatherSeries& weather : weather_of(forecast))
      base.power.push_back(pv_power(*plant, weather));
  base.weather = !base.power.empty();
  if (!base.weather) base.power = power_of(forecast);
  return base;
}

Observation of_reading(const fb::ReadingRecorded& reading, UtcTime at) {
  Observation observation{at, {}, {}, false, {}};
  if (reading.quality() == fb::Quality::implausible) return observation;
  if (const auto watts = reading.pv_power_w()) observation.pv = Watts(*watts);
  if (const auto watts = reading.load_power_w()) observation.load = Watts(*watts);
  observation.curtailed = is_curtailed(reading);
  return observation;
}

// One series, or none where nothing of it is known.
void add(std::vector<std::unique_ptr<fb::SeriesT>>& to, const PowerSeries& power) {
  auto series = std::make_unique<fb::SeriesT>();
  series->start_us = to_us(power.start);
  series->step_s = static_cast<std::uint32_t>(power.step.count());
  for (std::size_t i = 0; i < power.watts.size(); ++i) {
    if (!power.watts[i]) series->absent.push_back(static_cast<std::uint16_t>(i));
    series->values.push_back(power.watts[i].value_or(Watts(0)).count());
  }
  if (series->absent.size() < series->values.size()) to.push_back(std::move(series));
}

template <class Fact>
Fact fact_of(const Forecast& forecast, const std::string& model, UtcTime now) {
  Fact fact;
  fact.provider = fold::own_forecast;
  fact.model = model;
  fact.issued_at_us = to_us(now);
  add(fact.power_w, forecast.power);
  add(fact.low_w, forecast.low);
  add(fact.high_w, forecast.high);
  return fact;
}

std::string days_text(std::int32_t days) {
  return std::to_string(days) + (days == 1 ? " day" : " days");
}

// What a forecast stands on, for its model: whoever reads it must not take a first day's for more.
std::string load_model(std::int32_t days) {
  if (days == 0) return "the default profile";
  if (days < days_until_known)
    return "the default profile and " + days_text(days) + " of the house";
  return days < days_remembered ? "the last " + days_text(days) : "the last four weeks";
}
std::string pv_model(const HouseState& state, bool based) {
  const PvState& pv = state.pv;
  if (based)
    return state.base + (pv.base_days.count == 0
                             ? ", not yet corrected"
                             : ", corrected by " + days_text(pv.base_days.count));
  if (pv.clear_days.count == 0) return "half of a clear sky";
  if (pv.clear_days.count == 1) return "one day of the panels";
  return "the panels' last " + days_text(pv.clear_days.count);
}

}  // namespace

bool is_curtailed(const fb::ReadingRecorded& reading) {
  const auto limit = reading.export_limit_w();
  const auto grid = reading.grid_power_w();
  const auto battery = reading.battery_power_w();
  if (!limit || !grid || !battery || reading.pv_power_w().value_or(0) <= 0) return false;
  const std::int64_t near = std::max<std::int64_t>(export_near_w, *limit / 20);
  if (*grid < *limit - near) return false;
  const std::int64_t charged = -std::int64_t{*battery};
  if (std::abs(charged) <= battery_rests_w) return true;
  const auto current = reading.battery_charge_limit_ma();
  const auto voltage = reading.battery_voltage_mv();
  if (!current || !voltage) return false;
  const std::int64_t most = std::int64_t{*current} * *voltage / 1'000'000;
  return charged > 0 && charged >= most - most / 20;
}

std::optional<Observation> observation_of(const EventView& event,
                                          const std::optional<Plant>& plant) {
  const UtcTime at = event.occurred_at();
  if (const auto* reading = event.as<fb::ReadingRecorded>()) return of_reading(*reading, at);
  const auto* forecast = event.as<fb::PvForecastIssued>();
  if (forecast == nullptr || fold::is_imported(event)) return std::nullopt;
  auto base = base_of(*forecast, plant);
  if (base.power.empty() || base.provider == fold::own_forecast) return std::nullopt;
  return Observation{at, {}, {}, false, std::move(base)};
}

bool observe(HouseState& state, const House& house, const Observation& observation) {
  const UtcTime at = observation.at;
  if (!observation.base) {
    observe(state.load, house.calendar, house.load, at, observation.load);
    observe(state.pv, house.pv, at, observation.pv, observation.curtailed);
    return false;
  }
  const Observation::Base& base = *observation.base;
  if (base.weather) {
    state.weather_at = std::max(state.weather_at, at);
  } else if (at < state.weather_at + weather_holds) {
    return false;
  }
  for (const PowerSeries& power : base.power) take_base(state.pv, power);
  state.base = base.provider;
  state.base_at = at;
  return true;
}

fb::LoadForecastIssuedT own_load_forecast(const HouseState& state, const House& house,
                                          UtcTime now) {
  return fact_of<fb::LoadForecastIssuedT>(
      load_forecast(state.load, house.calendar, house.load, now, quarters_ahead),
      load_model(days_known(state.load, house.calendar, now)), now);
}

std::optional<fb::PvForecastIssuedT> own_pv_forecast(const HouseState& state, const House& house,
                                                     UtcTime now) {
  const Forecast forecast = pv_forecast(state.pv, house.pv, now, quarters_ahead);
  const bool based = !state.base.empty() && now < state.base_at + base_named;
  const bool panels = house.pv.plant || based;
  const auto says = [&](const std::optional<Watts>& watts) {
    return watts && (panels || *watts >= panels_at_least);
  };
  if (std::none_of(forecast.power.watts.begin(), forecast.power.watts.end(), says))
    return std::nullopt;
  return fact_of<fb::PvForecastIssuedT>(forecast, pv_model(state, based), now);
}

}  // namespace wattledger::forecast
