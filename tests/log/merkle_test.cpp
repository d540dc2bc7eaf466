#include "log/merkle.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/log/merkle_leaves.hpp"

namespace wattledger::log {
namespace {

using wattledger::testing::bytes_of_hex;
using wattledger::testing::known_leaves;
using wattledger::testing::known_roots;
using wattledger::testing::numbered_leaf;
using wattledger::testing::root_by_definition;

TEST_SUITE("log/merkle") {
  TEST_CASE("no records have the hash of the empty string") {
    CHECK(Frontier().root().hex() ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }

  TEST_CASE("the known leaves give the known roots") {
    Frontier frontier;
    for (std::size_t i = 0; i < known_leaves.size(); ++i) {
      frontier.append(leaf_hash(bytes_of_hex(known_leaves[i])));
      CHECK(frontier.root().hex() == known_roots[i]);
      CHECK(frontier.size() == i + 1);
    }
  }

  TEST_CASE("the frontier's root is the definition's, at every size") {
    std::vector<Digest> all;
    Frontier frontier;
    for (std::size_t i = 0; i < 300; ++i) {
      all.push_back(numbered_leaf(i));
      frontier.append(all.back());
      REQUIRE(frontier.root() == root_by_definition(all, 0, all.size()));
    }
  }

  TEST_CASE("a frontier survives its bytes and goes on") {
    Frontier frontier;
    for (std::size_t i = 0; i < 77; ++i) {
      auto copy = Frontier::parse(frontier.serialize());
      REQUIRE(copy.has_value());
      CHECK(*copy == frontier);
      frontier = *copy;
      frontier.append(numbered_leaf(i));
    }
  }

  TEST_CASE("bytes that no frontier has are corrupt") {
    Frontier frontier;
    for (std::size_t i = 0; i < 3; ++i) frontier.append(numbered_leaf(i));
    const auto bytes = frontier.serialize();
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      const auto parsed = Frontier::parse(std::span(bytes).first(length));
      REQUIRE_FALSE(parsed.has_value());
      CHECK(parsed.error().kind == ErrorKind::corrupt);
    }
  }

  TEST_CASE("the nodes that the log keeps come when their last leaf does") {
    Frontier frontier;
    std::vector<Digest> all;
    for (std::size_t i = 1; i <= 1024; ++i) {
      all.push_back(numbered_leaf(i));
      const auto completed = frontier.append(all.back());
      const std::size_t expected = i % 256 != 0 ? 0 : i == 512 ? 2 : i == 1024 ? 3 : 1;
      REQUIRE(completed.size() == expected);
      for (std::size_t level = 0; level < completed.size(); ++level)
        CHECK(completed[level] == root_by_definition(all, i - (256U << level), 256U << level));
    }
  }
}

}  // namespace
}  // namespace wattledger::log
