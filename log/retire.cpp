#include "log/retire.hpp"

#include <lmdb.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "log/archive.hpp"
#include "log/byte_order.hpp"
#include "log/environment.hpp"

namespace wattledger::log {
namespace {

// LMDB copies a page before it takes records off it; a commit takes those of a block at most.
constexpr std::uint64_t room_bytes = 2 * block_bytes_max + (std::uint64_t{1} << 20U);

Result<void> check_range(const Meta& meta, Sequence last) {
  if (last.value % segment_step == 0 && last.value + unarchived_records_min <= meta.head.value)
    return {};
  return fail(ErrorKind::invalid_input, "records up to " + std::to_string(last.value) +
                                            " cannot be retired: the last must be a multiple of " +
                                            std::to_string(segment_step) +
                                            " and leave the newest " +
                                            std::to_string(unarchived_records_min) + " of " +
                                            std::to_string(meta.head.value));
}

Failure differs(Sequence sequence, const std::string& how) {
  return fail(ErrorKind::corrupt,
              "record " + std::to_string(sequence.value) + " " + how + "; nothing was removed",
              "run 'wattledger log verify'");
}

// Deletes records `first` to `last` of the transaction, each after a look at its copy.
Result<void> delete_records(const Environment& environment, const Transaction& transaction,
                            const SegmentBlock& block, const SequenceRange& range) {
  const auto cursor = Cursor::open(transaction, environment.databases().events);
  if (!cursor) return Failure(cursor.error());
  for (Sequence at = range.first; at <= range.last; at = at.next()) {
    std::array<std::byte, 8> name{};
    store_big(at.value, name.data());
    MDB_val key{name.size(), name.data()};
    MDB_val value{};
    int code = mdb_cursor_get(cursor->get(), &key, &value, MDB_SET_KEY);
    if (code == MDB_NOTFOUND) return differs(at, "is missing");
    if (code != 0) return lmdb_failure(code, "reading record " + std::to_string(at.value));
    const std::span stored(static_cast<const std::byte*>(value.mv_data), value.mv_size);
    const auto archived = block.record(at);
    if (!std::equal(stored.begin(), stored.end(), archived.begin(), archived.end()))
      return differs(at, "is not what its segment holds");
    code = mdb_cursor_del(cursor->get(), 0);
    if (code != 0) return lmdb_failure(code, "removing record " + std::to_string(at.value));
  }
  return {};
}

struct Step {
  const Environment& environment;
  Archive& archive;
  Sequence last;
  std::uint64_t records_max;
};

// One commit; returns how many records it took out, 0 when there are none left.
Result<std::uint64_t> take_step(const Step& step) {
  WATTLEDGER_TRY(step.environment.make_room(room_bytes));
  auto transaction = Transaction::begin(step.environment, Transaction::Access::write);
  if (!transaction) return Failure(transaction.error());
  const auto values = read_meta(step.environment, *transaction);
  if (!values) return Failure(values.error());
  const auto before = decode_meta(*values);
  if (!before) return Failure(before.error());
  if (before->first > step.last) return 0;
  const auto block = step.archive.block_of(before->first);
  if (!block) return Failure(block.error());
  SequenceRange range{before->first, std::min(step.last, (*block)->last())};
  range.last = std::min(range.last, Sequence{range.first.value + step.records_max - 1});
  WATTLEDGER_TRY(delete_records(step.environment, *transaction, **block, range));
  Meta after = *before;
  after.first = range.last.next();
  WATTLEDGER_TRY(write_meta(step.environment, *transaction, encode_changes(*before, after)));
  WATTLEDGER_TRY(std::move(*transaction).commit());
  return range.last.value - range.first.value + 1;
}

}  // namespace

Result<Retired> retire(const Log& log, const WriterLock& lock, Sequence last,
                       const RetireLimits& limits) {
  if (!lock.guards(log.directory()))
    return fail(ErrorKind::locked,
                "the writer lock held is not that of " + log.directory().string(),
                "take the lock of the log that is to be written");
  Meta meta;
  {
    const auto snapshot = log.snapshot();
    if (!snapshot) return Failure(snapshot.error());
    meta = snapshot->meta();
  }
  if (last >= meta.first) WATTLEDGER_TRY(check_range(meta, last));
  auto archive = Archive::open(log.directory(), meta);
  if (!archive) return Failure(archive.error());
  Retired retired{meta.first, 0};
  const Step step{*log.impl().environment, *archive, last,
                  std::max<std::uint64_t>(limits.records_per_commit, 1)};
  for (std::uint64_t commit = 0; commit < limits.commits_max; ++commit) {
    const auto records = take_step(step);
    if (!records) return Failure(records.error());
    if (*records == 0) break;
    retired.records += *records;
    retired.first.value += *records;
  }
  return retired;
}

Result<std::vector<fb::EventT>> archived_events(const Log& log, Sequence last) {
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  auto archive = Archive::open(log.directory(), snapshot->meta());
  if (!archive) return Failure(archive.error());
  std::vector<fb::EventT> events;
  for (const SequenceRange& range : archive->segments()) {
    if (range.last < snapshot->meta().first || range.first > last) continue;
    const auto found = archive->segment_of(range.first);
    if (!found) return Failure(found.error());
    const SegmentReader& segment = *found;
    Id128 correlation;
    std::copy_n(segment.digest().bytes.begin(), correlation.bytes.size(),
                correlation.bytes.begin());
    fb::LogArchivedT fact;
    fact.segment = segment.path().filename().string();
    fact.first = range.first.value;
    fact.last = range.last.value;
    fact.digest = std::make_unique<fb::Digest256>(to_fb(segment.digest()));
    fact.bytes = segment.file_bytes();
    fb::EventT event;
    event.correlation = std::make_unique<fb::Id128>(to_fb(correlation));
    event.fact.Set(std::move(fact));
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace wattledger::log
