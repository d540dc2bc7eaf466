// The JSON files of an older installation's tree.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "events/result.hpp"

namespace wattledger::tool {

struct LegacyTree {
  std::vector<std::filesystem::path> files;  // sorted; hidden ones are left out
  std::vector<std::string> unread;           // folders that cannot be listed, and why
};

// Links to folders are followed. foreign for a tree that a wattledger writes.
[[nodiscard]] Result<LegacyTree> legacy_tree(const std::filesystem::path& root);

}  // namespace wattledger::tool
