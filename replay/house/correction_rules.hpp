// Known faults of recorded facts, found in the log by rule: what `correct --rule` shows and then
// writes. Pure functions of the log.
//
//   cost-per-mwh    money of a decision or a charging session reckoned with the price of a MWh
//                   taken for that of a kWh's thousandth: below a hundredth of energy × price, and
//                   right (within a factor of two) when multiplied by 1000
//   sales-by-meter  a finished sale that tells more than the export counter measured from its last
//                   reading before the start to its first after the end (more than 1 % and 50 Wh):
//                   energy planned at every tick was added up. Needs readings within 15 minutes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "log/reader.hpp"

namespace wattledger::tool {

[[nodiscard]] std::vector<std::string> correction_rules();

struct Proposal {
  Sequence record;
  UtcTime at;
  std::string kind, field, previous, value, why;
};

// Of facts that occurred in [from, to), in order; what somebody has corrected already is left out.
// `rule` is one of the above.
[[nodiscard]] Result<std::vector<Proposal>> propose(const log::Snapshot& snapshot,
                                                    std::string_view rule, UtcTime from,
                                                    UtcTime to);

}  // namespace wattledger::tool
