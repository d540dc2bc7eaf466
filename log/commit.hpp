// One write transaction: records, Merkle nodes and meta together. Inside this room only; on the
// writer thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "log/environment.hpp"
#include "log/meta.hpp"

namespace wattledger::log {

// Built and hashed by whoever enqueued it.
struct Pending {
  std::vector<std::byte> record;
  Digest leaf;
  RecordFacts facts;
};

// Appends behind `meta`, which must be what the log has; moves it on. After an error the log is as
// before.
[[nodiscard]] Result<void> commit_records(const Environment& environment, Meta& meta,
                                          std::span<const Pending> records);

}  // namespace wattledger::log
