// Saves what is intact of a damaged log into a new one. The damaged one is only read.
//
// Every record keeps its sequence, so that causes keep pointing right. Where one is missing or
// damaged the new log has a lost record; behind the last stands LogRestored. The new log has a uuid
// of its own, and the damaged one's uuid, size and root as its parent's. Segments are copied as
// they are; a log that continues a parent's segments itself cannot hand those on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "log/verification.hpp"

namespace wattledger::log {

struct SalvageOptions {
  UtcTime now{};              // when LogRestored is recorded, or as late as the log itself is
  std::optional<Id128> uuid;  // of the new log; random when absent
};

struct LostRange {
  SequenceRange records;
  std::string why;
  bool operator==(const LostRange&) const = default;
};

struct Salvage {
  Id128 uuid;
  Id128 parent;
  std::uint64_t copied = 0;    // out of the log's file
  std::uint64_t archived = 0;  // more, in sound segments copied as they are
  std::size_t segments = 0;    // copied, sound or not
  std::vector<LostRange> lost;
  std::vector<SequenceRange> lost_before;  // the damaged log had them as lost itself
  // Copied, as each is sound by itself, but together not what the damaged log's tree was made of.
  std::vector<SequenceRange> doubtful;
  // One of the two pages that everything begins with was damaged: if it was the newer one, what the
  // last commit brought is missing without a trace.
  bool one_beginning = false;
  Sequence restored;  // where LogRestored stands
};

// `into` does not exist or is empty; after an error it is as before. Forks, to outlive pages that
// end the process which reads them: the caller has no other threads. conflict (`into` is not
// empty), newer, and what opening a log gives.
[[nodiscard]] Result<Salvage> salvage(const std::filesystem::path& damaged,
                                      const std::filesystem::path& into,
                                      const SalvageOptions& options);

}  // namespace wattledger::log
