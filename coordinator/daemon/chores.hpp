// What the daemon looks after beside ticking, once with each pass: damage that was found, room that
// grows scarce, staging left over, the SQLite file's upkeep, backups, tiers. On the daemon's
// thread; none of it waits, and an error means that the log cannot be written.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "coordinator/config/config.hpp"
#include "coordinator/daemon/alert_desk.hpp"
#include "coordinator/daemon/alert_thread.hpp"
#include "coordinator/daemon/backup_desk.hpp"
#include "coordinator/daemon/clock.hpp"
#include "coordinator/daemon/health_desk.hpp"
#include "coordinator/daemon/journal.hpp"
#include "coordinator/daemon/projection_thread.hpp"
#include "coordinator/daemon/tier_desk.hpp"
#include "coordinator/daemon/upkeep.hpp"
#include "log/log.hpp"
#include "log/room.hpp"
#include "projections/live/live_projections.hpp"

namespace wattledger::daemon {

// The log as its owner has it.
struct OwnLog {
  log::Log& log;
  log::Appender& appender;
  const log::WriterLock& lock;
  bool demo = false;
};

// How a start, or a reload, found the projections: a line each, and the event of each that was
// built anew.
struct StartTold {
  std::string reason;  // of the events
  fb::Source source = fb::Source::daemon;
};
Result<void> tell_started(Journal& journal, const projections::LiveProjections& live,
                          const projections::LiveStart& start, const StartTold& told);

class Chores {
 public:
  using LookAtRoom = std::function<Result<log::Room>(const log::Log&)>;

  // All that is referred to outlives it.
  Chores(const config::Config& config, Clock& clock, Journal& journal, const OwnLog& log,
         LookAtRoom room);

  // From then on there are projections to look after. `source` says what became of them.
  void take_projections(const projections::LiveProjections& live, ProjectionThread& thread,
                        fb::Source source);
  // A reload asks the thread for others.
  void switch_projections(bool sqlite) { sqlite_ = sqlite; }
  Result<void> look(UtcTime now);
  // After the last look: ends what goes on beside the loop.
  Result<void> close();
  // At the end of a pass.
  Result<void> judge(UtcTime now, const Contact& contact) { return health_.look(now, contact); }
  [[nodiscard]] HealthDesk& health() { return health_; }
  [[nodiscard]] const HealthDesk& health() const { return health_; }
  // What the journal's fold stepped over at the start, or the projections' later: each said once.
  Result<void> tell_damage();

 private:
  Result<void> tell_switched();
  void tell_scarce_room(UtcTime now);
  void tidy_staging(UtcTime now);
  void begin_telling(UtcTime now);
  Result<void> look_for_alerts(UtcTime now);

  const config::Config& config_;
  Clock& clock_;
  Journal& journal_;
  const log::Log& log_;
  LookAtRoom room_;
  const projections::LiveProjections* live_ = nullptr;
  HealthDesk health_;
  ProjectionThread* thread_ = nullptr;
  fb::Source source_ = fb::Source::daemon;
  bool sqlite_ = false;              // is fed
  std::optional<Upkeep> upkeep_;     // not in a simulation, whose nights are seconds
  std::optional<AlertDesk> alerts_;  // the same
  std::unique_ptr<AlertThread> teller_;
  std::optional<UtcTime> telling_tried_at_;
  std::optional<BackupDesk> backups_;  // nor in a demo
  std::optional<TierDesk> tiers_;
  std::uint64_t damaged_told_ = 0;  // records
  std::set<log::Scarce> scarce_told_;
  std::optional<UtcTime> room_looked_at_;
  std::optional<std::uint64_t> disk_free_;  // seen then
  std::optional<UtcTime> tidied_at_;
};

}  // namespace wattledger::daemon
