#include "log/backup_check.hpp"

#include "log/checkpoint.hpp"

namespace wattledger::log {
namespace {

constexpr const char* remedy = "take it from another copy of this backup, or use another backup";

Result<DiskFile> open_summed(const Backup& backup, const BackupFile& file) {
  const auto path = backup.directory / file.name;
  auto disk = DiskFile::open(path);
  if (!disk && disk.error().kind == ErrorKind::not_found)
    return fail(ErrorKind::corrupt, path.string() + " is missing", remedy);
  if (!disk) return disk;
  const auto size = disk->size();
  if (!size) return Failure(size.error());
  if (*size < file.bytes)
    return fail(ErrorKind::corrupt,
                path.string() + " is cut short: " + std::to_string(*size) + " of " +
                    std::to_string(file.bytes) + " bytes",
                remedy);
  const auto digest = disk->digest();
  if (!digest) return Failure(digest.error());
  if (*size != file.bytes || *digest != file.digest)
    return fail(ErrorKind::corrupt,
                path.string() + " is damaged: its bytes are not those that were written", remedy);
  return disk;
}

class Checker {
 public:
  Checker(const BackupCheckOptions& options, Frontier before, std::uint64_t total)
      : options_(options), frontier_(std::move(before)), total_(total) {}

  void check(const Backup& backup) {
    const BackupManifest& manifest = backup.manifest;
    bool whole = true;
    for (const BackupFile& file : manifest.files) whole = check_file(backup, file) && whole;
    if (whole && !result_.summed_only && frontier_ != manifest.meta.frontier)
      found(manifest, "its records give the root " + frontier_.root().hex() +
                          ", its manifest says " + manifest.root().hex());
    check_checkpoint(manifest);
    frontier_ = manifest.meta.frontier;  // so that one fault is told once
  }
  [[nodiscard]] BackupCheck take() { return std::move(result_); }

 private:
  void found(const BackupManifest& manifest, std::string what, std::string what_to_do = remedy) {
    result_.findings.push_back({manifest.id, std::move(what), std::move(what_to_do)});
  }

  bool check_file(const Backup& backup, const BackupFile& file) {
    if (backup.manifest.key_id && !options_.key) {
      result_.summed_only = true;
      const auto disk = open_summed(backup, file);
      if (!disk) found(backup.manifest, disk.error().what, disk.error().remedy);
      return disk.has_value();
    }
    const auto segment = open_backup_file(backup, file, options_.key);
    const auto sound = segment ? segment->verify() : Failure(segment.error());
    if (!sound) {
      found(backup.manifest, sound.error().what, sound.error().remedy);
      return false;
    }
    const Manifest& records = segment->manifest();
    if (records.first != file.records.first || records.last != file.records.last) {
      found(backup.manifest, file.name + " holds other records than the manifest says");
      return false;
    }
    if (frontier_.size() + 1 != records.first.value) return false;  // behind one that was told of
    for (const RangeNode& node : records.nodes) frontier_.append_subtree(node.digest, node.level);
    result_.records += records.records();
    if (options_.progress) options_.progress(std::min(result_.records, total_), total_);
    if (frontier_.size() == records.last.value && frontier_.root() == records.root) return true;
    found(backup.manifest, file.name + " does not continue what stands before it");
    return false;
  }

  void check_checkpoint(const BackupManifest& manifest) {
    const auto checkpoint = options_.signer ? open_checkpoint(manifest.checkpoint, *options_.signer)
                                            : read_checkpoint(manifest.checkpoint);
    if (!checkpoint)
      found(manifest, "its checkpoint does not hold: " + checkpoint.error().what,
            "do not trust it: use a backup whose checkpoint the log's key signed");
    else if (checkpoint->origin != checkpoint_origin(manifest.meta.uuid) ||
             checkpoint->size != manifest.last().value || checkpoint->root != manifest.root())
      found(manifest, "its signed checkpoint is of other records",
            "do not trust it: use a backup whose checkpoint the log's key signed");
  }

  const BackupCheckOptions& options_;
  Frontier frontier_;
  std::uint64_t total_;
  BackupCheck result_;
};

}  // namespace

Result<void> check_backup_key(const BackupManifest& manifest, const std::optional<BackupKey>& key) {
  if (!manifest.key_id || (key && key->id() == *manifest.key_id)) return {};
  return fail(key ? ErrorKind::foreign : ErrorKind::not_found,
              "the backup " + manifest.id + " is encrypted with the key " + *manifest.key_id +
                  (key ? ", and the one given is " + key->id() : ", and none is given"),
              "name that key's file with --key-file");
}

Result<SegmentReader> open_backup_file(const Backup& backup, const BackupFile& file,
                                       const std::optional<BackupKey>& key) {
  WATTLEDGER_TRY(check_backup_key(backup.manifest, key));
  auto disk = open_summed(backup, file);
  if (!disk) return Failure(disk.error());
  if (!backup.manifest.key_id) return SegmentReader::open(*std::move(disk));
  auto clear = unseal_file(*key, backup.manifest.id + "/" + file.name, *disk);
  if (!clear) return Failure(clear.error());
  return SegmentReader::open(*std::move(clear));
}

BackupCheck check_backup(const BackupChain& chain, const BackupCheckOptions& options) {
  Checker checker(options, {}, chain.back().manifest.last().value);
  for (const Backup& each : chain) checker.check(each);
  return checker.take();
}

BackupCheck check_newest_link(const BackupChain& chain, const BackupCheckOptions& options) {
  const BackupManifest& newest = chain.back().manifest;
  Frontier before;
  if (chain.size() > 1) before = chain[chain.size() - 2].manifest.meta.frontier;
  Checker checker(options, std::move(before), newest.last().value - newest.first.value + 1);
  checker.check(chain.back());
  return checker.take();
}

}  // namespace wattledger::log
