// A new log out of a backup: every record at its old sequence, up to the end or to an earlier
// point. The new log has a uuid of its own, the old one as its parent, and LogRestored behind the
// records.
//
// Durable and verified when it returns; killed at any point, the directory does not bear its name.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "log/backup_check.hpp"
#include "log/backup_store.hpp"

namespace wattledger::log {

struct RestoreOptions {
  std::filesystem::path into;    // the log's directory: absent or empty
  std::optional<Sequence> last;  // the backup's when absent
  std::optional<BackupKey> key;
  // When LogRestored is recorded, by the new log's time.
  std::function<UtcTime(const Snapshot&)> now;
  SegmentProgress progress;
};

struct Restored {
  Id128 uuid;
  Sequence last;            // of the records restored
  Digest root;              // of them
  std::uint64_t bytes = 0;  // of them
};

// About as many bytes as the records up to `last` take in a log; of an encrypted one as its first
// file has it.
[[nodiscard]] Result<std::uint64_t> restored_bytes(const BackupChain& chain,
                                                   const std::optional<BackupKey>& key,
                                                   Sequence last);

// conflict (`into` is not empty), not_found (no such record), corrupt, full (the disk has no room,
// with figures), and what check_backup_key() gives.
[[nodiscard]] Result<Restored> restore_backup(const BackupChain& chain,
                                              const RestoreOptions& options);

// The same log again, for a trial: its own uuid and nothing added.
[[nodiscard]] Result<Restored> restore_copy(const BackupChain& chain,
                                            const RestoreOptions& options);
// Brings a copy that nobody else has open up to `through` with what `live` has; corrupt if that
// makes another root than `live` has there.
Result<void> continue_copy(const Log& copy, const Snapshot& live, Sequence through);

// The last record of the backup that was recorded at `time` or before; not_found if there is none.
[[nodiscard]] Result<Sequence> last_recorded_by(const BackupChain& chain, UtcTime time,
                                                const std::optional<BackupKey>& key);

}  // namespace wattledger::log
