// Looks for the conditions of coordinator/alerts with each pass and records AlertRaised and
// AlertEnded: each once for as long as it lasts, over restarts too. On the daemon's thread; never
// waits. Who is told of them is the alert thread's matter.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "coordinator/alerts/history.hpp"
#include "coordinator/alerts/judge.hpp"
#include "coordinator/config/config.hpp"
#include "coordinator/daemon/journal.hpp"
#include "log/log.hpp"
#include "log/room.hpp"
#include "projections/live/live_projections.hpp"

namespace wattledger::daemon {

// How far back the log is asked for alerts that stand and for backups. One that has stood for
// longer when the daemon starts is raised anew.
inline constexpr std::chrono::hours alerts_looked_back{29 * 24};

class AlertDesk {
 public:
  using LookAtRoom = std::function<Result<log::Room>(const log::Log&)>;

  // Before CoordinatorStarted is recorded: whether the run before ended is in the state. All
  // outlive it.
  AlertDesk(const config::Config& config, Journal& journal, const log::Log& log, LookAtRoom room);

  // `live`: none yet. `database_finding`: as Facts has it. An error means that the log cannot be
  // read or written.
  Result<void> look(UtcTime now, const projections::LiveProjections* live,
                    const std::optional<std::string>& database_finding);

 private:
  Result<void> recollect(UtcTime now);
  Result<void> take_new();
  void take_state(alerts::Facts& facts) const;
  void take_projections(const projections::LiveProjections& live, alerts::Facts& facts) const;
  void take_room(UtcTime now);
  Result<void> tell(const alerts::News& news);

  const config::Config& config_;
  Journal& journal_;
  const log::Log& log_;
  LookAtRoom room_;
  bool crashed_;
  alerts::Judge judge_;
  alerts::History backups_;
  Sequence taken_;
  UtcTime backups_since_{};
  std::optional<UtcTime> started_, room_looked_at_;
  std::optional<std::uint64_t> disk_free_;
};

}  // namespace wattledger::daemon
