// Positions in JSON text: where the fields of an object stand, as they are spelled. Nothing is
// checked here; text that is no JSON gives some fields or none. Pure.
#pragma once

#include <string>
#include <string_view>

#include "projections/fold/imported.hpp"

namespace wattledger::fold {

// The fields of the object, in their order; values with white space as json.dumps puts it.
[[nodiscard]] LegacyFields split_object(std::string_view text);

// JSON with white space as json.dumps puts it.
[[nodiscard]] std::string compact_json(std::string_view text);

}  // namespace wattledger::fold
