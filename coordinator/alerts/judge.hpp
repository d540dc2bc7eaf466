// Which conditions hold, and what is news about them. Pure: facts go in, with the time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/alerts/condition.hpp"
#include "events/identity.hpp"
#include "events/time.hpp"

namespace wattledger::alerts {

// A projection is far behind from so many records on; a batch of telemetry is 64.
inline constexpr std::int64_t lag_records = 256;
// What comes back within this share of the limit is not over yet, so that it does not flap.
inline constexpr std::uint64_t disk_margin_divisor = 10;
// Two nights: one may fail and be made up for by the next.
inline constexpr std::chrono::hours backup_overdue_after{48};
inline constexpr std::chrono::hours foreign_change_lasts{1};
inline constexpr std::chrono::hours crash_lasts{1};

// What the daemon knows. An absent one is not known, and the condition stays as it was.
struct Facts {
  struct Projection {
    std::string name;
    bool fed = true;
    std::int64_t behind = 0;  // records
    std::string why;          // not fed
  };
  struct Backups {
    bool wanted = false;
    std::optional<UtcTime> taken;        // the newest that succeeded
    std::optional<std::string> failure;  // of the newest, if it failed
    UtcTime since;                       // nobody could have expected one before
  };

  UtcTime now;
  ZoneOffsets zone;  // the house's, for times in a detail
  UtcTime started;   // of this program
  std::optional<std::string> safety_fault;
  std::optional<UtcTime> reading_at;
  std::optional<std::chrono::seconds> stale_after;
  std::optional<std::string> inverter_fault;
  std::optional<std::string> log_fault;
  std::optional<std::string> database_finding;  // "ok", or what the check found
  std::optional<std::vector<Projection>> projections;
  std::optional<std::uint64_t> disk_free;
  std::uint64_t disk_free_min = 0;
  Backups backups;
  std::optional<UtcTime> foreign_change_at;
  std::optional<std::string> clock_fault;
  bool crashed = false;  // the run before ended without its way down
};

struct Holding {
  bool holds = false;
  std::optional<std::int64_t> measured, limit;
  std::string detail;
};

struct News {
  Condition condition;
  bool raised = false;  // else ended
  Holding holding;
  std::optional<Sequence> of;  // the AlertRaised that ends
};

// The memory between two looks. One thread.
class Judge {
 public:
  // It was raised before, and not ended: by a run before this one.
  void resume(Condition condition, Sequence raised) { open_[condition] = raised; }
  void ended(Condition condition) { open_.erase(condition); }

  // What is news at facts.now, in the order of Condition. The caller records it and says so with
  // resume() or ended(); what it does not, is news again.
  [[nodiscard]] std::vector<News> look(const Facts& facts);
  [[nodiscard]] bool stands(Condition condition) const { return open_.count(condition) != 0; }

 private:
  std::map<Condition, Sequence> open_;
  std::map<Condition, UtcTime> turned_;  // since when it is no longer what was told
};

// One condition now; nullopt where that is not known. `stands`: it was raised, and the margin of
// its end counts.
[[nodiscard]] std::optional<Holding> judge(Condition condition, const Facts& facts, bool stands);

}  // namespace wattledger::alerts
