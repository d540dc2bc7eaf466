// About a name that is not known: what it was, and "did you mean …?". Pure.
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

// Somebody else's text within a line of ours: in double quotes, cut after 60 bytes, and `?` for
// each control character and each byte that is not UTF-8.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace wattledger
