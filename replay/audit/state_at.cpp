#include "replay/audit/state_at.hpp"

#include <fmt/format.h>

#include "replay/audit/outcome.hpp"
#include "replay/audit/witness.hpp"
#include "replay/command.hpp"
#include "replay/reading_on.hpp"

namespace wattledger::tool {
namespace {

// So many states missing are a cache that was lost.
constexpr std::uint64_t slow_spacings = 8;

Result<fold::State> folded(const log::Snapshot& snapshot, const projections::FoldCache& cache,
                           Sequence through, bool (*wanted)(const EventView&)) {
  if (through > snapshot.head())
    return fail(ErrorKind::not_found, fmt::format("there is no record {}: the log ends at {}",
                                                  through.value, snapshot.head().value));
  auto believed = believed_state(snapshot, cache, through);
  if (!believed) return Failure(believed.error());
  projections::FoldCache::FoundState& nearest = *believed;
  if (through.value - nearest.sequence.value >
      slow_spacings * projections::state_spacing(snapshot.head()))
    note(
        fmt::format("no state is kept near record {}: {} records are folded; the daemon, or "
                    "wattledger replay, keeps states",
                    through.value, through.value - nearest.sequence.value));
  fold::State state = std::move(nearest.state);
  if (nearest.sequence < through)
    WATTLEDGER_TRY(scan_on(snapshot, nearest.sequence.next(), through,
                           [&](const log::RecordView& record) -> Result<bool> {
                             if (wanted(record.event))
                               fold::evolve(state, record.sequence, record.recorded_at,
                                            record.event);
                             return true;
                           }));
  return state;
}

}  // namespace

Result<fold::State> state_at(const log::Snapshot& snapshot, const projections::FoldCache& cache,
                             Sequence through) {
  return folded(snapshot, cache, through, [](const EventView&) { return true; });
}

Result<fold::State> prices_at(const log::Snapshot& snapshot, const projections::FoldCache& cache,
                              Sequence through) {
  return folded(snapshot, cache, through, is_of_prices);
}

}  // namespace wattledger::tool
