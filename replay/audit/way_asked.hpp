// --policy and --against: which other way of running the battery is meant.
#pragma once

#include <string>

#include "replay/audit/what_if.hpp"

namespace wattledger::tool {

// What was recorded, where it is written as a way.
inline constexpr const char* recorded_word = "recorded";

// A policy's name, a yardstick's, or a configuration's file, of which the rules are taken.
// not_found, naming the nearest; else what is wrong with the file.
[[nodiscard]] Result<WayAsked> parse_way(const std::string& word);

}  // namespace wattledger::tool
