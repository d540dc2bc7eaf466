// A decision as the legacy system wrote it: a row of coordinator_decisions and a line of
// charging_decision_YYYYMMDD.json (contract §1.5, §2.1). What is not known is left out: a JSON null
// there breaks the legacy readers' sums. Pure.
#pragma once

#include "projections/fold/legacy_rows.hpp"

namespace wattledger::fold {

// `state` is the fold after the decision, `at` the instant it is for. `file_line` is left empty
// unless asked for.
[[nodiscard]] DecisionRow legacy_decision(const State& state, const fb::DecisionMade& decision,
                                          UtcTime at, bool with_file_line);

}  // namespace wattledger::fold
