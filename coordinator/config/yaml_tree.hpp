// YAML text as a tree of ours, so that yaml-cpp stays in one file. For this room.
#pragma once

#include <string>
#include <vector>

#include "events/result.hpp"

namespace wattledger::config {

struct YamlTree {
  struct Member;
  enum class Shape { nothing, scalar, list, map };
  Shape shape = Shape::nothing;
  int line = 0;                 // from 1
  std::string text;             // of a scalar, as written, quotes removed
  std::vector<YamlTree> items;  // of a list
  std::vector<Member> members;  // of a map, in order, duplicates kept
};

struct YamlTree::Member {
  YamlTree key;
  YamlTree value;
};

// Limits: 1 MiB, ten levels, 20 000 nodes (aliases count each time). One document only. Errors
// begin "FILE:LINE: ".
[[nodiscard]] Result<YamlTree> read_yaml(const std::string& yaml, const std::string& file_name);

// invalid_input, "FILE:LINE: what".
[[nodiscard]] Failure wrong_in(const std::string& file_name, int line, const std::string& what,
                               std::string remedy);

}  // namespace wattledger::config
