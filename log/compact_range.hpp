// The Merkle tree over a range of the log's records that need not begin at the first: the roots of
// the maximal complete subtrees of the log's own tree (RFC 6962) that lie in it. With them a proof
// needs no other record of the range. Pure values; not shared between threads. Inside this room
// only.
#pragma once

#include <cstdint>
#include <vector>

#include "log/merkle.hpp"

namespace wattledger::log {

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
