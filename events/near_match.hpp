// "Did you mean …?": the nearest of the known names to one that is not known. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace wattledger {

// The known name with the fewest edits (insert, delete, replace, swap of neighbours; letters' case
// is free), if they are few for its length; empty when nothing is near. Ties go to the one that
// comes first.
[[nodiscard]] std::string near_match(std::string_view name, const std::vector<std::string>& known);

// `did you mean "x"?`, or `known here: a, b, c`.
[[nodiscard]] std::string near_match_remedy(std::string_view name,
                                            const std::vector<std::string>& known);

}  // namespace wattledger
