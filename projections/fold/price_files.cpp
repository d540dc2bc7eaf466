#include "projections/fold/price_files.hpp"

#include <cstdlib>
#include <iterator>
#include <map>

#include "projections/fold/python_json.hpp"

namespace wattledger::fold {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;

// round(price, 4), as the older system rounded means.
double rounded(std::int64_t price_e8) {
  const std::int64_t unit = 10'000;
  const std::int64_t half = price_e8 < 0 ? -unit / 2 : unit / 2;
  const std::int64_t units = (price_e8 + half) / unit;
  return static_cast<double>(units) / 1e4;
}

double price_of(std::int64_t price_e8) { return static_cast<double>(price_e8) / 1e8; }

struct Hour {
  std::int64_t final_e8 = 0, market_e8 = 0;  // sums, price × seconds
  std::int64_t length_s = 0;
  [[nodiscard]] std::int64_t final_mean() const { return final_e8 / length_s; }
  [[nodiscard]] std::int64_t market_mean() const { return market_e8 / length_s; }
};

// By hour of the wall clock; both passes of a repeated one together.
std::map<std::int64_t, Hour> hours_of_day(const State& state, UtcTime at) {
  std::map<std::int64_t, Hour> found;
  const UtcTime from = state.site.zone.day_start(at);
  const UtcTime to = state.site.zone.next_day_start(at);
  for (const PriceSlot& slot : state.prices) {
    if (slot.start < from || slot.start >= to) continue;
    const LocalTime local = state.site.zone.to_local(slot.start);
    Hour& hour = found[floor<hours>(local - floor<days>(local)).count()];
    hour.final_e8 += final_price(state, slot).count() * slot.length.count();
    hour.market_e8 += slot.market.count() * slot.length.count();
    hour.length_s += slot.length.count();
  }
  return found;
}

// The next three hours beside this one; the older system always said "stable".
const char* trend(const std::map<std::int64_t, Hour>& day, std::int64_t now) {
  const auto here = day.find(now);
  if (here == day.end()) return "stable";
  std::int64_t sum = 0, count = 0;
  for (auto next = std::next(here); next != day.end() && count < 3; ++next, ++count)
    sum += next->second.final_mean();
  if (count == 0) return "stable";
  const std::int64_t change = sum / count - here->second.final_mean();
  const std::int64_t twentieth = std::abs(here->second.final_mean()) / 20;
  if (change > twentieth) return "rising";
  return change < -twentieth ? "falling" : "stable";
}

std::string two_digits(std::int64_t value) {
  return (value < 10 ? "0" : "") + std::to_string(value);
}

}  // namespace

std::string price_history(const State& state, UtcTime at) {
  std::string list;
  for (const PriceSlot& slot : state.prices) {
    if (slot.start > at || slot.start <= at - price_history_length) continue;
    const std::int64_t price = final_price(state, slot).count();
    if (price < 0) continue;
    if (!list.empty()) list += ", ";
    list += "[" + python_string(iso_text(state.site.zone.to_local(slot.start))) + ", " +
            python_float(price_of(price)) + "]";
  }
  return python_indented("[" + list + "]");
}

std::optional<std::string> price_cache(const State& state, UtcTime at) {
  const std::map<std::int64_t, Hour> day = hours_of_day(state, at);
  if (day.empty()) return std::nullopt;
  const LocalTime local = state.site.zone.to_local(at);
  std::string prices;
  std::int64_t sum = 0;
  for (const auto& [hour, mean] : day) {
    sum += mean.final_mean();
    if (!prices.empty()) prices += ", ";
    prices += PythonObject()
                  .add("hour", hour)
                  .add("hour_str", two_digits(hour) + ":00")
                  .add("price", rounded(mean.final_mean()))
                  .add("market_price", rounded(mean.market_mean()))
                  .text();
  }
  const std::string data =
      PythonObject()
          .add("average_price_pln_kwh", rounded(sum / static_cast<std::int64_t>(day.size())))
          .add("price_trend", trend(day, floor<hours>(local - floor<days>(local)).count()))
          .add("data_source", "wattledger")
          .add("last_updated", iso_text(local))
          .add("calculation_method", "tariff_aware")
          .add_raw("prices", "[" + prices + "]")
          .text();
  return python_indented(PythonObject()
                             .add_raw("price_data", data)
                             .add("cache_timestamp", static_cast<double>(to_us(at)) / 1e6)
                             .add("business_date", date_text(local))
                             .add("created_at", iso_text(local))
                             .text());
}

}  // namespace wattledger::fold
