// How the house's computer is doing: facts in, a report out. Pure: no clock, disk or network; who
// gathers the facts (the daemon with each pass, the tool from log and files) says what it knows.
// What nobody knows is not guessed: its item is degraded and says so.
//
// Overall is the worst item. An item that is not ok has a remedy: what to type or to do.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/identity.hpp"
#include "events/time.hpp"
#include "projections/fold/state.hpp"

namespace wattledger::health {

enum class Health : std::uint8_t { ok, degraded, failed };
[[nodiscard]] std::string_view health_name(Health health);

struct HealthItem {
  std::string name;  // daemon log projections inverter sources disk map clock backup drill verify
                     // memory: always these, in this order
  Health state = Health::ok;
  std::string detail;
  std::string remedy;  // empty where there is nothing to do
  bool operator==(const HealthItem&) const = default;
};

// What the item rests on.
inline constexpr std::chrono::hours backup_age_max{48};
inline constexpr std::chrono::hours drill_age_max{90 * 24};   // of a drill, and of a verification
inline constexpr std::chrono::hours settling_in{7 * 24};      // a new log is not blamed for never
inline constexpr std::chrono::hours tomorrow_known_from{14};  // local: the market has published
inline constexpr std::uint64_t disk_free_failed = std::uint64_t{64} << 20U;
inline constexpr std::uint64_t memory_goal = std::uint64_t{64} << 20U;
inline constexpr std::chrono::seconds inverter_clock_off_max{120};  // as the daemon corrects
inline constexpr std::chrono::seconds projection_lag_max{300};
inline constexpr std::uint32_t silent_polls_failed = 3;

struct DaemonFacts {
  bool running = false;
  std::string holder;  // who holds the log and does not answer; empty when nobody does
  bool safe_mode = false;
  std::optional<UtcTime> judged_at;  // by a daemon whose report is older than it should be
  bool operator==(const DaemonFacts&) const = default;
};

struct LogFacts {
  Sequence head;
  std::uint64_t bytes = 0;
  std::uint64_t damaged = 0;  // records that could not be read
  std::string trouble;        // why nothing can be appended
};

struct ProjectionFacts {
  std::string name;
  bool fed = true;      // by the daemon, or it could be
  std::string message;  // why it is not
  std::uint64_t lag = 0;
  std::optional<std::chrono::seconds> lag_time;  // its next record has waited
};

struct InverterFacts {
  std::optional<UtcTime> last_answer;
  bool asked = true;  // since the start
  std::uint32_t silent_polls = 0;
  std::chrono::seconds poll_every{10};
};

struct SourceFacts {
  struct Failing {
    std::string provider;
    UtcTime since;
    std::string detail;
  };
  std::vector<Failing> failing;
  bool prices_wanted = false;  // by the configuration, or there have been some
};

struct DiskFacts {
  std::uint64_t free = 0;
  std::uint64_t free_min = 0;  // degraded below
};

struct MapFacts {
  std::uint64_t used = 0;
  std::uint64_t map = 0;
  bool grows = true;  // the process has the address space for twice as much
};

struct ClockFacts {
  std::optional<bool> synchronised;  // as the kernel says
  bool required = true;
  std::optional<std::chrono::seconds> inverter_off;  // the inverter's clock minus ours
};

// Something that is done now and then: a backup, a drill, a verification.
struct DoneFacts {
  std::optional<UtcTime> succeeded_at;
  std::string succeeded;  // which
  std::optional<UtcTime> failed_at;
  std::string failure;
  bool looked_for = true;  // as far back as its age may be
  bool wanted = true;      // the daemon is to make backups
  std::string hindered;    // what keeps the next one from being made, with what to do; of backups
};

struct MemoryFacts {
  std::uint64_t resident = 0;
  std::uint64_t anonymous = 0;         // that no file stands behind
  std::optional<std::uint64_t> limit;  // of the unit
};

// The last SystemMeasured; what was counted is since the daemon's start.
struct Measured {
  UtcTime at;
  std::optional<std::uint64_t> resident_bytes, anonymous_bytes, cpu_ms, bytes_written,
      disk_free_bytes, log_bytes, commit_p50_us, commit_p99_us, poll_p99_ms, register_writes_today,
      uptime_s;
  bool operator==(const Measured&) const = default;
};

// Of the last 30 days, or of as many as there are.
struct HealthFigures {
  std::optional<std::chrono::seconds> up;    // a coordinator ran
  std::optional<std::chrono::seconds> span;  // of so long
  std::uint64_t backups = 0;                 // tried
  std::uint64_t backups_ok = 0;
  std::optional<Measured> measured;
  bool operator==(const HealthFigures&) const = default;
};

struct HealthFacts {
  bool demo = false;  // of a demo house nobody keeps copies
  DaemonFacts daemon;
  std::optional<UtcTime> log_since;    // its first record
  const fold::State* state = nullptr;  // absent: could not be folded
  std::optional<LogFacts> log;
  std::optional<std::vector<ProjectionFacts>> projections;
  std::optional<InverterFacts> inverter;
  std::optional<SourceFacts> sources;
  std::optional<DiskFacts> disk;
  std::optional<MapFacts> map;
  std::optional<ClockFacts> clock;
  std::optional<DoneFacts> backup;
  std::optional<DoneFacts> drill;
  std::optional<DoneFacts> verify;
  std::optional<MemoryFacts> memory;
  HealthFigures figures;
};

struct HealthReport {
  UtcTime at;
  Health overall = Health::ok;
  std::vector<HealthItem> items;
  HealthFigures figures;
  bool operator==(const HealthReport&) const = default;
};

[[nodiscard]] HealthReport judge_health(const HealthFacts& facts, UtcTime now);

// "ok", or the worst item and how many more there are: "failed: inverter: …; remedy (and 2 more)".
[[nodiscard]] std::string health_line(const HealthReport& report);

// The report of a daemon that goes on answering but judges no more.
void mark_stale(HealthReport& report, UtcTime now);
// The last report of one that ends.
void mark_ended(HealthReport& report, UtcTime now);

// How long, for a person: "12 s", "5 min", "3 h 20 min", "2 d 4 h".
[[nodiscard]] std::string span_text(std::chrono::seconds span);

}  // namespace wattledger::health
