// RFC 6962 Merkle tree over the log's records: leaf = SHA-256(0x00 ‖ record), node = SHA-256(0x01 ‖
// left ‖ right). The frontier (compact range) is all that must be kept to append and to know the
// root: one digest per set bit of the size. Pure values; not shared between threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "events/identity.hpp"
#include "events/result.hpp"

namespace wattledger::log {

[[nodiscard]] Digest leaf_hash(std::span<const std::byte> record);
[[nodiscard]] Digest node_hash(const Digest& left, const Digest& right);
// SHA-256 of the empty string: the root of no records (RFC 6962 §2.1).
[[nodiscard]] Digest empty_root();

class Frontier {
 public:
  // Lowest level of the nodes that the log keeps: one per 256 records and again half as many, so
  // that a root of any size and a proof read a few of them and at most 255 leaves.
  static constexpr int stored_level_min = 8;

  Frontier() = default;
  // Returns the nodes of level stored_level_min and above that this leaf completed, lowest first:
  // mostly none.
  std::vector<Digest> append(const Digest& leaf);
  // The same for a whole subtree of 2^level leaves, of which size() is a multiple; itself is not
  // among what is returned.
  std::vector<Digest> append_subtree(const Digest& node, int level);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Digest root() const;
  // One for each set bit of the size, largest subtree first.
  [[nodiscard]] const std::vector<Digest>& peaks() const { return peaks_; }

  // 8 bytes size big-endian, then the digests, largest subtree first.
  [[nodiscard]] std::vector<std::byte> serialize() const;
  [[nodiscard]] static Result<Frontier> parse(std::span<const std::byte> bytes);
  bool operator==(const Frontier&) const = default;

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> peaks_;
};

}  // namespace wattledger::log
