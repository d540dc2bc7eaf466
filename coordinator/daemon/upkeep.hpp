// When the live SQLite file is looked after, and that it is: daily at 02:00 by the house's clock,
// weekly on Sundays at 03:00, never while a charge or a discharge is forced.
#pragma once

#include <optional>
#include <string>

#include "coordinator/daemon/journal.hpp"
#include "coordinator/daemon/projection_thread.hpp"
#include "events/time.hpp"
#include "projections/maintenance.hpp"

namespace wattledger::daemon {

inline constexpr std::chrono::hours daily_at{2};
inline constexpr std::chrono::hours weekly_at{3};  // on Sundays

// A run falls due when the house's clock passes its time; one that a forced mode kept waiting comes
// after it. What passed before the first look is not made up for. A repeated hour gives none twice.
class UpkeepSchedule {
 public:
  // Once per tick. The weekly run stands for a daily one that waits too.
  [[nodiscard]] std::optional<projections::Maintenance> due(LocalTime now, bool forced);

 private:
  std::optional<LocalTime> looked_at_;
  bool daily_ = false, weekly_ = false;  // waiting
};

// Has the projections' thread do it and records ChangeStarted and ChangeFinished. On the daemon's
// thread; never waits.
class Upkeep {
 public:
  // Both outlive it.
  Upkeep(Journal& journal, ProjectionThread& thread) : journal_(journal), thread_(thread) {}

  // An error means that the log cannot be written.
  Result<void> look(UtcTime now);
  // What the last check of the file found: "ok", or the damage; not known before the first.
  [[nodiscard]] const std::optional<std::string>& finding() const { return finding_; }

 private:
  Result<void> finish(const ProjectionThread::Maintained& done);

  Journal& journal_;
  ProjectionThread& thread_;
  UpkeepSchedule schedule_;
  std::optional<Sequence> started_;
  std::optional<std::string> finding_;
};

}  // namespace wattledger::daemon
