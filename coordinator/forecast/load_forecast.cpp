#include "coordinator/forecast/load_forecast.hpp"

#include <algorithm>
#include <cmath>

namespace wattledger::forecast {
namespace {

constexpr std::int32_t cells_of_day = 96;
constexpr std::int32_t days_back = days_remembered;
constexpr std::int32_t unknown = -1;
// 1000 * exp(-(days back - 1) / 5).
constexpr std::array<std::int32_t, days_back> age_weight{
    1000, 819, 670, 549, 449, 368, 301, 247, 202, 165, 135, 111, 91, 74,
    61,   50,  41,  33,  27,  22,  18,  15,  12,  10,  8,   7,   6,  5};
constexpr std::int32_t same_kind_pct = 150;
constexpr std::int32_t neighbour_pct = 50;
constexpr std::int32_t least_cells = 48;  // that tell a day's level
constexpr int anchor_keep_bp = 6'300;     // a quarter: 40 % in half an hour
constexpr std::chrono::minutes anchor_half{30};
constexpr Watts anchor_prior{50};

struct LocalQuarter {
  std::int32_t day;
  std::int32_t cell;
};

LocalQuarter local_quarter(const Calendar& calendar, Quarter quarter) {
  const auto local = std::chrono::floor<Quarters>(calendar.zone.to_local(quarter));
  const auto day = std::chrono::floor<std::chrono::days>(local);
  return {static_cast<std::int32_t>(day.time_since_epoch().count()),
          static_cast<std::int32_t>((local - day).count())};
}

std::size_t place(std::int32_t day) {
  return static_cast<std::size_t>(day) % std::tuple_size_v<decltype(LoadState::days)>;
}

const LoadDay* find_day(const LoadState& state, std::int32_t day) {
  if (day < 0) return nullptr;
  const LoadDay& found = state.days[place(day)];
  return found.day == day ? &found : nullptr;
}

std::int32_t cell_of(const LoadDay& day, std::int32_t cell) {
  return day.watts[static_cast<std::size_t>(cell)];
}

std::int64_t default_watts(const LoadSettings& settings, std::int32_t cell) {
  return settings.default_day_wh * default_profile[static_cast<std::size_t>(cell / 4)] / 1'000;
}

// The last 24 hours by the wall clock, before `now`.
struct Level {
  std::int64_t sum_w = 0;
  std::int64_t default_w = 0;
  std::int32_t known = 0;
  std::int32_t days_known = 0;  // of the days before
  std::int32_t today = 0;
};

std::int32_t days_known_before(const LoadState& state, std::int32_t today) {
  std::int32_t days = 0;
  for (std::int32_t back = 1; back <= days_back; ++back) {
    const LoadDay* day = find_day(state, today - back);
    if (day != nullptr && day->known >= least_cells) ++days;
  }
  return days;
}

Level level_at(const LoadState& state, const LoadSettings& settings, LocalQuarter now) {
  Level level;
  level.today = now.day;
  for (std::int32_t cell = 0; cell < cells_of_day; ++cell) {
    const LoadDay* day = find_day(state, cell < now.cell ? now.day : now.day - 1);
    if (day == nullptr || cell_of(*day, cell) == unknown) continue;
    level.sum_w += cell_of(*day, cell);
    level.default_w += default_watts(settings, cell);
    ++level.known;
  }
  level.days_known = days_known_before(state, now.day);
  return level;
}

// By what a whole day's values are multiplied to come near the last 24 hours.
double toward(const Level& level, const LoadDay& day) {
  if (day.day >= level.today || day.known < least_cells || level.known < least_cells) return 1;
  const double then = static_cast<double>(std::max<std::int64_t>(day.sum_w, 1)) / day.known;
  const double lately = static_cast<double>(level.sum_w) / level.known;
  return std::sqrt(std::clamp(lately / then, 0.5, 2.0));
}

struct Sample {
  std::int64_t watts;
  std::int64_t weight;
};

// The mean of what lies between the 30 % and the 70 % quantile.
std::int64_t middle_mean(Sample* begin, Sample* end) {
  std::sort(begin, end, [](const Sample& a, const Sample& b) {
    return a.watts != b.watts ? a.watts < b.watts : a.weight < b.weight;
  });
  std::int64_t total = 0;
  for (const Sample* sample = begin; sample != end; ++sample) total += sample->weight;
  std::int64_t passed = 0;
  std::int64_t sum = 0;
  std::int64_t weight = 0;
  for (const Sample* sample = begin; sample != end; ++sample) {
    const std::int64_t from = std::max(10 * passed, 3 * total);
    passed += sample->weight;
    const std::int64_t inside = std::min(10 * passed, 7 * total) - from;
    if (inside <= 0) continue;
    sum += inside * sample->watts;
    weight += inside;
  }
  return sum / weight;
}

// From the days before alone: what is learned is measured against this.
Watts profile(const LoadState& state, const Calendar& calendar, const LoadSettings& settings,
              const Level& level, LocalQuarter at) {
  std::array<Sample, 3 * days_back + 1> samples;
  std::size_t count = 0;
  const DayKind kind = day_kind(calendar, at.day);
  for (std::int32_t back = 1; back <= days_back; ++back) {
    const LoadDay* day = find_day(state, at.day - back);
    if (day == nullptr) continue;
    const double factor = toward(level, *day);
    const std::int32_t weight = age_weight[static_cast<std::size_t>(back - 1)] *
                                (day_kind(calendar, day->day) == kind ? same_kind_pct : 100);
    for (std::int32_t cell = std::max(at.cell - 1, 0);
         cell <= std::min(at.cell + 1, cells_of_day - 1); ++cell) {
      if (cell_of(*day, cell) == unknown) continue;
      samples[count++] = {std::llround(cell_of(*day, cell) * factor),
                          cell == at.cell ? weight : weight * neighbour_pct / 100};
    }
  }
  if (count == 0 || level.days_known < days_until_known) {
    std::int64_t watts = default_watts(settings, at.cell);
    if (level.known >= least_cells && level.default_w > 0)
      watts = std::clamp(watts * level.sum_w / level.default_w, watts / 4, watts * 4);
    samples[count++] = {
        watts, std::max(100, (days_until_known - level.days_known) * 100'000 / days_until_known)};
  }
  return Watts(middle_mean(samples.data(), samples.data() + count));
}

void remember(LoadState& state, LocalQuarter at, Watts power) {
  LoadDay& day = state.days[place(at.day)];
  if (day.day != at.day) {
    day = LoadDay{at.day, 0, 0, {}};
    day.watts.fill(unknown);
  }
  std::int32_t& cell = day.watts[static_cast<std::size_t>(at.cell)];
  const auto watts = static_cast<std::int32_t>(power.count());
  if (cell == unknown) {
    cell = watts;
    ++day.known;
    day.sum_w += watts;
  } else {  // the second pass of the repeated hour
    const std::int32_t both = cell + (watts - cell) / 2;
    day.sum_w += both - cell;
    cell = both;
  }
}

void learn(LoadState& state, const Calendar& calendar, const LoadSettings& settings,
           const QuarterMean& mean) {
  const LocalQuarter at = local_quarter(calendar, mean.quarter);
  if (at.day < 0) return;
  const Watts told = profile(state, calendar, settings, level_at(state, settings, at), at);
  state.anchor.learn(mean.quarter, mean.power, told, anchor_keep_bp);
  state.rehearsal.settle(mean.quarter, mean.power);
  remember(state, at, mean.power);
  const Quarter now = mean.quarter + Quarters(1);
  const Rehearsal::Turn turn = Rehearsal::turn(now);
  const Level level = level_at(state, settings, local_quarter(calendar, now));
  const Watts base =
      profile(state, calendar, settings, level, local_quarter(calendar, turn.target));
  const UtcTime middle = turn.target + QuarterMeter::least_covered;
  state.rehearsal.plan(turn,
                       Watts(std::llround(static_cast<double>(base.count()) *
                                          state.anchor.factor(middle, anchor_prior, anchor_half))));
}

}  // namespace

DayKind day_kind(const Calendar& calendar, std::int32_t local_day) {
  if (std::binary_search(calendar.holidays.begin(), calendar.holidays.end(), local_day))
    return DayKind::sunday;
  const auto weekday = std::chrono::weekday(std::chrono::sys_days(std::chrono::days(local_day)));
  if (weekday == std::chrono::Sunday) return DayKind::sunday;
  return weekday == std::chrono::Saturday ? DayKind::saturday : DayKind::working;
}

void observe(LoadState& state, const Calendar& calendar, const LoadSettings& settings, UtcTime at,
             std::optional<Watts> load) {
  if (load && (*load < Watts(0) || *load > settings.highest)) load.reset();
  for (const auto& mean : state.meter.add(at, load))
    if (mean) learn(state, calendar, settings, *mean);
}

std::int32_t days_known(const LoadState& state, const Calendar& calendar, UtcTime now) {
  return days_known_before(state, local_quarter(calendar, quarter_of(now)).day);
}

Forecast load_forecast(const LoadState& state, const Calendar& calendar,
                       const LoadSettings& settings, UtcTime now, int quarters) {
  Forecast forecast;
  Quarter quarter = quarter_of(now);
  forecast.power.start = forecast.low.start = forecast.high.start = quarter;
  const Level level = level_at(state, settings, local_quarter(calendar, quarter));
  for (int i = 0; i < quarters; ++i, quarter += Quarters(1)) {
    const Watts base = profile(state, calendar, settings, level, local_quarter(calendar, quarter));
    const UtcTime middle = quarter + QuarterMeter::least_covered;
    const Watts power(std::llround(static_cast<double>(base.count()) *
                                   state.anchor.factor(middle, anchor_prior, anchor_half)));
    const auto range = state.rehearsal.range(quarter - now, power);
    forecast.power.watts.emplace_back(power);
    forecast.low.watts.push_back(range ? std::optional(range->low) : std::nullopt);
    forecast.high.watts.push_back(range ? std::optional(range->high) : std::nullopt);
  }
  return forecast;
}

}  // namespace wattledger::forecast
