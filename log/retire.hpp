// Takes archived records out of LMDB. For whoever holds the writer lock: the daemon beside its own
// appender, or the tool where no daemon runs.
//
// Durability: in small commits, each of which deletes records and moves meta.first at once; killed
// half way it goes on where it was. A record is deleted only after it was compared with the bytes
// that its segment gives back.
#pragma once

#include <cstdint>
#include <vector>

#include "events/codec.hpp"
#include "log/log.hpp"

namespace wattledger::log {

struct RetireLimits {
  std::uint64_t records_per_commit = 4'096;
  std::uint64_t commits_max = UINT64_MAX;  // then it returns with what it did
};

struct Retired {
  Sequence first;             // meta.first now
  std::uint64_t records = 0;  // taken out
};

// Up to and including `last`, which must end a segment step and leave the newest records. locked,
// invalid_input; not_found, corrupt, foreign if a segment is not what it should be.
[[nodiscard]] Result<Retired> retire(const Log& log, const WriterLock& lock, Sequence last,
                                     const RetireLimits& limits = {});

// LogArchived of each segment that retiring up to `last` will take records of: to be appended
// before it. The correlation is made from the segment, so that a second try adds nothing.
[[nodiscard]] Result<std::vector<fb::EventT>> archived_events(const Log& log, Sequence last);

}  // namespace wattledger::log
