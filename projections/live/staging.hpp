// <data>/staging/ in the long run: the copy that an adoption left, and what rebuilds left that
// never ended, are removed when they are a day old. By the disk's own times: nothing that is
// derived depends on it.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <vector>

namespace wattledger::projections {

inline constexpr std::chrono::hours staging_kept{24};

// Only for the owner of the live projections. Returns what was removed; what cannot be is left.
std::vector<std::filesystem::path> remove_old_staging(const std::filesystem::path& data,
                                                      std::filesystem::file_time_type now);

}  // namespace wattledger::projections
