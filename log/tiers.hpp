// Where the log's records stand: hot in LMDB, warm in segments beside it, cold in segments with a
// remote; and what has come of age to move on. Reads only.
#pragma once

#include <optional>
#include <vector>

#include "log/archive.hpp"
#include "log/cold_segment.hpp"

namespace wattledger::log {

// Less in a row is not worth a segment: some ten days of a house.
inline constexpr std::uint64_t tier_records_min = 16'384;
// A start reads the last 29 days anew (the daemon's recollection): these stay on this disk.
inline constexpr std::chrono::days cold_age_min{35};

struct TierAges {
  std::chrono::days hot{7};    // older records go to segments
  std::chrono::days warm{90};  // older segments go to the remote
  std::uint64_t records_min = tier_records_min;
};

struct TierPlan {
  ArchivePlan archive;                 // retire_to is 0 where nothing is to be archived
  std::vector<SequenceRange> to_send;  // segments that no remote has yet
  std::vector<ColdSegment> to_leave;   // that a remote has, and that were fetched from it
};
// `remote`: whether there is one. A fetched segment is left alone for a week by its file's time.
[[nodiscard]] Result<TierPlan> plan_tiers(const Snapshot& snapshot, const Log& log, UtcTime now,
                                          const TierAges& ages, bool remote);

struct Tier {
  std::uint64_t records = 0;
  std::uint64_t files = 0;  // segments; of the hot one LMDB's file
  std::uint64_t bytes = 0;  // of them
  std::optional<UtcTime> recorded_from;
  std::optional<UtcTime> recorded_to;
};
struct Tiers {
  Tier hot, warm, cold;
  std::uint64_t fetched = 0;  // cold segments that are here too
};
[[nodiscard]] Result<Tiers> tiers_of(const Snapshot& snapshot, const Log& log);

// The record's cold segment, if that is why it cannot be read here.
[[nodiscard]] std::optional<ColdSegment> cold_with(const std::filesystem::path& log_directory,
                                                   Sequence sequence);

}  // namespace wattledger::log
