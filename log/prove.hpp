// Proofs of what a log holds, ready to be written to a file (proof_file.hpp). A proof reads some
// dozens of stored nodes and at most 511 records. On the snapshot's thread.
#pragma once

#include <cstdint>
#include <optional>

#include "log/proof_file.hpp"
#include "log/reader.hpp"

namespace wattledger::log {

// The nodes of a snapshot: stored ones of level 8 and above, below from the records.
class SnapshotNodes : public TreeNodes {
 public:
  explicit SnapshotNodes(const Snapshot& snapshot) : snapshot_(snapshot) {}
  [[nodiscard]] Result<Digest> node(unsigned level, std::uint64_t index) const override;

 private:
  const Snapshot& snapshot_;  // outlives this
};

// Under the checkpoint of `at` records, else the oldest that covers the record. not_found if there
// is no such record or checkpoint; conflict if the log is no longer the one that was signed.
[[nodiscard]] Result<InclusionProof> prove_inclusion(const Snapshot& snapshot, Sequence sequence,
                                                     std::optional<std::uint64_t> at);
// From the first `from` records to the checkpoint of `to` records, else the newest. The same
// errors.
[[nodiscard]] Result<ConsistencyProof> prove_consistency(const Snapshot& snapshot,
                                                         std::uint64_t from,
                                                         std::optional<std::uint64_t> to);

}  // namespace wattledger::log
