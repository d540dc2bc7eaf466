// The upkeep of a live SQLite file, which changes nothing that it says.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace wattledger::projections {

enum class Maintenance {
  daily,   // quick_check, PRAGMA optimize, the write-ahead log brought home
  weekly,  // integrity_check and ANALYZE instead; VACUUM when more than a quarter lies free
};

[[nodiscard]] constexpr std::string_view maintenance_name(Maintenance which) {
  return which == Maintenance::daily ? "daily" : "weekly";
}

struct MaintenanceReport {
  std::string finding;          // "ok", or the first thing the check found: nothing else was done
  std::int64_t pages = 0;       // before
  std::int64_t free_pages = 0;  // of them
  bool vacuumed = false;
  bool checkpointed = false;  // false while a reader keeps the write-ahead log from being emptied

  [[nodiscard]] bool ok() const { return finding == "ok"; }
  // One line: "ok, 12 of 345 pages free".
  [[nodiscard]] std::string line() const;
};

// Statements of the live target's own connection that took longer are told, on its thread. Zero or
// no function: none are.
struct SlowQueries {
  std::chrono::milliseconds above{0};
  std::function<void(std::string_view sql, std::chrono::milliseconds took)> told;
};

}  // namespace wattledger::projections
