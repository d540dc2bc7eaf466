// Reads a log and says what is wrong with it; never repairs.
//
// Quick: every record's length, checksum and FlatBuffers bytes, that none is missing, the order of
// times within clock epochs and import batches, keys that no record has, meta. Deep: besides, every
// leaf hash, the stored Merkle nodes, meta's frontier, and the stored signed checkpoints. Archived
// records are read from their segments, in both.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "log/log.hpp"
#include "log/note.hpp"
#include "log/reader.hpp"

namespace wattledger::log {

enum class FindingKind {
  hole,                // a record is missing, later ones are there
  torn_tail,           // the last records are missing
  damaged_record,      // the bytes do not fit their checksum: a disk lied
  foreign_record,      // the checksum fits, and it is no record that we write; a key of nobody
  rewritten_history,   // sound records that the tree or a checkpoint does not have
  damaged_node,        // the tree's own storage is damaged; the records fit
  damaged_checkpoint,  // a stored checkpoint is no note of this log, or its signature is wrong
  time_order,
  meta_mismatch,
  unknown_kind  // of a later program
};

struct Finding {
  FindingKind kind;
  Sequence sequence;
  std::string what;
  std::string remedy;
  bool operator==(const Finding&) const = default;
};

struct Verification {
  std::uint64_t records = 0;        // read
  std::vector<Finding> findings;    // at most `findings_max`
  std::vector<SequenceRange> lost;  // what a salvage could not bring along: told, not found
  std::uint64_t cold = 0;           // with a remote, as is known here: not read
  std::uint64_t checkpoints = 0;    // compared with the tree
  Digest root;                      // deep: recomputed; else meta's
  bool complete = true;             // false when findings_max was reached
};

struct VerifyOptions {
  bool deep = true;
  // Begins here, or up to 255 records before; what is older is taken from the stored tree as it is.
  Sequence since{1};
  // One per core when 0. The findings are the same, in the same order, whatever their number.
  unsigned threads = 0;
  // Whose signature the stored checkpoints must have; without it they are only compared with the
  // tree.
  std::optional<VerifierKey> key;
};

inline constexpr std::size_t findings_max = 1'000;

[[nodiscard]] Result<Verification> verify(const Snapshot& snapshot,
                                          const VerifyOptions& options = {});

[[nodiscard]] std::string_view finding_name(FindingKind kind);

}  // namespace wattledger::log
