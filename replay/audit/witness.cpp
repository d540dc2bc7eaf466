#include "replay/audit/witness.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "log/checkpoint.hpp"
#include "log/prove.hpp"
#include "projections/fold/imported.hpp"
#include "projections/fold/policy_settings.hpp"
#include "replay/command.hpp"
#include "replay/reading_on.hpp"

namespace wattledger::tool {
namespace {

// A state is kept every states_every records or twice, four times as many: within so many tries one
// stands before any damaged ones, or none is worth it.
constexpr int tries_max = 4;

struct Testimony {
  Sequence sequence;
  fb::DecisionMadeT decision;
};

// The first decision of ours behind `from` that was based on a record there.
Result<std::optional<Testimony>> testimony(const log::Snapshot& snapshot, Sequence from,
                                           Sequence to) {
  std::optional<Testimony> found;
  WATTLEDGER_TRY(snapshot.scan(from.next(), to, [&](const log::RecordView& record) -> Result<bool> {
    const auto* fact = record.event.as<fb::DecisionMade>();
    if (fact == nullptr || fold::is_imported(record.event) || fact->based_on() < from.value ||
        fact->based_on() >= record.sequence.value || fact->state_digest() == nullptr)
      return true;
    found.emplace();
    found->sequence = record.sequence;
    fact->UnPackTo(&found->decision);
    return false;
  }));
  return found;
}

// Puts the settings there that the log has under the digest in the state.
bool settings_by_the_log(const log::Snapshot& snapshot, fold::State& state) {
  if (!state.policy) return false;
  const auto record = snapshot.at(state.policy->adopted);
  // Of a policy whose record cannot be read here the kept text speaks, if it has the digest that
  // the state and its witness name.
  if (!record && is_damage(record.error()))
    return fold::text_digest(fold::render_policy(state.policy->settings)) == state.policy->digest;
  const auto* adopted = record ? record->event.as<fb::PolicyAdopted>() : nullptr;
  if (adopted == nullptr || adopted->text() == nullptr) return false;
  const std::string_view text = adopted->text()->string_view();
  auto settings = fold::parse_policy(text);
  if (!settings || fold::text_digest(text) != state.policy->digest) return false;
  state.policy->settings = *std::move(settings);
  return true;
}

// Folds a copy of the kept state on to what the decision was based on. Nothing where that is
// another state than the decision names.
Result<std::optional<fold::State>> as_the_decision_names(
    const log::Snapshot& snapshot, const projections::FoldCache::FoundState& kept,
    const fb::DecisionMadeT& decision) {
  fold::State state = kept.state;
  const Sequence based_on{decision.based_on};
  WATTLEDGER_TRY(snapshot.scan(
      kept.sequence.next(), based_on, [&](const log::RecordView& record) -> Result<bool> {
        fold::evolve(state, record.sequence, record.recorded_at, record.event);
        return true;
      }));
  if (!settings_by_the_log(snapshot, state) || state.through != based_on ||
      fold::state_digest(state) != from_fb(*decision.state_digest))
    return std::optional<fold::State>();
  return std::optional(std::move(state));
}

// The size of the checkpoint that proves the record; why not otherwise.
Result<std::uint64_t> proven(const log::Snapshot& snapshot, Sequence sequence,
                             const log::VerifierKey& key) {
  const auto proof = log::prove_inclusion(snapshot, sequence, std::nullopt);
  if (!proof) return Failure(proof.error());
  const auto checkpoint = log::check_proof(*proof, {key, std::nullopt});
  if (!checkpoint) return Failure(checkpoint.error());
  return checkpoint->size;
}

class Search {
 public:
  Search(const log::Snapshot& snapshot, const log::VerifierKey& key, Sequence before)
      : snapshot_(snapshot), key_(key), before_(before) {}

  // Nothing, and why not, where this state cannot be believed.
  Result<std::optional<Witnessed>> judge(projections::FoldCache::FoundState kept);
  [[nodiscard]] const std::string& why_not() const { return why_not_; }

 private:
  const log::Snapshot& snapshot_;
  const log::VerifierKey& key_;
  const Sequence before_;
  std::string why_not_;
};

Result<std::optional<Witnessed>> Search::judge(projections::FoldCache::FoundState kept) {
  const auto refuse = [&](std::string why) {
    if (why_not_.empty()) why_not_ = std::move(why);
    return std::optional<Witnessed>();
  };
  const auto found = testimony(snapshot_, kept.sequence, before_);
  if (!found) return Failure(found.error());
  if (!*found) return refuse("no decision before the period speaks for the state kept there");
  const Testimony& witness = **found;
  auto state = as_the_decision_names(snapshot_, kept, witness.decision);
  if (!state) return Failure(state.error());
  if (!*state)
    return refuse(fmt::format("decision {} was not made from the state kept at record {}",
                              witness.sequence.value, kept.sequence.value));
  const auto size = proven(snapshot_, witness.sequence, key_);
  if (!size)
    return refuse(
        fmt::format("decision {} is not proven: {}", witness.sequence.value, size.error().what));
  Witnessed result;
  result.start = {witness.sequence,
                  **std::move(state),
                  witness.sequence,
                  witness.decision.engine_revision,
                  true,
                  Sequence()};
  result.why = fmt::format(
      "from the state kept at record {}, whose digest decision {} names, which the checkpoint at "
      "{} proves",
      kept.sequence.value, witness.sequence.value, *size);
  return std::optional(std::move(result));
}

// Whether the log contradicts it: the settings it has, or the next decision's digest.
Result<bool> contradicted(const log::Snapshot& snapshot, projections::FoldCache::FoundState& kept) {
  // A decision comes each slot or so; where none does for this long, nobody speaks.
  constexpr std::uint64_t heard_within = 4'096;
  fold::State with_settings = kept.state;
  if (kept.state.policy && !settings_by_the_log(snapshot, with_settings)) return true;
  const Sequence to{std::min(snapshot.head().value, kept.sequence.value + heard_within)};
  const auto witness = testimony(snapshot, kept.sequence, to);
  if (!witness) return Failure(witness.error());
  if (*witness) {
    const auto named = as_the_decision_names(snapshot, kept, (*witness)->decision);
    if (!named) return Failure(named.error());
    if (!*named) return true;
  }
  kept.state = std::move(with_settings);
  return false;
}

}  // namespace

Result<projections::FoldCache::FoundState> believed_state(const log::Snapshot& snapshot,
                                                          const projections::FoldCache& cache,
                                                          Sequence at_most) {
  auto kept = cache.find_state(snapshot, at_most);
  while (kept.sequence.value != 0) {
    const auto wrong = contradicted(snapshot, kept);
    // Where the log is damaged behind it, nobody can speak; whoever reads on meets the damage.
    if (!wrong && !is_damage(wrong.error())) return Failure(wrong.error());
    if (!wrong || !*wrong) return kept;
    note(
        fmt::format("the state kept at record {} is not what the log says, and is left out; "
                    "wattledger replay keeps them anew",
                    kept.sequence.value));
    kept = cache.find_state(snapshot, Sequence{kept.sequence.value - 1});
  }
  return kept;
}

Result<PeriodPlace> place_of(const log::Snapshot& snapshot, const Period& period) {
  const log::Meta& meta = snapshot.meta();
  PeriodPlace place{snapshot.head(), snapshot.head()};
  WATTLEDGER_TRY(snapshot.scan_occurred(period.from, period.to,
                                        [&](const log::RecordView& record) -> Result<bool> {
                                          place.before = Sequence{record.sequence.value - 1};
                                          return false;
                                        }));
  if (period.to > UtcTime::max() - log::occurred_lag_limit) return place;
  // Where the newest clock does not reach so far, or an import follows, decisions of the period may
  // still come.
  const UtcTime over = period.to + log::occurred_lag_limit;
  if (meta.head_recorded_at < over) return place;
  const auto behind = snapshot.first_recorded_at_or_after(over);
  if (!behind) return Failure(behind.error());
  const bool import_follows =
      std::any_of(meta.batches.begin(), meta.batches.end(),
                  [&](const log::ImportBatch& batch) { return batch.started >= *behind; });
  if (!import_follows) place.to = *behind;
  return place;
}

Result<Witnessed> witnessed_start(const log::Snapshot& snapshot,
                                  const projections::FoldCache& cache,
                                  const std::optional<log::VerifierKey>& key, Sequence before) {
  Witnessed first;
  if (!key) {
    first.why = "from the first record: without the log's key no kept state is believed";
    return first;
  }
  const auto newest = log::newest_checkpoint(snapshot);
  if (!newest) return Failure(newest.error());
  const std::uint64_t signed_to = *newest ? (*newest)->size : 0;
  const Sequence last{std::min(before.value, signed_to)};
  Search search(snapshot, *key, last);
  Sequence at_most = last;
  for (int tried = 0; tried < tries_max && at_most.value > 0; ++tried) {
    auto kept = cache.find_state(snapshot, at_most);
    if (kept.sequence.value == 0) break;
    at_most = Sequence{kept.sequence.value - 1};
    auto judged = search.judge(std::move(kept));
    if (!judged && !is_damage(judged.error())) return Failure(judged.error());
    if (judged && *judged) return **std::move(judged);
  }
  first.why = "from the first record: " + (search.why_not().empty()
                                               ? "no state is kept, and proven, before the period"
                                               : search.why_not());
  return first;
}

}  // namespace wattledger::tool
