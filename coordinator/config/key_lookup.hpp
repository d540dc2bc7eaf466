// The keys of the configuration by their paths, ours and those of the legacy file, and what a wrong
// one may have meant. For this room.
#pragma once

#include <string>

#include "coordinator/config/keys.hpp"
#include "coordinator/config/legacy_keys.hpp"

namespace wattledger::config {

// nullptr for none.
[[nodiscard]] const ScalarKey* find_key(const std::string& path);
[[nodiscard]] const LegacyKey* find_legacy_key(const std::string& path);
// The legacy section that holds the path; nullptr for none, and where a key of ours stands there.
[[nodiscard]] const LegacySection* find_legacy_section(const std::string& path);
// Keys stand below it.
[[nodiscard]] bool is_section(const std::string& path);
// Has a reader of its own: lists, and the legacy section of tariffs.
[[nodiscard]] bool is_list(const std::string& path);
// A key that stands elsewhere under the same name, else one with a near name beside it.
[[nodiscard]] std::string unknown_key_remedy(const std::string& prefix, const std::string& name);

}  // namespace wattledger::config
