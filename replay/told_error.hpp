// What a command last said of an error, for whoever records how it ended.
#pragma once

#include <string>

namespace wattledger::tool {

// The line of the last cannot() or usage() of this process; empty before the first.
[[nodiscard]] const std::string& told_error();

}  // namespace wattledger::tool
