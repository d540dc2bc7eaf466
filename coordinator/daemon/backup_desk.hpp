// When the daemon backs its log up, and that it does: each night at the configured time by the
// house's clock, an hour after one that failed, and soon after a start that finds the newest more
// than a day old. The work is backup_round's, on a thread of its own.
#pragma once

#include <atomic>
#include <optional>
#include <thread>

#include "coordinator/config/config.hpp"
#include "coordinator/daemon/backup_round.hpp"
#include "coordinator/daemon/journal.hpp"
#include "log/appender.hpp"

namespace wattledger::daemon {

inline constexpr std::chrono::hours backup_again_after{1};  // that failed

// Pure. A night has one backup, also where its hour comes twice or not at all.
class BackupSchedule {
 public:
  explicit BackupSchedule(std::chrono::minutes at) : at_(at) {}

  enum class Due { no, if_overdue, yes, again };  // again: what failed, an hour later
  // Once per tick; at the first the night before is over, and only its age makes a backup due.
  [[nodiscard]] Due due(UtcTime now, LocalTime local);
  void failed(UtcTime now) { again_at_ = now + backup_again_after; }
  void succeeded() { again_at_.reset(); }

 private:
  std::chrono::minutes at_;
  std::optional<std::chrono::local_days> night_;  // the last that had its turn
  std::optional<UtcTime> again_at_;
};

// On the daemon's thread; never waits but for the thread's end in the destructor. Records
// BackupTaken.
class BackupDesk {
 public:
  // All outlive it.
  BackupDesk(const config::Config& config, Journal& journal, const log::Log& log,
             log::Appender& appender)
      : config_(config),
        journal_(journal),
        log_(log),
        appender_(appender),
        schedule_(config.backup.at) {}

  // An error means that the log cannot be written.
  Result<void> look(UtcTime now);
  // Tells a backup that is being taken to stop, and records one that is done.
  Result<void> close();
  [[nodiscard]] bool working() const { return working_; }

 private:
  void start(const BackupOrder& order);
  Result<void> finish(UtcTime now);

  const config::Config& config_;
  Journal& journal_;
  const log::Log& log_;
  log::Appender& appender_;
  BackupSchedule schedule_;
  bool only_remote_ = false;  // tonight's stands here, and not yet there
  BackupOutcome outcome_;     // the thread's until it is joined
  std::atomic<bool> working_ = false;
  std::optional<std::jthread> thread_;
};

}  // namespace wattledger::daemon
