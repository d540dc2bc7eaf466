#include <algorithm>
#include <map>
#include <numeric>

#include "coordinator/sources/parse/price_rows.hpp"

namespace wattledger::sources {
namespace {

using std::chrono::seconds;

constexpr seconds quarter{900};
constexpr seconds hour{3'600};

using Slots = std::map<UtcTime, PriceRow>;

seconds since(UtcTime start, UtcTime time) {
  return std::chrono::duration_cast<seconds>(time - start);
}

// Of two rows for one start: a quarter says more than its hour, the later publication supersedes
// the earlier, else the first is kept.
bool replaces(const PriceRow& row, const PriceRow& kept) {
  if (row.length && kept.length && *row.length != *kept.length) return *row.length < *kept.length;
  return row.issued && kept.issued && *row.issued > *kept.issued;
}

void remark_twice(const PriceRow& kept, const PriceRow& left, Remarks& remarks) {
  if (kept.length != left.length) {
    remarks.add(left.row, "gives way to prices of shorter slots");
    return;
  }
  const std::string again = utc_text(kept.start) + " was given in row " + std::to_string(kept.row);
  const bool later = kept.issued && left.issued && *kept.issued > *left.issued;
  if (kept.price_e8 == left.price_e8) {
    remarks.add(left.row, again + " already");
  } else {
    remarks.add(left.row, again + (later ? " with a later publication, which is kept"
                                         : " with another price, which is kept"));
  }
}

// What a row's slots are shared into: an hour's price is that of each of its quarters, where its
// day has quarters too.
std::map<UtcTime, seconds> shortest_lengths(const PriceRows& rows, const ZoneOffsets& zone) {
  std::map<UtcTime, seconds> shortest;
  for (const PriceRow& row : rows.rows) {
    if (!row.length) continue;
    const auto [place, added] = shortest.emplace(zone.day_start(row.start), *row.length);
    if (!added) place->second = std::min(place->second, *row.length);
  }
  return shortest;
}

void keep(PriceRow row, Slots& slots, Remarks& remarks) {
  const auto [place, added] = slots.emplace(row.start, row);
  if (added) return;
  if (replaces(row, place->second)) std::swap(place->second, row);
  remark_twice(place->second, row, remarks);
}

// One row of each start, by local day; the others become remarks.
std::map<UtcTime, Slots> by_day(const PriceRows& rows, const ZoneOffsets& zone, Remarks& remarks) {
  const auto shortest = shortest_lengths(rows, zone);
  std::map<UtcTime, Slots> days;
  for (const PriceRow& row : rows.rows) {
    const UtcTime day = zone.day_start(row.start);
    if ((row.start - day) % quarter != std::chrono::microseconds(0)) {
      remarks.add(row.row, utc_text(row.start) + " is not on a quarter of an hour");
      continue;
    }
    PriceRow piece = row;
    const UtcTime next_day = zone.next_day_start(row.start);
    const UtcTime end = row.start + row.length.value_or(quarter);
    const seconds step = row.length ? shortest.at(day) : quarter;
    for (; piece.start < end && piece.start < next_day; piece.start += step)
      keep(piece, days[day], remarks);
  }
  return days;
}

// The longest slot that fits every start (and every length that a row says).
seconds common_step(UtcTime day, const Slots& slots) {
  std::int64_t step = hour.count();
  for (const auto& [start, row] : slots) {
    step = std::gcd(step, since(day, start).count());
    if (row.length) step = std::gcd(step, row.length->count());
  }
  return step % 1'800 == 0 ? seconds(step) : quarter;
}

// A day may have longer slots than its file (hourly prices before the quarters began), but only a
// complete one shows it: an incomplete one could as well lack quarters.
seconds day_step(UtcTime day, UtcTime next_day, const Slots& slots, seconds file_step) {
  const seconds own = common_step(day, slots);
  const bool said =
      std::all_of(slots.begin(), slots.end(), [](const auto& slot) { return slot.second.length; });
  const bool complete = static_cast<std::int64_t>(slots.size()) * own == since(day, next_day);
  return said || complete ? own : file_step;
}

void remark_gaps(UtcTime day, UtcTime next_day, seconds step, const Slots& slots,
                 const ZoneOffsets& zone, Remarks& remarks) {
  std::int64_t missing = 0;
  std::optional<UtcTime> first;
  for (UtcTime at = day; at < next_day; at += step) {
    if (slots.count(at) != 0) continue;
    ++missing;
    if (!first) first = at;
  }
  if (!first) return;
  remarks.add(date_text(zone.to_local(day)) + ": " + std::to_string(missing) + " of " +
              std::to_string((next_day - day) / step) + " slots have no price, the first at " +
              iso_text(zone.to_local(*first)).substr(11, 5) +
              (zone.in_second_pass(*first) ? " (second pass)" : ""));
}

fb::PricesPublishedT make_day(const Slots& slots, seconds step) {
  fb::PricesPublishedT day;
  day.kind = fb::PriceKind::day_ahead;
  auto series = std::make_unique<fb::SeriesT>();
  const UtcTime first = slots.begin()->first;
  series->start_us = to_us(first);
  series->step_s = static_cast<std::uint32_t>(step.count());
  for (const auto& [start, row] : slots) {
    const auto index = static_cast<std::size_t>((start - first) / step);
    while (series->values.size() < index) {
      series->absent.push_back(static_cast<std::uint16_t>(series->values.size()));
      series->values.push_back(0);
    }
    if (row.suspect) day.suspect.push_back(static_cast<std::uint16_t>(index));
    series->values.push_back(row.price_e8);
    if (row.issued && (!day.issued_at_us || *day.issued_at_us < to_us(*row.issued)))
      day.issued_at_us = to_us(*row.issued);
  }
  day.prices_e8.push_back(std::move(series));
  return day;
}

}  // namespace

void make_days(const PriceRows& rows, const ZoneOffsets& zone, Remarks& remarks,
               ParsedPrices& result) {
  const auto days = by_day(rows, zone, remarks);
  seconds file_step = hour;
  std::size_t slots_in_file = 0;
  for (const auto& [day, slots] : days) {
    file_step = std::min(file_step, common_step(day, slots));
    slots_in_file += slots.size();
  }
  // One row alone does not say how long it holds: the shorter length promises less.
  if (slots_in_file == 1 && !days.begin()->second.begin()->second.length) file_step = quarter;
  for (const auto& [day, slots] : days) {
    const UtcTime next_day = zone.next_day_start(day);
    const seconds step = day_step(day, next_day, slots, file_step);
    remark_gaps(day, next_day, step, slots, zone, remarks);
    result.days.push_back(make_day(slots, step));
    result.days.back().currency = rows.currency;
    result.slots.push_back(
        {zone.to_local(day), slots.size(), static_cast<std::size_t>((next_day - day) / step)});
  }
}

}  // namespace wattledger::sources
