// Price answers from outside, parsed purely: bytes in, one PricesPublished a local day out. Every
// problem is one line naming row and value; a price that is missing stays missing, zero is a price.
// Values only: any thread, nothing is kept. invalid_input: not usable; not_found: usable, but it
// holds no price (yet); rejected: the source answered with an error of its own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/codec.hpp"
#include "events/result.hpp"
#include "events/time.hpp"

namespace wattledger::sources {

// How many slots of a local day have a value, and how many the day has: 23 to 25 hours, 92 to 100
// quarters.
struct DaySlots {
  LocalTime day;
  std::size_t found = 0;
  std::size_t expected = 0;
  [[nodiscard]] bool complete() const { return found == expected; }
  bool operator==(const DaySlots&) const = default;
};

struct ParsedPrices {
  std::vector<fb::PricesPublishedT> days;  // one per local day, in order; kind day_ahead
  std::vector<DaySlots> slots;             // of each of `days`
  // Where the answer goes on: absolute, or relative to the address asked. It is the source's word:
  // follow it to the same host only.
  std::string next_page;
  std::vector<std::string>
      remarks;  // gaps, duplicates, rows left out: one line each, with row number
};

// What the market can pay: a price beyond it is recorded and marked suspect.
struct PriceBounds {
  std::string currency;     // the bounds hold for prices in it only
  std::int64_t low_e8 = 0;  // per kWh; the bound itself is within
  std::int64_t high_e8 = 0;
  std::string source;  // named in the remark
};

// The coupled European day-ahead auction's: −500 and +4 000 EUR/MWh, and the same in PLN at 5 PLN
// per EUR, above any rate since 2004. Other currencies have none here.
// Source: harmonised maximum and minimum clearing prices for SDAC, as in force since 2022
// (methodology: ACER decision 01/2023).
[[nodiscard]] std::span<const PriceBounds> harmonised_bounds();

// Limits of one answer, all its pages together; of XML 4 MiB, which is a year of quarters.
inline constexpr std::size_t price_bytes_max = 16U << 20U;
inline constexpr std::size_t price_xml_bytes_max = 4U << 20U;

// Told apart by content:
//   CSV  `period_start_local_naive,market_price_pln_per_kwh,quality` (or two columns), price per
//   kWh, local period start;
//        `period_start_utc,…` or an offset in the time makes it UTC. Rows of quality suspect_* are
//        recorded as suspect.
//   JSON the Polish operator's csdac-pln answer {"value":[{dtime, period, business_date, csdac_pln,
//   …}], "nextLink"}: PLN/MWh;
//        the slot is `period` of `business_date` (dtime is the slot's END); issued at
//        publication_ts, the later of two for a slot is kept.
//   JSON energy-charts' /price {"unix_seconds":[…], "price":[…], "unit":"EUR / MWh"}.
//   JSON aWATTar's /v1/marketdata {"data":[{start_timestamp, end_timestamp (ms), marketprice,
//   unit}]}.
//   XML  ENTSO-E's A44 (12.1.D): resolution PT15M, PT30M or PT60M, curve types A01 and A03 (a
//        missing position repeats the one before). Only the coupled auction: contract A01,
//        classification sequence 1 or none. Acknowledgement_MarketDocument is its error.
// Rows count lines of a CSV, members of a list, Points of an XML; over all pages.
// Gaps, duplicates (first kept), NaN, text and times that do not exist become remarks.
[[nodiscard]] Result<ParsedPrices> parse_prices(
    std::string_view bytes, const ZoneOffsets& zone, const std::string& provider,
    std::span<const PriceBounds> bounds = harmonised_bounds());

// The pages of one answer, in their order, as one; `next_page` is the last one's. All of one format
// and currency. The digest is that of all their bytes, one after the other.
[[nodiscard]] Result<ParsedPrices> parse_price_pages(
    std::span<const std::string_view> pages, const ZoneOffsets& zone, const std::string& provider,
    std::span<const PriceBounds> bounds = harmonised_bounds());

}  // namespace wattledger::sources
