#include "log/proof.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <set>
#include <string>

#include "log/prove.hpp"
#include "tests/log/log_fixture.hpp"
#include "tests/log/merkle_leaves.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

// Nodes of leaves in memory, by the definition.
class ListNodes : public TreeNodes {
 public:
  explicit ListNodes(std::vector<Digest> leaves) : leaves_(std::move(leaves)) {}
  [[nodiscard]] Result<Digest> node(unsigned level, std::uint64_t index) const override {
    const auto count = std::size_t{1} << level;
    const auto from = static_cast<std::size_t>(index << level);
    REQUIRE(from + count <= leaves_.size());
    const bool asked_before = !asked_.insert({level, index}).second;
    CHECK_FALSE(asked_before);
    return root_by_definition(leaves_, from, count);
  }
  void forget() const { asked_.clear(); }

 private:
  std::vector<Digest> leaves_;
  mutable std::set<std::pair<unsigned, std::uint64_t>> asked_;
};

// PATH(m, D[n]) and PROOF(m, D[n]) of RFC 6962 §2.1.1 and §2.1.2, as they stand there.
std::vector<Digest> path_by_definition(std::size_t m, const std::vector<Digest>& d,
                                       std::size_t from, std::size_t n) {
  if (n == 1) return {};
  std::size_t k = 1;
  while (k * 2 < n) k *= 2;
  auto path =
      m < k ? path_by_definition(m, d, from, k) : path_by_definition(m - k, d, from + k, n - k);
  path.push_back(m < k ? root_by_definition(d, from + k, n - k) : root_by_definition(d, from, k));
  return path;
}

std::vector<Digest> subproof_by_definition(std::size_t m, const std::vector<Digest>& d,
                                           std::size_t from, std::size_t n, bool whole) {
  if (m == n)
    return whole ? std::vector<Digest>{} : std::vector<Digest>{root_by_definition(d, from, n)};
  std::size_t k = 1;
  while (k * 2 < n) k *= 2;
  auto path = m <= k ? subproof_by_definition(m, d, from, k, whole)
                     : subproof_by_definition(m - k, d, from + k, n - k, false);
  path.push_back(m <= k ? root_by_definition(d, from + k, n - k) : root_by_definition(d, from, k));
  return path;
}

TreeHead head_of(const std::vector<Digest>& leaves, std::size_t size) {
  return {size, root_by_definition(leaves, 0, size)};
}

std::vector<std::string> hex(const std::vector<Digest>& path) {
  std::vector<std::string> texts;
  for (const Digest& digest : path) texts.push_back(digest.hex());
  return texts;
}

Digest flipped(Digest digest, std::size_t bit) {
  const std::size_t at = bit / 8 % digest.bytes.size();
  digest.bytes[at] = static_cast<std::uint8_t>(digest.bytes[at] ^ (1U << (bit % 8)));
  return digest;
}

// Everything that could be done to a path, one thing at a time.
std::vector<std::vector<Digest>> mutations(const std::vector<Digest>& path, const Digest& stray) {
  std::vector<std::vector<Digest>> all;
  for (std::size_t i = 0; i < path.size(); ++i) {
    auto changed = path;
    changed[i] = flipped(changed[i], i * 37);
    all.push_back(changed);
    changed = path;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    all.push_back(changed);
    if (i + 1 < path.size() && path[i] != path[i + 1]) {
      changed = path;
      std::swap(changed[i], changed[i + 1]);
      all.push_back(changed);
    }
  }
  for (std::size_t i = 0; i <= path.size(); ++i) {
    auto longer = path;
    longer.insert(longer.begin() + static_cast<std::ptrdiff_t>(i), stray);
    all.push_back(longer);
  }
  return all;
}

TEST_SUITE("log/proof") {
  TEST_CASE("the known leaves give the known paths to a root") {
    struct Known {
      std::uint64_t index, size;
      std::vector<std::string> path;
    };
    const std::vector<Known> table = {
        {0, 1, {}},
        {0,
         8,
         {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
        {5,
         8,
         {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
          "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
        {2, 3, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
        {1,
         5,
         {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}}};
    const auto leaves = known_tree();
    for (const Known& known : table) {
      CAPTURE(known.index);
      CAPTURE(known.size);
      const auto path = value(inclusion_path(ListNodes(leaves), known.index, known.size));
      CHECK(hex(path) == known.path);
      const Digest root = *Digest::from_hex(known_roots[known.size - 1]);
      good(check_inclusion(leaves[known.index], known.index, {known.size, root}, path));
    }
  }

  TEST_CASE("the known leaves give the known paths between two roots") {
    struct Known {
      std::uint64_t before, after;
      std::vector<std::string> path;
    };
    const std::vector<Known> table = {
        {1, 1, {}},
        {1,
         8,
         {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
          "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
        {6,
         8,
         {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
          "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
          "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
        {2,
         5,
         {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
          "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}}};
    const auto leaves = known_tree();
    for (const Known& known : table) {
      CAPTURE(known.before);
      CAPTURE(known.after);
      const auto path = value(consistency_path(ListNodes(leaves), known.before, known.after));
      CHECK(hex(path) == known.path);
      good(check_consistency({known.before, *Digest::from_hex(known_roots[known.before - 1])},
                             {known.after, *Digest::from_hex(known_roots[known.after - 1])}, path));
    }
  }

  TEST_CASE("for every size up to 70, each path is the definition's and holds, no other does") {
    const auto leaves = numbered_tree(70);
    const ListNodes nodes(leaves);
    const Digest stray = numbered_leaf(9'999);
    for (std::size_t size = 1; size <= leaves.size(); ++size) {
      const TreeHead tree = head_of(leaves, size);
      for (std::size_t index = 0; index < size; ++index) {
        nodes.forget();
        const auto path = value(inclusion_path(nodes, index, size));
        REQUIRE(path == path_by_definition(index, leaves, 0, size));
        REQUIRE(check_inclusion(leaves[index], index, tree, path).has_value());
        REQUIRE_FALSE(check_inclusion(stray, index, tree, path).has_value());
        REQUIRE_FALSE(check_inclusion(leaves[index], index, {size, flipped(tree.root, index)}, path)
                          .has_value());
        for (const auto& wrong : mutations(path, stray))
          REQUIRE_FALSE(check_inclusion(leaves[index], index, tree, wrong).has_value());
        // Nor in any other place.
        for (std::size_t other = 0; other <= size; ++other)
          if (other != index)
            REQUIRE_FALSE(check_inclusion(leaves[index], other, tree, path).has_value());
      }
      for (std::size_t before = 1; before <= size; ++before) {
        nodes.forget();
        const auto path = value(consistency_path(nodes, before, size));
        REQUIRE(path == subproof_by_definition(before, leaves, 0, size, true));
        const TreeHead old = head_of(leaves, before);
        REQUIRE(check_consistency(old, tree, path).has_value());
        REQUIRE_FALSE(check_consistency({before, flipped(old.root, 3)}, tree, path).has_value());
        REQUIRE_FALSE(check_consistency(old, {size, flipped(tree.root, 3)}, path).has_value());
        for (const auto& wrong : mutations(path, stray))
          REQUIRE_FALSE(check_consistency(old, tree, wrong).has_value());
      }
    }
  }

  TEST_CASE("a tree that was rewritten below the old size cannot be proved consistent") {
    const auto leaves = numbered_tree(40);
    for (std::size_t before = 1; before < leaves.size(); ++before)
      for (std::size_t changed = 0; changed < before; ++changed) {
        auto rewritten = leaves;
        rewritten[changed] = numbered_leaf(1'000 + changed);
        const auto path = value(consistency_path(ListNodes(rewritten), before, leaves.size()));
        REQUIRE_FALSE(
            check_consistency(head_of(leaves, before), head_of(rewritten, leaves.size()), path)
                .has_value());
      }
  }

  TEST_CASE("random trees: proofs hold, and not for another size") {
    CHECK(rc::check("proofs of random trees", [] {
      const auto size = *rc::gen::inRange<std::size_t>(1, 700);
      const auto leaves = numbered_tree(size);
      const ListNodes nodes(leaves);
      const TreeHead tree = head_of(leaves, size);
      const auto index = *rc::gen::inRange<std::size_t>(0, size);
      const auto path = inclusion_path(nodes, index, size);
      RC_ASSERT(path.has_value());
      RC_ASSERT(*path == path_by_definition(index, leaves, 0, size));
      RC_ASSERT(check_inclusion(leaves[index], index, tree, *path).has_value());
      const auto before = *rc::gen::inRange<std::size_t>(1, size + 1);
      nodes.forget();
      const auto between = consistency_path(nodes, before, size);
      RC_ASSERT(between.has_value());
      RC_ASSERT(*between == subproof_by_definition(before, leaves, 0, size, true));
      const TreeHead old = head_of(leaves, before);
      RC_ASSERT(check_consistency(old, tree, *between).has_value());
      if (before != size) {
        RC_ASSERT(!check_consistency(tree, old, *between).has_value());
        RC_ASSERT(!check_consistency({before, tree.root}, {size, old.root}, *between).has_value());
      }
    }));
  }

  TEST_CASE("any path for any numbers is taken or refused") {
    CHECK(rc::check("wild numbers", [] {
      const auto number = rc::gen::oneOf(
          rc::gen::arbitrary<std::uint64_t>(),
          rc::gen::element<std::uint64_t>(0, 1, 2, UINT64_MAX, UINT64_MAX - 1, 1ULL << 63U));
      const auto length = *rc::gen::inRange<std::size_t>(0, path_digests_max + 2);
      const std::vector<Digest> path(length, numbered_leaf(1));
      const TreeHead one{*number, numbered_leaf(2)};
      const TreeHead other{*number, numbered_leaf(3)};
      RC_ASSERT(!check_inclusion(numbered_leaf(4), *number, one, path).has_value());
      RC_ASSERT(!check_consistency(one, other, path).has_value());
    }));
  }

  TEST_CASE("what cannot be asked is refused") {
    const ListNodes nodes(numbered_tree(8));
    CHECK(kind_of(inclusion_path(nodes, 8, 8)) == ErrorKind::invalid_input);
    CHECK(kind_of(inclusion_path(nodes, 0, 0)) == ErrorKind::invalid_input);
    CHECK(kind_of(consistency_path(nodes, 0, 8)) == ErrorKind::invalid_input);
    CHECK(kind_of(consistency_path(nodes, 8, 7)) == ErrorKind::invalid_input);
    CHECK_FALSE(check_consistency({0, empty_root()}, {8, numbered_leaf(1)}, {}).has_value());
  }

  TEST_CASE("a log's nodes are those of its records, stored and recomputed alike") {
    LogFixture fixture;
    std::vector<Digest> leaves;
    for (int i = 1; i <= 1'300; ++i) fixture.enqueue(reading(i, i), i);
    good(fixture.appender().flush());
    const auto snapshot = fixture.snapshot();
    for (std::uint64_t i = 1; i <= snapshot.head().value; ++i)
      leaves.push_back(leaf_hash(value(snapshot.at(Sequence{i})).bytes));
    const SnapshotNodes nodes(snapshot);
    for (unsigned level = 0; level <= 10; ++level)
      for (std::uint64_t index = 0; (index + 1) << level <= leaves.size();
           index += level < 8 ? 37 : 1) {
        CAPTURE(level);
        CAPTURE(index);
        REQUIRE(value(nodes.node(level, index)) ==
                root_by_definition(leaves, static_cast<std::size_t>(index << level),
                                   std::size_t{1} << level));
      }
    for (const std::size_t size :
         {1UL, 2UL, 255UL, 256UL, 257UL, 511UL, 512UL, 700UL, 1'024UL, 1'299UL, 1'300UL}) {
      const TreeHead tree = head_of(leaves, size);
      for (const std::size_t index :
           {0UL, 1UL, 200UL, 255UL, 256UL, 511UL, 699UL, 1'023UL, 1'299UL}) {
        if (index >= size) continue;
        const auto path = value(inclusion_path(nodes, index, size));
        REQUIRE(path == path_by_definition(index, leaves, 0, size));
        good(check_inclusion(leaves[index], index, tree, path));
      }
      for (const std::size_t before : {1UL, 255UL, 256UL, 300UL, 512UL, 1'000UL, 1'280UL}) {
        if (before > size) continue;
        const auto path = value(consistency_path(nodes, before, size));
        REQUIRE(path == subproof_by_definition(before, leaves, 0, size, true));
        good(check_consistency(head_of(leaves, before), tree, path));
      }
    }
  }
}

}  // namespace
}  // namespace wattledger::log
