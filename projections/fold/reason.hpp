// A decision as one sentence with the numbers that decided it, in the reader's language. What
// projections keep is English always (legacy_rows.hpp): they must follow from the log alone.
#pragma once

#include <string>

#include "projections/fold/language.hpp"
#include "projections/fold/legacy_rows.hpp"

namespace wattledger::fold {

// As reason_text(decision, zone) of legacy_rows.hpp. UTF-8.
[[nodiscard]] std::string reason_text(const fb::DecisionMadeT& decision, const ZoneOffsets& zone,
                                      Language language);
// "battery voltage", "napięcie baterii"
[[nodiscard]] std::string fault_text(fb::Fault fault, Language language);

}  // namespace wattledger::fold
