// Takes a backup of a log that goes on being written: a full one, or what was added since its base.
//
// Segments, which stand as files already, are copied; all other records are built into segments,
// each read back and compared with the log. Reads through a Snapshot, so that no page is pinned and
// the writer never waits. Durable and verified when it returns; killed at any point, nothing bears
// the backup's name.
#pragma once

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "log/backup_key.hpp"
#include "log/backup_store.hpp"
#include "log/cold_segment.hpp"
#include "log/segment.hpp"

namespace wattledger::log {

struct BackupOptions {
  UtcTime taken_at{};
  std::string program;              // its version
  std::string checkpoint;           // the signed note of the records to back up
  std::optional<std::string> base;  // incremental: continue this one
  std::optional<BackupKey> key;     // encrypt with it
  std::filesystem::path aside;      // for segments in clear on their way to be encrypted; removed
  SegmentProgress progress;
  // Gives the file of a segment that stands with a remote, which goes again afterwards; absent: a
  // backup that would need one is not_found.
  std::function<Result<std::filesystem::path>(const ColdSegment&)> fetch;
  std::stop_token stop;  // looked at between two files
};

// The caller holds the store's lock. not_found, conflict (the base is not of this log's history, or
// nothing is new), full, corrupt (the log is damaged, or what was written is not what was read),
// io; timed_out if it was told to stop.
[[nodiscard]] Result<BackupManifest> take_backup(const Snapshot& snapshot, const Log& log,
                                                 const std::filesystem::path& store,
                                                 const BackupOptions& options);

}  // namespace wattledger::log
