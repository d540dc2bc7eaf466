#include "log/compact_range.hpp"

namespace wattledger::log {

void CompactRange::append(const Digest& leaf) {
  nodes_.push_back({0, end_++, leaf});
  while (nodes_.size() >= 2) {
    const RangeNode& right = nodes_.back();
    RangeNode& left = nodes_[nodes_.size() - 2];
    if (left.level != right.level || left.index % 2 != 0) return;
    left = {static_cast<std::uint8_t>(left.level + 1), left.index / 2,
            node_hash(left.digest, right.digest)};
    nodes_.pop_back();
  }
}

}  // namespace wattledger::log
