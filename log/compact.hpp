// Gives the space of removed records back to the disk: LMDB keeps a file's pages for reuse.
#pragma once

#include <cstdint>
#include <filesystem>

#include "log/log.hpp"

namespace wattledger::log {

struct Compacted {
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
};

// Copies data.mdb without its free pages beside itself, compares meta and counts of the copy with
// it, and gives the copy the name. The lock must be held; no other process may have the log open
// meanwhile, and this one must not either (it would go on reading the old file). Durable when it
// returns; killed at any point, either file is whole. full if the disk has no room for the copy;
// conflict while somebody reads.
[[nodiscard]] Result<Compacted> compact(const std::filesystem::path& directory,
                                        const WriterLock& lock);

}  // namespace wattledger::log
