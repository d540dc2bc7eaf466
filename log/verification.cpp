#include "log/verification.hpp"

#include <lmdb.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "log/byte_order.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

constexpr const char* restore_remedy = "restore a backup; keep this copy as evidence";
constexpr const char* newer_remedy = "verify with the wattledger that wrote it, or a later one";

// One pass over the snapshot, in order of sequence.
class Verifier {
 public:
  explicit Verifier(const Snapshot& snapshot) : snapshot_(snapshot), meta_(snapshot.meta()) {}

  Result<Verification> run();

 private:
  void find(FindingKind kind, Sequence sequence, std::string what,
            const char* remedy = restore_remedy) {
    if (result_.findings.size() < findings_max)
      result_.findings.push_back({kind, sequence, std::move(what), remedy});
    else
      result_.complete = false;
  }
  [[nodiscard]] bool full() const { return !result_.complete; }

  void visit(Sequence sequence, std::span<const std::byte> bytes);
  void missing(Sequence from, Sequence to);
  [[nodiscard]] Result<Sequence> next_key(Sequence from) const;
  Result<void> check_keys();
  void check_order(const RecordView& record);
  void check_batch(const RecordView& record);
  void check_nodes(Sequence sequence, const std::vector<Digest>& completed);
  void check_tree();
  void check_meta();

  const Snapshot& snapshot_;
  const Meta& meta_;
  Verification result_;
  Frontier frontier_;
  bool whole_ = true;      // every record from 1 on was there
  std::size_t epoch_ = 0;  // of epochs already begun
  std::size_t batch_ = 0;  // the batch that is open or comes next
  std::optional<UtcTime> newest_recorded_at_;
  Sequence last_readable_;
  std::optional<UtcTime> newest_in_batch_;
  Kind kind_highest_ = Kind::NONE;
};

Result<Verification> Verifier::run() {
  whole_ = meta_.first.value == 1;
  Sequence expected = meta_.first;
  RecordBatch batch;
  while (expected <= meta_.head && !full()) {
    const auto filled = batch.fill(*snapshot_.impl().environment, expected, meta_.head);
    if (filled) {
      for (std::size_t i = 0; i < batch.size() && !full(); ++i, expected = expected.next())
        visit(expected, batch[i]);
      continue;
    }
    const auto next = next_key(expected);
    if (!next) {
      find(FindingKind::damaged_record, expected, "LMDB cannot read on: " + next.error().what);
      break;
    }
    // Keys out of order can lead back, and round and round: on, all the same.
    const Sequence beyond = std::max(*next, expected.next());
    missing(expected, beyond);
    expected = beyond;
  }
  if (!full()) WATTLEDGER_TRY(check_keys());
  if (!full()) check_tree();
  if (!full()) check_meta();
  return std::move(result_);
}

// The next key of a record behind a hole, or the place behind the head.
Result<Sequence> Verifier::next_key(Sequence from) const {
  const Environment& environment = *snapshot_.impl().environment;
  const auto transaction = Transaction::begin(environment, Transaction::Access::read);
  if (!transaction) return Failure(transaction.error());
  const auto cursor = Cursor::open(*transaction, environment.databases().events);
  if (!cursor) return Failure(cursor.error());
  std::array<std::byte, 8> name{};
  store_big(from.value, name.data());
  MDB_val key{name.size(), name.data()};
  MDB_val value{};
  int code = mdb_cursor_get(cursor->get(), &key, &value, MDB_SET_RANGE);
  while (code == 0 && key.mv_size != name.size())
    code = mdb_cursor_get(cursor->get(), &key, &value, MDB_NEXT);
  const Sequence end = meta_.head.next();
  if (code == MDB_NOTFOUND) return end;
  if (code != 0) return lmdb_failure(code, "looking for records behind a hole");
  return std::min(end, Sequence{load_big<std::uint64_t>(static_cast<std::byte*>(key.mv_data))});
}

// Keys among the records that no record has: the order of keys puts them in front or behind.
Result<void> Verifier::check_keys() {
  const Environment& environment = *snapshot_.impl().environment;
  const auto transaction = Transaction::begin(environment, Transaction::Access::read);
  if (!transaction) return Failure(transaction.error());
  const auto cursor = Cursor::open(*transaction, environment.databases().events);
  if (!cursor) return Failure(cursor.error());
  const auto values = read_meta(environment, *transaction);
  if (!values) return Failure(values.error());
  const auto now = decode_meta(*values);  // the log may have grown since the snapshot
  if (!now) return Failure(now.error());
  MDB_val key{};
  MDB_val value{};
  for (const MDB_cursor_op end : {MDB_FIRST, MDB_LAST}) {
    if (mdb_cursor_get(cursor->get(), &key, &value, end) != 0) continue;
    if (key.mv_size != 8) {
      find(FindingKind::meta_mismatch, end == MDB_FIRST ? meta_.first : meta_.head,
           "a key of " + std::to_string(key.mv_size) + " bytes stands among the records");
      continue;
    }
    const Sequence sequence{load_big<std::uint64_t>(static_cast<const std::byte*>(key.mv_data))};
    if (sequence < now->first || sequence > now->head)
      find(FindingKind::meta_mismatch, sequence, "stands outside first and head of meta");
  }
  return {};
}

void Verifier::missing(Sequence from, Sequence to) {
  if (from >= to) return;
  whole_ = false;
  const std::uint64_t count = to.value - from.value;
  find(FindingKind::hole, from,
       count == 1 ? "the record is missing"
                  : std::to_string(count) + " records from here on are missing");
}

void Verifier::visit(Sequence sequence, std::span<const std::byte> bytes) {
  ++result_.records;
  check_nodes(sequence, frontier_.append(leaf_hash(bytes)));
  const auto record = snapshot_.at(sequence);
  if (!record) {
    const bool newer = record.error().kind == ErrorKind::newer;
    find(newer ? FindingKind::unknown_kind : FindingKind::damaged_record, sequence,
         record.error().what, newer ? newer_remedy : restore_remedy);
    return;
  }
  kind_highest_ = std::max(kind_highest_, record->event.kind());
  last_readable_ = sequence;
  check_order(*record);
  check_batch(*record);
}

void Verifier::check_order(const RecordView& record) {
  const bool opens = epoch_ < meta_.epochs.size() && meta_.epochs[epoch_].first <= record.sequence;
  while (epoch_ < meta_.epochs.size() && meta_.epochs[epoch_].first <= record.sequence) ++epoch_;
  const bool must_open = record.sequence.value == 1 || record.event.kind() == Kind::ClockStepped;
  const bool begins = epoch_ > 0 && meta_.epochs[epoch_ - 1].first == record.sequence;
  if (must_open != begins)
    find(FindingKind::meta_mismatch, record.sequence,
         begins ? "meta has a clock epoch here, the record opens none"
                : "opens a clock epoch that meta does not have");
  if (begins && meta_.epochs[epoch_ - 1].recorded_at != record.recorded_at)
    find(FindingKind::meta_mismatch, record.sequence,
         "meta has another time for the clock epoch that begins here");
  if (!opens && newest_recorded_at_ && record.recorded_at < *newest_recorded_at_)
    find(FindingKind::time_order, record.sequence,
         "recorded at " + utc_text(record.recorded_at) + ", before the record in front of it");
  newest_recorded_at_ = record.recorded_at;
}

void Verifier::check_batch(const RecordView& record) {
  const auto over = [&](const ImportBatch& batch) {
    return batch.finished.value != 0 && batch.finished < record.sequence;
  };
  while (batch_ < meta_.batches.size() && over(meta_.batches[batch_])) {
    ++batch_;
    newest_in_batch_.reset();
  }
  const bool in = batch_ < meta_.batches.size() && meta_.batches[batch_].started <= record.sequence;
  const bool starts = in && meta_.batches[batch_].started == record.sequence;
  if (starts != (record.event.kind() == Kind::ImportStarted))
    find(FindingKind::meta_mismatch, record.sequence,
         "ImportStarted and the import batches of meta do not fit");
  if (in && record.recorded_at != meta_.batches[batch_].recorded_at)
    find(FindingKind::time_order, record.sequence,
         "recorded at another time than its import batch");
  const UtcTime occurred_at = record.event.occurred_at();
  const bool finishes = record.event.kind() == Kind::ImportFinished;
  if (in && !starts && !finishes) {
    if (newest_in_batch_ && occurred_at < *newest_in_batch_)
      find(FindingKind::time_order, record.sequence,
           "out of order of occurred-at within its import batch");
    newest_in_batch_ = occurred_at;
  }
  if (!in && (record.recorded_at - occurred_at > occurred_lag_limit ||
              occurred_at - record.recorded_at > occurred_ahead_limit))
    find(FindingKind::time_order, record.sequence,
         "occurred at " + utc_text(occurred_at) + ", too far from when it was recorded, " +
             utc_text(record.recorded_at));
}

// Below a hole nothing can be recomputed: the tree's leaves have lost their places.
void Verifier::check_nodes(Sequence sequence, const std::vector<Digest>& completed) {
  if (!whole_) return;
  for (std::size_t i = 0; i < completed.size(); ++i) {
    const auto level = static_cast<unsigned>(Frontier::stored_level_min) + static_cast<unsigned>(i);
    const auto stored = stored_node(snapshot_.impl(), level, (sequence.value >> level) - 1);
    if (stored && *stored == completed[i]) continue;
    find(FindingKind::tree_mismatch, sequence,
         stored ? "the records up to here give another Merkle node of level " +
                      std::to_string(level) + " than the one stored"
                : stored.error().what);
  }
}

void Verifier::check_tree() {
  result_.root = frontier_.root();
  if (!whole_ || frontier_ == meta_.frontier) return;
  find(FindingKind::tree_mismatch, meta_.head,
       "the records give the root " + result_.root.hex() + ", meta has " +
           meta_.frontier.root().hex());
}

void Verifier::check_meta() {
  if (result_.records > 0 && newest_recorded_at_ && whole_ &&
      *newest_recorded_at_ != meta_.head_recorded_at)
    find(FindingKind::meta_mismatch, meta_.head, "meta has another recorded-at for the head");
  if (kind_highest_ > meta_.kind_highest)
    find(FindingKind::meta_mismatch, meta_.head,
         "meta has " + std::string(kind_name(meta_.kind_highest)) +
             " as the highest kind, a record is " + std::string(kind_name(kind_highest_)));
}

}  // namespace

Result<Verification> verify(const Snapshot& snapshot) { return Verifier(snapshot).run(); }

std::string_view finding_name(FindingKind kind) {
  switch (kind) {
    case FindingKind::hole:
      return "hole";
    case FindingKind::damaged_record:
      return "damaged record";
    case FindingKind::time_order:
      return "time order";
    case FindingKind::tree_mismatch:
      return "tree mismatch";
    case FindingKind::meta_mismatch:
      return "meta mismatch";
    case FindingKind::unknown_kind:
      return "unknown kind";
  }
  return "";
}

}  // namespace wattledger::log
