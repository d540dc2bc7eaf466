// Warsaw's clock in 2025 and what the tests say about parsed prices.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "coordinator/sources/parse/prices.hpp"

namespace wattledger::testing {

inline UtcTime utc(const std::string& text) { return parse_time(text, ZoneOffsets()).value(); }

inline ZoneOffsets warsaw() {
  using std::chrono::hours;
  return ZoneOffsets({{utc("2025-01-01"), hours(1)},
                      {utc("2025-03-30T01:00"), hours(2)},
                      {utc("2025-10-26T01:00"), hours(1)},
                      {utc("2026-03-29T01:00"), hours(2)}});
}

inline sources::ParsedPrices parsed(const std::string& bytes) {
  auto result = sources::parse_prices(bytes, warsaw(), "test");
  if (!result) FAIL(result.error().line());
  return std::move(*result);
}

// The price of the slot that starts at `start`; nullopt where there is none.
inline std::optional<std::int64_t> price_at(const sources::ParsedPrices& prices,
                                            const std::string& start) {
  for (const fb::PricesPublishedT& day : prices.days) {
    const fb::SeriesT& series = *day.prices_e8.at(0);
    const std::int64_t offset = to_us(utc(start)) - series.start_us;
    const std::int64_t step = std::int64_t{series.step_s} * 1'000'000;
    if (offset < 0 || offset % step != 0) continue;
    const auto index = static_cast<std::size_t>(offset / step);
    if (index >= series.values.size()) continue;
    const bool absent = std::count(series.absent.begin(), series.absent.end(), index) != 0;
    return absent ? std::nullopt : std::optional(series.values[index]);
  }
  return std::nullopt;
}

inline bool remarked(const sources::ParsedPrices& prices, const std::string& text) {
  return std::any_of(prices.remarks.begin(), prices.remarks.end(), [&](const std::string& remark) {
    return remark.find(text) != std::string::npos;
  });
}

// A record of the operator's csdac-pln, and its answer.
inline std::string record(const std::string& date, const std::string& period,
                          const std::string& price, const std::string& more = "") {
  return "{\"business_date\":\"" + date + "\",\"period\":\"" + period +
         "\",\"csdac_pln\":" + price + (more.empty() ? "" : "," + more) + "}";
}
inline std::string answer(const std::string& records) { return "{\"value\":[" + records + "]}"; }

inline const std::string csv_header = "period_start_local_naive,market_price_pln_per_kwh,quality\n";

}  // namespace wattledger::testing
