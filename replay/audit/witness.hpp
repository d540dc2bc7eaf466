// Where the verification of a period may begin, so that a late month does not cost the whole log.
//
// A kept state is a file beside the log that anybody can write, and a forged one could hide a
// forgery. It is believed only where a witness speaks for it: a decision before the period names
// the digest of the very state that the file, folded on to what that decision was based on, gives,
// and a checkpoint signed by `key` proves that this decision stands in the log (its path is
// reckoned from the record's bytes). The policy's settings, which the digest does not cover, are
// read from the log by the digest that it does cover. So a forger needs the signing key.
// What the log says before the witness is not looked at: that is for a verification without period.
#pragma once

#include <string>

#include "log/note.hpp"
#include "projections/fold_cache.hpp"
#include "replay/audit/remake.hpp"

namespace wattledger::tool {

// The records among which all decisions of a period are.
struct PeriodPlace {
  Sequence before;  // every one of them is behind this
  Sequence to;
};
[[nodiscard]] Result<PeriodPlace> place_of(const log::Snapshot& snapshot, const Period& period);

struct Witnessed {
  RemakeStart start;  // of no records where there is no witness
  std::string why;    // one sentence: whose word was taken, or why nobody's was
};

// The latest start at or before `before`. Errors are those of reading the log, but for damage: then
// it begins with the first record, and whoever judges meets it.
[[nodiscard]] Result<Witnessed> witnessed_start(const log::Snapshot& snapshot,
                                                const projections::FoldCache& cache,
                                                const std::optional<log::VerifierKey>& key,
                                                Sequence before);

// For showing, not verifying: the newest kept state at or before `at_most` that the log's next
// decision does not contradict (its digest, and the settings that the log has), without a
// signature. Each that is contradicted is told on stderr and left out; that of no records is never.
[[nodiscard]] Result<projections::FoldCache::FoundState> believed_state(
    const log::Snapshot& snapshot, const projections::FoldCache& cache, Sequence at_most);

}  // namespace wattledger::tool
