#include "log/merkle.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace wattledger::log {
namespace {

std::vector<std::byte> bytes_of(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

// The eight leaves that RFC 6962 implementations share as test data, and the roots of their first
// n.
constexpr std::array<std::string_view, 8> leaves = {"",
                                                    "00",
                                                    "10",
                                                    "2021",
                                                    "3031",
                                                    "40414243",
                                                    "5051525354555657",
                                                    "606162636465666768696a6b6c6d6e6f"};
constexpr std::array<std::string_view, 8> roots = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

// The definition of RFC 6962 §2.1, by recursion.
Digest root_by_definition(const std::vector<Digest>& all, std::size_t from, std::size_t count) {
  if (count == 0) return empty_root();
  if (count == 1) return all[from];
  std::size_t left = 1;
  while (left * 2 < count) left *= 2;
  return node_hash(root_by_definition(all, from, left),
                   root_by_definition(all, from + left, count - left));
}

Digest numbered_leaf(std::size_t number) {
  const std::string text = "leaf " + std::to_string(number);
  return leaf_hash(std::as_bytes(std::span(text)));
}

TEST_SUITE("log/merkle") {
  TEST_CASE("no records have the hash of the empty string") {
    CHECK(Frontier().root().hex() ==
          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }

  TEST_CASE("the known leaves give the known roots") {
    Frontier frontier;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      frontier.append(leaf_hash(bytes_of(leaves[i])));
      CHECK(frontier.root().hex() == roots[i]);
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
