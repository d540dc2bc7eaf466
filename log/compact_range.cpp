#include "log/compact_range.hpp"

#include <cstring>

#include "log/merkle.hpp"
#include "log/record.hpp"

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

Digest leaf_of(std::span<const std::byte> record) {
  Digest digest;
  const auto flags = std::to_integer<unsigned>(record[5]);
  if ((flags & (flag_redacted | flag_lost)) == 0 ||
      record.size() != record_header_bytes + digest.bytes.size())
    return leaf_hash(record);
  std::memcpy(digest.bytes.data(), record.data() + record_header_bytes, digest.bytes.size());
  return digest;
}

}  // namespace wattledger::log
