// What `wattledger log archive` needs of the house: whoever may take records out of the log.
#pragma once

#include "replay/owner.hpp"

namespace wattledger::tool {

[[nodiscard]] Retirer house_retirer();

}  // namespace wattledger::tool
