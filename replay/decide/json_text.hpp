// Whether a file's text is JSON, and where it breaks.
#pragma once

#include <string_view>

#include "events/result.hpp"

namespace wattledger::tool {

// invalid_input where it is none ("line 3, column 14: …"), nests deeper, or gives a name twice in
// one object. What passes can be parsed.
[[nodiscard]] Result<void> check_json_text(std::string_view text, int depth_max);

}  // namespace wattledger::tool
