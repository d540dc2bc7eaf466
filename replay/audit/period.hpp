// --from and --to of the audit's verbs: a half-open period of occurred-at.
#pragma once

#include <string>

#include "events/time.hpp"

namespace CLI {
class App;
}

namespace wattledger::tool {

struct PeriodWish {
  std::string from, to;  // as given; empty: open
};

struct Period {
  UtcTime from = UtcTime::min();
  UtcTime to = UtcTime::max();
  [[nodiscard]] bool holds(UtcTime time) const { return from <= time && time < to; }
  [[nodiscard]] bool everything() const { return from == UtcTime::min() && to == UtcTime::max(); }
};

void add_period(CLI::App& command, PeriodWish& wish);
[[nodiscard]] Result<Period> parse_period(const PeriodWish& wish, const ZoneOffsets& zone,
                                          UtcTime now);

}  // namespace wattledger::tool
