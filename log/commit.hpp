// One write transaction: records, Merkle nodes and meta together. Inside this room only; on the
// writer thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "log/environment.hpp"
#include "log/meta.hpp"

namespace wattledger::log {

class SigningKey;

// Records on their way to a commit, one behind another in memory that is used again. They join the
// Merkle tree some at a time, which takes much less than one by one.
class PendingRecords {
 public:
  void push(std::span<const std::byte> record, UtcTime recorded_at);
  void clear();
  // Takes those not yet hashed into `frontier`, which covers all in front of them.
  void hash(Frontier& frontier);
  [[nodiscard]] std::size_t unhashed() const { return all_.size() - hashed_; }
  // Of level 8 and above that those hashed completed.
  [[nodiscard]] const std::vector<RangeNode>& nodes() const { return nodes_; }
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] UtcTime recorded_at(std::size_t i) const { return all_[i].recorded_at; }
  [[nodiscard]] std::span<const std::byte> record(std::size_t i) const;

 private:
  struct Placed {
    std::size_t word;
    std::size_t bytes;
    UtcTime recorded_at;
  };
  std::vector<std::uint64_t> words_;
  std::vector<Placed> all_;
  std::vector<Digest> leaves_;  // those being hashed
  std::vector<RangeNode> nodes_;
  std::size_t hashed_ = 0;
  std::uint64_t bytes_ = 0;
};

[[nodiscard]] Result<void> put_nodes(const Environment& environment, const Transaction& transaction,
                                     const std::vector<RangeNode>& nodes);

// Appends behind `before`, which must be what the log has; `after` is what it has with them, all
// hashed. With a key the same transaction holds a checkpoint of all of it. After an error the log
// is as before.
[[nodiscard]] Result<void> commit_records(const Environment& environment, const Meta& before,
                                          const Meta& after, const PendingRecords& records,
                                          const SigningKey* key = nullptr);

// What a commit failed with, and the way on: whoever hears of it, first or later.
[[nodiscard]] Error as_poison(Error error);

}  // namespace wattledger::log
