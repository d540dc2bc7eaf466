#include "coordinator/daemon/forecaster.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace wattledger::daemon {

std::optional<forecast::Plant> plant_of(const config::Config& config) {
  const config::PanelsConfig& panels = config.panels;
  if (!config.site.latitude || !config.site.longitude || panels.peak_w <= 0) return std::nullopt;
  const auto e6 = [](double degrees) {
    return static_cast<std::int32_t>(std::lround(degrees * 1e6));
  };
  forecast::Plane plane;
  plane.tilt_deg = panels.tilt_deg;
  plane.azimuth_deg = panels.azimuth_deg;
  plane.peak = Watts(panels.peak_w);
  plane.losses = panels.losses;
  forecast::Plant plant;
  plant.latitude_e6 = e6(*config.site.latitude);
  plant.longitude_e6 = e6(*config.site.longitude);
  plant.planes.push_back(plane);
  plant.inverter_limit = Watts(panels.inverter_w);
  return plant;
}

Forecaster::Forecaster(const config::Config& config, Journal& journal) : journal_(journal) {
  house_.pv.plant = plant_of(config);
  house_.pv.limit = Watts(config.panels.inverter_w);
  journal_.with_state([this](const fold::State& state) {
    settle(state);
    if (state.load_forecast && state.load_forecast->provider == fold::own_forecast)
      issued_ = state.load_forecast->issued;
  });
  journal_.watch([this](const fold::State& state, const EventView& event) { take(state, event); });
}

Forecaster::~Forecaster() { journal_.watch({}); }

// Zone, holidays and the default day are the log's.
void Forecaster::settle(const fold::State& state) {
  const std::lock_guard lock(mutex_);
  const fold::PolicySettings settings =
      state.policy ? state.policy->settings : fold::PolicySettings{};
  constexpr std::int64_t mwh_per_wh = 1'000;
  house_.load.default_day_wh = settings.load_default_day.count() / mwh_per_wh;
  house_.calendar.zone = state.site.zone;
  house_.calendar.holidays.clear();
  for (const std::chrono::local_days day : settings.holidays)
    house_.calendar.holidays.push_back(static_cast<std::int32_t>(day.time_since_epoch().count()));
}

void Forecaster::take(const fold::State& state, const EventView& event) {
  if (event.kind() == Kind::SiteAdopted || event.kind() == Kind::PolicyAdopted)
    return settle(state);
  const auto observation = forecast::observation_of(event, house_.pv.plant);
  const std::lock_guard lock(mutex_);
  // What the clock shows now may have been measured before.
  if (event.kind() == Kind::ClockStepped)
    state_.load.meter = state_.pv.meter = forecast::QuarterMeter{};
  if (observation && observe(state_, house_, *observation)) news_ = true;
}

void Forecaster::recall(const EventView& event) {
  if (auto observation = forecast::observation_of(event, house_.pv.plant))
    before_.push_back(*std::move(observation));
}

// By when it happened: an import tells later what was earlier.
void Forecaster::recalled() {
  std::stable_sort(
      before_.begin(), before_.end(),
      [](const forecast::Observation& a, const forecast::Observation& b) { return a.at < b.at; });
  const std::lock_guard lock(mutex_);
  for (const forecast::Observation& each : before_)
    if (observe(state_, house_, each)) news_ = !issued_ || each.at > *issued_;
  before_ = {};
}

Result<void> Forecaster::issue_due(UtcTime now) {
  std::optional<fb::PvForecastIssuedT> pv;
  fb::LoadForecastIssuedT load;
  {
    const std::lock_guard lock(mutex_);
    const UtcTime hour = std::chrono::floor<std::chrono::hours>(now);
    if (issued_ && *issued_ >= hour && *issued_ <= now && !news_) return {};
    issued_ = now;
    news_ = false;
    load = own_load_forecast(state_, house_, now);
    pv = own_pv_forecast(state_, house_, now);
  }
  const auto told = journal_.record(fact(std::move(load)), log::Urgency::telemetry);
  if (!told) return Failure(told.error());
  spdlog::debug("the load to come is forecast [{}]", told->value);
  if (!pv) return {};
  spdlog::debug("the sun to come is forecast by {}", pv->model);
  const auto told_pv = journal_.record(fact(*std::move(pv)), log::Urgency::telemetry);
  if (!told_pv) return Failure(told_pv.error());
  return {};
}

}  // namespace wattledger::daemon
