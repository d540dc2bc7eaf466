// Re-makes decisions from the folded past and compares: "the same" means equal canonical bytes.
//
// Two readers of one snapshot: one looks for the next decision, the other folds up to what that
// decision was based on. A decision knows every record up to its based-on, the decision before it
// among them, so that one State is enough whatever the log's length. Nothing is kept per decision.
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
  not_reproducible,  // it was imported: what it rested on was never recorded
};

[[nodiscard]] std::string_view answer_name(Answer answer);

struct FieldDifference {
  std::string field;
  std::string recorded;
  std::string remade;
};

struct Remade {
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
  std::uint64_t imported = 0;   // all of those; only counted
  Sequence through;             // judged up to here
  std::optional<Error> damage;  // what kept it from going on: a record that cannot be read
};

// What judging goes on from behind a decision, or at the log's beginning: all of it follows from
// the records up to there.
struct RemakeStart {
  Sequence behind;                                // the last record looked at
  fold::State state;                              // through no later one
  Sequence decided;                               // the newest decision of ours
  std::optional<std::uint32_t> running_revision;  // as the newest start of the daemon recorded it
  bool policy_readable = false;                   // a policy that this program can read was adopted
  Sequence unreadable_policy;                     // the newest that it cannot read; 0: none

  // Looks at a record that is not folded yet; true when it is a decision of ours.
  bool look_at(const log::RecordView& record, const log::Meta& meta);
};

// Judges the decisions of `period` behind `start` and up to `to`. Calls `found` for each that is
// not identical, in order; `progress` with the sequence reached now and then. A record that cannot
// be read ends it, in the report; errors are others of reading the log.
[[nodiscard]] Result<RemakeReport> remake_decisions(const log::Snapshot& snapshot,
                                                    RemakeStart start, Sequence to,
                                                    const Period& period,
                                                    const std::function<void(const Remade&)>& found,
                                                    const std::function<void(Sequence)>& progress);

// One decision of ours, from the past up to what it was based on. Of what came before that, only
// what `past` says is known: an engine's revision that is not this one counts as other_revision.
[[nodiscard]] Result<Remade> remake_decision(const log::Snapshot& snapshot,
                                             const log::RecordView& record, fold::State past);

}  // namespace wattledger::tool
