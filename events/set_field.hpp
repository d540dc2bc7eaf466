// A field by its schema name, set from text: how a correction is applied to a copy of the fact that
// it corrects. Pure.
#pragma once

#include <string_view>

#include "events/codec.hpp"

namespace wattledger {

// Whether this field of this kind can be set: single values of what projections show (readings,
// decisions, sessions, weather).
[[nodiscard]] bool can_set_field(Kind kind, std::string_view field);

// Text: a whole number in the field's unit, true or false, an enum's word, or a string as it is;
// "unknown" leaves a value out that may be absent. False, with the event as it was, for a field
// that cannot be set or a text that it cannot hold.
[[nodiscard]] bool set_field(fb::EventT& event, std::string_view field, std::string_view text);

}  // namespace wattledger
