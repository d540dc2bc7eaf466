// The Polish operator's advice hour by hour ("Energetyczny Kompas", report pdgsz), parsed purely:
// bytes in, one PeakHoursPublished a local day out. A code that is missing is unknown: absent,
// never 0, which would be "use it". Values only: any thread, nothing is kept. Errors as in
// prices.hpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/sources/parse/prices.hpp"

namespace wattledger::sources {

struct ParsedPeakHours {
  std::vector<fb::PeakHoursPublishedT> days;  // one per local day, hours of 3 600 s, codes 0 to 3
  std::vector<DaySlots> slots;                // of each of `days`: 23, 24 or 25 expected
  std::string next_page;                      // as in ParsedPrices
  std::vector<std::string> remarks;
};

inline constexpr std::size_t peak_hours_bytes_max = 16U << 20U;

// {"value":[{dtime, dtime_utc, usage_fcst, is_active, business_date, publication_ts}], "nextLink"}:
// `dtime` is the hour's START, local (unlike a price's, which is its end). Rows with is_active
// false are superseded ones and left out; of two active ones for an hour the later publication is
// kept. Source: api.raporty.pse.pl/api/pdgsz.
[[nodiscard]] Result<ParsedPeakHours> parse_peak_hours(std::string_view bytes,
                                                       const ZoneOffsets& zone,
                                                       const std::string& provider);
// The pages of one answer, in their order, as one.
[[nodiscard]] Result<ParsedPeakHours> parse_peak_hour_pages(std::span<const std::string_view> pages,
                                                            const ZoneOffsets& zone,
                                                            const std::string& provider);

}  // namespace wattledger::sources
