#include "replay/audit/state_at.hpp"

#include <fmt/format.h>

namespace wattledger::tool {

Result<fold::State> state_at(const log::Snapshot& snapshot, const projections::FoldCache& cache,
                             Sequence through) {
  if (through > snapshot.head())
    return fail(ErrorKind::not_found, fmt::format("there is no record {}: the log ends at {}",
                                                  through.value, snapshot.head().value));
  projections::FoldCache::FoundState nearest = cache.find_state(snapshot, through);
  fold::State state = std::move(nearest.state);
  if (nearest.sequence < through)
    WATTLEDGER_TRY(snapshot.scan(
        nearest.sequence.next(), through, [&](const log::RecordView& record) -> Result<bool> {
          fold::evolve(state, record.sequence, record.recorded_at, record.event);
          return true;
        }));
  return state;
}

}  // namespace wattledger::tool
