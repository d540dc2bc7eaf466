// What a Snapshot holds, and the one way in which records leave LMDB. Inside this room only.
//
// No callback ever runs inside a transaction, and no view points into LMDB's pages: records are
// copied out, a batch at a time, and the transaction ends. So a reader that stalls pins nothing,
// and the map may grow under it. The log only ever grows at its end, so reading on in a later
// transaction gives what one transaction would have given.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "log/archive.hpp"
#include "log/environment.hpp"
#include "log/reader.hpp"
#include "log/record.hpp"

namespace wattledger::log {

class RecordBatch;

struct Snapshot::Impl {
  Impl(std::shared_ptr<Environment> environment_, Meta meta_)
      : environment(std::move(environment_)), meta(std::move(meta_)) {}

  // Records from `from` on, `to` at most, out of LMDB or a segment; as RecordBatch::fill.
  [[nodiscard]] Result<void> fill(RecordBatch& batch, Sequence from, Sequence to) const;

  // A copy of the stored bytes at an address divisible by 8; corrupt if the record is missing
  // between first and head, not_found outside. The second form's ends with the next call of it.
  [[nodiscard]] Result<std::span<const std::byte>> bytes_at(Sequence sequence,
                                                            std::vector<std::uint64_t>& to) const;
  [[nodiscard]] Result<std::span<const std::byte>> bytes_at(Sequence sequence) const;
  // Of a record whose event is not needed.
  [[nodiscard]] Result<UtcTime> recorded_at(Sequence sequence) const;

  // Opened when it is needed: most logs have none.
  [[nodiscard]] Result<std::reference_wrapper<Archive>> segments() const;
  // Whether the record stands in a segment, by what LMDB has now: it may have moved there since.
  [[nodiscard]] bool archived(Sequence sequence) const;

  std::shared_ptr<Environment> environment;
  Meta meta;
  mutable std::unique_ptr<Archive> archive;
  mutable std::vector<std::uint64_t> scratch;
  mutable std::deque<std::vector<std::uint64_t>> copies;  // that views of at() look at
};

// Copies of consecutive records, each at an address divisible by 8.
class RecordBatch {
 public:
  // A transaction ends after so many records or bytes, or when it has lasted so long.
  static constexpr std::size_t records_max = 1'024;
  static constexpr std::size_t bytes_max = std::size_t{1} << 20U;
  static constexpr std::chrono::milliseconds time_max{50};

  // Reads on from `from` to `to` at most. Ends early at a hole or where LMDB cannot read, with
  // what was read before it; an error only if `from` itself cannot be read: corrupt if it is
  // missing.
  [[nodiscard]] Result<void> fill(const Environment& environment, Sequence from, Sequence to);

  // The same out of a decoded segment.
  void take(const SegmentBlock& block, Sequence from, Sequence to);

  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  // The record from + i, and the crc32c of its bytes from offset 4 on, made while copying.
  [[nodiscard]] std::span<const std::byte> operator[](std::size_t i) const;
  [[nodiscard]] std::uint32_t sum(std::size_t i) const { return ends_[i].sum; }

 private:
  void add(std::span<const std::byte> bytes);

  struct End {
    std::size_t word;  // behind the record
    std::uint32_t bytes;
    std::uint32_t sum;
  };
  std::vector<std::uint64_t> words_;
  std::size_t used_ = 0;  // words
  std::vector<End> ends_;
};

// Node `index` of `level` (8 and above); corrupt if it is missing.
[[nodiscard]] Result<Digest> stored_node(const Snapshot::Impl& snapshot, unsigned level,
                                         std::uint64_t index);

// Names the sequence in an error about one record.
[[nodiscard]] Error about_record(Sequence sequence, Error error);

}  // namespace wattledger::log
