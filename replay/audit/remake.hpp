// Re-makes every decision of a log from the folded past and compares: "the same" means equal
// canonical bytes.
//
// Two readers of one snapshot: one looks for the next decision, the other folds up to what that
// decision was based on. As based-on never decreases, one State is enough, whatever the log's
// length. Nothing is kept per decision.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "log/reader.hpp"
#include "projections/fold/state.hpp"
#include "replay/audit/period.hpp"

namespace wattledger::tool {

enum class Answer {
  identical,
  differs,         // a defect or a forgery
  other_revision,  // made by another engine revision, as the log says: not comparable byte by byte
  not_reproducible,  // its policy cannot be read by this program, or it was imported
};

[[nodiscard]] std::string_view answer_name(Answer answer);

struct FieldDifference {
  std::string field;
  std::string recorded;
  std::string remade;
};

struct Finding {
  Sequence sequence;
  UtcTime at;
  Answer answer = Answer::identical;
  std::string why;                           // one sentence; empty when identical
  std::vector<FieldDifference> differences;  // in schema order
};

// Fields of a decision (but `plan`, as the canonical encoding has it) that are not equal.
[[nodiscard]] std::vector<FieldDifference> compare_fields(const fb::DecisionMadeT& recorded,
                                                          const fb::DecisionMadeT& remade);

struct RemakeReport {
  std::uint64_t decisions = 0;
  std::uint64_t identical = 0;
  std::uint64_t differs = 0;
  std::uint64_t other_revision = 0;
  std::uint64_t not_reproducible = 0;
  std::uint64_t imported = 0;  // of those: what they rested on was never recorded; only counted
};

// Calls `found` for each decision of `period` that is not identical, in order; `progress` with the
// sequence reached now and then. Errors are those of reading the log.
[[nodiscard]] Result<RemakeReport> remake_decisions(
    const log::Snapshot& snapshot, const Period& period,
    const std::function<void(const Finding&)>& found,
    const std::function<void(Sequence)>& progress);

}  // namespace wattledger::tool
