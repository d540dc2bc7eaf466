// Fold snapshots: what the fold was at some sequence, so that a start need not fold the log from
// its first record. Files <data>/cache/fold-<sequence>; the newest two are kept, all may be deleted
// at any time, and a lost one costs time only.
//
//   "WLFOLD01", log uuid 16, sequence u64, Merkle root there 32, fold revision u64, legacy rows'
//   version u64, digest of the upcasters 32, then three of (u64 length, bytes): the policy's
//   canonical text (empty without a policy), the state's canonical bytes, the rows' memory; then
//   the SHA-256 of all before. Integers little-endian.
//
// Beside them states alone, evenly spaced, so that an audit is never far from the state at any
// record: files state-<sequence>, in the same form with the magic "WLSTAT01", 0 for the rows'
// version and without the rows' memory. Not synced: a torn one fails its checksum and costs time.
//
// Threads: find…() any; all else one at a time and only the owner of the writer lock.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "log/reader.hpp"
#include "projections/fold/legacy_rows.hpp"

namespace wattledger::projections {

inline constexpr std::size_t fold_snapshots_kept = 2;
inline constexpr std::uint64_t fold_snapshot_bytes_max = std::uint64_t{32} << 20U;
// A state each so many records; with more than states_max of them the distance doubles.
inline constexpr std::uint64_t states_every = 16'384;
inline constexpr std::uint64_t states_max = 1'024;
[[nodiscard]] std::uint64_t state_spacing(Sequence head);

struct FoldSnapshot {
  Id128 log;
  Sequence sequence;  // the last record folded, or stepped over
  Digest root;        // of the log's first `sequence` records
  fold::State state;
  fold::LegacyRowsState rows;
};

class FoldCache {
 public:
  // `directory` is <data>/cache; made by the first write.
  explicit FoldCache(std::filesystem::path directory) : directory_(std::move(directory)) {}

  struct Found {
    std::optional<FoldSnapshot> snapshot;
    std::vector<std::string> discarded;  // a line for each that was newer and is not valid
  };
  // The newest one of this log at `at_most` or before. Another uuid, root, revision or upcasters, a
  // place beyond the head, and any damage mean that it was never there. Changes nothing.
  [[nodiscard]] Found find(const log::Snapshot& log, Sequence at_most) const;

  struct FoundState {
    Sequence sequence;  // 0: nothing was found, and `state` is that of no records
    fold::State state;
    std::vector<std::string> discarded;
  };
  // The same of states, whichever kind of file has it.
  [[nodiscard]] FoundState find_state(const log::Snapshot& log, Sequence at_most) const;

  // To a temporary name, synced, renamed; then removes what is neither this one nor the newest
  // before it.
  Result<void> write(const FoldSnapshot& snapshot) const;

  // The state at `sequence`, where this log has `root`; then removes states that stand closer than
  // state_spacing(), or beyond the head.
  Result<void> write_state(const log::Snapshot& log, Sequence sequence, const Digest& root,
                           const fold::State& state) const;
  // Moves the states of another directory here, and its correction index: of one that was built
  // aside and is adopted.
  void take_states(const std::filesystem::path& from) const;

  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

 private:
  std::filesystem::path directory_;
};

}  // namespace wattledger::projections
