// What the house will use: a fold over its readings of the last four weeks, and the forecast that
// follows from it. Pure; values only, bounded, comparable; every update O(1); integers in and out,
// and inside nothing but + - * / and square root, which every machine rounds alike.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/forecast/error_bands.hpp"
#include "coordinator/forecast/forecast.hpp"

namespace wattledger::forecast {

enum class DayKind : std::uint8_t { working, saturday, sunday };

// The house's calendar, as data: a holiday is as a Sunday.
struct Calendar {
  ZoneOffsets zone;
  std::vector<std::int32_t> holidays;  // local days since 1970-01-01, ascending
  bool operator==(const Calendar&) const = default;
};
[[nodiscard]] DayKind day_kind(const Calendar& calendar, std::int32_t local_day);

struct LoadSettings {
  std::int64_t default_day_wh = 8'000;  // a day of the default profile
  Watts highest{50'000};                // a reading above this or below 0 is no reading
  bool operator==(const LoadSettings&) const = default;
};

// Without history: a household's day, in thousandths of its energy per hour (after the shape of the
// German standard profile H0: a night's trough, a shoulder at noon, the evening's peak). It fades
// as the first seven days come to be known.
inline constexpr std::array<int, 24> default_profile{
    28, 25, 23, 22, 23, 28, 37, 46, 46, 43, 42, 44, 47, 44, 41, 40, 43, 53, 63, 67, 63, 54, 43, 35};

// A local day by its wall clock: in the repeated hour of autumn the mean of both passes, in
// spring's lost hour nothing.
struct LoadDay {
  std::int32_t day = -1;  // since 1970-01-01
  std::int32_t known = 0;
  std::int64_t sum_w = 0;
  std::array<std::int32_t, 96> watts{};  // -1: not known
  bool operator==(const LoadDay&) const = default;
};

struct LoadState {
  QuarterMeter meter;
  std::array<LoadDay, 29> days;  // today and the four weeks before, at day % 29
  Anchor anchor;
  Rehearsal rehearsal;
  bool operator==(const LoadState&) const = default;
};

// A reading; without a value nothing is known from `at` on. One not later than the last is passed
// over.
void observe(LoadState& state, const Calendar& calendar, const LoadSettings& settings, UtcTime at,
             std::optional<Watts> load);

// Days before that of `now`, of the 28 remembered, of which half or more is known: below
// days_until_known the default profile still has its share.
inline constexpr std::int32_t days_until_known = 7;
inline constexpr std::int32_t days_remembered = 28;
[[nodiscard]] std::int32_t days_known(const LoadState& state, const Calendar& calendar,
                                      UtcTime now);

// The quarters from the one that holds `now` on. For each: the same wall-clock quarter of the 28
// days before it, and half as much its neighbours; newer days and days of its kind weigh more; each
// day's level is drawn halfway (the square root) to that of the last 24 hours; of these the mean
// between the 30 % and the 70 % quantile, which a party or a hole does not move. Then what the last
// half hour was against its own forecast, fading over the next one.
[[nodiscard]] Forecast load_forecast(const LoadState& state, const Calendar& calendar,
                                     const LoadSettings& settings, UtcTime now, int quarters);

}  // namespace wattledger::forecast
