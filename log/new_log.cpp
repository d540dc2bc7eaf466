#include "log/new_log.hpp"

#include <algorithm>
#include <memory>
#include <system_error>

#include "log/appender.hpp"
#include "log/archive.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t commit_records_max = 1'024;
constexpr std::size_t commit_bytes_max = std::size_t{4} << 20U;

}  // namespace

Result<NewDirectory> NewDirectory::make(const fs::path& path) {
  std::error_code error;
  const bool there = fs::exists(path, error);
  if (there && !fs::is_empty(path, error))
    return fail(ErrorKind::conflict, path.string() + " is not empty", "name a new directory");
  if (!there) fs::create_directories(path, error);
  if (error)
    return fail(ErrorKind::io, path.string() + " cannot be made: " + error.message(),
                "check the path and its permissions");
  return NewDirectory(path, there);
}

NewDirectory::~NewDirectory() {
  if (path_.empty()) return;
  std::error_code error;
  for (const char* name : {data_file, lock_file, writer_lock_file, segments_directory})
    fs::remove_all(path_ / name, error);
  if (!was_there_) fs::remove(path_, error);
}

RecordCopier::RecordCopier(const Environment& to, const Meta& known, Meta meta)
    : to_(to), known_(known), meta_(std::move(meta)) {
  meta_.kind_highest = known.kind_highest;
}

// Clock epochs and import batches as the old log's meta has them, whatever is lost.
RecordFacts RecordCopier::facts_of(Sequence sequence, UtcTime recorded_at) const {
  RecordFacts facts;
  facts.recorded_at = recorded_at;
  for (const ClockEpoch& epoch : known_.epochs)
    if (epoch.first == sequence && sequence.value != 1) facts.kind = Kind::ClockStepped;
  for (const ImportBatch& batch : known_.batches) {
    if (batch.started == sequence) {
      facts.kind = Kind::ImportStarted;
      facts.batch = batch.id;
    } else if (batch.finished == sequence) {
      facts.kind = Kind::ImportFinished;
    }
    // Of one record, by a writer that died: nothing but the next record can end it.
    if (batch.started == batch.finished && batch.finished.next() == sequence)
      facts.ends_abandoned_batch = true;
  }
  return facts;
}

Result<void> RecordCopier::put(std::span<const std::byte> record, UtcTime recorded_at) {
  if (pending_.empty()) next_meta_ = meta_;
  pending_.push(record, recorded_at);
  advance(next_meta_, facts_of(next_meta_.head.next(), recorded_at));
  if (pending_.size() < commit_records_max && pending_.bytes() < commit_bytes_max) return {};
  return commit();
}

Result<void> RecordCopier::commit() {
  if (pending_.empty()) return {};
  pending_.hash(next_meta_.frontier);
  WATTLEDGER_TRY(commit_records(to_, meta_, next_meta_, pending_));
  meta_ = next_meta_;
  pending_.clear();
  return {};
}

Result<Sequence> append_restored(Log& log, const std::string& program, const std::string& reason,
                                 UtcTime now) {
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  const Meta& meta = snapshot->meta();
  fb::LogRestoredT fact;
  fact.parent = std::make_unique<fb::Id128>(to_fb(*meta.parent));
  fact.parent_size = meta.parent_size;
  fact.parent_root = std::make_unique<fb::Digest256>(to_fb(meta.parent_root));
  fact.reason = reason;
  fb::EventT event;
  const UtcTime at = std::max(now, meta.head_recorded_at);
  event.occurred_at_us = to_us(at);
  event.source = fb::Source::tool;
  event.fact.Set(std::move(fact));
  const auto encoded = encode(event);
  if (!encoded) return Failure(encoded.error());
  const auto lock = WriterLock::take(log.directory(), program);
  if (!lock) return Failure(lock.error());
  auto appender = Appender::open(log, *lock, {});
  if (!appender) return Failure(appender.error());
  const auto appended = appender->append(*encoded, at, {});
  if (!appended) return Failure(appended.error());
  return appended->sequence;
}

}  // namespace wattledger::log
