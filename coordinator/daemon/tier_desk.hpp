// Moves what has come of age on: records out of LMDB into segments, segments to the remote. Once a
// day, begun in no forced mode, on a thread of its own and at the lowest priority; records
// LogArchived, and ChangeStarted and ChangeFinished where there was something to move.
#pragma once

#include <atomic>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "coordinator/config/config.hpp"
#include "coordinator/daemon/journal.hpp"
#include "log/log.hpp"

namespace wattledger::daemon {

inline constexpr std::chrono::hours tiers_first_after{1};  // the start
inline constexpr std::chrono::hours tiers_every{24};

class TierDesk {
 public:
  // All outlive it.
  TierDesk(const config::Config& config, Journal& journal, const log::Log& log,
           const log::WriterLock& lock)
      : config_(config), journal_(journal), log_(log), lock_(lock) {}

  // On the daemon's thread; never waits. An error means that the log cannot be written.
  Result<void> look(UtcTime now);
  // Tells it to stop between two steps, and waits for that.
  Result<void> close();
  [[nodiscard]] bool working() const { return working_; }

 private:
  const config::Config& config_;
  Journal& journal_;
  const log::Log& log_;
  const log::WriterLock& lock_;
  std::optional<UtcTime> next_;
  std::optional<Error> poison_;  // the thread's until it is joined
  std::atomic<bool> working_ = false;
  std::optional<std::jthread> thread_;
};

}  // namespace wattledger::daemon
