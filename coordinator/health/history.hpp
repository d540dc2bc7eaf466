// What health takes from the log's last weeks: backups, drills, verifications, outages, when a
// coordinator ran, what it measured of itself. Pure.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "coordinator/health/health.hpp"

namespace wattledger::health {

// Uptime and backups are counted over so long.
inline constexpr std::chrono::hours history_span{30 * 24};

class HealthHistory {
 public:
  // A record of the log, in the order of its sequence.
  void take(Sequence sequence, UtcTime recorded_at, const EventView& event);
  // A record from before everything that take() saw, in any order: for backups, drills and
  // verifications alone.
  void take_older(Sequence sequence, UtcTime recorded_at, const EventView& event);
  // Whether older records could still tell something.
  [[nodiscard]] bool wants_older() const;
  // All that take_older() may tell was told, or is too old to matter.
  void looked_back() { looked_back_ = true; }

  // Fills in backup, drill, verify, the failing sources and the figures. What is configured is the
  // caller's to say.
  void tell(HealthFacts& facts, UtcTime now) const;

 private:
  struct Done {
    std::optional<UtcTime> succeeded_at, failed_at;
    std::string succeeded, failure;
    void take(bool ok, UtcTime at, const std::string& what, const std::string& detail);
  };
  struct Run {
    UtcTime from, to;
  };
  void take_done(Sequence sequence, UtcTime recorded_at, const EventView& event);
  void take_run(UtcTime recorded_at, const EventView& event);
  void take_source(UtcTime recorded_at, const EventView& event);

  std::optional<UtcTime> first_;            // record taken
  std::string backup_named_;                // by the last event of one …
  std::optional<UtcTime> backup_taken_at_;  // … and when it was named first
  std::deque<Run> runs_;
  bool running_ = false;
  struct Backup {
    UtcTime at;
    bool ok;
  };
  std::deque<Backup> backups_;
  Done backup_, drill_, verify_;
  std::map<std::uint64_t, UtcTime> verifying_;  // ChangeStarted of a verification
  std::map<std::string, SourceFacts::Failing> failing_;
  std::optional<std::chrono::seconds> inverter_off_;
  std::optional<Measured> measured_;
  bool looked_back_ = false;
};

// The verb of the change that records a verification.
inline constexpr std::string_view verify_verb = "log verify";

}  // namespace wattledger::health
