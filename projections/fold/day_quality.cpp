#include "projections/fold/day_quality.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace wattledger::fold {
namespace {

constexpr std::int64_t whole_bp = 10'000;
// A GoodWe's counters move by so much: of two numbers each may be one step late.
constexpr std::int64_t counter_resolution_mwh = 100'000;
// Less energy in a day says nothing of its meters.
constexpr std::int64_t counted_least_mwh = 2'000'000;

// part / all in basis points, rounded to the nearest. Sums of a damaged log may be large.
std::int64_t share_bp(std::int64_t part, std::int64_t all) {
  __extension__ using Wide = __int128;
  const Wide share = (Wide{part} * whole_bp + all / 2) / all;
  return static_cast<std::int64_t>(
      std::clamp<Wide>(share, 0, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

void DayQuality::take_longer_gap(std::int64_t at_us, std::int64_t length_s) {
  std::int64_t& longest = (*this)[Figure::longest_gap_s];
  std::int64_t& since = (*this)[Figure::longest_gap_at_us];
  if (length_s < longest || (length_s == longest && at_us >= since)) return;
  longest = length_s;
  since = at_us;
}

void DayQuality::add_gap(UtcTime at, std::int64_t length_s) {
  ++(*this)[Figure::gaps];
  take_longer_gap(to_us(at), length_s);
}

DayQuality& DayQuality::operator+=(const DayQuality& other) {
  const std::int64_t longest = (*this)[Figure::longest_gap_s];
  const std::int64_t since = (*this)[Figure::longest_gap_at_us];
  const std::int64_t capacity =
      std::max((*this)[Figure::capacity_mwh], other[Figure::capacity_mwh]);
  for (std::size_t i = 0; i < of.size(); ++i) of[i] += other.of[i];
  (*this)[Figure::capacity_mwh] = capacity;
  (*this)[Figure::longest_gap_s] = longest;
  (*this)[Figure::longest_gap_at_us] = since;
  take_longer_gap(other[Figure::longest_gap_at_us], other[Figure::longest_gap_s]);
  return *this;
}

std::optional<BasisPoints> completeness(const DayQuality& day) {
  if (day[Figure::expected_s] <= 0) return std::nullopt;
  return BasisPoints(std::min(whole_bp, share_bp(std::max<std::int64_t>(day[Figure::covered_s], 0),
                                                 day[Figure::expected_s])));
}

std::optional<BasisPoints> soc_apart(const DayQuality& day) {
  if (day[Figure::capacity_mwh] <= 0) return std::nullopt;
  return BasisPoints(share_bp(std::abs(day[Figure::soc_mwh] - day[Figure::battery_mwh]),
                              day[Figure::capacity_mwh]));
}

std::optional<BasisPoints> counters_apart(const DayQuality& day) {
  std::int64_t apart = 0, counted = 0;
  for (std::size_t i = 0; i < meters; ++i) {
    const auto meter = static_cast<Meter>(i);
    const std::int64_t difference = std::abs(day.counter(meter) - day.power(meter));
    apart += std::max<std::int64_t>(difference - counter_resolution_mwh, 0);
    counted += day.counter(meter);
  }
  if (counted < counted_least_mwh) return std::nullopt;
  return BasisPoints(share_bp(apart, counted));
}

std::optional<BasisPoints> balance_apart(const DayQuality& day) {
  if (day[Figure::balance_flow_w] <= 0) return std::nullopt;
  return BasisPoints(share_bp(day[Figure::balance_apart_w], day[Figure::balance_flow_w]));
}

std::string_view flaw_name(Flaw flaw) {
  switch (flaw) {
    case Flaw::readings:
      return "readings";
    case Flaw::counters:
      return "counters";
    case Flaw::soc:
      return "soc";
    case Flaw::energy:
      return "energy";
    case Flaw::balance:
      return "balance";
    case Flaw::prices:
      return "prices";
    case Flaw::forecasts:
      return "forecasts";
  }
  return "";
}

std::vector<Deduction> deductions(const DayQuality& day) {
  std::vector<Deduction> found;
  const auto deduct = [&](Flaw flaw, std::int64_t points) {
    if (points > 0) found.push_back({flaw, BasisPoints(points)});
  };
  if (const auto complete = completeness(day)) deduct(Flaw::readings, whole_bp - complete->count());
  const bool odd = day[Figure::counters_stood] + day[Figure::counter_jumps] > 0;
  deduct(Flaw::counters, odd ? 1'000 : 0);
  const auto is_beyond = [](const std::optional<BasisPoints>& apart, BasisPoints limit) {
    return apart && *apart > limit;
  };
  deduct(Flaw::soc, is_beyond(soc_apart(day), soc_apart_max) ? 1'000 : 0);
  deduct(Flaw::energy, is_beyond(counters_apart(day), counters_apart_max) ? 1'000 : 0);
  deduct(Flaw::balance, is_beyond(balance_apart(day), balance_apart_max) ? 1'000 : 0);
  if (day[Figure::price_slots] > 0)
    deduct(Flaw::prices, share_bp(day[Figure::price_slots_missing], day[Figure::price_slots]) / 10);
  if (day[Figure::forecast_slots] > 0)
    deduct(Flaw::forecasts,
           share_bp(day[Figure::forecast_slots_missing], day[Figure::forecast_slots]) / 20);
  std::stable_sort(found.begin(), found.end(),
                   [](const Deduction& a, const Deduction& b) { return a.points > b.points; });
  return found;
}

std::optional<std::int64_t> score(const DayQuality& day) {
  if (day[Figure::expected_s] <= 0) return std::nullopt;
  std::int64_t left = whole_bp;
  for (const Deduction& each : deductions(day)) left -= each.points.count();
  return (std::max<std::int64_t>(left, 0) + 50) / 100;
}

}  // namespace wattledger::fold
