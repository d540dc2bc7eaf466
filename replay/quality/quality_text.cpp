#include "replay/quality/quality_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

using fold::DayQuality;
using fold::Figure;
using fold::Flaw;
using Json = nlohmann::ordered_json;

constexpr std::size_t worst_told = 3;
// A day of this score or more is told in its line alone.
constexpr std::int64_t good_score = 95;

std::string date_of(std::chrono::local_days day) { return date_text(LocalTime(day)); }

std::uint64_t count(const DayQuality& day, Figure figure) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(day[figure], 0));
}

std::string time_text(std::int64_t seconds) {
  return duration_text(std::chrono::seconds(std::max<std::int64_t>(seconds, 0)));
}

std::uint64_t readings(const DayQuality& day) {
  return count(day, Figure::good) + count(day, Figure::partial) + count(day, Figure::implausible);
}

std::int64_t impossible(const DayQuality& day) {
  return day[Figure::impossible_soc] + day[Figure::impossible_power] +
         day[Figure::impossible_electrical];
}

std::string share_text(const std::optional<BasisPoints>& share) {
  return share ? percent_text(share->count()) : "-";
}

std::string missing_text(const DayQuality& day, Figure missing, Figure all) {
  return day[all] == 0 ? "-" : fmt::format("{}", day[missing]);
}

std::string readings_why(const DayQuality& day, const ZoneOffsets& zone) {
  std::string text =
      time_text(day[Figure::expected_s] - day[Figure::covered_s]) + " without believable readings";
  std::string more;
  const auto add = [&](const std::string& what) { more += (more.empty() ? "" : ", ") + what; };
  if (day[Figure::gaps] > 0) {
    const UtcTime since = utc_from_us(day[Figure::longest_gap_at_us]);
    add(fmt::format("{}, the longest {} from {}", counted_text(count(day, Figure::gaps), "gap"),
                    time_text(day[Figure::longest_gap_s]), local_text(since, zone).substr(11)));
  }
  if (day[Figure::frozen_s] > 0) add("frozen " + time_text(day[Figure::frozen_s]));
  if (day[Figure::implausible] > 0)
    add(fmt::format("{} implausible", counted_text(count(day, Figure::implausible), "reading")));
  if (impossible(day) > 0)
    add(fmt::format("{} impossible (SOC {}, power {}, electrical {})",
                    counted_text(static_cast<std::uint64_t>(impossible(day)), "value"),
                    day[Figure::impossible_soc], day[Figure::impossible_power],
                    day[Figure::impossible_electrical]));
  return more.empty() ? text : text + " (" + more + ")";
}

std::string flaw_why(Flaw flaw, const DayQuality& day, const ZoneOffsets& zone) {
  switch (flaw) {
    case Flaw::readings:
      return readings_why(day, zone);
    case Flaw::counters:
      return fmt::format("counters: {} stood while power flowed, {} ran back or leapt",
                         day[Figure::counters_stood], day[Figure::counter_jumps]);
    case Flaw::soc:
      return fmt::format(
          "the state of charge says {} into the battery, its energy {}: {} of its capacity apart",
          energy_text(day[Figure::soc_mwh]), energy_text(day[Figure::battery_mwh]),
          share_text(fold::soc_apart(day)));
    case Flaw::energy:
      return fmt::format("counters and powers are {} apart", share_text(fold::counters_apart(day)));
    case Flaw::balance:
      return fmt::format("PV, battery, grid and load do not add up by {}",
                         share_text(fold::balance_apart(day)));
    case Flaw::prices:
      return fmt::format("{} of {} quarters without a price", day[Figure::price_slots_missing],
                         day[Figure::price_slots]);
    case Flaw::forecasts:
      return fmt::format("{} of {} quarters without a forecast of sun or load",
                         day[Figure::forecast_slots_missing], day[Figure::forecast_slots]);
  }
  return "";
}

void say_line(std::chrono::local_days date, const JudgedDay& day) {
  const DayQuality& q = day.quality;
  const auto score = fold::score(q);
  if (!score && day.imported > 0) {
    say(fmt::format("{:<10}  {:>5}  imported: {}, not judged", date_of(date), "-",
                    counted_text(day.imported, "reading")));
    return;
  }
  say(fmt::format(
      "{:<10}  {:>5}  {:>8}  {:>8}  {:>4}  {:>12}  {:>12}  {:>10}  {:>8}  {:>7}  {:>7}  {:>7}  "
      "{:>6}  {:>9}",
      date_of(date), score ? std::to_string(*score) : "-", readings(q),
      share_text(fold::completeness(q)), q[Figure::gaps],
      q[Figure::gaps] == 0 ? "-" : time_text(q[Figure::longest_gap_s]),
      q[Figure::frozen_s] == 0 ? "-" : time_text(q[Figure::frozen_s]), impossible(q),
      q[Figure::counters_stood] + q[Figure::counter_jumps], share_text(fold::soc_apart(q)),
      share_text(fold::counters_apart(q)), share_text(fold::balance_apart(q)),
      missing_text(q, Figure::price_slots_missing, Figure::price_slots),
      missing_text(q, Figure::forecast_slots_missing, Figure::forecast_slots)));
}

struct Scored {
  std::int64_t score;
  std::chrono::local_days date;
  const DayQuality* day;
};

// The worst first, of equal ones the earlier.
std::vector<Scored> scored(const JudgedDays& days) {
  std::vector<Scored> all;
  for (const auto& [date, day] : days)
    if (const auto score = fold::score(day.quality)) all.push_back({*score, date, &day.quality});
  std::stable_sort(all.begin(), all.end(),
                   [](const Scored& a, const Scored& b) { return a.score < b.score; });
  return all;
}

void say_summary(const JudgedDays& days, const std::vector<Scored>& all) {
  std::uint64_t imported = 0;
  for (const auto& [date, day] : days) imported += day.imported;
  const std::string imports = imported == 0 ? ""
                                            : fmt::format("; {} imported and not judged",
                                                          counted_text(imported, "reading"));
  if (all.empty()) {
    say("no day to judge" + imports);
    return;
  }
  DayQuality sum;
  std::int64_t points = 0;
  for (const Scored& each : all) {
    sum += *each.day;
    points += each.score;
  }
  const auto number = static_cast<std::int64_t>(all.size());
  say(fmt::format("{}: score {} on average, {} at worst ({}); {} of the time covered, {}{}",
                  counted_text(all.size(), "day"), (points + number / 2) / number,
                  all.front().score, date_of(all.front().date), share_text(fold::completeness(sum)),
                  counted_text(count(sum, Figure::gaps), "gap"), imports));
}

Json percent(const std::optional<BasisPoints>& share) {
  return share ? Json(static_cast<double>(share->count()) / 1e2) : Json(nullptr);
}

Json members(std::chrono::local_days date, const JudgedDay& day, const ZoneOffsets& zone) {
  const DayQuality& q = day.quality;
  const auto score = fold::score(q);
  const auto flaws = fold::deductions(q);
  Json result;
  result["date"] = date_of(date);
  result["score"] = score ? Json(*score) : Json(nullptr);
  result["worst"] = flaws.empty() ? Json(nullptr) : Json(fold::flaw_name(flaws.front().flaw));
  result["completeness_percent"] = percent(fold::completeness(q));
  result["soc_apart_percent"] = percent(fold::soc_apart(q));
  result["counters_apart_percent"] = percent(fold::counters_apart(q));
  result["balance_apart_percent"] = percent(fold::balance_apart(q));
  result["imported"] = day.imported;
  result["longest_gap_at"] =
      q[Figure::gaps] == 0 ? Json(nullptr)
                           : Json(local_text(utc_from_us(q[Figure::longest_gap_at_us]), zone));
  for (std::size_t i = 0; i < fold::figures; ++i) result[fold::quality_figure_names[i]] = q.of[i];
  return result;
}

}  // namespace

std::string why_text(const DayQuality& day, const ZoneOffsets& zone) {
  std::string text;
  for (const fold::Deduction& each : fold::deductions(day))
    text += fmt::format("{}{}: -{}.{:02}", text.empty() ? "" : "; ", flaw_why(each.flaw, day, zone),
                        each.points.count() / 100, each.points.count() % 100);
  return text;
}

void say_quality(const JudgedDays& days, const ZoneOffsets& zone) {
  if (!days.empty())
    say(
        fmt::format("{:<10}  {:>5}  {:>8}  {:>8}  {:>4}  {:>12}  {:>12}  {:>10}  {:>8}  {:>7}  "
                    "{:>7}  {:>7}  {:>6}  {:>9}",
                    "DAY", "SCORE", "READINGS", "COMPLETE", "GAPS", "LONGEST", "FROZEN",
                    "IMPOSSIBLE", "COUNTERS", "SOC", "ENERGY", "BALANCE", "PRICES", "FORECASTS"));
  for (const auto& [date, day] : days) say_line(date, day);
  const auto all = scored(days);
  std::size_t told = 0;
  for (const Scored& each : all) {
    if (each.score >= good_score || told == worst_told) break;
    if (told++ == 0) say("");
    say(fmt::format("{} has {}: {}", date_of(each.date), each.score, why_text(*each.day, zone)));
  }
  if (!days.empty()) say("");
  say_summary(days, all);
}

void say_quality_json(const JudgedDays& days, const ZoneOffsets& zone) {
  for (const auto& [date, day] : days) {
    Json row = members(date, day, zone);
    row["why"] = why_text(day.quality, zone);
    say(row.dump());
  }
}

void say_quality_csv(const JudgedDays& days, const ZoneOffsets& zone) {
  bool first = true;
  for (const auto& [date, day] : days) {
    const Json row = members(date, day, zone);
    std::string names, cells;
    for (const auto& member : row.items()) {
      const char* comma = names.empty() ? "" : ",";
      names += comma + member.key();
      const Json& value = member.value();
      cells += comma + (value.is_null()     ? std::string()
                        : value.is_string() ? value.get<std::string>()  // none has a comma
                                            : value.dump());
    }
    if (std::exchange(first, false)) say(names);
    say(cells);
  }
}

}  // namespace wattledger::tool
