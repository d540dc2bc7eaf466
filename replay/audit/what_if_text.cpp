#include "replay/audit/what_if_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "replay/display.hpp"

namespace wattledger::tool {
namespace {

using Json = nlohmann::ordered_json;

constexpr double days_a_year = 365.25;

std::string day_text(std::int32_t day) { return date_text(LocalTime(std::chrono::days(day))); }

std::string minute_text(UtcTime at, const ZoneOffsets& zone) {
  return local_text(at, zone).substr(0, 16);
}

double kwh(double wh) { return wh / 1e3; }

double bill(const DaySums& sums) { return sums.paid - sums.earned; }

double cycles(const WhatIf& what_if, const DaySums& sums) {
  return sums.flows.taken_out / what_if.battery.model.capacity_wh;
}

// The recorded ones, what is compared, the yardsticks.
std::vector<const Way*> in_order(const WhatIf& what_if) {
  std::vector<const Way*> ways;
  for (const WayKind kind : {WayKind::recorded, WayKind::model, WayKind::policy, WayKind::self_use,
                             WayKind::no_battery, WayKind::foresight})
    for (const Way& each : what_if.ways)
      if (each.kind == kind) ways.push_back(&each);
  return ways;
}

double difference(const WhatIf& what_if, const DaySums& sums, const DaySums& base) {
  return what_if.cost(sums) - what_if.cost(base);
}

double difference_in_all(const WhatIf& what_if) {
  return difference(what_if, what_if.ways[what_if.other].total, what_if.ways[what_if.base].total);
}

// A sum that is nothing when rounded has no sign.
double rounded(double value) {
  const double result = std::round(value * 1e6) / 1e6;
  return result == 0 ? 0 : result;
}

std::string signed_text(double value) {
  return std::abs(value) < 0.005 ? "0.00" : fmt::format("{:+.2f}", value);
}

std::string counted(std::size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// "29 whole days", "29 whole days and parts of 2"
std::string days_text(const WhatIf& what_if) {
  const std::size_t whole = what_if.whole_days(), parts = what_if.days_kept() - whole;
  std::string text = counted(whole, "whole day");
  if (parts > 0) text += fmt::format(" and {} of {}", parts == 1 ? "a part" : "parts", parts);
  return text;
}

void add_table(const WhatIf& what_if, std::string& text) {
  text += fmt::format("{:<24}  {:>9}  {:>10}  {:>9}  {:>9}  {:>9}  {:>12}  {:>6}  {:>9}\n", "WAY",
                      "COST", "DIFFERENCE", "BILL", "BOUGHT", "SOLD", "INTO BATTERY", "CYCLES",
                      "MODES/DAY");
  for (const Way* way : in_order(what_if)) {
    const DaySums& sums = way->total;
    const bool is_base = way == &what_if.ways[what_if.base];
    const auto modes = what_if.modes_a_day(*way);
    text += fmt::format(
        "{:<24}  {:>9.2f}  {:>10}  {:>9.2f}  {:>9.1f}  {:>9.1f}  {:>12.1f}  {:>6.1f}  {:>9}\n",
        way->name, what_if.cost(sums),
        is_base ? "-" : signed_text(difference(what_if, sums, what_if.ways[what_if.base].total)),
        bill(sums), kwh(sums.flows.bought), kwh(sums.flows.sold), kwh(sums.flows.charged),
        cycles(what_if, sums), modes ? fmt::format("{:.1f}", *modes) : "-");
  }
}

// ": 3.04 a month, 37 a year, were all days like these" of the whole days: a part of one is none.
std::string extrapolated(const WhatIf& what_if) {
  const std::size_t whole = what_if.whole_days();
  if (whole == 0) return "; no day is whole, so nothing is said of a month";
  const double more = difference(what_if, what_if.of_whole_days(what_if.ways[what_if.other]),
                                 what_if.of_whole_days(what_if.ways[what_if.base]));
  const double a_day = more / static_cast<double>(whole);
  const double month = a_day * days_a_year / 12, year = a_day * days_a_year;
  if (whole == what_if.days_kept())
    return fmt::format(": {:.2f} a month, {:.0f} a year, were all days like these", std::abs(month),
                       std::abs(year));
  return fmt::format("; the {} alone {}: {} a month, {:+.0f} a year, were all days like them",
                     counted(whole, "whole day"), signed_text(more), signed_text(month), year);
}

std::string verdict(const WhatIf& what_if) {
  const double more = difference_in_all(what_if);
  const double band = day_error(what_if).band;
  const std::string& other = what_if.ways[what_if.other].name;
  const std::string& base = what_if.ways[what_if.base].name;
  const std::string& currency = what_if.house.currency;
  if (std::abs(more) < 0.005) return fmt::format("{} costs the same as {}.", other, base);
  std::string text = fmt::format("{} costs {:.2f} {} {} than {}{}.", other, std::abs(more),
                                 currency, more > 0 ? "more" : "less", base, extrapolated(what_if));
  if (std::abs(more) <= band)
    text += fmt::format(" That is within {:.2f} {}, which the battery model cannot tell apart.",
                        band, currency);
  return text;
}

std::string trade_text(const DaySums& sums) {
  std::string text = fmt::format("bought {:.1f} kWh", kwh(sums.flows.bought));
  if (sums.flows.bought > 50) text += fmt::format(" at {:.2f}", sums.paid / kwh(sums.flows.bought));
  if (sums.flows.sold > 50)
    text += fmt::format(", sold {:.1f} at {:.2f}", kwh(sums.flows.sold),
                        sums.earned / kwh(sums.flows.sold));
  return text;
}

void add_days(const WhatIf& what_if, std::string& text) {
  const Way &other = what_if.ways[what_if.other], &base = what_if.ways[what_if.base];
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < what_if.days.size(); ++i)
    if (!what_if.days[i].left_out) order.push_back(i);
  const auto size = [&](std::size_t i) {
    return std::abs(difference(what_if, other.days[i], base.days[i]));
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return size(a) > size(b); });
  if (order.size() > days_told) order.resize(days_told);
  std::erase_if(order, [&](std::size_t i) { return size(i) < 0.005; });
  if (order.empty()) return;
  text += "\nDays that made most of it:\n";
  for (const std::size_t i : order) {
    const WhatIfDay& day = what_if.days[i];
    text += fmt::format("  {}  {:>6}  prices {:.2f} to {:.2f}; {} {}; {} {}\n", day_text(day.day),
                        signed_text(difference(what_if, other.days[i], base.days[i])),
                        *day.facts.price_min, *day.facts.price_max, other.name,
                        trade_text(other.days[i]), base.name, trade_text(base.days[i]));
  }
}

std::string left_out_text(const WhatIf& what_if) {
  std::string text;
  std::size_t count = 0;
  for (const WhatIfDay& day : what_if.days) {
    if (!day.left_out) continue;
    if (++count > days_told) continue;
    text += (text.empty() ? "" : ", ") + day_text(day.day);
  }
  if (count == 0) return "";
  return fmt::format("{} day{} left out, readings or prices of more than {} h are missing: {}{}",
                     count, count == 1 ? "" : "s", day_unknown_max.count(), text,
                     count > days_told ? ", …" : "");
}

std::string battery_text(const WhatIf& what_if) {
  const FittedBattery& battery = what_if.battery;
  const BatteryModel& model = battery.model;
  std::string text = fmt::format(
      "The battery: {:.2f} kWh; of a kWh put in {:.3f} are stored, of a kWh stored {:.3f} come out "
      "(round trip {:.1f} %), {:.0f} W lost standing; at most {:.0f} W in, {:.0f} W out, down to "
      "{:.0f} %{}.",
      kwh(model.capacity_wh), model.charge_efficiency, model.discharge_efficiency,
      100 * model.charge_efficiency * model.discharge_efficiency, model.standing_w,
      model.charge_max_w, model.discharge_max_w, 100 * model.floor,
      battery.floor_seen ? " as seen" : "");
  if (battery.fitted)
    return text + fmt::format(
                      " Losses fitted from {} windows of {} and {} h ({} unlike the others left "
                      "out); {:.1f} "
                      "% SOC in a window stay unexplained.",
                      battery.windows, fit_windows[0].count(), fit_windows[1].count(),
                      battery.left_out, 100 * battery.soc_rms);
  return text + " Too little is recorded to fit its losses: they are the policy's.";
}

std::string error_text(const WhatIf& what_if) {
  const DayError error = day_error(what_if);
  const auto readings = static_cast<double>(std::max<std::uint64_t>(what_if.error.readings, 1));
  return fmt::format(
      "The model against the meter, told what the recorded battery was told: SOC {:.1f} % off "
      "(root "
      "mean square; at most {:.1f}), a day's purchase {:.2f} kWh, sale {:.2f} kWh, cost {:.2f} {}; "
      "in all {} {}. A difference below {:.2f} {} says nothing.",
      100 * std::sqrt(what_if.error.soc_squares / readings), 100 * what_if.error.soc_most,
      error.bought_rms, error.sold_rms, error.cost_rms, what_if.house.currency,
      signed_text(error.cost_sum), what_if.house.currency, error.band, what_if.house.currency);
}

Json battery_json(const WhatIf& what_if) {
  const FittedBattery& battery = what_if.battery;
  const BatteryModel& model = battery.model;
  return {{"capacity_kwh", rounded(kwh(model.capacity_wh))},
          {"charge_efficiency", rounded(model.charge_efficiency)},
          {"discharge_efficiency", rounded(model.discharge_efficiency)},
          {"standing_w", rounded(model.standing_w)},
          {"charge_max_w", rounded(model.charge_max_w)},
          {"discharge_max_w", rounded(model.discharge_max_w)},
          {"floor_pct", rounded(100 * model.floor)},
          {"losses_fitted", battery.fitted},
          {"windows", battery.windows},
          {"windows_left_out", battery.left_out},
          {"window_soc_rms_pct", rounded(100 * battery.soc_rms)}};
}

Json error_json(const WhatIf& what_if) {
  const DayError error = day_error(what_if);
  const auto readings = static_cast<double>(std::max<std::uint64_t>(what_if.error.readings, 1));
  return {{"soc_rms_pct", rounded(100 * std::sqrt(what_if.error.soc_squares / readings))},
          {"soc_most_pct", rounded(100 * what_if.error.soc_most)},
          {"day_bought_rms_kwh", rounded(error.bought_rms)},
          {"day_sold_rms_kwh", rounded(error.sold_rms)},
          {"day_cost_rms", rounded(error.cost_rms)},
          {"cost_sum", rounded(error.cost_sum)},
          {"band", rounded(error.band)}};
}

Json sums_json(const WhatIf& what_if, const DaySums& sums) {
  return {{"cost", rounded(what_if.cost(sums))},
          {"bill", rounded(bill(sums))},
          {"paid", rounded(sums.paid)},
          {"earned", rounded(sums.earned)},
          {"bought_kwh", rounded(kwh(sums.flows.bought))},
          {"sold_kwh", rounded(kwh(sums.flows.sold))},
          {"charged_kwh", rounded(kwh(sums.flows.charged))},
          {"discharged_kwh", rounded(kwh(sums.flows.discharged))},
          {"stored_more_kwh", rounded(kwh(sums.flows.gained))},
          {"cycles", rounded(cycles(what_if, sums))},
          {"mode_changes", sums.mode_changes}};
}

Json json_or_null(const std::optional<double>& value) {
  return value ? Json(rounded(*value)) : Json(nullptr);
}

Json days_json(const WhatIf& what_if) {
  Json days = Json::array();
  for (std::size_t i = 0; i < what_if.days.size(); ++i) {
    const WhatIfDay& day = what_if.days[i];
    Json one = {{"day", day_text(day.day)},
                {"left_out", day.left_out},
                {"whole", day.is_whole()},
                {"known_h", rounded(day.facts.priced_h)},
                {"price_min", json_or_null(day.facts.price_min)},
                {"price_max", json_or_null(day.facts.price_max)},
                {"load_kwh", rounded(kwh(day.facts.load_wh))},
                {"pv_kwh", rounded(kwh(day.facts.pv_wh))},
                {"difference", rounded(difference(what_if, what_if.ways[what_if.other].days[i],
                                                  what_if.ways[what_if.base].days[i]))},
                {"ways", Json::object()}};
    for (const Way* way : in_order(what_if))
      one["ways"][way->name] = sums_json(what_if, way->days[i]);
    days.push_back(std::move(one));
  }
  return days;
}

}  // namespace

std::vector<std::string> what_if_assumptions(const WhatIf& what_if) {
  const std::string& currency = what_if.house.currency;
  std::vector<std::string> lines;
  lines.push_back(battery_text(what_if));
  lines.push_back(error_text(what_if));
  lines.push_back(fmt::format(
      "Cost is the bill, {:.2f} {} of wear for each kWh out of the store, less {:.4f} {} "
      "for each kWh more in the battery at the end, in every way: {:.0f} % of the mean "
      "price, as the policy values it.",
      per_kwh(what_if.house.wear), currency, what_if.stored_value, currency,
      static_cast<double>(what_if.house.terminal_value.count()) / 100));
  lines.push_back(fmt::format(
      "The house's load and the sun are as recorded; a reading stands for at most {} min, what is "
      "longer unknown is in no sum. A missing price is the one before it, for an hour. Sun that "
      "was turned down then is not known.",
      reading_holds.count()));
  lines.emplace_back(
      "A policy sees prices, forecasts, faults and the owner's wishes when they were recorded, "
      "never "
      "before, and its own battery; its commands are obeyed at once and nobody else's hand is "
      "there. "
      "It decides with each slot, with what is news, and where its battery comes to another "
      "percent.");
  lines.emplace_back(
      "Battery, connection, tariff and safety limits are the house's as recorded, whatever "
      "policy.");
  if (what_if.base < what_if.ways.size() && what_if.ways[what_if.base].kind == WayKind::model)
    lines.emplace_back(
        "Differences are against what was decided then, carried out by the same model, so that its "
        "errors fall out.");
  if (what_if.foresight_missing)
    lines.push_back(fmt::format("Foresight is left out: it plans over at most {} quarters, {}.",
                                policy::plan_slots_max, "and where a plan is possible"));
  else
    lines.push_back(fmt::format(
        "Foresight is the exact planner's cheapest plan, proven, over all these quarters as one "
        "problem, sun and load evened out within each; it {} from the battery to the grid{}.",
        what_if.foresight_sells ? "may sell" : "never sells",
        what_if.foresight_sells ? ", without the policy's caps" : ""));
  for (const std::string& each : what_if.remarks) lines.push_back(each + ".");
  return lines;
}

std::string what_if_text(const WhatIf& what_if) {
  std::string text = fmt::format(
      "{} to {}: {}, costs in {}, energy in kWh\n", minute_text(what_if.from, what_if.zone),
      minute_text(what_if.to, what_if.zone), days_text(what_if), what_if.house.currency);
  if (const std::string missing = left_out_text(what_if); !missing.empty()) text += missing + "\n";
  text += "\n";
  add_table(what_if, text);
  text += "\n" + verdict(what_if) + "\n";
  add_days(what_if, text);
  text += "\nWhat this rests on:\n";
  for (const std::string& line : what_if_assumptions(what_if)) text += "- " + line + "\n";
  text.pop_back();
  return text;
}

std::string what_if_json(const WhatIf& what_if) {
  Json ways = Json::array();
  for (const Way* way : in_order(what_if)) {
    Json one = {{"way", way->name}};
    one.update(sums_json(what_if, way->total));
    one["difference"] = rounded(difference(what_if, way->total, what_if.ways[what_if.base].total));
    ways.push_back(std::move(one));
  }
  const Json result = {{"from", utc_text(what_if.from)},
                       {"to", utc_text(what_if.to)},
                       {"currency", what_if.house.currency},
                       {"policy", what_if.ways[what_if.other].name},
                       {"against", what_if.ways[what_if.base].name},
                       {"difference", rounded(difference_in_all(what_if))},
                       {"days_kept", what_if.days_kept()},
                       {"whole_days", what_if.whole_days()},
                       {"stored_kwh_value", rounded(what_if.stored_value)},
                       {"ways", std::move(ways)},
                       {"battery", battery_json(what_if)},
                       {"model_error", error_json(what_if)},
                       {"assumptions", what_if_assumptions(what_if)},
                       {"days", days_json(what_if)}};
  return result.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string what_if_csv(const WhatIf& what_if) {
  std::string text =
      "day,way,left_out,cost,bill,paid,earned,bought_kwh,sold_kwh,charged_kwh,discharged_kwh,"
      "stored_more_kwh,cycles,mode_changes,price_min,price_max,load_kwh,pv_kwh\n";
  const auto price = [](const std::optional<double>& value) {
    return value ? fmt::format("{:.4f}", *value) : std::string();
  };
  for (std::size_t i = 0; i < what_if.days.size(); ++i)
    for (const Way* way : in_order(what_if)) {
      const WhatIfDay& day = what_if.days[i];
      const DaySums& sums = way->days[i];
      // Names of ways are the program's own or a file's, which may hold anything.
      std::string name;
      for (const char c : way->name) name += c == '"' ? "\"\"" : std::string(1, c);
      text += fmt::format(
          "{},\"{}\",{},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f},{:.4f},{},{}"
          ",{},"
          "{:.4f},{:.4f}\n",
          day_text(day.day), name, day.left_out ? 1 : 0, rounded(what_if.cost(sums)),
          rounded(bill(sums)), rounded(sums.paid), rounded(sums.earned),
          rounded(kwh(sums.flows.bought)), rounded(kwh(sums.flows.sold)),
          rounded(kwh(sums.flows.charged)), rounded(kwh(sums.flows.discharged)),
          rounded(kwh(sums.flows.gained)), rounded(cycles(what_if, sums)), sums.mode_changes,
          price(day.facts.price_min), price(day.facts.price_max), rounded(kwh(day.facts.load_wh)),
          rounded(kwh(day.facts.pv_wh)));
    }
  text.pop_back();
  return text;
}

}  // namespace wattledger::tool
