// Looks for the conditions of coordinator/alerts with each pass and records AlertRaised and
// AlertEnded: each once for as long as it lasts, over restarts too. On the daemon's thread; never
// waits. Who is told of them is the alert thread's matter.
#pragma once

#include <optional>
#include <string>

#include "coordinator/alerts/history.hpp"
#include "coordinator/alerts/judge.hpp"
#include "coordinator/config/config.hpp"
#include "coordinator/daemon/journal.hpp"
#include "log/log.hpp"
#include "projections/live/live_projections.hpp"

namespace wattledger::daemon {

// How far back the log is asked for alerts that stand and for backups. One that has stood for
// longer when the daemon starts is raised anew.
inline constexpr std::chrono::hours alerts_looked_back{29 * 24};

class AlertDesk {
 public:
  // What others of the daemon saw last; absent where they have not looked.
  struct Seen {
    const projections::LiveProjections* live = nullptr;
    std::optional<std::string> database_finding;  // as Facts has it
    std::optional<std::uint64_t> disk_free;       // bytes, on the log's disk
  };

  // Before CoordinatorStarted is recorded: whether the run before ended is in the state. All
  // outlive it.
  AlertDesk(const config::Config& config, Journal& journal, const log::Log& log);

  // An error means that the log cannot be read or written.
  Result<void> look(UtcTime now, const Seen& seen);

 private:
  Result<void> recollect(UtcTime now);
  Result<void> take_new();
  void take_state(alerts::Facts& facts) const;
  void take_projections(const projections::LiveProjections& live, alerts::Facts& facts) const;
  Result<void> tell(const alerts::News& news);

  const config::Config& config_;
  Journal& journal_;
  const log::Log& log_;
  bool crashed_;
  alerts::Judge judge_;
  alerts::History backups_;
  Sequence taken_;
  UtcTime backups_since_{};
  std::optional<UtcTime> started_;
};

}  // namespace wattledger::daemon
