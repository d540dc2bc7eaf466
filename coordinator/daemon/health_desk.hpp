// Gathers what health is judged by, with each pass of the loop: judges, keeps <data>/health.json
// fresh, records SystemMeasured each hour. In simulated time it judges and writes nothing.
//
// Threads: latest() from any; the rest on the daemon's.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "coordinator/config/config.hpp"
#include "coordinator/daemon/clock.hpp"
#include "coordinator/daemon/journal.hpp"
#include "coordinator/daemon/process_figures.hpp"
#include "coordinator/daemon/tick.hpp"
#include "coordinator/health/history.hpp"
#include "log/appender.hpp"
#include "log/log.hpp"
#include "log/room.hpp"
#include "projections/damage.hpp"
#include "projections/live/live_projections.hpp"

namespace wattledger::daemon {

inline constexpr std::chrono::hours measured_every{1};
// Records of the log's past that one pass looks through for the last drill and the like.
inline constexpr std::uint64_t look_back_records = 4'096;

class HealthDesk {
 public:
  using LookAtProcess = std::function<ProcessFigures()>;

  // All that is referred to outlives it.
  HealthDesk(const config::Config& config, Clock& clock, Journal& journal, const log::Log& log,
             const log::Appender& appender, LookAtProcess process = process_figures);
  // As it was seen last.
  void take_room(const log::Room& room) { room_ = room; }
  void take_projections(const projections::LiveProjections& live) { live_ = &live; }
  // Control is off whatever is configured, and the report says so.
  void in_safe_mode() { safe_mode_ = true; }
  // The next look writes its report down, due or not: something that somebody waits for changed.
  void write_next() { written_at_.reset(); }

  // An error means that the log cannot be written.
  Result<void> look(UtcTime now, const Contact& contact);
  // The last report: that the daemon does not run any more. Else a file read tomorrow says all is
  // well.
  void close(UtcTime now);
  // Absent before the first poll.
  [[nodiscard]] std::optional<health::HealthReport> latest() const;
  // As health_json() writes it; empty before the first look.
  [[nodiscard]] std::string latest_json() const;

 private:
  void read_history(UtcTime now);
  void look_back(const log::Snapshot& snapshot, UtcTime now);
  [[nodiscard]] health::HealthFacts gather(UtcTime now, const Contact& contact);
  [[nodiscard]] std::vector<health::ProjectionFacts> projections(UtcTime now) const;
  void write(const health::HealthReport& report, const std::string& json);
  Result<void> measure(UtcTime now);

  const config::Config& config_;
  Clock& clock_;
  Journal& journal_;
  const log::Log& log_;
  const log::Appender& appender_;
  const LookAtProcess process_;
  std::optional<log::Room> room_;
  const projections::LiveProjections* live_ = nullptr;
  bool safe_mode_ = false;
  bool asked_ = false;  // the inverter, since the start

  health::HealthHistory history_;
  std::optional<UtcTime> log_since_;
  bool demo_ = false;
  std::optional<Sequence> read_to_;  // of history_
  Sequence looked_back_to_;          // the first record that history_ knows of
  const std::chrono::steady_clock::time_point began_;
  std::chrono::steady_clock::time_point measured_at_;
  log::Histogram poll_ms_;
  log::AppendStatistics counted_;  // up to the last measurement
  std::optional<std::chrono::steady_clock::time_point> written_at_;
  std::optional<health::Health> told_;  // overall, in the text log
  bool write_failed_ = false;
  mutable std::mutex mutex_;
  std::optional<health::HealthReport> latest_;  // under mutex_, as the next
  std::string json_;
};

}  // namespace wattledger::daemon
