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

// Built and hashed by whoever enqueued it.
struct Pending {
  UtcTime recorded_at;
  std::vector<Digest> nodes;  // of level 8 and above that it completes, lowest first
};

// Records on their way to a commit, one behind another in memory that is used again.
class PendingRecords {
 public:
  void push(std::span<const std::byte> record, Pending pending);
  void clear();
  [[nodiscard]] std::size_t size() const { return all_.size(); }
  [[nodiscard]] bool empty() const { return all_.empty(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] const Pending& operator[](std::size_t i) const { return all_[i].pending; }
  [[nodiscard]] std::span<const std::byte> record(std::size_t i) const;

 private:
  struct Placed {
    std::size_t word;
    std::size_t bytes;
    Pending pending;
  };
  std::vector<std::uint64_t> words_;
  std::vector<Placed> all_;
  std::uint64_t bytes_ = 0;
};

// The nodes of level 8 and above that the record `sequence` completed, lowest first.
[[nodiscard]] Result<void> put_nodes(const Environment& environment, const Transaction& transaction,
                                     Sequence sequence, const std::vector<Digest>& path);

// Appends behind `before`, which must be what the log has; `after` is what it has with them. With a
// key the same transaction holds a checkpoint of all of it. After an error the log is as before.
[[nodiscard]] Result<void> commit_records(const Environment& environment, const Meta& before,
                                          const Meta& after, const PendingRecords& records,
                                          const SigningKey* key = nullptr);

}  // namespace wattledger::log
