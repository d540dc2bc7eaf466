// Which decisions an audit is about, and each with what became of it. Reads no more of the log than
// where they can stand: by the log's time search, and backwards from its end where the newest are
// asked for.
#pragma once

#include <functional>
#include <string>

#include "projections/fold_cache.hpp"
#include "replay/audit/outcome.hpp"
#include "replay/audit/period.hpp"

namespace wattledger::tool {

struct Span {
  Period period;  // of when they were made
  Sequence first, last;
  Sequence known;  // the log's end, as far as it is to be known
  [[nodiscard]] bool holds(Sequence sequence, UtcTime at) const {
    return first <= sequence && sequence <= last && period.holds(at);
  }
};

// In the log's order; what came after span.known is not looked at. Damage is stepped over
// (reading_on.hpp).
Result<void> follow_decisions(const log::Snapshot& snapshot, const projections::FoldCache& cache,
                              const Span& span, const DecisionFollower::Done& done);

// The span of a charge or a sale by its name: from the decision that began it to the event that
// ended it. not_found where no such session began.
[[nodiscard]] Result<Span> session_span(const log::Snapshot& snapshot, const std::string& name,
                                        Span span);

// The part of `span` that holds its newest `limit` wanted decisions.
using Wanted = std::function<bool(const log::RecordView&, const fb::DecisionMade&)>;
[[nodiscard]] Result<Span> newest_part(const log::Snapshot& snapshot, Span span,
                                       std::uint64_t limit, const Wanted& wanted);

}  // namespace wattledger::tool
