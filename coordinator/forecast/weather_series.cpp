#include "coordinator/forecast/weather_series.hpp"

#include <optional>

#include "projections/fold/score_rows.hpp"
#include "projections/fold/series.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::forecast {
namespace {

using AllSeries = flatbuffers::Vector<flatbuffers::Offset<fb::Series>>;

// Sixteen days of quarters, the longest forecast there is.
constexpr std::size_t slots_max = 1'536;

// A series' values by the time of their slots.
struct Told {
  UtcTime start;
  std::chrono::seconds step{};
  std::vector<std::optional<std::int64_t>> values;

  // Of the slot that begins there.
  [[nodiscard]] std::optional<std::int64_t> at(UtcTime time) const {
    if (time < start || (time - start) % step != std::chrono::microseconds(0)) return std::nullopt;
    return slot((time - start) / step);
  }
  // Of values told for instants, on the line between the two around `time`; one alone holds.
  [[nodiscard]] std::optional<std::int64_t> between(UtcTime time) const {
    if (time < start) return std::nullopt;
    const std::int64_t index = (time - start) / step;
    const auto before = slot(index), after = slot(index + 1);
    if (!before || !after) return before ? before : after;
    const auto since = (time - start) - index * std::chrono::microseconds(step);
    return *before + (*after - *before) * since.count() / std::chrono::microseconds(step).count();
  }

 private:
  [[nodiscard]] std::optional<std::int64_t> slot(std::int64_t index) const {
    if (index >= static_cast<std::int64_t>(values.size())) return std::nullopt;
    return values[static_cast<std::size_t>(index)];
  }
};

// `limit`: what lies beyond ±it is a mistake.
std::vector<Told> told(const AllSeries* all, std::int64_t limit) {
  std::vector<Told> result;
  if (all == nullptr) return result;
  for (const fb::Series* series : *all) {
    if (series->values() == nullptr || series->step_s() < fold::slot_step_min_s ||
        series->step_s() > fold::slot_step_max_s || series->start_us() < 0 ||
        series->start_us() > fold::time_max_us || series->values()->size() > slots_max)
      continue;
    Told each{utc_from_us(series->start_us()), std::chrono::seconds(series->step_s()), {}};
    const std::vector<bool> absent = fold::marked(series->absent());
    for (flatbuffers::uoffset_t i = 0; i < series->values()->size(); ++i) {
      const std::int64_t value = series->values()->Get(i);
      const bool known = !(i < absent.size() && absent[i]) && value >= -limit && value <= limit;
      each.values.push_back(known ? std::optional(value) : std::nullopt);
    }
    result.push_back(std::move(each));
  }
  return result;
}

// The first that knows it.
template <class Ask>
std::optional<std::int64_t> first_of(const std::vector<Told>& all, const Ask& ask) {
  for (const Told& each : all)
    if (const auto value = ask(each)) return value;
  return std::nullopt;
}

// Of the slot [start, start + step) only where the series has the same slots.
std::optional<std::int64_t> same_slot(const std::vector<Told>& all, UtcTime start,
                                      std::chrono::seconds step) {
  return first_of(all, [&](const Told& each) -> std::optional<std::int64_t> {
    return each.step == step ? each.at(start) : std::nullopt;
  });
}

}  // namespace

std::vector<WeatherSeries> weather_of(const fb::PvForecastIssued& forecast) {
  constexpr std::int64_t light_max_mw = 2'000'000;
  constexpr std::int64_t temperature_max_mc = 100'000;
  const auto direct = told(forecast.direct_mw_m2(), light_max_mw);
  const auto diffuse = told(forecast.diffuse_mw_m2(), light_max_mw);
  const auto temperature = told(forecast.temperature_mc(), temperature_max_mc);
  std::vector<WeatherSeries> result;
  for (const Told& global : told(forecast.irradiance_mw_m2(), light_max_mw)) {
    WeatherSeries series{global.start, global.step, {}};
    for (std::size_t i = 0; i < global.values.size(); ++i) {
      const UtcTime start = global.start + static_cast<std::int64_t>(i) * global.step;
      const UtcTime middle = start + std::chrono::microseconds(global.step) / 2;
      SlotWeather slot;
      slot.global_mw_m2 = global.values[i];
      slot.direct_mw_m2 = same_slot(direct, start, global.step);
      slot.diffuse_mw_m2 = same_slot(diffuse, start, global.step);
      if (const auto known =
              first_of(temperature, [&](const Told& each) { return each.between(middle); }))
        slot.temperature = MilliCelsius(*known);
      series.slots.push_back(slot);
    }
    result.push_back(std::move(series));
  }
  return result;
}

std::vector<PowerSeries> power_of(const fb::PvForecastIssued& forecast) {
  std::vector<PowerSeries> result;
  for (const Told& each : told(forecast.power_w(), fold::scored_power_max_w)) {
    PowerSeries series{each.start, each.step, {}};
    for (const auto& value : each.values)
      series.watts.push_back(value && *value >= 0 ? std::optional(Watts(*value)) : std::nullopt);
    result.push_back(std::move(series));
  }
  return result;
}

}  // namespace wattledger::forecast
