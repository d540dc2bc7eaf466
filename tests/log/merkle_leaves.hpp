// Trees of leaves in memory: the eight that implementations of RFC 6962 share, numbered ones, and
// the definition of a root, by recursion, to compare with.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "log/merkle.hpp"

namespace wattledger::testing {

inline std::vector<std::byte> bytes_of_hex(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

inline constexpr std::array<std::string_view, 8> known_leaves = {
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f"};
// Of the first n + 1.
inline constexpr std::array<std::string_view, 8> known_roots = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

inline std::vector<Digest> known_tree() {
  std::vector<Digest> leaves;
  for (const std::string_view leaf : known_leaves)
    leaves.push_back(log::leaf_hash(bytes_of_hex(leaf)));
  return leaves;
}

inline Digest numbered_leaf(std::size_t number) {
  const std::string text = "leaf " + std::to_string(number);
  return log::leaf_hash(std::as_bytes(std::span(text)));
}

inline std::vector<Digest> numbered_tree(std::size_t size) {
  std::vector<Digest> leaves;
  for (std::size_t i = 0; i < size; ++i) leaves.push_back(numbered_leaf(i));
  return leaves;
}

// The definition of RFC 6962 §2.1.
inline Digest root_by_definition(const std::vector<Digest>& all, std::size_t from,
                                 std::size_t count) {
  if (count == 0) return log::empty_root();
  if (count == 1) return all[from];
  std::size_t left = 1;
  while (left * 2 < count) left *= 2;
  return log::node_hash(root_by_definition(all, from, left),
                        root_by_definition(all, from + left, count - left));
}

}  // namespace wattledger::testing
