#include "log/backup.hpp"

#include <algorithm>
#include <utility>

#include "log/archive.hpp"
#include "log/backup_check.hpp"
#include "log/checkpoint.hpp"
#include "log/environment.hpp"
#include "log/room.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t copy_bytes = std::size_t{1} << 20U;

// "20251029T020000Z-49411"
std::string backup_id(UtcTime taken_at, Sequence last) {
  std::string text = utc_text(std::chrono::floor<std::chrono::seconds>(taken_at));
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text + "-" + std::to_string(last.value);
}

// Meta as it was when the head was `last`, had nothing been archived.
Result<Meta> meta_at(const Snapshot& snapshot, Sequence last) {
  Meta meta = snapshot.meta();
  meta.first = Sequence{1};
  if (last == meta.head) return meta;
  auto frontier = frontier_at(snapshot, last.value);
  if (!frontier) return Failure(frontier.error());
  const auto recorded_at = snapshot.impl().recorded_at(last);
  if (!recorded_at) return Failure(recorded_at.error());
  meta.head = last;
  meta.head_recorded_at = *recorded_at;
  meta.frontier = *std::move(frontier);
  std::erase_if(meta.epochs, [&](const ClockEpoch& each) { return each.first > last; });
  std::erase_if(meta.batches, [&](const ImportBatch& each) { return each.started > last; });
  for (ImportBatch& batch : meta.batches)
    if (batch.finished > last) batch.finished = Sequence{0};
  return meta;
}

// Removed with all it holds unless it got its name.
class PartDirectory {
 public:
  static Result<PartDirectory> make(const fs::path& path) {
    std::error_code error;
    fs::remove_all(path, error);
    fs::create_directories(path, error);
    if (error)
      return fail(error == std::errc::no_space_on_device ? ErrorKind::full : ErrorKind::io,
                  path.string() + " cannot be made: " + error.message(),
                  "check the disk, its free space and permissions");
    return PartDirectory(path);
  }
  PartDirectory(PartDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PartDirectory& operator=(PartDirectory&&) = delete;
  ~PartDirectory() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }
  Result<void> rename(const fs::path& to) {
    WATTLEDGER_TRY(sync_directory(path_));
    WATTLEDGER_TRY(rename_file(path_, to));
    path_.clear();
    return sync_directory(to.parent_path());
  }

 private:
  explicit PartDirectory(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

class BackupWriter {
 public:
  BackupWriter(const Snapshot& snapshot, const Log& log, const BackupOptions& options,
               fs::path directory, BackupManifest& manifest)
      : snapshot_(snapshot),
        log_(log),
        options_(options),
        directory_(std::move(directory)),
        manifest_(manifest) {}

  // A file that lies in a segment of the log already is copied, the rest is built.
  Result<void> write() {
    const auto archive = Archive::open(log_.directory(), snapshot_.meta());
    if (!archive) return Failure(archive.error());
    const Sequence last = manifest_.last();
    for (const SequenceRange& each : archive->segments())
      if (each.first >= manifest_.first && each.last <= last) WATTLEDGER_TRY(copy_segment(each));
    if (options_.fetch) WATTLEDGER_TRY(copy_cold(*archive));
    for (const SequenceRange& gap : gaps())
      for (const SequenceRange& each : segment_ranges(gap)) WATTLEDGER_TRY(build(each));
    WATTLEDGER_TRY(go_on());
    sort_files();
    return write_manifest();
  }

 private:
  // What no copied segment holds.
  [[nodiscard]] std::vector<SequenceRange> gaps() {
    sort_files();
    std::vector<SequenceRange> result;
    Sequence next = manifest_.first;
    for (const BackupFile& file : manifest_.files) {
      if (file.records.first > next)
        result.push_back({next, Sequence{file.records.first.value - 1}});
      next = file.records.last.next();
    }
    if (next <= manifest_.last()) result.push_back({next, manifest_.last()});
    return result;
  }

  void sort_files() {
    std::sort(
        manifest_.files.begin(), manifest_.files.end(),
        [](const BackupFile& a, const BackupFile& b) { return a.records.first < b.records.first; });
  }

  [[nodiscard]] std::string name_of(const SequenceRange& range) const {
    return segment_name(range.first, range.last) + (options_.key ? ".sealed" : "");
  }

  Result<void> go_on() const {
    if (!options_.stop.stop_requested()) return {};
    return fail(ErrorKind::timed_out, "the backup was told to stop", "take it again");
  }

  Result<void> copy_segment(const SequenceRange& range) {
    WATTLEDGER_TRY(go_on());
    const auto from = DiskFile::open(log_.directory() / segments_directory /
                                     segment_name(range.first, range.last));
    if (!from) return Failure(from.error());
    WATTLEDGER_TRY(put(*from, range));
    progress(range.last.value - range.first.value + 1);
    return {};
  }

  Result<void> copy_cold(const Archive& archive) {
    const auto cold = list_cold(log_.directory());
    if (!cold) return Failure(cold.error());
    for (const ColdSegment& each : *cold) {
      const SequenceRange& range = each.records;
      const bool here = archive.gaps(range.first, range.last).empty();
      if (here || range.first < manifest_.first || range.last > manifest_.last()) continue;
      WATTLEDGER_TRY(go_on());
      const auto path = options_.fetch(each);
      if (!path) return Failure(path.error());
      WATTLEDGER_TRY(require_same_segment(each, *path));
      const auto from = DiskFile::open(*path);
      if (!from) return Failure(from.error());
      WATTLEDGER_TRY(put(*from, range));
      std::error_code ignored;
      fs::remove(*path, ignored);
      progress(range.last.value - range.first.value + 1);
    }
    return {};
  }

  Result<void> put(const DiskFile& from, const SequenceRange& range) {
    const std::string name = name_of(range);
    auto to = DiskFile::create(directory_ / name);
    if (!to) return Failure(to.error());
    if (options_.key) {
      WATTLEDGER_TRY(seal_file(*options_.key, manifest_.id + "/" + name, from, *to));
    } else {
      const auto size = from.size();
      if (!size) return Failure(size.error());
      for (std::uint64_t done = 0; done < *size; done += copy_bytes) {
        const auto piece = from.read(done, std::min<std::uint64_t>(copy_bytes, *size - done));
        if (!piece) return Failure(piece.error());
        WATTLEDGER_TRY(to->append(*piece));
      }
    }
    WATTLEDGER_TRY(to->sync());
    return add(*to, name, range);
  }

  Result<void> build(const SequenceRange& range) {
    WATTLEDGER_TRY(go_on());
    const auto tell = [&](std::uint64_t done, std::uint64_t) {
      if (options_.progress) options_.progress(done_ + done, total());
    };
    if (!options_.key) {
      const auto segment = build_segment_in(directory_, snapshot_, range, tell);
      if (!segment) return Failure(segment.error());
      const auto file = DiskFile::open(segment->path());
      if (!file) return Failure(file.error());
      WATTLEDGER_TRY(add(*file, name_of(range), range));
    } else {
      const auto aside = PartDirectory::make(options_.aside);
      if (!aside) return Failure(aside.error());
      const auto segment = build_segment_in(aside->path(), snapshot_, range, tell);
      if (!segment) return Failure(segment.error());
      const auto file = DiskFile::open(segment->path());
      if (!file) return Failure(file.error());
      WATTLEDGER_TRY(put(*file, range));
    }
    progress(range.last.value - range.first.value + 1);
    return {};
  }

  Result<void> add(const DiskFile& file, const std::string& name, const SequenceRange& range) {
    const auto size = file.size();
    if (!size) return Failure(size.error());
    const auto digest = file.digest();
    if (!digest) return Failure(digest.error());
    manifest_.files.push_back({name, range, *size, *digest});
    return {};
  }

  Result<void> write_manifest() {
    auto file = DiskFile::create(directory_ / backup_manifest_file);
    if (!file) return Failure(file.error());
    const std::string text = render_backup_manifest(manifest_);
    WATTLEDGER_TRY(file->append(std::as_bytes(std::span(text))));
    return file->sync();
  }

  [[nodiscard]] std::uint64_t total() const {
    return manifest_.last().value - manifest_.first.value + 1;
  }
  void progress(std::uint64_t records) {
    done_ += records;
    if (options_.progress) options_.progress(done_, total());
  }

  const Snapshot& snapshot_;
  const Log& log_;
  const BackupOptions& options_;
  fs::path directory_;
  BackupManifest& manifest_;
  std::uint64_t done_ = 0;
};

// The base stands in the log's own history, and something came after it.
Result<void> check_base(const Snapshot& snapshot, const BackupManifest& base, Sequence last) {
  const std::string remedy = "take a full backup: leave --incremental out";
  if (base.meta.uuid != snapshot.meta().uuid)
    return fail(ErrorKind::conflict, "the backup " + base.id + " is of another log", remedy);
  if (base.last() >= last)
    return fail(ErrorKind::conflict, "nothing was recorded since the backup " + base.id,
                "there is nothing to add to it");
  const auto root = root_at(snapshot, base.last().value);
  if (!root) return Failure(root.error());
  if (*root == base.root()) return {};
  return fail(ErrorKind::conflict, "the backup " + base.id + " holds another history than the log",
              "run wattledger log verify --deep before anything else");
}

// Where nothing tells how this log compresses: simulated houses take a twentieth, measured ones
// less well.
constexpr std::uint64_t compressed_least = 8;

// As many bytes a record as the newest backup there took, or as a share of the log's own.
Result<std::uint64_t> expected_bytes(const Snapshot& snapshot, const Log& log,
                                     const fs::path& store, const BackupManifest& manifest) {
  const auto archive = Archive::open(log.directory(), snapshot.meta());
  if (!archive) return Failure(archive.error());
  std::uint64_t bytes = 0;
  std::uint64_t to_build = manifest.last().value - manifest.first.value + 1;
  for (const SequenceRange& each : archive->segments()) {
    if (each.first < manifest.first || each.last > manifest.last()) continue;
    std::error_code error;
    const auto size = fs::file_size(
        log.directory() / segments_directory / segment_name(each.first, each.last), error);
    if (!error) bytes += size;
    to_build -= std::min(to_build, each.last.value - each.first.value + 1);
  }
  std::uint64_t whole = log.impl().environment->used_bytes() / compressed_least;
  std::uint64_t records = snapshot.head().value - snapshot.meta().first.value + 1;
  if (const auto newest = newest_backup(store, snapshot.meta().uuid)) {
    whole = newest->manifest.bytes();
    records = newest->manifest.last().value - newest->manifest.first.value + 1;
  }
  return bytes +
         static_cast<std::uint64_t>(static_cast<double>(whole) /
                                    static_cast<double>(std::max<std::uint64_t>(records, 1)) *
                                    static_cast<double>(to_build));
}

Result<BackupManifest> manifest_for(const Snapshot& snapshot, const BackupOptions& options,
                                    const BackupChain& base) {
  const auto checkpoint = read_checkpoint(options.checkpoint);
  if (!checkpoint) return Failure(checkpoint.error());
  const Sequence last{checkpoint->size};
  auto meta = meta_at(snapshot, last);
  if (!meta) return Failure(meta.error());
  BackupManifest manifest;
  manifest.id = backup_id(options.taken_at, last);
  manifest.taken_at = options.taken_at;
  manifest.program = options.program;
  manifest.meta = *std::move(meta);
  manifest.checkpoint = options.checkpoint;
  if (options.key) manifest.key_id = options.key->id();
  if (base.empty()) return manifest;
  WATTLEDGER_TRY(check_base(snapshot, base.back().manifest, last));
  manifest.base = base.back().manifest.id;
  manifest.first = base.back().manifest.last().next();
  return manifest;
}

}  // namespace

Result<BackupManifest> take_backup(const Snapshot& snapshot, const Log& log, const fs::path& store,
                                   const BackupOptions& options) {
  BackupChain chain;
  if (options.base) {
    auto base = backup_chain(store, *options.base);
    if (!base) return Failure(base.error());
    chain = *std::move(base);
  }
  auto manifest = manifest_for(snapshot, options, chain);
  if (!manifest) return manifest;
  std::error_code error;
  if (fs::exists(store / manifest->id, error))
    return fail(ErrorKind::conflict, "the backup " + manifest->id + " is there already",
                "nothing was recorded since");
  const auto expected = expected_bytes(snapshot, log, store, *manifest);
  if (!expected) return Failure(expected.error());
  WATTLEDGER_TRY(require_room(store, *expected, "the backup"));
  auto part = PartDirectory::make(store / ("." + manifest->id + ".part"));
  if (!part) return Failure(part.error());
  WATTLEDGER_TRY(BackupWriter(snapshot, log, options, part->path(), *manifest).write());
  chain.push_back({part->path(), *manifest});
  BackupCheckOptions check;
  check.key = options.key;
  const BackupCheck checked = check_newest_link(chain, check);
  if (!checked.findings.empty())
    return fail(ErrorKind::corrupt, "the backup was refused: " + checked.findings.front().what,
                "run wattledger log verify --deep; if the log is sound, check the backup's disk");
  WATTLEDGER_TRY(part->rename(store / manifest->id));
  return manifest;
}

}  // namespace wattledger::log
