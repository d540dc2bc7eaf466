// Reading a log that a disk has damaged: folds step over what cannot be read and say so, since a
// lost old record is no reason to stop a house. Proof and verification never do (log/verification).
//
// Threads: one at a time; no state.
#pragma once

#include <cstdint>
#include <string>

#include "log/reader.hpp"

namespace wattledger::projections {

// What a fold has stepped over.
struct Damage {
  std::uint64_t records = 0;
  std::uint64_t cold = 0;  // of them: not damaged, but in segments with a remote
  Sequence first;          // of them
  Sequence last;
  std::string what;  // about the first
  bool operator==(const Damage&) const = default;
};

// "3 records between 7 and 12 cannot be read; record 7: its checksum …"
[[nodiscard]] std::string damage_text(const Damage& damage);

// As Snapshot::scan, but goes on behind each damaged or missing record and adds it to `damage`.
Result<void> scan_over_damage(const log::Snapshot& snapshot, Sequence from, Sequence to,
                              const log::Snapshot::Each& each, Damage& damage);

// Does the log's Merkle tree have this root at `size` records? `unknown` when damage to the records
// or nodes that the root is computed from keeps it from telling.
enum class SameRoot { yes, no, unknown };
[[nodiscard]] Result<SameRoot> same_root(const log::Snapshot& snapshot, Sequence size,
                                         const Digest& root);

}  // namespace wattledger::projections
