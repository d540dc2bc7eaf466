#include "log/verification.hpp"

#include <lmdb.h>

#include <algorithm>
#include <string>
#include <utility>

#include "log/byte_order.hpp"
#include "log/cold_segment.hpp"
#include "log/record.hpp"
#include "log/snapshot.hpp"
#include "log/verification_chunk.hpp"
#include "log/verification_tree.hpp"

namespace wattledger::log {
namespace {

constexpr const char* newer_remedy = "verify with the wattledger that wrote it, or a later one";

std::string records_text(std::uint64_t count) {
  return count == 1 ? "the record" : std::to_string(count) + " records from here on";
}

// Puts the chunks' results together, in order of sequence.
class Verifier {
 public:
  Verifier(const Snapshot& snapshot, const VerifyOptions& options)
      : snapshot_(snapshot), meta_(snapshot.meta()), options_(options) {}

  Result<Verification> run();

 private:
  void find(FindingKind kind, Sequence sequence, std::string what,
            const char* remedy = restore_remedy) {
    findings_.add(kind, sequence, std::move(what), remedy);
  }
  [[nodiscard]] Sequence begin() const;
  void begin_behind(Sequence last);
  void take(const Chunk& chunk, TreeCheck* tree);
  void visit(Sequence sequence, const CheckedRecord& record);
  void tell(const std::pair<Sequence, std::string>& text, RecordState state);
  [[nodiscard]] bool all_cold(const SequenceRange& range) const;
  void end_gap(bool at_tail);
  void check_order(Sequence sequence, const CheckedRecord& record);
  void check_batch(Sequence sequence, const CheckedRecord& record);
  void check_checkpoint(std::uint64_t size, const std::optional<Digest>& root);
  Result<void> check_later_checkpoints();
  Result<void> check_keys();
  void check_each_key(MDB_cursor* cursor, const Meta& now);
  void check_meta();

  const Snapshot& snapshot_;
  const Meta& meta_;
  const VerifyOptions& options_;
  Verification result_;
  Findings findings_;
  std::map<std::uint64_t, Digest> checkpoints_;
  std::uint64_t missing_ = 0;
  // The gap at hand: records missing, or unreadable, and why.
  std::optional<SequenceRange> gap_;
  bool gap_unreadable_ = false;
  std::string gap_why_;
  std::size_t epoch_ = 0;  // of epochs already begun
  std::size_t batch_ = 0;  // the batch that is open or comes next
  std::optional<UtcTime> newest_recorded_at_;
  Sequence newest_;  // whose that is
  std::optional<UtcTime> newest_in_batch_;
  Kind kind_highest_ = Kind::NONE;
};

Result<Verification> Verifier::run() {
  const Sequence from = begin();
  const std::uint64_t groups = (from.value - 1) / Chunk::group_records;
  ChunkWork work{&snapshot_.impl(), from, meta_.head, options_.deep, {}};
  std::optional<TreeCheck> tree;
  if (options_.deep) {
    auto known = stored_checkpoints(snapshot_, options_, findings_);
    if (!known) return Failure(known.error());
    checkpoints_ = *std::move(known);
    for (const auto& [size, root] : checkpoints_)
      if (size >= from.value) work.sizes.push_back(size);
    tree.emplace(snapshot_, groups, findings_);
  }
  if (from.value > 1) begin_behind(Sequence{from.value - 1});
  std::optional<Frontier> rest;
  if (meta_.head.value % Chunk::group_records == 0) rest.emplace();
  ChunkReader chunks(std::move(work), options_.threads);
  while (!findings_.full()) {
    const std::optional<Chunk> chunk = chunks.next();
    if (!chunk) break;
    take(*chunk, tree ? &*tree : nullptr);
    if (meta_.head.value % Chunk::group_records != 0) rest = chunk->rest;
  }
  end_gap(true);
  result_.root = meta_.frontier.root();
  if (!findings_.full() && tree) result_.root = tree->finish(rest);
  if (!findings_.full() && tree) WATTLEDGER_TRY(check_later_checkpoints());
  if (!findings_.full()) WATTLEDGER_TRY(check_keys());
  if (!findings_.full()) check_meta();
  result_.complete = !findings_.full();
  result_.findings = findings_.take();
  return std::move(result_);
}

// The first record of a group of the tree.
Sequence Verifier::begin() const {
  const std::uint64_t since =
      std::clamp<std::uint64_t>(options_.since.value, 1, meta_.head.value + 1);
  return Sequence{since - (since - 1) % Chunk::group_records};
}

// What the order of the first record is compared with.
void Verifier::begin_behind(Sequence last) {
  const auto record = snapshot_.at(last);
  if (!record) return;
  Findings kept = std::exchange(findings_, {});
  visit(last, {record->recorded_at, record->event.occurred_at(), record->event.kind(),
               RecordState::sound});
  findings_ = std::move(kept);
  result_.records = 0;
}

void Verifier::take(const Chunk& chunk, TreeCheck* tree) {
  auto text = chunk.texts.begin();
  auto group = chunk.groups.begin();
  auto partial = chunk.at_sizes.begin();
  Sequence sequence = chunk.first;
  for (const CheckedRecord& record : chunk.records) {
    if (text != chunk.texts.end() && text->first == sequence) tell(*text++, record.state);
    visit(sequence, record);
    if (tree != nullptr && sequence.value % Chunk::group_records == 0) tree->add_group(*group++);
    if (partial != chunk.at_sizes.end() && partial->first == sequence.value) {
      check_checkpoint(partial->first, tree->root_with(partial->second));
      ++partial;
    }
    if (findings_.full()) return;
    sequence = sequence.next();
  }
}

void Verifier::tell(const std::pair<Sequence, std::string>& text, RecordState state) {
  switch (state) {
    case RecordState::damaged:
      return find(FindingKind::damaged_record, text.first, text.second);
    case RecordState::foreign:
      return find(FindingKind::foreign_record, text.first,
                  "the checksum fits, and it is no record of ours: " + text.second);
    case RecordState::newer:
      return find(FindingKind::unknown_kind, text.first, text.second, newer_remedy);
    case RecordState::unreadable:
      if (gap_ && (!gap_unreadable_ || gap_why_ != text.second)) end_gap(false);
      gap_why_ = text.second;
      return;
    case RecordState::sound:
    case RecordState::lost:
    case RecordState::missing:
      return;
  }
}

void Verifier::visit(Sequence sequence, const CheckedRecord& record) {
  const bool unreadable = record.state == RecordState::unreadable;
  if (unreadable || record.state == RecordState::missing) {
    if (gap_ && gap_unreadable_ != unreadable) end_gap(false);
    if (!gap_) gap_ = SequenceRange{sequence, sequence};
    gap_->last = sequence;
    gap_unreadable_ = unreadable;
    return;
  }
  end_gap(false);
  ++result_.records;
  const bool lost = record.state == RecordState::lost;
  if (!lost && record.state != RecordState::sound) return;
  if (lost) {
    if (result_.lost.empty() || result_.lost.back().last.next() != sequence)
      result_.lost.push_back({sequence, sequence});
    result_.lost.back().last = sequence;
  }
  kind_highest_ = std::max(kind_highest_, record.kind);
  check_order(sequence, record);
  check_batch(sequence, record);
  newest_recorded_at_ = record.recorded_at;
  newest_ = sequence;
}

// Of archived records that no segment here holds: whether a remote is known to have each.
bool Verifier::all_cold(const SequenceRange& range) const {
  for (Sequence next = range.first; next <= range.last;) {
    const auto cold = cold_segment_of(snapshot_, next);
    if (!cold) return false;
    next = cold->records.last.next();
  }
  return true;
}

void Verifier::end_gap(bool at_tail) {
  if (!gap_) return;
  const auto [first, last] = *std::exchange(gap_, std::nullopt);
  const std::uint64_t count = last.value - first.value + 1;
  const std::string which = records_text(count);
  const std::string is = count == 1 ? " is" : " are";
  if (gap_unreadable_)
    return find(FindingKind::damaged_record, first, which + " cannot be read: " + gap_why_);
  if (last >= meta_.first) missing_ += last.value - std::max(first, meta_.first).value + 1;
  if (first < meta_.first && all_cold({first, last})) {
    result_.cold += count;
    return;
  }
  if (first < meta_.first)
    find(FindingKind::hole, first, which + is + " archived, and no segment here holds them",
         "bring the segment back into the log's directory segments/: with wattledger tiers fetch "
         "from a remote, or from a backup");
  else if (at_tail)
    find(FindingKind::torn_tail, first, which + is + " missing, the last that meta has");
  else
    find(FindingKind::hole, first, which + is + " missing");
}

void Verifier::check_order(Sequence sequence, const CheckedRecord& record) {
  const std::size_t before = epoch_;
  while (epoch_ < meta_.epochs.size() && meta_.epochs[epoch_].first <= sequence) ++epoch_;
  const bool begins = epoch_ > 0 && meta_.epochs[epoch_ - 1].first == sequence;
  const bool must_begin = sequence.value == 1 || record.kind == Kind::ClockStepped;
  if (record.state != RecordState::lost && must_begin != begins)
    find(FindingKind::meta_mismatch, sequence,
         begins ? "meta has a clock epoch here, the record opens none"
                : "opens a clock epoch that meta does not have");
  if (begins && meta_.epochs[epoch_ - 1].recorded_at != record.recorded_at)
    find(FindingKind::meta_mismatch, sequence,
         "meta has another time for the clock epoch that begins here");
  if (epoch_ == before && newest_recorded_at_ && record.recorded_at < *newest_recorded_at_)
    find(FindingKind::time_order, sequence,
         "recorded at " + utc_text(record.recorded_at) + ", before the record in front of it");
}

void Verifier::check_batch(Sequence sequence, const CheckedRecord& record) {
  const auto over = [&](const ImportBatch& batch) {
    return batch.finished.value != 0 && batch.finished < sequence;
  };
  while (batch_ < meta_.batches.size() && over(meta_.batches[batch_])) {
    ++batch_;
    newest_in_batch_.reset();
  }
  const bool in = batch_ < meta_.batches.size() && meta_.batches[batch_].started <= sequence;
  const bool starts = in && meta_.batches[batch_].started == sequence;
  if (in && record.recorded_at != meta_.batches[batch_].recorded_at)
    find(FindingKind::time_order, sequence, "recorded at another time than its import batch");
  if (record.state == RecordState::lost) return;
  if (starts != (record.kind == Kind::ImportStarted))
    find(FindingKind::meta_mismatch, sequence,
         "ImportStarted and the import batches of meta do not fit");
  const bool finishes = record.kind == Kind::ImportFinished;
  if (in && !starts && !finishes) {
    if (newest_in_batch_ && record.occurred_at < *newest_in_batch_)
      find(FindingKind::time_order, sequence,
           "out of order of occurred-at within its import batch");
    newest_in_batch_ = record.occurred_at;
  }
  if (!in && (record.recorded_at - record.occurred_at > occurred_lag_limit ||
              record.occurred_at - record.recorded_at > occurred_ahead_limit))
    find(FindingKind::time_order, sequence,
         "occurred at " + utc_text(record.occurred_at) + ", too far from when it was recorded, " +
             utc_text(record.recorded_at));
}

void Verifier::check_checkpoint(std::uint64_t size, const std::optional<Digest>& root) {
  if (!root) return;  // below a hole: nothing to compare with
  ++result_.checkpoints;
  const Digest& signed_root = checkpoints_.at(size);
  if (*root == signed_root) return;
  find(FindingKind::rewritten_history, Sequence{size},
       "the records up to here give the root " + root->hex() + ", the checkpoint has " +
           signed_root.hex());
}

// Of a log that was longer once. It may also have grown since the snapshot.
Result<void> Verifier::check_later_checkpoints() {
  if (checkpoints_.empty() || checkpoints_.rbegin()->first <= meta_.head.value) return {};
  const Environment& environment = *snapshot_.impl().environment;
  const auto transaction = Transaction::begin(environment, Transaction::Access::read);
  if (!transaction) return Failure(transaction.error());
  const auto values = read_meta(environment, *transaction);
  const auto now = values ? decode_meta(*values) : Failure(values.error());
  if (!now) return Failure(now.error());
  for (const auto& [size, root] : checkpoints_)
    if (size > now->head.value)
      find(FindingKind::rewritten_history, now->head,
           "a checkpoint covers " + std::to_string(size) + " records, the log ends here");
  return {};
}

// Keys among the records that no record has.
Result<void> Verifier::check_keys() {
  const Environment& environment = *snapshot_.impl().environment;
  const auto transaction = Transaction::begin(environment, Transaction::Access::read);
  if (!transaction) return Failure(transaction.error());
  const auto cursor = Cursor::open(*transaction, environment.databases().events);
  if (!cursor) return Failure(cursor.error());
  const auto values = read_meta(environment, *transaction);
  const auto now = values ? decode_meta(*values) : Failure(values.error());
  if (!now) return Failure(now.error());  // the log may have grown since the snapshot
  MDB_stat stat{};
  mdb_stat(transaction->get(), environment.databases().events, &stat);
  // Archived since, what was missing may be in no segment either.
  const std::uint64_t stored = now->head.value - now->first.value + 1;
  const std::uint64_t expected = stored - std::min(stored, missing_);
  if (stat.ms_entries > expected) check_each_key(cursor->get(), *now);
  return {};
}

void Verifier::check_each_key(MDB_cursor* cursor, const Meta& now) {
  MDB_val key{};
  MDB_val value{};
  std::uint64_t before = 0;
  for (int code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); code == 0 && !findings_.full();
       code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
    if (key.mv_size != sizeof before) {
      find(FindingKind::foreign_record, Sequence{before},
           "behind it stands a key of " + std::to_string(key.mv_size) + " bytes");
      continue;
    }
    const auto there = load_big<std::uint64_t>(static_cast<const std::byte*>(key.mv_data));
    if (there < now.first.value || there > now.head.value)
      find(FindingKind::foreign_record, Sequence{there}, "stands outside first and head of meta");
    else
      before = there;
  }
}

void Verifier::check_meta() {
  if (newest_recorded_at_ && newest_ == meta_.head &&
      *newest_recorded_at_ != meta_.head_recorded_at)
    find(FindingKind::meta_mismatch, meta_.head, "meta has another recorded-at for the head");
  if (kind_highest_ > meta_.kind_highest)
    find(FindingKind::meta_mismatch, meta_.head,
         "meta has " + std::string(kind_name(meta_.kind_highest)) +
             " as the highest kind, a record is " + std::string(kind_name(kind_highest_)));
}

}  // namespace

Result<Verification> verify(const Snapshot& snapshot, const VerifyOptions& options) {
  return Verifier(snapshot, options).run();
}

std::string_view finding_name(FindingKind kind) {
  switch (kind) {
    case FindingKind::hole:
      return "hole";
    case FindingKind::torn_tail:
      return "torn tail";
    case FindingKind::damaged_record:
      return "damaged record";
    case FindingKind::foreign_record:
      return "foreign record";
    case FindingKind::rewritten_history:
      return "rewritten history";
    case FindingKind::damaged_node:
      return "damaged node";
    case FindingKind::damaged_checkpoint:
      return "damaged checkpoint";
    case FindingKind::time_order:
      return "time order";
    case FindingKind::meta_mismatch:
      return "meta mismatch";
    case FindingKind::unknown_kind:
      return "unknown kind";
  }
  return "";
}

}  // namespace wattledger::log
