#include "log/prove.hpp"

#include <string>

#include "log/merkle.hpp"
#include "log/snapshot.hpp"

namespace wattledger::log {
namespace {

constexpr const char* make_one = "wattledger log checkpoint makes one now";

// A proof is made for a checkpoint of this very history; any other would be refused by whoever
// checks it, and here it is known why.
Result<void> check_root(const Snapshot& snapshot, const StoredCheckpoint& stored) {
  const auto checkpoint = read_checkpoint(stored.note);
  if (!checkpoint) return Failure(checkpoint.error());
  const auto root = root_at(snapshot, stored.size);
  if (!root) return Failure(root.error());
  if (checkpoint->size == stored.size && checkpoint->root == *root) return {};
  return fail(
      ErrorKind::conflict,
      "the log is not the one that was signed at " + std::to_string(stored.size) + " records",
      "run 'wattledger log verify'; keep this log as evidence");
}

Result<StoredCheckpoint> found(const Snapshot& snapshot,
                               const Result<std::optional<StoredCheckpoint>>& stored,
                               const std::string& missing, const std::string& remedy) {
  if (!stored) return Failure(stored.error());
  if (!*stored) return fail(ErrorKind::not_found, missing, remedy);
  WATTLEDGER_TRY(check_root(snapshot, **stored));
  return **stored;
}

Result<StoredCheckpoint> checkpoint_of_size(const Snapshot& snapshot, std::uint64_t size) {
  std::string remedy = make_one;
  const auto next = checkpoint_covering(snapshot, Sequence{size});
  if (next && *next) remedy = "the next one is of " + std::to_string((*next)->size) + " records";
  return found(snapshot, checkpoint_at(snapshot, size),
               "no checkpoint was signed at " + std::to_string(size) + " records", remedy);
}

}  // namespace

Result<Digest> SnapshotNodes::node(unsigned level, std::uint64_t index) const {
  if (level >= unsigned{Frontier::stored_level_min})
    return stored_node(snapshot_.impl(), level, index);
  Frontier subtree;
  const std::uint64_t first = (index << level) + 1;
  for (std::uint64_t sequence = first; sequence < first + (std::uint64_t{1} << level); ++sequence) {
    const auto bytes = snapshot_.impl().bytes_at(Sequence{sequence});
    if (!bytes) return Failure(bytes.error());
    subtree.append(leaf_of(*bytes));
  }
  return subtree.root();
}

Result<InclusionProof> prove_inclusion(const Snapshot& snapshot, Sequence sequence,
                                       std::optional<std::uint64_t> at) {
  const auto record = snapshot.at(sequence);
  // A kind from a newer program can be proved without being understood.
  if (!record && record.error().kind != ErrorKind::newer) return Failure(record.error());
  const auto bytes = snapshot.impl().bytes_at(sequence);
  if (!bytes) return Failure(bytes.error());
  std::vector<std::byte> copy(bytes->begin(), bytes->end());
  if (at && *at < sequence.value)
    return fail(ErrorKind::invalid_input, "a checkpoint of " + std::to_string(*at) +
                                              " records says nothing of record " +
                                              std::to_string(sequence.value));
  const auto checkpoint =
      at ? checkpoint_of_size(snapshot, *at)
         : found(snapshot, checkpoint_covering(snapshot, sequence),
                 "no checkpoint covers record " + std::to_string(sequence.value) + " yet",
                 make_one);
  if (!checkpoint) return Failure(checkpoint.error());
  const std::uint64_t index = sequence.value - 1;
  auto path = inclusion_path(SnapshotNodes(snapshot), index, checkpoint->size);
  if (!path) return Failure(path.error());
  return InclusionProof{std::move(copy), index, *std::move(path), checkpoint->note};
}

Result<ConsistencyProof> prove_consistency(const Snapshot& snapshot, std::uint64_t from,
                                           std::optional<std::uint64_t> to) {
  const auto after = to ? checkpoint_of_size(snapshot, *to)
                        : found(snapshot, newest_checkpoint(snapshot),
                                "no checkpoint of the log was signed yet", make_one);
  if (!after) return Failure(after.error());
  auto path = consistency_path(SnapshotNodes(snapshot), from, after->size);
  if (!path) return Failure(path.error());
  const auto root = root_at(snapshot, from);
  if (!root) return Failure(root.error());
  const auto before = checkpoint_at(snapshot, from);
  if (!before) return Failure(before.error());
  if (*before) WATTLEDGER_TRY(check_root(snapshot, **before));
  return ConsistencyProof{{from, *root},
                          *before ? std::optional((*before)->note) : std::nullopt,
                          *std::move(path),
                          after->note};
}

}  // namespace wattledger::log
