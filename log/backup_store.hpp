// A directory of backups: each a directory of its own, <id>/, with manifest.json and segments. What
// is there, what continues what, and what may go. Names that begin with a dot are leftovers.
//
// Threads: any; a process that adds or removes holds a StoreLock.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "log/backup_manifest.hpp"

namespace wattledger::log {

struct Backup {
  std::filesystem::path directory;
  BackupManifest manifest;
};

// Of a backup that is there, sound or not.
struct StoredBackup {
  std::string id;
  Result<BackupManifest> manifest;
};

// By time, those whose manifest does not tell it first. not_found if the directory is not there;
// io.
[[nodiscard]] Result<std::vector<StoredBackup>> list_backups(const std::filesystem::path& store);

// not_found, naming what is there; else what its manifest gives.
[[nodiscard]] Result<Backup> find_backup(const std::filesystem::path& store, const std::string& id);
// The newest of this log whose manifest is sound, of any log where none is named; not_found.
[[nodiscard]] Result<Backup> newest_backup(const std::filesystem::path& store,
                                           const std::optional<Id128>& log);

// The full one first, then each that continues the one before, `id` last.
using BackupChain = std::vector<Backup>;
// not_found, naming the missing link; corrupt if one does not continue its base.
[[nodiscard]] Result<BackupChain> backup_chain(const std::filesystem::path& store,
                                               const std::string& id);

// What can be seen to be wrong with it without reading its files; empty if nothing is.
[[nodiscard]] std::string backup_trouble(const std::filesystem::path& store,
                                         const StoredBackup& stored);

// The newest of this log, if another may continue it: nothing can be seen to be wrong with its
// chain, whose full one was taken after `full_since`, and all of it is encrypted with this key, or
// with none. Nothing: the next is to be a full one.
[[nodiscard]] std::optional<std::string> base_to_continue(const std::filesystem::path& store,
                                                          const Id128& log,
                                                          const std::optional<std::string>& key_id,
                                                          UtcTime full_since);

// A backup is kept if one of the rules that are set keeps it, if it is the newest of its log, or if
// one that is kept continues it.
struct KeepRules {
  std::optional<std::uint64_t> days;   // back from the newest of its log
  std::optional<std::uint64_t> count;  // newest of each log
};
// The ids of those that nothing keeps, oldest first. Pure.
[[nodiscard]] std::vector<std::string> prunable(const std::vector<BackupManifest>& backups,
                                                const KeepRules& rules);

// What of a store one process at a time changes: it itself (<store>/.lock), or what its remote has
// of it (<store>/.remote.lock). A slow line takes a night, and nobody waits so long for a backup.
enum class StorePart { backups, remote };

// flock on the part's file. Who takes the backups' takes leftovers away.
class StoreLock {
 public:
  // Makes the directory if it is not there. locked if another process has it.
  static Result<StoreLock> take(const std::filesystem::path& store,
                                StorePart part = StorePart::backups);
  StoreLock(StoreLock&&) noexcept;
  StoreLock& operator=(StoreLock&&) = delete;
  ~StoreLock();

 private:
  explicit StoreLock(int fd) : fd_(fd) {}
  int fd_;
};

// Whole or not at all, whatever happens meanwhile. The caller holds the StoreLock.
Result<void> remove_backup(const std::filesystem::path& store, const std::string& id);

// Removes what no rule keeps, and leaves alone what does not tell what it is: the ids removed.
[[nodiscard]] Result<std::vector<std::string>> prune_backups(const std::filesystem::path& store,
                                                             const KeepRules& rules);

}  // namespace wattledger::log
