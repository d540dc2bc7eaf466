// The list changes.windows. Errors begin "FILE:LINE: ". For this room.
#pragma once

#include <string>
#include <vector>

#include "coordinator/config/yaml_tree.hpp"

namespace wattledger::config {

// One window or a list of them; an empty one is none.
[[nodiscard]] Result<std::vector<std::string>> read_windows(const YamlTree& value,
                                                            const std::string& file_name);

}  // namespace wattledger::config
