// The Merkle tree over a range of the log's records that need not begin at the first: the roots of
// the maximal complete subtrees of the log's own tree (RFC 6962) that lie in it. With them a proof
// needs no other record of the range. Pure values; not shared between threads. Inside this room
// only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "events/identity.hpp"

namespace wattledger::log {

// The subtree over leaves index << level up to (index + 1) << level; leaf i is record i + 1.
struct RangeNode {
  std::uint8_t level = 0;
  std::uint64_t index = 0;
  Digest digest;
  bool operator==(const RangeNode&) const = default;
};

class CompactRange {
 public:
  explicit CompactRange(std::uint64_t begin) : end_(begin) {}
  void append(const Digest& leaf);
  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] const std::vector<RangeNode>& nodes() const { return nodes_; }

 private:
  std::uint64_t end_;
  std::vector<RangeNode> nodes_;  // from left to right
};

}  // namespace wattledger::log
