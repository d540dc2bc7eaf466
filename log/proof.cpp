#include "log/proof.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "log/merkle.hpp"

namespace wattledger::log {
namespace {

struct Range {
  std::uint64_t from;
  std::uint64_t count;
};

// The largest power of two below `count`: how many leaves lie to the left (RFC 6962 §2.1).
std::uint64_t left_part(std::uint64_t count) { return std::bit_floor(count - 1); }

Result<Digest> subtree(const TreeNodes& nodes, Range range) {
  if (std::has_single_bit(range.count)) {
    const auto level = static_cast<unsigned>(std::countr_zero(range.count));
    return nodes.node(level, range.from >> level);
  }
  const std::uint64_t left_count = left_part(range.count);
  const auto left = subtree(nodes, {range.from, left_count});
  if (!left) return left;
  const auto right = subtree(nodes, {range.from + left_count, range.count - left_count});
  if (!right) return right;
  return node_hash(*left, *right);
}

// Collected from the root down, a path is written from the leaf up.
Result<std::vector<Digest>> path_of(const TreeNodes& nodes, std::vector<Range> from_the_root) {
  std::reverse(from_the_root.begin(), from_the_root.end());
  std::vector<Digest> path;
  for (const Range& range : from_the_root) {
    const auto digest = subtree(nodes, range);
    if (!digest) return Failure(digest.error());
    path.push_back(*digest);
  }
  return path;
}

Failure wrong(const std::string& why) { return fail(ErrorKind::corrupt, "the proof " + why); }

// A walk from a leaf to the root, as far as the numbers say: `at` among siblings, `last` the
// rightmost node of the level.
struct Walk {
  std::uint64_t at;
  std::uint64_t last;

  // Does the next digest stand to the left?
  [[nodiscard]] bool from_the_left() const { return (at & 1U) != 0 || at == last; }
  void up() {
    at >>= 1U;
    last >>= 1U;
  }
  // Over the levels where the rightmost node has no sibling.
  void skip() {
    while ((at & 1U) == 0 && at != 0) up();
  }
};

}  // namespace

Result<std::vector<Digest>> inclusion_path(const TreeNodes& nodes, std::uint64_t index,
                                           std::uint64_t size) {
  if (index >= size)
    return fail(ErrorKind::invalid_input, "a tree of " + std::to_string(size) +
                                              " records has none at index " +
                                              std::to_string(index));
  std::vector<Range> siblings;
  Range tree{0, size};
  while (tree.count > 1) {
    const std::uint64_t left = left_part(tree.count);
    const Range left_half{tree.from, left};
    const Range right_half{tree.from + left, tree.count - left};
    const bool in_left = index < right_half.from;
    siblings.push_back(in_left ? right_half : left_half);
    tree = in_left ? left_half : right_half;
  }
  return path_of(nodes, std::move(siblings));
}

Result<std::vector<Digest>> consistency_path(const TreeNodes& nodes, std::uint64_t before,
                                             std::uint64_t after) {
  if (before == 0 || before > after)
    return fail(
        ErrorKind::invalid_input,
        "no proof leads from " + std::to_string(before) + " records to " + std::to_string(after),
        "the first size is 1 or more and not above the second");
  std::vector<Range> siblings;
  Range tree{0, after};
  while (tree.from + tree.count != before) {
    const std::uint64_t left = left_part(tree.count);
    const Range left_half{tree.from, left};
    const Range right_half{tree.from + left, tree.count - left};
    const bool in_left = before <= right_half.from;
    siblings.push_back(in_left ? right_half : left_half);
    tree = in_left ? left_half : right_half;
  }
  // Whoever checks knows the whole tree before by its root; a part of it they must be told.
  if (tree.from != 0) siblings.push_back(tree);
  return path_of(nodes, std::move(siblings));
}

Result<void> check_inclusion(const Digest& leaf, std::uint64_t index, const TreeHead& tree,
                             const std::vector<Digest>& path) {
  if (index >= tree.size)
    return wrong("is of record " + std::to_string(index) + " (from 0), its tree has " +
                 std::to_string(tree.size));
  Walk walk{index, tree.size - 1};
  Digest root = leaf;
  for (const Digest& digest : path) {
    if (walk.last == 0) return wrong("has more digests than the way to the root");
    if (walk.from_the_left()) {
      root = node_hash(digest, root);
      walk.skip();
    } else {
      root = node_hash(root, digest);
    }
    walk.up();
  }
  if (walk.last != 0) return wrong("ends before the root");
  if (root != tree.root) return wrong("leads to another root than the checkpoint's");
  return {};
}

Result<void> check_consistency(const TreeHead& before, const TreeHead& after,
                               const std::vector<Digest>& path) {
  if (before.size == 0 || before.size > after.size)
    return wrong("is of " + std::to_string(before.size) + " records before and " +
                 std::to_string(after.size) + " after, which cannot be");
  if (before.size == after.size) {
    if (!path.empty()) return wrong("has digests where the sizes are equal");
    return before.root == after.root
               ? Result<void>{}
               : wrong("has two roots for " + std::to_string(after.size) + " records");
  }
  // The tree before is a node of the tree after: its root stands for the first digest.
  const bool whole = std::has_single_bit(before.size);
  if (!whole && path.empty()) return wrong("has no digests");
  Digest root_before = whole ? before.root : path.front();
  Digest root_after = root_before;
  Walk walk{before.size - 1, after.size - 1};
  while ((walk.at & 1U) != 0) walk.up();
  for (std::size_t i = whole ? 0 : 1; i < path.size(); ++i) {
    if (walk.last == 0) return wrong("has more digests than the way to the root");
    if (walk.from_the_left()) {
      root_before = node_hash(path[i], root_before);
      root_after = node_hash(path[i], root_after);
      walk.skip();
    } else {
      root_after = node_hash(root_after, path[i]);
    }
    walk.up();
  }
  if (walk.last != 0) return wrong("ends before the root");
  if (root_before != before.root) return wrong("leads to another root before");
  if (root_after != after.root) return wrong("leads to another root after");
  return {};
}

}  // namespace wattledger::log
