// ${NAME} in the values of a configuration: what the environment says, where a secret may come from
// it. For this room.
#pragma once

#include <cstdint>
#include <string>

#include "coordinator/config/keys.hpp"

namespace wattledger::config {

struct Expanded {
  std::string text;
  std::string variable;  // the first that stood there; empty: none
  bool left = false;     // nobody set it: `text` is as it was written
};

// Who only looks at a house needs no secrets of its daemon.
enum class Unset : std::uint8_t { refused, left };

// $${ stands for ${. Errors without place: a variable that is not set, or empty; a name that is
// none; a password that stands in the file itself. They hold no value.
[[nodiscard]] Result<Expanded> expand(const std::string& text, Unset unset);

// A key's text, expanded where the key allows it; then Config::from_environment has `path`. All
// others are shown or recorded, and refuse it. Errors without place.
// The field stays as it is where the variable is not set and that is left.
Result<void> take_value(const ScalarKey& key, const std::string& path, const std::string& text,
                        Unset unset, Config& into);

// The value as it may be shown.
[[nodiscard]] std::string shown_value(const ScalarKey& key, const Config& config);

}  // namespace wattledger::config
