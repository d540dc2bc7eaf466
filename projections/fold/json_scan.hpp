// Positions in JSON text: where the fields of an object stand, as they are spelled. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "projections/fold/imported.hpp"

namespace wattledger::fold {

// The fields of the object, in their order; values with white space as json.dumps puts it. Nothing
// is checked: text that is no JSON gives some fields or none.
[[nodiscard]] LegacyFields split_object(std::string_view text);

// The same in one pass for text that is surely one JSON object, as json.dumps writes it: ASCII,
// keys without escapes, numbers of usual length. nullopt says nothing about the text: a parser has
// to.
[[nodiscard]] std::optional<LegacyFields> split_sure_object(std::string_view text);

// JSON with white space as json.dumps puts it.
[[nodiscard]] std::string compact_json(std::string_view text);

}  // namespace wattledger::fold
