#include "log/merkle.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "log/sha256.hpp"
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
      std::vector<RangeNode> completed;
      frontier.append(std::span(all).last(1), &completed);
      const std::size_t expected = i % 256 != 0 ? 0 : i == 512 ? 2 : i == 1024 ? 3 : 1;
      REQUIRE(completed.size() == expected);
      for (std::size_t level = 0; level < completed.size(); ++level) {
        CHECK(completed[level].level == 8 + level);
        CHECK(completed[level].index == (i >> (8 + level)) - 1);
        CHECK(completed[level].digest ==
              root_by_definition(all, i - (256U << level), 256U << level));
      }
    }
  }

  TEST_CASE("leaves that join together make the tree that they make one by one") {
    CHECK(rc::check("any cut of any leaves", [] {
      const auto before = *rc::gen::inRange<std::size_t>(0, 700);
      const auto together = *rc::gen::inRange<std::size_t>(0, 700);
      Frontier one_by_one;
      Frontier at_once;
      std::vector<RangeNode> expected;
      std::vector<RangeNode> completed;
      std::vector<Digest> all;
      for (std::size_t i = 0; i < before + together; ++i) {
        all.push_back(numbered_leaf(i));
        one_by_one.append(std::span(all).last(1), &expected);
      }
      at_once.append(std::span(all).first(before), &completed);
      at_once.append(std::span(all).subspan(before), &completed);
      RC_ASSERT(at_once == one_by_one);
      const auto by_place = [](const RangeNode& a, const RangeNode& b) {
        return std::pair(a.level, a.index) < std::pair(b.level, b.index);
      };
      std::sort(expected.begin(), expected.end(), by_place);
      std::sort(completed.begin(), completed.end(), by_place);
      RC_ASSERT(completed == expected);
    }));
  }

  TEST_CASE("two messages hashed side by side have the hashes that they have alone") {
    const auto message = [](std::size_t size, std::size_t seed) {
      std::vector<std::byte> bytes(size);
      for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + seed);
      return bytes;
    };
    // Every length around one, two and three blocks, whatever the other's.
    for (std::size_t left = 0; left <= 200; ++left)
      for (const std::size_t right : {0U, 1U, 54U, 55U, 63U, 64U, 118U, 119U, 127U, 300U}) {
        const auto a = message(left, 1);
        const auto b = message(right, 2);
        const auto both = sha256_pair(1, a, b);
        REQUIRE(both[0] == sha256(1, a));
        REQUIRE(both[1] == sha256(1, b));
      }
  }

  TEST_CASE("SHA-256 is that of FIPS 180-4") {
    // "abc" and 56 letters, the first of them as the prefix.
    const std::array<std::string_view, 2> rests = {
        "bc", "bcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"};
    const auto bytes = [](std::string_view text) { return std::as_bytes(std::span(text)); };
    const auto both = sha256_pair('a', bytes(rests[0]), bytes(rests[1]));
    CHECK(both[0].hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(both[1].hex() == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    CHECK(sha256('a', bytes(rests[0])) == both[0]);
  }
}

}  // namespace
}  // namespace wattledger::log
