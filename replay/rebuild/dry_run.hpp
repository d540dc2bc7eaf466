// wattledger replay --dry-run [--diff]: what a replay would take, and what it would change.
// Replaces nothing.
#pragma once

#include "replay/command.hpp"
#include "replay/owner.hpp"

namespace wattledger::tool {

// The staged copy, the owner's copy of what was live, and what the adoption itself writes.
inline constexpr std::uintmax_t disk_times = 3;

struct Cost {
  std::uintmax_t disk = 0;                        // bytes, while it runs
  std::uintmax_t disk_free = 0;                   // in the data directory
  std::optional<std::chrono::milliseconds> time;  // by the last rebuild that the log knows
};
[[nodiscard]] Result<Cost> cost_of(const Place& place, const Wanted& wanted,
                                   const projections::StageOptions& options);
// full when the disk cannot hold it.
[[nodiscard]] Result<void> require_disk(const Place& place, const Cost& cost);

// findings when live projections and log differ (with `diff` only).
Exit dry_run(const Invocation& invocation, const Place& place, const Wanted& wanted,
             const projections::StageOptions& options, bool diff);

}  // namespace wattledger::tool
