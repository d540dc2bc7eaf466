// Price answers from outside, parsed purely: bytes in, a PricesPublished out. Every problem is one
// line naming row and value; a price that is missing stays missing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "events/codec.hpp"
#include "events/result.hpp"
#include "events/time.hpp"

namespace wattledger::sources {

struct ParsedPrices {
  std::vector<fb::PricesPublishedT> days;  // one per local day, in order; kind day_ahead
  std::vector<std::string>
      remarks;  // gaps, duplicates, rows left out: one line each, with row number
};

// Limit of one answer.
inline constexpr std::size_t price_bytes_max = 16U << 20U;

// Told apart by content:
//   CSV  `period_start_local_naive,market_price_pln_per_kwh,quality` (or two columns), price per
//   kWh, local period start;
//        `period_start_utc,…` or an offset in the time makes it UTC. Rows of quality suspect_* are
//        recorded as suspect.
//   JSON the Polish operator's csdac-pln answer {"value":[{dtime, period, business_date, csdac_pln,
//   …}]}: PLN/MWh;
//        the slot is `period` of `business_date` (dtime is the slot's END).
// Gaps, duplicates (first kept), NaN, text and times that do not exist become remarks;
// invalid_input if nothing usable.
[[nodiscard]] Result<ParsedPrices> parse_prices(std::string_view bytes, const ZoneOffsets& zone,
                                                const std::string& provider);

}  // namespace wattledger::sources
