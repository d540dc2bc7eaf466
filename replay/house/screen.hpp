// The status as one screen for a person, from the JSON that control/status.hpp describes. Pure.
#pragma once

#include <string>

#include "events/result.hpp"

namespace wattledger::tool {

// corrupt when it is no JSON object. What is missing or null is said as unknown.
[[nodiscard]] Result<std::string> status_screen(const std::string& status_json);

}  // namespace wattledger::tool
