// Reads a backup and says what is wrong with it: files, the tree that their records give, the
// checkpoint. Changes nothing. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "log/backup_key.hpp"
#include "log/backup_store.hpp"
#include "log/note.hpp"
#include "log/segment.hpp"

namespace wattledger::log {

// One file, its size and SHA-256 checked, decrypted in memory where it is encrypted. not_found,
// corrupt; what check_backup_key() gives.
[[nodiscard]] Result<SegmentReader> open_backup_file(const Backup& backup, const BackupFile& file,
                                                     const std::optional<BackupKey>& key);

// not_found if the backup is encrypted and no key is given, foreign if another one is.
Result<void> check_backup_key(const BackupManifest& manifest, const std::optional<BackupKey>& key);

struct BackupFinding {
  std::string backup;
  std::string what;
  std::string remedy;
};

struct BackupCheckOptions {
  std::optional<BackupKey> key;       // without it an encrypted one's files are only summed
  std::optional<VerifierKey> signer;  // whose signature its checkpoint must have
  SegmentProgress progress;
};

struct BackupCheck {
  std::vector<BackupFinding> findings;
  std::uint64_t records = 0;  // read
  bool summed_only = false;   // encrypted, and no key was given
};

// Every file of every link, and the root recomputed from the records.
[[nodiscard]] BackupCheck check_backup(const BackupChain& chain, const BackupCheckOptions& options);
// The last link alone, beginning at what its base says of itself.
[[nodiscard]] BackupCheck check_newest_link(const BackupChain& chain,
                                            const BackupCheckOptions& options);

}  // namespace wattledger::log
