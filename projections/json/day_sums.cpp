#include "projections/json/day_sums.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "projections/fold/python_json.hpp"

namespace wattledger::projections {
namespace {

using fold::PythonObject;

// The older system's own: revenue of a year that it took for 100 %, and the part of the battery
// that a sale uses.
constexpr double expected_annual_revenue = 260.0;
constexpr double sold_part = 0.3;

// round(value / unit, decimals) of exact integers: half away from zero.
double rounded(std::int64_t value, std::int64_t unit, std::int64_t decimals) {
  const std::int64_t step = unit / decimals;
  const std::int64_t half = value < 0 ? -step / 2 : step / 2;
  const std::int64_t steps = (value + half) / step;
  return static_cast<double>(steps) / static_cast<double>(decimals);
}
double kwh(std::int64_t mwh) { return rounded(mwh, 1'000'000, 100); }
double kwh_exact(std::int64_t mwh) { return rounded(mwh, 1'000'000, 1'000); }
double money(std::int64_t e8) { return rounded(e8, 100'000'000, 100); }
double price(std::int64_t e8) { return rounded(e8, 100'000'000, 10'000); }

// Money per kWh in 1e-8; 0 where nothing was taken.
std::int64_t per_kwh(std::int64_t cost_e8, std::int64_t energy_mwh) {
  if (energy_mwh <= 0) return 0;
  constexpr double limit = 1e15;  // beyond all sense, and no more than the integer holds
  return static_cast<std::int64_t>(std::clamp(
      static_cast<double>(cost_e8) * 1e6 / static_cast<double>(energy_mwh), -limit, limit));
}

PythonObject& add_per_kwh(PythonObject& object, std::int64_t cost_e8, std::int64_t energy_mwh) {
  // A whole 0 without energy, as there.
  return energy_mwh > 0 ? object.add("avg_cost_per_kwh", price(per_kwh(cost_e8, energy_mwh)))
                        : object.add("avg_cost_per_kwh", std::int64_t{0});
}

using Counts = std::map<std::string, std::int64_t>;

std::int64_t of_zone(const Counts& counts, const std::string& zone) {
  const auto found = counts.find(zone);
  return found == counts.end() ? 0 : found->second;
}
// All that is not the cheap zone is the dear one, as there.
std::int64_t not_of_zone(const Counts& counts, const std::string& zone) {
  std::int64_t sum = 0;
  for (const auto& [name, value] : counts)
    if (name != zone) sum += value;
  return sum;
}
std::int64_t total(const Counts& counts) { return not_of_zone(counts, ""); }

std::string breakdown(Counts sources, std::int64_t sales) {
  if (sales != 0) sources["battery_selling"] += sales;
  PythonObject object;
  for (const auto& [source, count] : sources) object.add(source, count);
  return object.text();
}

// Sums of days as one.
DaySums sum(std::span<const DaySums> days) {
  DaySums all;
  for (const DaySums& day : days) {
    all.charges += day.charges;
    all.waits += day.waits;
    all.sales += day.sales;
    all.energy_mwh += day.energy_mwh;
    all.cost_e8 += day.cost_e8;
    all.savings_e8 += day.savings_e8;
    for (const auto& [source, count] : day.sources) all.sources[source] += count;
    for (const auto& [zone, energy] : day.charged_mwh) all.charged_mwh[zone] += energy;
    all.readings += day.readings;
    for (const auto& [zone, energy] : day.import_mwh) all.import_mwh[zone] += energy;
    all.sessions += day.sessions;
    all.failed_sessions += day.failed_sessions;
    all.sold_mwh += day.sold_mwh;
    all.revenue_e8 += day.revenue_e8;
  }
  return all;
}

void add_counts(PythonObject& object, const DaySums& sums) {
  object.add("total_decisions", sums.decisions())
      .add("charging_count", sums.charges)
      .add("wait_count", sums.waits)
      .add("selling_count", sums.sales)
      .add("total_energy_kwh", kwh(sums.energy_mwh))
      .add("total_energy_sold_kwh", kwh(sums.sold_mwh))
      .add("total_cost_pln", money(sums.cost_e8))
      .add("total_savings_pln", money(sums.savings_e8 + sums.revenue_e8))
      .add("selling_revenue_pln", money(sums.revenue_e8));
}

double efficiency(const DaySums& day) {
  const double usable =
      static_cast<double>(day.sessions) * static_cast<double>(day.capacity_mwh) * sold_part;
  return usable > 0 ? static_cast<double>(day.sold_mwh) / usable * 100.0 : 0.0;
}

double exact(std::int64_t value, double unit) { return static_cast<double>(value) / unit; }

}  // namespace

std::string day_text(std::int64_t day) {
  return date_text(LocalTime(std::chrono::local_days(std::chrono::days(day))));
}
std::string month_text(std::int64_t day) { return day_text(day).substr(0, 7); }

std::int64_t believed(std::int64_t value) { return std::clamp(value, -believed_max, believed_max); }
std::int64_t believed(const std::optional<double>& value, double unit) {
  constexpr double limit = static_cast<double>(believed_max);
  return value ? std::llround(std::clamp(*value * unit, -limit, limit)) : 0;
}

void DaySums::add(const fold::DecisionRow& decision) {
  if (decision.action == "battery_selling") {
    ++sales;
    return;
  }
  if (decision.action != "charge") {
    ++waits;
    return;
  }
  ++charges;
  ++sources[decision.source];
  const std::int64_t energy = believed(decision.energy_mwh.value_or(0));
  energy_mwh += energy;
  cost_e8 += believed(decision.cost_e8.value_or(0));
  savings_e8 += believed(decision.savings_e8.value_or(0));
  charged_mwh[decision.tariff_zone] += energy;
  if (!decision.price_e8) return;
  const std::int64_t paid = believed(*decision.price_e8);
  price_min_e8 = prices == 0 ? paid : std::min(price_min_e8, paid);
  price_max_e8 = prices == 0 ? paid : std::max(price_max_e8, paid);
  price_sum_e8 += paid;
  ++prices;
}

std::string daily_snapshot(const DaySums& day) {
  PythonObject object;
  object.add("date", day_text(day.day)).add("created_at", day.closed_at);
  add_counts(object, day);
  object.add("avg_confidence", 0.0);
  add_per_kwh(object, day.cost_e8, day.energy_mwh);
  object.add_raw("source_breakdown", breakdown(day.sources, day.sales));
  object.add_raw("price_stats",
                 PythonObject()
                     .add("min", price(day.price_min_e8))
                     .add("max", price(day.price_max_e8))
                     .add("avg", price(day.prices == 0 ? 0 : day.price_sum_e8 / day.prices))
                     .text());
  object.add("file_count", day.decisions());
  const std::int64_t import = total(day.import_mwh);
  object.add("real_grid_import_kwh", kwh_exact(import))
      .add("grid_import_t1_kwh", kwh_exact(not_of_zone(day.import_mwh, "T2")))
      .add("grid_import_t2_kwh", kwh_exact(of_zone(day.import_mwh, "T2")))
      .add("energy_charged_t1_kwh", kwh_exact(not_of_zone(day.charged_mwh, "T2")))
      .add("energy_charged_t2_kwh", kwh_exact(of_zone(day.charged_mwh, "T2")));
  if (day.readings >= 2) object.add("grid_import_total_kwh", kwh_exact(import));
  return object.text();
}

std::string monthly_snapshot(std::span<const DaySums> days) {
  constexpr std::array<const char*, 12> names = {"January",   "February", "March",    "April",
                                                 "May",       "June",     "July",     "August",
                                                 "September", "October",  "November", "December"};
  const DaySums all = sum(days);
  const std::chrono::year_month_day date{
      std::chrono::local_days(std::chrono::days(days.front().day))};
  const auto month = static_cast<unsigned>(date.month());
  const std::int64_t savings = all.savings_e8 + all.revenue_e8;
  const std::int64_t both = all.cost_e8 + savings;
  PythonObject object;
  object.add("year", static_cast<std::int64_t>(static_cast<int>(date.year())))
      .add("month", static_cast<std::int64_t>(month))
      .add("month_name", names[month - 1]);
  add_counts(object, all);
  add_per_kwh(object, all.cost_e8, all.energy_mwh);
  const double percentage =
      both > 0
          ? std::clamp(static_cast<double>(savings) / static_cast<double>(both) * 100.0, -1e9, 1e9)
          : 0.0;
  object
      .add("savings_percentage", rounded(static_cast<std::int64_t>(percentage * 1'000), 1'000, 10))
      .add("avg_confidence", 0.0)
      .add("days_with_data", static_cast<std::int64_t>(days.size()))
      .add_raw("source_breakdown", breakdown(all.sources, all.sales));
  if (all.readings >= 2) object.add("grid_import_total_kwh", kwh_exact(total(all.import_mwh)));
  std::string list;
  for (const DaySums& day : days) {
    if (!list.empty()) list += ", ";
    list += daily_snapshot(day);
  }
  return object.add_raw("daily_summaries", "[" + list + "]").text();
}

std::string daily_summary(const DaySums& day) {
  return PythonObject()
      .add("date", day_text(day.day))
      .add("total_sessions", day.sessions)
      .add("total_energy_sold_kwh", exact(day.sold_mwh, 1e6))
      .add("total_revenue_pln", exact(day.revenue_e8, 1e8))
      .add("average_price_pln", exact(per_kwh(day.revenue_e8, day.sold_mwh), 1e8))
      .add("peak_revenue_hour", day.peak_hour)
      .add("battery_cycles", day.sessions)
      .add("efficiency_percent", efficiency(day))
      .add("safety_incidents", day.failed_sessions)
      .text();
}

std::string monthly_report(std::span<const DaySums> days) {
  const DaySums all = sum(days);
  std::int64_t best = days.front().revenue_e8;
  std::int64_t worst = best;
  double efficiencies = 0;
  for (const DaySums& day : days) {
    best = std::max(best, day.revenue_e8);
    worst = std::min(worst, day.revenue_e8);
    efficiencies += efficiency(day);
  }
  const double count = static_cast<double>(days.size());
  const double revenue = exact(all.revenue_e8, 1e8);
  return PythonObject()
      .add("month", month_text(days.front().day))
      .add("total_sessions", all.sessions)
      .add("total_energy_sold_kwh", exact(all.sold_mwh, 1e6))
      .add("total_revenue_pln", revenue)
      .add("average_daily_revenue_pln", revenue / count)
      .add("best_day_revenue_pln", exact(best, 1e8))
      .add("worst_day_revenue_pln", exact(worst, 1e8))
      .add("battery_cycles", all.sessions)
      .add("average_efficiency_percent", efficiencies / count)
      .add("safety_incidents", all.failed_sessions)
      .add("roi_percent", revenue / expected_annual_revenue * 12.0 * 100.0)
      .text();
}

}  // namespace wattledger::projections
