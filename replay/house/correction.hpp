// May this field of this kind of event be corrected to this value? By the schema's own reflection.
// Pure.
#pragma once

#include <string>

#include "events/codec.hpp"

namespace wattledger::tool {

// invalid_input with the fields that there are, or with what the field can hold.
[[nodiscard]] Result<void> check_correction(Kind kind, const std::string& field,
                                            const std::string& value);

}  // namespace wattledger::tool
