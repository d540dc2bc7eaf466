// ${NAME} in the values of a configuration: what the environment says, where a secret may come from
// it. For this room.
#pragma once

#include <string>

#include "coordinator/config/keys.hpp"

namespace wattledger::config {

struct Expanded {
  std::string text;
  std::string variable;  // the first that stood there; empty: none
};

// $${ stands for ${. Errors without place: a variable that is not set, or empty; a name that is
// none; a password that stands in the file itself. They hold no value.
[[nodiscard]] Result<Expanded> expand(const std::string& text);

// A key's text, expanded where the key allows it; then Config::from_environment has `path`. All
// others are shown or recorded, and refuse it. Errors without place.
Result<void> take_value(const ScalarKey& key, const std::string& path, const std::string& text,
                        Config& into);

// The value as it may be shown.
[[nodiscard]] std::string shown_value(const ScalarKey& key, const Config& config);

}  // namespace wattledger::config
