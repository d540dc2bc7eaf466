// What a decision knew, fact by fact: its record, its age and its words.
#pragma once

#include <string>
#include <vector>

#include "replay/audit/explain.hpp"

namespace wattledger::tool {

struct KnownFacts {
  std::vector<FactShown> facts;
  std::string override_words;  // where an owner's wish was in force
  Sequence searched_from;      // the earliest record that was looked at
};

// `past`: the State up to what the decision, made at `now`, was based on. Records that a State does
// not name (prices, the operator's codes, confirmations) are looked for backwards. Errors are those
// of reading the log.
[[nodiscard]] Result<KnownFacts> known_facts(const log::Snapshot& snapshot, const fold::State& past,
                                             UtcTime now, fold::Language language);

}  // namespace wattledger::tool
