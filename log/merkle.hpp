// RFC 6962 Merkle tree over the log's records: leaf = SHA-256(0x00 ‖ record), node = SHA-256(0x01 ‖
// left ‖ right). The frontier (compact range) is all that must be kept to append and to know the
// root: one digest per set bit of the size. Pure values; not shared between threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "events/identity.hpp"
#include "events/result.hpp"

namespace wattledger::log {

// The root of a complete subtree: over leaves index << level up to (index + 1) << level; leaf i is
// record i + 1.
struct RangeNode {
  std::uint8_t level = 0;
  std::uint64_t index = 0;
  Digest digest;
  bool operator==(const RangeNode&) const = default;
};

[[nodiscard]] Digest leaf_hash(std::span<const std::byte> record);
[[nodiscard]] Digest node_hash(const Digest& left, const Digest& right);
// Two at once take much less than twice one's time where the processor has SHA instructions.
[[nodiscard]] std::array<Digest, 2> leaf_hash_pair(std::span<const std::byte> left,
                                                   std::span<const std::byte> right);
// SHA-256 of the empty string: the root of no records (RFC 6962 §2.1).
[[nodiscard]] Digest empty_root();

class Frontier {
 public:
  // Lowest level of the nodes that the log keeps: one per 256 records and again half as many, so
  // that a root of any size and a proof read a few of them and at most 255 leaves.
  static constexpr int stored_level_min = 8;

  Frontier() = default;
  void append(const Digest& leaf) { append(std::span(&leaf, 1)); }
  // Adds to `completed` the nodes of level stored_level_min and above that these leaves complete,
  // lower levels first.
  void append(std::span<const Digest> leaves, std::vector<RangeNode>* completed = nullptr);
  // The same for the root of a whole subtree of 2^level leaves, of which size() is a multiple;
  // itself is not among what is completed.
  void append_subtree(const Digest& node, int level, std::vector<RangeNode>* completed = nullptr);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Digest root() const;
  // One for each set bit of the size, largest subtree first.
  [[nodiscard]] const std::vector<Digest>& peaks() const { return peaks_; }

  // 8 bytes size big-endian, then the digests, largest subtree first.
  [[nodiscard]] std::vector<std::byte> serialize() const;
  [[nodiscard]] static Result<Frontier> parse(std::span<const std::byte> bytes);
  bool operator==(const Frontier&) const = default;

 private:
  void append_nodes(std::span<const Digest> nodes, unsigned level,
                    std::vector<RangeNode>* completed);
  std::uint64_t size_ = 0;
  std::vector<Digest> peaks_;
};

}  // namespace wattledger::log
