// Re-making on several cores: one thread reads and folds the log and hands out what stands between
// two decisions every few thousand records; the others judge on from there, each its range.
//
// Every start is folded from the log's first record, for a forged fold snapshot could hide a
// forgery; or from `start`, which nobody else's word but a witness's may make (witness.hpp).
// Findings and report are those of one thread, in the same order.
#pragma once

#include <functional>
#include <optional>

#include "log/log.hpp"
#include "replay/audit/remake.hpp"

namespace wattledger::tool {

inline constexpr unsigned jobs_max = 16;

struct RangesOptions {
  unsigned jobs = 1;                    // threads that judge, 1 to jobs_max
  std::uint64_t range_records = 2'048;  // a range ends with the first decision behind so many
  RemakeStart start = {};
  std::optional<Sequence> to = std::nullopt;  // else the snapshot's head
};

// As remake_decisions(), of `snapshot`, which is of `log`. At most two ranges a job are under way
// or waiting to be told.
[[nodiscard]] Result<RemakeReport> remake_in_ranges(const log::Log& log,
                                                    const log::Snapshot& snapshot,
                                                    const Period& period,
                                                    const RangesOptions& options,
                                                    const std::function<void(const Remade&)>& found,
                                                    const std::function<void(Sequence)>& progress);

}  // namespace wattledger::tool
