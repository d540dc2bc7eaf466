// The JSON files of an older installation's tree.
#pragma once

#include <filesystem>
#include <vector>

#include "events/result.hpp"

namespace wattledger::tool {

// Sorted; hidden ones are left out. io.
[[nodiscard]] Result<std::vector<std::filesystem::path>> legacy_json_files(
    const std::filesystem::path& root);

}  // namespace wattledger::tool
