// What must hold of parsed prices, for each target that gives some.
#pragma once

#include "coordinator/sources/parse/prices.hpp"
#include "tests/fuzz/told_zone.hpp"

namespace wattledger::fuzz {

inline void check_prices(const Result<sources::ParsedPrices>& parsed) {
  if (!parsed) return check_refusal(parsed.error());
  must(!parsed->days.empty(), "what is usable has a day");
  must(parsed->days.size() == parsed->slots.size(), "each day says its slots");
  for (std::size_t i = 0; i < parsed->days.size(); ++i) {
    const fb::SeriesT& series = *parsed->days[i].prices_e8.at(0);
    check_series(series, 100);
    const sources::DaySlots& slots = parsed->slots[i];
    must(slots.found == series.values.size() - series.absent.size(), "found is what is known");
    must(slots.found <= slots.expected, "a day has no more slots than its clock");
    for (const std::uint16_t index : parsed->days[i].suspect)
      must(index < series.values.size(), "what is suspect is a slot");
  }
  check_lines(parsed->remarks);
}

}  // namespace wattledger::fuzz
