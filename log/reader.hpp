// Reading the log: snapshots, ranges by sequence and by time, following across processes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "events/codec.hpp"
#include "log/log.hpp"

namespace wattledger::log {

// Sequences first to last.
struct SequenceRange {
  Sequence first;
  Sequence last;
  bool operator==(const SequenceRange&) const = default;
};

// One record, verified (header, crc32c, FlatBuffers). From at() it ends with its Snapshot, in a
// scan with the call.
struct RecordView {
  Sequence sequence;
  UtcTime recorded_at;
  EventView event;
  std::span<const std::byte> bytes;  // header and event: what the Merkle leaf hashes
};

// The log as it was at one moment, on one thread. It holds no transaction between calls and none
// while it calls back: a slow or stalled reader pins no pages, however long it lives.
class Snapshot {
 public:
  Snapshot(Snapshot&&) noexcept;
  Snapshot& operator=(Snapshot&&) noexcept;
  ~Snapshot();

  [[nodiscard]] const Meta& meta() const;
  // Of the log: records below meta().first, LMDB's lowest, are read out of segments.
  [[nodiscard]] static constexpr Sequence first() { return Sequence{1}; }
  [[nodiscard]] Sequence head() const { return meta().head; }

  // The records around an archived one that no segment here holds: a file is missing.
  [[nodiscard]] std::optional<SequenceRange> missing(Sequence sequence) const;

  // not_found outside first..head, of a record whose segment is missing, and of one that was lost
  // before the log was salvaged; corrupt naming the sequence and what is damaged.
  [[nodiscard]] Result<RecordView> at(Sequence sequence) const;

  // Calls `each` for from <= sequence <= to (clipped to what is there), in order, until it returns
  // false or an error. A hole or a damaged record is an error naming the sequence; a record that
  // was lost is stepped over.
  using Each = std::function<Result<bool>(const RecordView&)>;
  Result<void> scan(Sequence from, Sequence to, const Each& each) const;

  // First sequence recorded at or after `time` within the newest epoch that reaches it; head + 1 if
  // none (binary search).
  [[nodiscard]] Result<Sequence> first_recorded_at_or_after(UtcTime time) const;
  // How far the log reached at `time`, by when things were recorded: its head then; 0 if it was
  // empty. Of the instants that a clock stepped back ran through twice, the later one. An import
  // was there at once.
  [[nodiscard]] Result<Sequence> known_at(UtcTime time) const;
  // Every record with from <= occurred-at < to, in sequence order, import batches included. Looks
  // only where the log's time rules say that such records can be.
  Result<void> scan_occurred(UtcTime from, UtcTime to, const Each& each) const;

  struct Impl;
  [[nodiscard]] const Impl& impl() const { return *impl_; }  // for this room only

 private:
  friend class Log;
  explicit Snapshot(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Merkle root of the log's first `size` records, as it was when the head was there; from stored
// nodes and at most 255 records. not_found beyond the head or where the records are no longer here;
// corrupt if a node is missing.
[[nodiscard]] Result<Digest> root_at(const Snapshot& snapshot, std::uint64_t size);

// The tree of those records: what root_at() takes its root from.
[[nodiscard]] Result<Frontier> frontier_at(const Snapshot& snapshot, std::uint64_t size);

// Waits until the log's head is beyond `seen`, whichever process appends; false when `timeout`
// passes first.
[[nodiscard]] Result<bool> wait_beyond(const Log& log, Sequence seen,
                                       std::chrono::milliseconds timeout);

}  // namespace wattledger::log
