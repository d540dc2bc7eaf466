#include "log/verification_chunk.hpp"

#include <lmdb.h>

#include <algorithm>
#include <array>

#include "log/byte_order.hpp"
#include "log/record.hpp"

namespace wattledger::log {
namespace {

constexpr unsigned threads_max = 16;
constexpr std::uint64_t ahead_per_thread = 2;  // chunks made and not yet taken

// Makes one chunk, record by record.
class ChunkMaker {
 public:
  ChunkMaker(const ChunkWork& work, const Snapshot::Impl& snapshot, Sequence first, Sequence last)
      : work_(work), snapshot_(snapshot), last_(last) {
    chunk_.first = first;
    chunk_.records.reserve(last.value - first.value + 1);
    size_ = work.sizes.begin();
    while (size_ != work.sizes.end() && *size_ < first.value) ++size_;
  }

  // `batch`: its memory is used again.
  Chunk run(RecordBatch& batch) && {
    Sequence next = chunk_.first;
    while (next <= last_) {
      const auto filled = snapshot_.fill(batch, next, last_);
      if (!filled) {
        next = next < snapshot_.meta.first ? step_over_archived(next, filled.error())
                                           : step_over(next);
        continue;
      }
      for (std::size_t i = 0; i < batch.size(); ++i, next = next.next())
        add(next, batch[i], batch.sum(i));
      hasher_.finish();  // before the batch's memory is used again
    }
    if (work_.hash && chunk_.records.size() % Chunk::group_records != 0) chunk_.rest = tree();
    return std::move(chunk_);
  }

 private:
  // Behind what is missing; the chunk's end if LMDB cannot read on. Keys out of order can lead
  // back, and round and round: on, all the same.
  Sequence step_over(Sequence from) {
    const auto next = next_key(*snapshot_.environment, from, last_.next());
    if (!next) return give_up(from, last_.next(), RecordState::unreadable, next.error().what);
    return give_up(from, std::max(*next, from.next()), RecordState::missing, {});
  }

  // Segments begin and end at whole groups.
  Sequence step_over_archived(Sequence from, const Error& error) {
    const std::uint64_t group = (from.value - 1) / Chunk::group_records;
    const Sequence to{(group + 1) * Chunk::group_records + 1};
    const bool missing = error.kind == ErrorKind::not_found;
    return give_up(from, std::min({to, last_.next(), snapshot_.meta.first}),
                   missing ? RecordState::missing : RecordState::unreadable, error.what);
  }

  Sequence give_up(Sequence from, Sequence to, RecordState state, const std::string& why) {
    if (state == RecordState::unreadable) chunk_.texts.emplace_back(from, why);
    CheckedRecord record;
    record.state = state;
    for (Sequence each = from; each < to; each = each.next()) finish(each, record, {});
    return to;
  }

  void add(Sequence sequence, std::span<const std::byte> bytes, std::uint32_t sum) {
    CheckedRecord record;
    const auto header = parse_header(bytes, sum);
    const auto event = header && !header->lost() ? parse_event(*header, bytes)
                                                 : Result<EventView>(Failure(Error{}));
    if (header) record.recorded_at = header->recorded_at;
    if (event) {
      record.state = RecordState::sound;
      record.kind = event->kind();
      record.occurred_at = event->occurred_at();
    } else if (header && header->lost()) {
      record.state = RecordState::lost;
    } else {
      const Error& error = header ? event.error() : header.error();
      const bool fits =
          bytes.size() >= sizeof sum && load_little<std::uint32_t>(bytes.data()) == sum;
      record.state = error.kind == ErrorKind::newer ? RecordState::newer
                     : fits                         ? RecordState::foreign
                                                    : RecordState::damaged;
      chunk_.texts.emplace_back(sequence, error.what);
    }
    const bool is_leaf = record.state == RecordState::sound || record.state == RecordState::lost ||
                         record.state == RecordState::newer;
    finish(sequence, record, is_leaf ? bytes : std::span<const std::byte>());
  }

  // Without `leaf` for a record of which the leaf cannot be known.
  void finish(Sequence sequence, const CheckedRecord& record, std::span<const std::byte> leaf) {
    chunk_.records.push_back(record);
    if (!work_.hash) return;
    if (leaf.empty())
      leaves_known_ = false;
    else
      hasher_.add(leaf, leaves_[leaves_count_]);
    ++leaves_count_;
    const bool wanted = size_ != work_.sizes.end() && *size_ == sequence.value;
    const bool whole = leaves_count_ == leaves_.size();
    if (!wanted && !whole) return;
    const std::optional<Frontier> here = tree();
    if (whole) {
      chunk_.groups.push_back(here ? std::optional(here->root()) : std::nullopt);
      leaves_count_ = 0;
      leaves_known_ = true;
    }
    if (!wanted) return;
    chunk_.at_sizes.emplace(sequence.value, whole ? Frontier() : here);
    ++size_;
  }

  // Of the group at hand; none if one of its leaves is not known.
  std::optional<Frontier> tree() {
    hasher_.finish();
    if (!leaves_known_) return std::nullopt;
    Frontier tree;
    tree.append(std::span(leaves_).first(leaves_count_));
    return tree;
  }

  const ChunkWork& work_;
  const Snapshot::Impl& snapshot_;
  Sequence last_;
  Chunk chunk_;
  LeafHasher hasher_;
  std::array<Digest, Chunk::group_records> leaves_;  // of the group at hand
  std::size_t leaves_count_ = 0;
  bool leaves_known_ = true;
  std::vector<std::uint64_t>::const_iterator size_;
};

}  // namespace

ChunkReader::ChunkReader(ChunkWork work, unsigned threads) : work_(std::move(work)) {
  if (threads == 0) threads = std::thread::hardware_concurrency();
  threads = std::clamp(threads, 1U, threads_max);
  if (threads == 1 || beyond(1)) return;
  for (unsigned i = 0; i < threads; ++i)
    threads_.emplace_back([this](const std::stop_token& stop) { this->work(stop); });
}

ChunkReader::~ChunkReader() {
  for (std::jthread& thread : threads_) thread.request_stop();
  changed_.notify_all();
}

bool ChunkReader::beyond(std::uint64_t number) const {
  return work_.from.value + number * Chunk::records_max > work_.to.value;
}

Chunk ChunkReader::make(const Snapshot::Impl& snapshot, RecordBatch& batch,
                        std::uint64_t number) const {
  const Sequence first{work_.from.value + number * Chunk::records_max};
  const Sequence last = std::min(work_.to, Sequence{first.value + Chunk::records_max - 1});
  return ChunkMaker(work_, snapshot, first, last).run(batch);
}

std::optional<Chunk> ChunkReader::next() {
  if (threads_.empty()) {
    if (beyond(taken_)) return std::nullopt;
    return make(*work_.snapshot, batch_, taken_++);
  }
  std::unique_lock lock(mutex_);
  if (beyond(taken_)) return std::nullopt;
  changed_.wait(lock, [&] { return made_.contains(taken_); });
  auto node = made_.extract(taken_);
  ++taken_;
  changed_.notify_all();
  return std::move(node.mapped());
}

void ChunkReader::work(const std::stop_token& stop) {
  // Segments are read by one thread at a time: each has its own way to them.
  const Snapshot::Impl snapshot(work_.snapshot->environment, work_.snapshot->meta);
  RecordBatch batch;
  std::unique_lock lock(mutex_);
  const auto wanted = [&] {
    return beyond(claimed_) || claimed_ < taken_ + ahead_per_thread * threads_max;
  };
  while (changed_.wait(lock, stop, wanted) && !stop.stop_requested() && !beyond(claimed_)) {
    const std::uint64_t number = claimed_++;
    lock.unlock();
    Chunk chunk = make(snapshot, batch, number);
    lock.lock();
    made_.emplace(number, std::move(chunk));
    changed_.notify_all();
  }
}

Result<Sequence> next_key(const Environment& environment, Sequence from, Sequence end) {
  const auto transaction = Transaction::begin(environment, Transaction::Access::read);
  if (!transaction) return Failure(transaction.error());
  const auto cursor = Cursor::open(*transaction, environment.databases().events);
  if (!cursor) return Failure(cursor.error());
  std::array<std::byte, 8> name{};
  store_big(from.value, name.data());
  MDB_val key{name.size(), name.data()};
  MDB_val value{};
  Sequence lowest = end;
  int code = mdb_cursor_get(cursor->get(), &key, &value, MDB_SET_RANGE);
  // Two keys: of two that stand in the wrong order, the lower one is the one that is right.
  for (int seen = 0; code == 0 && seen < 2;
       code = mdb_cursor_get(cursor->get(), &key, &value, MDB_NEXT)) {
    if (key.mv_size != name.size()) continue;
    const Sequence there{load_big<std::uint64_t>(static_cast<const std::byte*>(key.mv_data))};
    if (there >= from) lowest = std::min(lowest, there);
    ++seen;
  }
  if (code != 0 && code != MDB_NOTFOUND)
    return lmdb_failure(code, "looking for records behind a hole");
  return lowest;
}

}  // namespace wattledger::log
