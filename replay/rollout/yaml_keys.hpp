// One key of a configuration's text set to another value, everything else (comments, order, quotes)
// as it was. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "events/result.hpp"

namespace wattledger::tool {

// `path` as "projections.sqlite.enabled". Sections and keys that are not there are added below the
// nearest that is. unsupported where the key, or a section above it, stands in braces on one line:
// what to write by hand is said.
[[nodiscard]] Result<std::string> with_key(const std::string& yaml, std::string_view path,
                                           std::string_view value);
// Whether the key stands there, on a line of its own.
[[nodiscard]] bool has_key(const std::string& yaml, std::string_view path);

}  // namespace wattledger::tool
