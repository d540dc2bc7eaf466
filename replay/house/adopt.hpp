// What `wattledger replay` needs of the house: which projections it has, and an owner who takes
// over what was built aside.
#pragma once

#include "replay/owner.hpp"

namespace wattledger::tool {

[[nodiscard]] Owner house_owner();

}  // namespace wattledger::tool
