// Reads a whole log and says what is wrong with it; never repairs.
#pragma once

#include <string>
#include <vector>

#include "log/log.hpp"
#include "log/reader.hpp"

namespace wattledger::log {

enum class FindingKind {
  hole,
  damaged_record,
  time_order,
  tree_mismatch,
  meta_mismatch,
  unknown_kind
};

struct Finding {
  FindingKind kind;
  Sequence sequence;
  std::string what;
  std::string remedy;
};

struct Verification {
  std::uint64_t records = 0;
  std::vector<Finding> findings;  // at most `findings_max`
  Digest root;                    // recomputed
  bool complete = true;           // false when findings_max was reached
};

inline constexpr std::size_t findings_max = 1'000;

// Header, crc, FlatBuffers, gaplessness, time order within epochs, tree against meta.
[[nodiscard]] Result<Verification> verify(const Snapshot& snapshot);

[[nodiscard]] std::string_view finding_name(FindingKind kind);

}  // namespace wattledger::log
