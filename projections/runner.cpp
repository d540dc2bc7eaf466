#include "projections/runner.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "events/upcast.hpp"
#include "log/merkle.hpp"
#include "projections/correction_index.hpp"

namespace wattledger::projections {
namespace {

struct Target {
  Projector* projector;
  std::optional<Checkpoint> checkpoint;  // what the target holds, as far as we know
  TargetReport report;
  bool candidate = false;  // could be continued, if its root is the log's
  bool fed = false;
};

std::string at(Sequence sequence) { return "sequence " + std::to_string(sequence.value); }

constexpr const char* rebuild_remedy = "rebuild it with `wattledger replay`";

void judge(Target& target, TargetStanding standing, std::string message) {
  target.report.standing = standing;
  target.report.message = "projection " + target.report.projection + ": " + std::move(message);
}

// What a target's checkpoint says without reading a record.
void judge_checkpoint(Target& target, const log::Meta& meta) {
  if (!target.checkpoint) {
    judge(target, TargetStanding::empty, "empty, filled from the log's start");
    target.candidate = true;
    return;
  }
  const Checkpoint& checkpoint = *target.checkpoint;
  target.report.sequence = checkpoint.sequence;
  if (checkpoint.log != meta.uuid) {
    judge(target, TargetStanding::other_log,
          "it was built from the log " + checkpoint.log.hex() + ", this one is " + meta.uuid.hex() +
              "; " + rebuild_remedy);
  } else if (checkpoint.sequence > meta.head) {
    judge(target, TargetStanding::ahead_of_log,
          "it holds " + at(checkpoint.sequence) + ", the log ends at " + at(meta.head) + "; " +
              rebuild_remedy);
  } else if (checkpoint.version != target.projector->version()) {
    judge(target, TargetStanding::other_version,
          "it is of version " + std::to_string(checkpoint.version) + ", this program builds " +
              std::to_string(target.projector->version()) + "; it stays readable, " +
              rebuild_remedy);
  } else {
    target.candidate = true;
  }
}

// Its root must be compared even when its version already forbids to feed it: a restored log weighs
// more.
bool root_matters(const Target& target) {
  return target.checkpoint &&
         (target.candidate || target.report.standing == TargetStanding::other_version);
}

// What at least one of them reads.
fold::RowTexts texts_of(const std::vector<Target>& targets) {
  fold::RowTexts all{UtcTime::max(), UtcTime::max()};
  for (const Target& target : targets) {
    const fold::RowTexts its = target.projector->texts();
    all.metrics = std::min(all.metrics, its.metrics);
    all.file_lines = std::min(all.file_lines, its.file_lines);
  }
  return all;
}

}  // namespace

std::string_view standing_name(TargetStanding standing) {
  switch (standing) {
    case TargetStanding::empty:
      return "empty";
    case TargetStanding::current:
      return "current";
    case TargetStanding::behind:
      return "behind";
    case TargetStanding::other_version:
      return "other version";
    case TargetStanding::ahead_of_log:
      return "ahead of the log";
    case TargetStanding::other_log:
      return "other log";
    case TargetStanding::other_history:
      return "other history";
    case TargetStanding::foreign:
      return "foreign";
    case TargetStanding::unreadable:
      return "unreadable";
  }
  return "";
}

struct Runner::Impl {
  Impl(const log::Log& read, RunnerOptions given) : log(&read), options(std::move(given)) {}

  const log::Log* log;
  RunnerOptions options;
  std::vector<Target> targets;
  std::vector<Stopped> stopped;
  Id128 uuid;
  // The fold and its memory stand at `position`, where the log's tree has `root`.
  Sequence position;
  fold::State state;
  fold::LegacyRowsState memory;
  fold::RowTexts texts;  // what the targets read
  Digest root;
  Damage damage;
  Corrections corrections;                         // met so far
  std::vector<CorrectionPlace> correction_places;  // of them, since `began`
  std::uint64_t corrected_records = 0;             // told as corrections say
  Sequence began;
  std::vector<std::string> discarded;
  std::vector<fold::LegacyRow> rows;  // of the batch at hand; its memory is used again

  // What feed() gives to the targets: the fold may be further on meanwhile.
  struct Batch {
    std::vector<fold::LegacyRow> rows;
    Sequence position;
    Digest root;
  };
  Batch batch;

  void begin_anew(const log::Meta& meta);
  void look_at(Target& target, const log::Meta& meta);
  void recall(const log::Snapshot& snapshot, Sequence at_most);
  Result<void> to_lowest(const log::Snapshot& snapshot);
  Result<void> compare_roots(const log::Snapshot& snapshot);
  void settle_standings(Sequence head);
  Result<void> fold_range(const log::Snapshot& snapshot, Sequence to);
  Result<Sequence> next_stop(const log::Snapshot& snapshot, Sequence to);
  [[nodiscard]] Sequence batch_end(const log::Snapshot& snapshot, Sequence to) const;
  void keep_state(const log::Snapshot& snapshot) const;
  void keep_corrections(const log::Snapshot& snapshot) const;
  void take_batch();
  void feed(bool even_without_rows);
  void feed_one(Target& target, bool even_without_rows);
  void stop(Target& target, const Error& error, const std::string& doing);
  [[nodiscard]] Checkpoint here(const Target& target) const {
    return Checkpoint{uuid, batch.position, batch.root, target.projector->version()};
  }
};

void Runner::Impl::look_at(Target& target, const log::Meta& meta) {
  target.report =
      TargetReport{std::string(target.projector->name()), TargetStanding::empty, {}, {}};
  target.candidate = target.fed = false;
  Result<std::optional<Checkpoint>> found = target.projector->checkpoint();
  if (found) {
    target.checkpoint = *found;
    judge_checkpoint(target, meta);
    return;
  }
  const bool foreign = found.error().kind == ErrorKind::foreign;
  judge(target, foreign ? TargetStanding::foreign : TargetStanding::unreadable,
        found.error().line());
  stopped.push_back({target.report.projection, found.error()});
}

void Runner::Impl::begin_anew(const log::Meta& meta) {
  uuid = meta.uuid;
  position = began = Sequence{0};
  state = fold::State{};
  memory = fold::LegacyRowsState{};
  root = log::empty_root();
  damage = Damage{};
  corrections = Corrections{};
  correction_places.clear();
  corrected_records = 0;
  stopped.clear();
  discarded.clear();
}

// Begins behind the newest fold snapshot that is not beyond `at_most`.
void Runner::Impl::recall(const log::Snapshot& snapshot, Sequence at_most) {
  if (!options.cache) return;
  FoldCache::Found found = options.cache->find(snapshot, at_most);
  discarded = std::move(found.discarded);
  if (!found.snapshot) return;
  position = began = found.snapshot->sequence;
  state = std::move(found.snapshot->state);
  memory = std::move(found.snapshot->rows);
  root = found.snapshot->root;
}

// Folds up to the lowest place where a target must be continued; the fold stays there.
Result<void> Runner::Impl::to_lowest(const log::Snapshot& snapshot) {
  std::optional<Sequence> lowest;
  for (const Target& target : targets) {
    if (!target.candidate) continue;
    const Sequence holds = target.checkpoint ? target.checkpoint->sequence : Sequence{0};
    lowest = lowest ? std::min(*lowest, holds) : holds;
  }
  // Nobody to feed: stand at the head, so that the state is right and nothing is read twice.
  const Sequence to = lowest.value_or(snapshot.head());
  recall(snapshot, to);
  WATTLEDGER_TRY(fold_range(snapshot, to));
  rows.clear();
  return {};
}

// A target whose root the log cannot tell any more, for damage there, is believed: its log and its
// place are right.
Result<void> Runner::Impl::compare_roots(const log::Snapshot& snapshot) {
  for (Target& target : targets) {
    if (!root_matters(target)) continue;
    const Sequence holds = target.checkpoint->sequence;
    const auto same = same_root(snapshot, holds, target.checkpoint->root);
    if (!same) return Failure(same.error());
    if (*same != SameRoot::no) continue;
    target.candidate = false;
    judge(target, TargetStanding::other_history,
          "the log's first " + std::to_string(holds.value) +
              " records are not those it was built from; " + rebuild_remedy);
  }
  return {};
}

void Runner::Impl::settle_standings(Sequence head) {
  for (Target& target : targets) {
    target.fed = target.candidate;
    if (!target.candidate || !target.checkpoint) continue;
    const bool current = target.checkpoint->sequence == head;
    judge(target, current ? TargetStanding::current : TargetStanding::behind,
          current ? "up to date at " + at(head)
                  : "continued after " + at(target.checkpoint->sequence) + " of " +
                        std::to_string(head.value));
  }
}

// A ClockStepped is a batch by itself, and an import begins one. Where the next batch ends, at most
// at `until`.
Sequence end_of_batch(const log::Meta& meta, Sequence position, Sequence until) {
  for (const log::ImportBatch& batch : meta.batches)
    if (batch.started > position.next() && batch.started <= until)
      until = std::min(until, Sequence{batch.started.value - 1});
  for (const log::ClockEpoch& epoch : meta.epochs) {
    if (epoch.first <= position || epoch.first > until || epoch.first.value == 1) continue;
    return epoch.first == position.next() ? epoch.first : Sequence{epoch.first.value - 1};
  }
  return until;
}

// The most that a batch may hold: it stops where a state is to be kept.
Sequence Runner::Impl::batch_end(const log::Snapshot& snapshot, Sequence to) const {
  std::uint64_t until =
      std::min<std::uint64_t>(to.value, position.value + options.batch_events_max);
  if (options.states) {
    const std::uint64_t spacing = state_spacing(snapshot.head());
    until = std::min(until, (position.value / spacing + 1) * spacing);
  }
  return Sequence{until};
}

// One that cannot be written costs an audit some time. What damage was stepped over for is no state
// to audit by.
void Runner::Impl::keep_state(const log::Snapshot& snapshot) const {
  if (!options.states || damage.records != 0 || position.value == 0 ||
      position.value % state_spacing(snapshot.head()) != 0)
    return;
  (void)options.states->write_state(snapshot, position, root, state);
  keep_corrections(snapshot);
}

// Those before this run began are known from the index; where it ends before that, they are read.
void Runner::Impl::keep_corrections(const log::Snapshot& snapshot) const {
  const CorrectionIndex index(options.states->directory());
  KnownCorrections known = index.find(snapshot);
  if (known.through >= position) return;
  const Sequence met_from = known.through;
  if (met_from < began) {
    const auto read =
        snapshot.scan(met_from.next(), began, [&](const log::RecordView& record) -> Result<bool> {
          take_correction(record, known.places);
          return true;
        });
    if (!read) return;
  }
  for (const CorrectionPlace& each : correction_places)
    if (each.by > met_from) known.places.push_back(each);
  known.through = position;
  (void)index.write(snapshot, known, root);
}

// Where the next batch ends: a place whose root the tree can tell, known before anything is folded.
// Batches end at whole stored nodes where they can, so that no root rests on single records.
Result<Sequence> Runner::Impl::next_stop(const log::Snapshot& snapshot, Sequence to) {
  constexpr std::uint64_t node = std::uint64_t{1} << unsigned{log::Frontier::stored_level_min};
  Sequence until = batch_end(snapshot, to);
  if (until < to && options.batch_events_max >= node) until.value -= until.value % node;
  auto found = log::root_at(snapshot, until.value);
  // With a node missing only the head's root is known. Before a ClockStepped none is told then,
  // which nobody can hold against the log.
  if (!found && found.error().kind == ErrorKind::corrupt && options.over_damage) {
    until = end_of_batch(snapshot.meta(), position, snapshot.head());
    found = until == snapshot.head() ? log::root_at(snapshot, until.value) : Digest{};
  }
  if (!found) return Failure(found.error());
  root = *found;
  return until;
}

// Folds the records after `position` up to `to` and collects their rows.
Result<void> Runner::Impl::fold_range(const log::Snapshot& snapshot, Sequence to) {
  const auto fold_in = [&](const log::RecordView& record) -> Result<bool> {
    fold::evolve(state, record.sequence, record.recorded_at, record.event);
    corrections.take(record.sequence, record.event);
    take_correction(record, correction_places);
    position = record.sequence;
    if (options.imported_only && !fold::is_imported(record.event)) return true;
    const auto corrected = options.corrections
                               ? options.corrections->corrected(record.sequence, record.event)
                               : std::nullopt;
    const auto seen = corrected ? corrected->view() : Result<EventView>(record.event);
    if (!seen) return Failure(seen.error());
    corrected_records += corrected ? 1U : 0U;
    fold::derive_rows(memory, state, {record.sequence, record.recorded_at, record.event, *seen},
                      texts, rows);
    return true;
  };
  while (position < to) {
    // Rows of a long fold that nobody wants must not pile up; a batch's are kept for feed().
    rows.clear();
    const auto until = next_stop(snapshot, to);
    if (!until) return Failure(until.error());
    const Result<void> folded =
        options.over_damage ? scan_over_damage(snapshot, position.next(), *until, fold_in, damage)
                            : snapshot.scan(position.next(), *until, fold_in);
    if (!folded) {
      // What came before the error is fed with the root of where it ends.
      const auto here = log::root_at(snapshot, position.value);
      if (here) root = *here;
      return folded;
    }
    position = *until;
    keep_state(snapshot);
  }
  return {};
}

// What was folded since becomes the batch; the memory of the one before is used again.
void Runner::Impl::take_batch() {
  batch.rows.clear();
  batch.rows.swap(rows);
  batch.position = position;
  batch.root = root;
}

void Runner::Impl::feed(bool even_without_rows) {
  for (Target& target : targets) feed_one(target, even_without_rows);
}

void Runner::Impl::feed_one(Target& target, bool even_without_rows) {
  const Sequence holds = target.checkpoint ? target.checkpoint->sequence : Sequence{0};
  if (!target.fed || holds >= batch.position) return;
  const std::vector<fold::LegacyRow>& rows_fed = batch.rows;
  const auto first = std::find_if(rows_fed.begin(), rows_fed.end(),
                                  [&](const fold::LegacyRow& row) { return row.sequence > holds; });
  const std::span<const fold::LegacyRow> news(first, rows_fed.end());
  if (news.empty() && !even_without_rows &&
      batch.position.value - holds.value < options.batch_events_max)
    return;
  const Checkpoint after = here(target);
  const Result<void> applied = target.projector->apply(target.checkpoint, after, news);
  if (!applied)
    return stop(target, applied.error(),
                "cannot apply " + at(holds.next()) + " to " + std::to_string(batch.position.value));
  target.checkpoint = after;
}

void Runner::Impl::stop(Target& target, const Error& error, const std::string& doing) {
  target.fed = false;
  Error told = error;
  told.what = "projection " + target.report.projection + " stopped: " + doing + ": " + error.what;
  stopped.push_back({target.report.projection, std::move(told)});
}

Runner::Runner(const log::Log& log, const std::vector<Projector*>& projectors,
               RunnerOptions options)
    : impl_(std::make_shared<Impl>(log, std::move(options))) {
  impl_->options.batch_events_max = std::max<std::size_t>(impl_->options.batch_events_max, 1);
  for (Projector* projector : projectors)
    impl_->targets.push_back(Target{projector, {}, {}, false, false});
}

Result<std::vector<TargetReport>> Runner::start() {
  Impl& run = *impl_;
  WATTLEDGER_TRY(check_upcasters(upcasters()));
  const Result<log::Snapshot> snapshot = run.log->snapshot();
  if (!snapshot) return Failure(snapshot.error());
  const log::Meta& meta = snapshot->meta();
  run.begin_anew(meta);
  for (Target& target : run.targets) run.look_at(target, meta);
  run.texts = texts_of(run.targets);
  WATTLEDGER_TRY(run.to_lowest(*snapshot));
  WATTLEDGER_TRY(run.compare_roots(*snapshot));
  run.settle_standings(snapshot->head());
  std::vector<TargetReport> reports;
  for (const Target& target : run.targets) reports.push_back(target.report);
  return reports;
}

Result<Sequence> Runner::catch_up() {
  Impl& run = *impl_;
  std::future<void> feeding;  // its end, too, waits for the thread
  while (true) {
    const Result<log::Snapshot> snapshot = run.log->snapshot();
    if (!snapshot) return Failure(snapshot.error());
    const Sequence head =
        std::min(snapshot->head(), run.options.through.value_or(snapshot->head()));
    if (run.position >= head) break;
    const Sequence until =
        end_of_batch(snapshot->meta(), run.position, run.batch_end(*snapshot, head));
    const Result<void> folded = run.fold_range(*snapshot, until);
    if (feeding.valid()) feeding.get();
    // What was folded before a damaged record is fed: the fold has moved on and does not return to
    // it.
    run.take_batch();
    if (run.options.overlap && folded) {
      feeding = std::async(std::launch::async, [&run] { run.feed(false); });
    } else {
      run.feed(false);
    }
    if (!folded) return Failure(folded.error());
    if (run.options.progress) run.options.progress(run.position, head);
  }
  if (feeding.valid()) feeding.get();
  return run.position;
}

Result<void> Runner::settle() {
  Impl& run = *impl_;
  run.take_batch();
  run.feed(true);
  for (Target& target : run.targets) {
    if (!target.fed || !target.checkpoint) continue;
    const Result<void> settled = target.projector->settle();
    if (!settled)
      run.stop(target, settled.error(),
               "cannot be made durable at " + at(target.checkpoint->sequence));
  }
  return {};
}

FoldSnapshot Runner::fold_snapshot() const {
  return {impl_->uuid, impl_->position, impl_->root, impl_->state, impl_->memory};
}

Sequence Runner::position() const { return impl_->position; }
const Damage& Runner::damage() const { return impl_->damage; }
const Corrections& Runner::corrections() const { return impl_->corrections; }
std::uint64_t Runner::corrected() const { return impl_->corrected_records; }
Sequence Runner::began() const { return impl_->began; }
const std::vector<std::string>& Runner::discarded() const { return impl_->discarded; }
const fold::State& Runner::state() const { return impl_->state; }
const std::vector<Runner::Stopped>& Runner::stopped() const { return impl_->stopped; }

std::optional<Checkpoint> Runner::checkpoint(std::string_view projection) const {
  for (const Target& target : impl_->targets)
    if (target.report.projection == projection && target.fed) return target.checkpoint;
  return std::nullopt;
}

}  // namespace wattledger::projections
