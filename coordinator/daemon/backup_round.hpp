// One backup as the daemon takes it: a copy of the log, a copy of that with the remote, and away
// with what no rule keeps. For a thread of its own, where nobody waits for it; the log gets nothing
// but the checkpoint.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "coordinator/config/config.hpp"
#include "log/appender.hpp"
#include "log/backup_store.hpp"

namespace wattledger::daemon {

// A house whose newest backup is older needs one now, whatever the hour.
inline constexpr std::chrono::hours backup_overdue{24};

struct BackupOrder {
  UtcTime at{};              // by the house's clock
  bool if_overdue = false;   // only where the newest, or the log, is that old
  bool only_remote = false;  // one stands already: only what the remote lacks
};

struct BackupOutcome {
  bool due = true;                            // else nothing was done
  std::optional<log::BackupManifest> backup;  // the newest, sound
  std::vector<std::string> removed;           // here
  std::optional<Error> trouble;               // why it, or its copy with the remote, is not there
  std::vector<std::string> remarks;           // what else went wrong
};

// This thread alone: processor and disk are the tick's.
void yield_to_all();
// What would keep a backup from being taken now: its key, its directory; empty where nothing is
// known to. Read-only.
[[nodiscard]] std::string backup_hindrance(const config::Config& config);
// Where the backups stand: beside the log unless the configuration says where.
[[nodiscard]] std::filesystem::path backup_store_of(const config::Config& config);
[[nodiscard]] BackupOutcome back_up(const config::Config& config, const log::Log& log,
                                    log::Appender& appender, const BackupOrder& order,
                                    const std::stop_token& stop);

}  // namespace wattledger::daemon
