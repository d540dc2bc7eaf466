// Proofs about the Merkle tree of merkle.hpp: that a record is in it, and that a larger tree begins
// with a smaller one (RFC 6962 §2.1.1 and §2.1.2; checked as RFC 9162 §2.1.3.2 and §2.1.4.2 say).
// Leaves are counted from 0: leaf i is record i + 1. Pure values; a path has at most 64 digests.
#pragma once

#include <cstdint>
#include <vector>

#include "events/identity.hpp"
#include "events/result.hpp"

namespace wattledger::log {

inline constexpr std::size_t path_digests_max = 64;

// Where the digests of whole subtrees come from: a log, a segment, a test's list of leaves.
class TreeNodes {
 public:
  virtual ~TreeNodes() = default;
  // Of the leaves from index << level on, 2^level of them; level 0 is a leaf's hash. Asked only for
  // subtrees that lie in the tree whole, and for none twice in one proof.
  [[nodiscard]] virtual Result<Digest> node(unsigned level, std::uint64_t index) const = 0;
};

// What leads from leaf `index` to the root of the first `size` leaves, nearest sibling first.
// invalid_input unless index < size.
[[nodiscard]] Result<std::vector<Digest>> inclusion_path(const TreeNodes& nodes,
                                                         std::uint64_t index, std::uint64_t size);
// What leads from the root of the first `before` leaves to that of the first `after`; empty when
// they are equal. invalid_input unless 1 <= before <= after.
[[nodiscard]] Result<std::vector<Digest>> consistency_path(const TreeNodes& nodes,
                                                           std::uint64_t before,
                                                           std::uint64_t after);

struct TreeHead {
  std::uint64_t size = 0;
  Digest root;
  bool operator==(const TreeHead&) const = default;
};

// corrupt, saying why, if the path does not show that the tree has this leaf in this place.
[[nodiscard]] Result<void> check_inclusion(const Digest& leaf, std::uint64_t index,
                                           const TreeHead& tree, const std::vector<Digest>& path);
// corrupt, saying why, if the path does not show that the tree `after` begins with `before`.
[[nodiscard]] Result<void> check_consistency(const TreeHead& before, const TreeHead& after,
                                             const std::vector<Digest>& path);

}  // namespace wattledger::log
