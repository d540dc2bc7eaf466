#include "coordinator/forecast/pv_forecast.hpp"

#include <algorithm>
#include <cmath>

namespace wattledger::forecast {
namespace {

constexpr std::int64_t unit = 1024;
constexpr std::int64_t base_memory_days = 20;
constexpr std::int64_t clear_memory_days = 6;
constexpr std::int64_t base_share_pct = 70;
constexpr std::int64_t flat_reference_w = 1'000;
constexpr std::int64_t unlearned_clearness_pct = 50;
// Both added to a quarter's ratio, in the proportion of the whole day's: what a dawn's few watts
// cannot outweigh.
constexpr std::int64_t prior_w = 300;
// The neighbours' weights: two quarters either side.
constexpr std::array<int, 5> neighbour_pct{50, 50, 100, 50, 50};
constexpr double most_ratio = 10;
constexpr std::int64_t due_w = 100;
constexpr int anchor_keep_bp = 7'750;  // a quarter: 60 % in half an hour
constexpr std::chrono::hours anchor_half{2};
constexpr Watts anchor_prior{300};
constexpr Watts some_light{20};

std::size_t of_day(Quarter quarter) {
  return static_cast<std::size_t>(quarter.time_since_epoch().count()) % 96;
}

std::optional<std::int64_t> base_at(const PvState& state, Quarter quarter) {
  const auto& slot = state.base[static_cast<std::size_t>(quarter.time_since_epoch().count()) %
                                PvState::base_quarters];
  if (slot.quarter != quarter) return std::nullopt;
  return slot.watts;
}

std::int64_t reference(const PvSettings& settings, Quarter quarter) {
  return settings.plant ? clear_sky_power(*settings.plant, quarter, Quarters(1)).count()
                        : flat_reference_w;
}

Ratio around(const std::array<Ratio, 96>& ratios, Quarter quarter) {
  Ratio sum;
  for (std::size_t i = 0; i < neighbour_pct.size(); ++i) {
    const Ratio& ratio = ratios[(of_day(quarter) + 94 + i) % 96];
    sum.seen += ratio.seen * neighbour_pct[i] / 100;
    sum.told += ratio.told * neighbour_pct[i] / 100;
  }
  return sum;
}

double quotient(const Ratio& ratio, const Ratio& all) {
  const double whole =
      all.told > 0 ? static_cast<double>(all.seen) / static_cast<double>(all.told) : 1;
  const double prior = static_cast<double>(prior_w * unit);
  return std::clamp(
      (static_cast<double>(ratio.seen) + prior * whole) / (static_cast<double>(ratio.told) + prior),
      0.0, most_ratio);
}

std::int64_t within(const PvSettings& settings, double watts) {
  const std::int64_t rounded = std::llround(std::max(watts, 0.0));
  return settings.limit > Watts(0) ? std::min(rounded, settings.limit.count()) : rounded;
}

// Without the last hours.
std::optional<std::int64_t> expected(const PvState& state, const PvSettings& settings,
                                     Quarter quarter) {
  const auto base = base_at(state, quarter);
  const std::int64_t clear = reference(settings, quarter);
  if (clear == 0) return 0;  // the sun is down
  std::optional<double> lately;
  if (const Ratio ratio = around(state.by_clear, quarter); ratio.told > 0)
    lately =
        std::min(most_ratio, static_cast<double>(ratio.seen) / static_cast<double>(ratio.told)) *
        static_cast<double>(clear);
  if (base) {
    const double corrected =
        quotient(around(state.by_base, quarter), state.all_base) * static_cast<double>(*base);
    return within(settings, lately ? (static_cast<double>(base_share_pct) * corrected +
                                      static_cast<double>(100 - base_share_pct) * *lately) /
                                         100
                                   : corrected);
  }
  if (lately) return within(settings, *lately);
  if (settings.plant)
    return within(settings, static_cast<double>(clear * unlearned_clearness_pct) / 100);
  return std::nullopt;
}

std::optional<Watts> anchored(const PvState& state, const PvSettings& settings, Quarter quarter) {
  const auto watts = expected(state, settings, quarter);
  if (!watts) return std::nullopt;
  const UtcTime middle = quarter + QuarterMeter::least_covered;
  return Watts(within(settings, static_cast<double>(*watts) *
                                    state.anchor.factor(middle, anchor_prior, anchor_half)));
}

void add(Ratio& ratio, Ratio& all, std::int64_t memory_days, std::int64_t seen, std::int64_t told) {
  const Ratio now{ratio.seen - ratio.seen / memory_days + seen * unit,
                  ratio.told - ratio.told / memory_days + told * unit};
  all.seen += now.seen - ratio.seen;
  all.told += now.told - ratio.told;
  ratio = now;
}

void count_day(LearnedDays& days, Quarter quarter, std::int64_t remembered) {
  const auto day = static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(quarter).time_since_epoch().count());
  if (day == days.last) return;
  days.last = day;
  if (days.count < remembered) ++days.count;
}

void learn(PvState& state, const PvSettings& settings, const QuarterMean& mean, bool curtailed) {
  const Quarter quarter = mean.quarter;
  const auto told = expected(state, settings, quarter);
  const std::int64_t seen = mean.power.count();
  const std::int64_t due = settings.limit > Watts(0) ? settings.limit.count() / 20 : due_w;
  const bool silent = seen == 0 && told.value_or(0) > due;
  if (!curtailed) {
    if (told) state.anchor.learn(quarter, mean.power, Watts(*told), anchor_keep_bp);
    // Light, or a forecast of it, is what there is to be wrong about.
    if (mean.power >= some_light || told.value_or(0) >= some_light.count())
      state.rehearsal.settle(quarter, mean.power);
  }
  if (!curtailed && !silent) {
    if (const std::int64_t clear = reference(settings, quarter); clear > 0) {
      add(state.by_clear[of_day(quarter)], state.all_clear, clear_memory_days, seen, clear);
      if (seen > 0) count_day(state.clear_days, quarter, clear_memory_days);
    }
    if (const auto base = base_at(state, quarter)) {
      add(state.by_base[of_day(quarter)], state.all_base, base_memory_days, seen, *base);
      if (*base > 0) count_day(state.base_days, quarter, base_memory_days);
    }
  }
  const Rehearsal::Turn turn = Rehearsal::turn(quarter + Quarters(1));
  if (const auto forecast = anchored(state, settings, turn.target))
    state.rehearsal.plan(turn, *forecast);
}

}  // namespace

void take_base(PvState& state, const PowerSeries& base) {
  if (base.step.count() <= 0) return;
  const UtcTime end = base.start + std::min<std::chrono::seconds>(
                                       base.step * static_cast<std::int64_t>(base.watts.size()),
                                       Quarters(static_cast<std::int64_t>(PvState::base_quarters)));
  for (Quarter quarter = quarter_of(base.start); quarter < end; quarter += Quarters(1)) {
    const auto mean = mean_over(base, quarter, quarter + Quarters(1));
    if (!mean) continue;
    state.base[static_cast<std::size_t>(quarter.time_since_epoch().count()) %
               PvState::base_quarters] = {
        quarter,
        static_cast<std::int32_t>(std::clamp<std::int64_t>(mean->count(), 0, 1'000'000'000))};
  }
}

void observe(PvState& state, const PvSettings& settings, UtcTime at, std::optional<Watts> pv,
             bool curtailed) {
  const Watts highest = settings.limit > Watts(0) ? settings.limit * 6 / 5 : Watts(1'000'000);
  if (pv && (*pv < Watts(0) || *pv > highest)) pv.reset();
  const Quarter measured = state.meter.quarter;
  for (const auto& mean : state.meter.add(at, pv))
    if (mean) learn(state, settings, *mean, state.curtailed);
  if (state.meter.quarter != measured) state.curtailed = false;
  state.curtailed = state.curtailed || curtailed;
}

Forecast pv_forecast(const PvState& state, const PvSettings& settings, UtcTime now, int quarters) {
  Forecast forecast;
  Quarter quarter = quarter_of(now);
  forecast.power.start = forecast.low.start = forecast.high.start = quarter;
  for (int i = 0; i < quarters; ++i, quarter += Quarters(1)) {
    const auto power = anchored(state, settings, quarter);
    std::optional<PowerRange> range;
    if (power) range = state.rehearsal.range(quarter - now, *power);
    if (range && *power == Watts(0)) range = PowerRange{Watts(0), Watts(0)};
    forecast.power.watts.push_back(power);
    forecast.low.watts.push_back(range ? std::optional(range->low) : std::nullopt);
    forecast.high.watts.push_back(
        range ? std::optional(Watts(within(settings, static_cast<double>(range->high.count()))))
              : std::nullopt);
  }
  return forecast;
}

}  // namespace wattledger::forecast
