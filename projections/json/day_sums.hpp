// A day in numbers, and the older system's files of whole days and months: snapshot_YYYYMMDD.json,
// monthly_snapshot_YYYYMM.json, and the elements of daily_summaries.json and monthly_reports.json.
// Keys, their order and rounding: the legacy storage contract §2.1. Pure; sums are integers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "projections/fold/legacy_rows.hpp"

namespace wattledger::projections {

struct DaySums {
  std::int64_t day = 0;   // local days since 1970-01-01
  std::string closed_at;  // naive local, of what came first afterwards
  // Decisions; the amounts are of charges that were carried out.
  std::int64_t charges = 0, waits = 0, sales = 0;
  std::int64_t energy_mwh = 0, cost_e8 = 0, savings_e8 = 0;
  std::map<std::string, std::int64_t> sources;      // charges by source
  std::map<std::string, std::int64_t> charged_mwh;  // by tariff zone
  std::int64_t prices = 0, price_sum_e8 = 0, price_min_e8 = 0, price_max_e8 = 0;  // of charges
  // Readings (rows of energy_data); from the grid by the meter, by tariff zone.
  std::int64_t readings = 0;
  std::map<std::string, std::int64_t> import_mwh;
  // Selling sessions that ended on the day, by the meter.
  std::int64_t sessions = 0, failed_sessions = 0, sold_mwh = 0, revenue_e8 = 0;
  std::int64_t peak_hour = 0, peak_revenue_e8 = 0;  // hour of the session that brought most
  std::int64_t capacity_mwh = 0;                    // of the battery, as the last of them knew it

  [[nodiscard]] std::int64_t decisions() const { return charges + waits + sales; }
  void add(const fold::DecisionRow& decision);
  bool operator==(const DaySums&) const = default;
};

// Compact JSON of a day that is over.
[[nodiscard]] std::string daily_snapshot(const DaySums& day);
// … of a month that is over, of its days with decisions (at least one).
[[nodiscard]] std::string monthly_snapshot(std::span<const DaySums> days);
// … of a day, and of the days of a month, with selling sessions (at least one).
[[nodiscard]] std::string daily_summary(const DaySums& day);
[[nodiscard]] std::string monthly_report(std::span<const DaySums> days);

// No home's energy (mWh) or money (1e-8) of one decision or session is beyond: what is, counts as
// the limit, so that sums hold.
inline constexpr std::int64_t believed_max = 1'000'000'000'000;
[[nodiscard]] std::int64_t believed(std::int64_t value);
// Of a double that an integer was divided by `unit` for.
[[nodiscard]] std::int64_t believed(const std::optional<double>& value, double unit);

// "YYYY-MM-DD" and "YYYY-MM" of local days.
[[nodiscard]] std::string day_text(std::int64_t day);
[[nodiscard]] std::string month_text(std::int64_t day);

}  // namespace wattledger::projections
