// The rows of an imported event. Inside this part only: derive_rows gives them.
#pragma once

#include <vector>

#include "projections/fold/legacy_rows.hpp"

namespace wattledger::fold {

// One for each of its origins; and, where no table had told the fact, the row that the older
// system's table would have. A value that was corrected since is as the correction says.
void imported_rows(const ToldEvent& told, std::vector<LegacyRow>& rows);

}  // namespace wattledger::fold
