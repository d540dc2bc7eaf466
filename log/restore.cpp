#include "log/restore.hpp"

#include <algorithm>
#include <string>

#include "log/disk_file.hpp"
#include "log/new_log.hpp"
#include "log/record.hpp"
#include "log/room.hpp"
#include "log/snapshot.hpp"
#include "log/verification.hpp"

namespace wattledger::log {
namespace {

namespace fs = std::filesystem;

using Each = std::function<Result<void>(Sequence, std::span<const std::byte>)>;

Result<void> each_record_of(const Backup& backup, const BackupFile& file,
                            const std::optional<BackupKey>& key, Sequence first, Sequence last,
                            const Each& each) {
  const auto segment = open_backup_file(backup, file, key);
  if (!segment) return Failure(segment.error());
  if (segment->manifest().first != file.records.first ||
      segment->manifest().last != file.records.last)
    return fail(ErrorKind::corrupt,
                segment->path().string() + " holds other records than the manifest says",
                "use another backup");
  for (std::size_t i = 0; i < segment->manifest().blocks.size(); ++i) {
    const auto block = segment->block(i);
    if (!block) return Failure(block.error());
    for (Sequence at = std::max(first, (*block)->first); at <= std::min(last, (*block)->last());
         at = at.next())
      WATTLEDGER_TRY(each(at, (*block)->record(at)));
  }
  return {};
}

// A file that begins behind `last` is not opened.
Result<void> each_record(const BackupChain& chain, const std::optional<BackupKey>& key,
                         Sequence first, Sequence last, const Each& each) {
  for (const Backup& backup : chain)
    for (const BackupFile& file : backup.manifest.files)
      if (file.records.first <= last && file.records.last >= first)
        WATTLEDGER_TRY(each_record_of(backup, file, key, first, last, each));
  return {};
}

// Of the first records, from what each link and segment says of itself, and leaves of the last one.
Result<Frontier> frontier_of(const BackupChain& chain, const std::optional<BackupKey>& key,
                             Sequence last) {
  Frontier frontier;
  for (const Backup& backup : chain) {
    if (backup.manifest.last() > last) break;
    frontier = backup.manifest.meta.frontier;
  }
  WATTLEDGER_TRY(each_record(chain, key, Sequence{frontier.size() + 1}, last,
                             [&](Sequence, std::span<const std::byte> record) -> Result<void> {
                               frontier.append(leaf_of(record));
                               return {};
                             }));
  return frontier;
}

Result<void> put_record(RecordCopier& copier, Sequence at, std::span<const std::byte> record) {
  const auto header = parse_header(record);
  if (!header) return Failure(about_record(at, header.error()));
  return copier.put(record, header->recorded_at);
}

Failure other_root(const std::string& what, const Digest& found, const Digest& expected) {
  return fail(ErrorKind::corrupt,
              what + " give the root " + found.hex() + " and not " + expected.hex(),
              "use another backup");
}

Result<void> check_restored(const Log& log) {
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  const auto verified = verify(*snapshot);
  if (!verified) return Failure(verified.error());
  if (verified->findings.empty()) return {};
  return fail(ErrorKind::corrupt,
              "what was restored does not verify: record " +
                  std::to_string(verified->findings.front().sequence.value) + ": " +
                  verified->findings.front().what,
              "check the disk and its memory, then restore again, or use another backup");
}

// Everything up to `last` into an empty log.
Result<std::uint64_t> fill(const Log& log, const BackupChain& chain, const RestoreOptions& options,
                           Sequence last, const Digest& root) {
  Meta empty;
  {
    const auto snapshot = log.snapshot();
    if (!snapshot) return Failure(snapshot.error());
    empty = snapshot->meta();
  }
  std::uint64_t bytes = 0;
  RecordCopier copier(*log.impl().environment, chain.back().manifest.meta, std::move(empty));
  const auto put = [&](Sequence at, std::span<const std::byte> record) -> Result<void> {
    bytes += record.size();
    if (options.progress && at.value % block_records_max == 0)
      options.progress(at.value, last.value);
    return put_record(copier, at, record);
  };
  WATTLEDGER_TRY(each_record(chain, options.key, Sequence{1}, last, put));
  WATTLEDGER_TRY(copier.commit());
  const Digest found = copier.meta().frontier.root();
  if (copier.meta().head != last || found != root)
    return other_root("the restored records", found, root);
  return bytes;
}

fs::path part_of(const fs::path& into) {
  return into.parent_path() / ("." + into.filename().string() + ".part");
}

Result<void> require_empty(const fs::path& into) {
  std::error_code error;
  if (!fs::exists(into, error) || fs::is_empty(into, error)) return {};
  return fail(ErrorKind::conflict, into.string() + " is there and not empty",
              "name a new directory with --into, or move that log away");
}

// LMDB's pages around the records, and the tree: 9.1 MiB for 7.8 MiB of a simulated house.
constexpr double pages_share = 1.2;

// The log with its records, under a name that nothing else opens.
struct Part {
  NewDirectory directory;
  std::optional<Log> log;
  Restored restored;
};

Result<Part> make_part(const BackupChain& chain, const RestoreOptions& options, bool copy) {
  WATTLEDGER_TRY(require_empty(options.into));
  for (const Backup& each : chain) WATTLEDGER_TRY(check_backup_key(each.manifest, options.key));
  const Meta& old = chain.back().manifest.meta;
  const Sequence last = options.last.value_or(old.head);
  if (last.value == 0 || last > old.head)
    return fail(ErrorKind::not_found,
                "there is no record " + std::to_string(last.value) + " in the backup " +
                    chain.back().manifest.id + ": it has 1 to " + std::to_string(old.head.value),
                "give --until one of those, or use another backup");
  const auto frontier = frontier_of(chain, options.key, last);
  if (!frontier) return Failure(frontier.error());
  const auto bytes_expected = restored_bytes(chain, options.key, last);
  if (!bytes_expected) return Failure(bytes_expected.error());
  std::error_code error;
  const fs::path path = part_of(options.into);
  fs::remove_all(path, error);  // of a process that was killed
  WATTLEDGER_TRY(require_room(path, *bytes_expected, "the restored log"));
  auto directory = NewDirectory::make(path);
  if (!directory) return Failure(directory.error());
  CreateOptions create;
  create.demo = old.demo;
  create.parent = ParentLog{old.uuid, last.value, frontier->root()};
  if (copy) {
    create.uuid = old.uuid;
    create.parent.reset();
    if (old.parent) create.parent = ParentLog{*old.parent, old.parent_size, old.parent_root};
  }
  auto log = Log::create(path, create);
  if (!log) return Failure(log.error());
  const auto bytes = fill(*log, chain, options, last, frontier->root());
  if (!bytes) return Failure(bytes.error());
  const auto snapshot = log->snapshot();
  if (!snapshot) return Failure(snapshot.error());
  const Restored restored{snapshot->meta().uuid, last, frontier->root(), *bytes};
  return Part{*std::move(directory), *std::move(log), restored};
}

Result<Restored> finish(Part part, const fs::path& into) {
  WATTLEDGER_TRY(check_restored(*part.log));
  part.log.reset();
  std::error_code error;
  fs::remove(part_of(into) / writer_lock_file, error);
  fs::remove(into, error);  // an empty one
  WATTLEDGER_TRY(sync_directory(part_of(into)));
  WATTLEDGER_TRY(rename_file(part_of(into), into));
  part.directory.keep();
  WATTLEDGER_TRY(sync_directory(into.parent_path()));
  return part.restored;
}

// What a file's records take, by its manifest.
Result<double> record_bytes_of(const Backup& backup, const BackupFile& file,
                               const std::optional<BackupKey>& key) {
  const auto segment = backup.manifest.key_id ? open_backup_file(backup, file, key)
                                              : SegmentReader::open(backup.directory / file.name);
  if (segment) return static_cast<double>(segment->manifest().record_bytes);
  const auto summed = open_backup_file(backup, file, key);  // says best what is wrong
  return Failure(summed ? segment.error() : summed.error());
}

}  // namespace

Result<std::uint64_t> restored_bytes(const BackupChain& chain, const std::optional<BackupKey>& key,
                                     Sequence last) {
  double bytes = 0;
  std::optional<double>
      each_record;  // of an encrypted one: opening all of it would be half a restore
  for (const Backup& backup : chain) {
    for (const BackupFile& file : backup.manifest.files) {
      if (file.records.first > last) break;
      const auto of = [](const SequenceRange& range) {
        return static_cast<double>(range.last.value - range.first.value + 1);
      };
      if (!each_record || !backup.manifest.key_id) {
        const auto taken = record_bytes_of(backup, file, key);
        if (!taken) return Failure(taken.error());
        each_record = *taken / of(file.records);
      }
      bytes += *each_record * of({file.records.first, std::min(last, file.records.last)});
    }
  }
  return static_cast<std::uint64_t>(bytes * pages_share);
}

Result<Restored> restore_backup(const BackupChain& chain, const RestoreOptions& options) {
  auto part = make_part(chain, options, /*copy=*/false);
  if (!part) return Failure(part.error());
  UtcTime now{};
  {
    const auto snapshot = part->log->snapshot();
    if (!snapshot) return Failure(snapshot.error());
    now = options.now(*snapshot);
  }
  const std::string reason = "restored from the backup " + chain.back().manifest.id +
                             ", records 1 to " + std::to_string(part->restored.last.value);
  if (const auto said = append_restored(*part->log, "wattledger backup restore", reason, now);
      !said)
    return Failure(said.error());
  return finish(*std::move(part), options.into);
}

Result<Restored> restore_copy(const BackupChain& chain, const RestoreOptions& options) {
  auto part = make_part(chain, options, /*copy=*/true);
  if (!part) return Failure(part.error());
  return finish(*std::move(part), options.into);
}

Result<void> continue_copy(const Log& copy, const Snapshot& live, Sequence through) {
  Meta meta;
  {
    const auto snapshot = copy.snapshot();
    if (!snapshot) return Failure(snapshot.error());
    meta = snapshot->meta();
  }
  Sequence next = meta.head.next();
  RecordCopier copier(*copy.impl().environment, live.meta(), std::move(meta));
  RecordBatch batch;
  while (next <= through) {
    WATTLEDGER_TRY(live.impl().fill(batch, next, through));
    for (std::size_t i = 0; i < batch.size(); ++i, next = next.next())
      WATTLEDGER_TRY(put_record(copier, next, batch[i]));
  }
  WATTLEDGER_TRY(copier.commit());
  const auto root = root_at(live, copier.meta().head.value);
  if (!root) return Failure(root.error());
  if (*root == copier.meta().frontier.root()) return {};
  return other_root("the backup and what the log got since", copier.meta().frontier.root(), *root);
}

Result<Sequence> last_recorded_by(const BackupChain& chain, UtcTime time,
                                  const std::optional<BackupKey>& key) {
  Sequence found{0};
  const Each compare = [&](Sequence at, std::span<const std::byte> record) -> Result<void> {
    const auto header = parse_header(record);
    if (!header) return Failure(about_record(at, header.error()));
    if (header->recorded_at <= time) found = at;
    return {};
  };
  for (auto backup = chain.rbegin(); backup != chain.rend(); ++backup) {
    for (auto file = backup->manifest.files.rbegin(); file != backup->manifest.files.rend();
         ++file) {
      const auto segment = open_backup_file(*backup, *file, key);
      if (!segment) return Failure(segment.error());
      if (segment->manifest().recorded_from > time) continue;
      WATTLEDGER_TRY(each_record(chain, key, file->records.first, file->records.last, compare));
      return found;
    }
  }
  return fail(
      ErrorKind::not_found,
      "the backup " + chain.back().manifest.id + " holds nothing recorded by " + utc_text(time),
      "give a later --until");
}

}  // namespace wattledger::log
