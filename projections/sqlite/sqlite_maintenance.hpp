#pragma once

#include <filesystem>

#include "events/result.hpp"
#include "projections/maintenance.hpp"

namespace wattledger::projections::sqlite {

// More than one in so many pages free: a VACUUM is worth its writes.
inline constexpr std::int64_t vacuum_free_share = 4;

// On a connection of its own, beside readers and one writer that waits its busy timeout out; a
// VACUUM may keep it out for longer. Damage is a finding. Errors: not_found, foreign (no checkpoint
// of ours), locked, io, full (VACUUM needs the file's size twice).
Result<MaintenanceReport> maintain_file(const std::filesystem::path& file, Maintenance which,
                                        bool may_vacuum = true);

struct PageCount {
  std::int64_t all = 0;
  std::int64_t unused = 0;
};
// Reads alone.
Result<PageCount> count_pages(const std::filesystem::path& file);

}  // namespace wattledger::projections::sqlite
