#include "replay/audit/remake.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coordinator/policy/decide.hpp"
#include "replay/reading_on.hpp"

namespace wattledger::tool {
namespace {

constexpr std::uint64_t progress_every = 4'096;

bool in_import(const log::Meta& meta, Sequence sequence) {
  return std::any_of(meta.batches.begin(), meta.batches.end(), [&](const log::ImportBatch& batch) {
    return batch.started <= sequence && (batch.finished.value == 0 || sequence <= batch.finished);
  });
}

class Remaking {
 public:
  Remaking(const log::Snapshot& snapshot, RemakeStart start, const Period& period,
           const std::function<void(const Remade&)>& found)
      : snapshot_(snapshot), at_(std::move(start)), period_(period), found_(found) {}

  Result<void> record(const log::RecordView& record);
  // Of one whose past is known: nothing before it is read.
  Result<Remade> alone(const log::RecordView& record, fold::State past);
  [[nodiscard]] RemakeReport& report() { return report_; }

 private:
  Result<void> judge(const log::RecordView& record, Sequence decided);
  Result<void> compare(const fb::DecisionMade& fact, Remade& finding);
  void compare_without_policy(const fb::DecisionMadeT& recorded, Remade& finding) const;
  [[nodiscard]] bool of_other_engine(std::uint32_t revision) const {
    return revision != policy::engine_revision &&
           revision == at_.running_revision.value_or(revision);
  }
  Result<void> compare_plan(const fb::DecisionMadeT& recorded, const policy::Judgement& judgement,
                            Remade& finding) const;
  Result<void> fold_to(Sequence sequence);
  void count(const Remade& finding);

  const log::Snapshot& snapshot_;
  RemakeStart at_;
  const Period& period_;
  const std::function<void(const Remade&)>& found_;
  RemakeReport report_;
};

// A decision rests on what was in force when it was made; a restart in between is told apart by its
// own record.
Result<void> Remaking::record(const log::RecordView& record) {
  const Sequence decided = at_.decided;
  const bool ours = at_.look_at(record, snapshot_.meta());
  report_.through = record.sequence;
  if (record.event.kind() != Kind::DecisionMade || !period_.holds(record.event.occurred_at()))
    return {};
  if (ours) return judge(record, decided);
  ++report_.decisions;
  ++report_.not_reproducible;
  ++report_.imported;
  return {};
}

Result<void> Remaking::judge(const log::RecordView& record, Sequence decided) {
  const auto& fact = *record.event.as<fb::DecisionMade>();
  Remade finding;
  finding.sequence = record.sequence;
  finding.at = record.event.occurred_at();
  if (fact.based_on() >= record.sequence.value) {
    finding.answer = Answer::differs;
    finding.why = fmt::format("it says that it is based on record {}, which is not before it",
                              fact.based_on());
  } else if (fact.based_on() < decided.value) {
    finding.answer = Answer::differs;
    finding.why = fmt::format(
        "it says that it is based on record {}, although the decision before it stands at {}",
        fact.based_on(), decided.value);
  } else {
    WATTLEDGER_TRY(compare(fact, finding));
  }
  count(finding);
  return {};
}

Result<Remade> Remaking::alone(const log::RecordView& record, fold::State past) {
  at_.state = std::move(past);
  Remade finding;
  finding.sequence = record.sequence;
  finding.at = record.event.occurred_at();
  const auto* fact = record.event.as<fb::DecisionMade>();
  if (fact == nullptr || fact->based_on() != at_.state.through.value)
    return fail(ErrorKind::invalid_input,
                fmt::format("record {} does not rest on this past", record.sequence.value));
  WATTLEDGER_TRY(compare(*fact, finding));
  return finding;
}

// What differs, or that nothing does but the revision itself.
std::string other_revision_text(std::uint32_t revision,
                                const std::vector<FieldDifference>& differences) {
  std::string fields;
  for (const FieldDifference& each : differences)
    if (each.field != "engine_revision") fields += (fields.empty() ? "" : ", ") + each.field;
  return fmt::format("made by engine revision {}, this is {}: {}", revision,
                     policy::engine_revision,
                     fields.empty() ? "all else is equal" : "it decides otherwise in " + fields);
}

Result<void> Remaking::compare(const fb::DecisionMade& fact, Remade& finding) {
  WATTLEDGER_TRY(fold_to(Sequence{fact.based_on()}));
  fb::DecisionMadeT recorded;
  fact.UnPackTo(&recorded);
  const bool has_policy = recorded.policy_digest && from_fb(*recorded.policy_digest) != Digest{};
  if (has_policy && !at_.state.policy && !at_.policy_readable) {
    compare_without_policy(recorded, finding);
    return {};
  }
  const policy::Judgement judgement = policy::decide(at_.state, finding.at);
  const fb::DecisionMadeT& remade = judgement.decision;
  if (policy::canonical_bytes(recorded) == policy::canonical_bytes(remade))
    return compare_plan(recorded, judgement, finding);
  finding.differences = compare_fields(recorded, remade);
  if (of_other_engine(recorded.engine_revision)) {
    finding.answer = Answer::other_revision;
    finding.why = other_revision_text(recorded.engine_revision, finding.differences);
    return {};
  }
  finding.answer = Answer::differs;
  const bool other_past = recorded.state_digest && remade.state_digest &&
                          !(*recorded.state_digest == *remade.state_digest);
  finding.why = other_past ? "the past it was made from is not the past in the log"
                           : "the same past gives another decision";
  return {};
}

// This very engine wrote the policy and could read it: one that is gone or illegible was tampered
// with or damaged.
void Remaking::compare_without_policy(const fb::DecisionMadeT& recorded, Remade& finding) const {
  const Sequence unreadable = at_.unreadable_policy;
  finding.why = unreadable.value == 0
                    ? std::string("the policy that it names is not in the log before it")
                    : fmt::format("the policy of record {}, which it rests on, cannot be read",
                                  unreadable.value);
  finding.answer = Answer::differs;
  if (!of_other_engine(recorded.engine_revision)) return;
  finding.answer = Answer::other_revision;
  finding.why = fmt::format("made by engine revision {}, this is {}: {}", recorded.engine_revision,
                            policy::engine_revision, finding.why);
}

// The canonical encoding leaves `plan` out; what it names must be the plan in force or, between the
// past and the decision, the one that this very judgement made.
Result<void> Remaking::compare_plan(const fb::DecisionMadeT& recorded,
                                    const policy::Judgement& judgement, Remade& finding) const {
  const std::optional<fb::PlanAdoptedT>& plan = judgement.plan;
  if (!recorded.plan) {
    if (!plan && !judgement.keeps_plan) return {};
    finding.answer = Answer::differs;
    finding.why = "it names no plan, but the same past makes one";
    return {};
  }
  const Sequence named{*recorded.plan};
  const auto record = named < finding.sequence
                          ? snapshot_.at(named)
                          : Result<log::RecordView>(fail(ErrorKind::not_found, ""));
  if (!record && record.error().kind == ErrorKind::corrupt) return Failure(record.error());
  const auto* fact = record ? record->event.as<fb::PlanAdopted>() : nullptr;
  std::string wrong;
  if (fact == nullptr) {
    wrong = "is no plan before it";
  } else if (!plan && !judgement.keeps_plan) {
    wrong = "is a plan, but the same past makes none";
  } else if (plan && named > at_.state.through) {
    fb::PlanAdoptedT adopted;
    fact->UnPackTo(&adopted);
    if (!(adopted == *plan)) wrong = "is not the plan that the same past makes";
  } else if (!at_.state.plan || at_.state.plan->sequence != named) {
    wrong = "is not the plan that was in force";
  }
  if (wrong.empty()) return {};
  finding.answer = Answer::differs;
  finding.why = fmt::format("the record {} that it names as its plan {}", named.value, wrong);
  return {};
}

Result<void> Remaking::fold_to(Sequence sequence) {
  if (sequence <= at_.state.through) return {};
  return snapshot_.scan(at_.state.through.value == 0 ? snapshot_.first() : at_.state.through.next(),
                        sequence, [this](const log::RecordView& record) -> Result<bool> {
                          fold::evolve(at_.state, record.sequence, record.recorded_at,
                                       record.event);
                          return true;
                        });
}

void Remaking::count(const Remade& finding) {
  ++report_.decisions;
  switch (finding.answer) {
    case Answer::identical:
      ++report_.identical;
      return;
    case Answer::differs:
      ++report_.differs;
      break;
    case Answer::other_revision:
      ++report_.other_revision;
      break;
    case Answer::not_reproducible:
      ++report_.not_reproducible;
      break;
  }
  found_(finding);
}

template <class T>
std::string value_text(const flatbuffers::Optional<T>& value) {
  return value ? std::to_string(*value) : "absent";
}

std::string digest_text(const std::unique_ptr<fb::Digest256>& digest) {
  return digest ? from_fb(*digest).hex() : "absent";
}

std::string tried_text(const std::vector<std::unique_ptr<fb::TriedRuleT>>& tried) {
  std::string result;
  for (const auto& each : tried) {
    if (!result.empty()) result += ", ";
    result +=
        fmt::format("{} {}", fb::EnumNameRule(each->rule), fb::EnumNameOutcome(each->outcome));
    for (const std::int64_t number : each->numbers) result += fmt::format(" {}", number);
  }
  return result.empty() ? "none" : result;
}

// The fields as text, in schema order; `plan` is not among them.
std::vector<std::pair<const char*, std::string>> field_texts(const fb::DecisionMadeT& d) {
  return {{"action", fb::EnumNameAction(d.action)},
          {"power_w", value_text(d.power_w)},
          {"target_soc_bp", value_text(d.target_soc_bp)},
          {"until_us", value_text(d.until_us)},
          {"rule", fb::EnumNameRule(d.rule)},
          {"tried", tried_text(d.tried)},
          {"expected_cost_e8", value_text(d.expected_cost_e8)},
          {"expected_saving_e8", value_text(d.expected_saving_e8)},
          {"expected_energy_mwh", value_text(d.expected_energy_mwh)},
          {"price_e8", value_text(d.price_e8)},
          {"based_on", std::to_string(d.based_on)},
          {"policy_digest", digest_text(d.policy_digest)},
          {"engine_revision", std::to_string(d.engine_revision)},
          {"state_digest", digest_text(d.state_digest)},
          {"control_mode", fb::EnumNameControlMode(d.control_mode)}};
}

}  // namespace

std::string_view answer_name(Answer answer) {
  switch (answer) {
    case Answer::identical:
      return "identical";
    case Answer::differs:
      return "differs";
    case Answer::other_revision:
      return "other_revision";
    case Answer::not_reproducible:
      return "not_reproducible";
  }
  return "";
}

std::vector<FieldDifference> compare_fields(const fb::DecisionMadeT& recorded,
                                            const fb::DecisionMadeT& remade) {
  std::vector<FieldDifference> differences;
  const auto left = field_texts(recorded);
  const auto right = field_texts(remade);
  for (std::size_t i = 0; i < left.size(); ++i)
    if (left[i].second != right[i].second)
      differences.push_back({left[i].first, left[i].second, right[i].second});
  return differences;
}

Result<Remade> remake_decision(const log::Snapshot& snapshot, const log::RecordView& record,
                               fold::State past) {
  const Period all;
  const std::function<void(const Remade&)> nobody;
  return Remaking(snapshot, RemakeStart{}, all, nobody).alone(record, std::move(past));
}

bool RemakeStart::look_at(const log::RecordView& record, const log::Meta& meta) {
  behind = record.sequence;
  if (const auto* adopted = record.event.as<fb::PolicyAdopted>();
      adopted != nullptr && adopted->text() != nullptr) {
    if (fold::parse_policy(adopted->text()->string_view()))
      policy_readable = true;
    else
      unreadable_policy = record.sequence;
  }
  if (const auto* started = record.event.as<fb::CoordinatorStarted>())
    running_revision = started->engine_revision();
  if (record.event.kind() != Kind::DecisionMade || in_import(meta, record.sequence)) return false;
  decided = record.sequence;
  return true;
}

Result<RemakeReport> remake_decisions(const log::Snapshot& snapshot, RemakeStart start, Sequence to,
                                      const Period& period,
                                      const std::function<void(const Remade&)>& found,
                                      const std::function<void(Sequence)>& progress) {
  const Sequence from = start.behind.next();
  Remaking remaking(snapshot, std::move(start), period, found);
  const auto scanned = snapshot.scan(from, to, [&](const log::RecordView& record) -> Result<bool> {
    if (record.sequence.value % progress_every == 0) progress(record.sequence);
    if (auto judged = remaking.record(record); !judged) return Failure(std::move(judged).error());
    return true;
  });
  RemakeReport& report = remaking.report();
  if (scanned) report.through = to;
  if (!scanned && !is_damage(scanned.error())) return Failure(scanned.error());
  if (!scanned) report.damage = scanned.error();
  return std::move(report);
}

}  // namespace wattledger::tool
