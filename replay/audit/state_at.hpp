// The house as it was at any record: what a decision saw that was based on it.
#pragma once

#include "log/reader.hpp"
#include "projections/fold/state.hpp"
#include "projections/fold_cache.hpp"

namespace wattledger::tool {

// The fold of the records up to and including `through`: from the nearest fold snapshot at or
// before it, so that at most projections::states_every records are read; without snapshots from the
// log's first. It believes the snapshots: to show, not to verify. Writes nothing. not_found beyond
// the head; else the errors of reading the log.
[[nodiscard]] Result<fold::State> state_at(const log::Snapshot& snapshot,
                                           const projections::FoldCache& cache, Sequence through);

// The same of what a DecisionFollower needs alone (is_of_prices()): all else of it is as the kept
// state has it.
[[nodiscard]] Result<fold::State> prices_at(const log::Snapshot& snapshot,
                                            const projections::FoldCache& cache, Sequence through);

}  // namespace wattledger::tool
