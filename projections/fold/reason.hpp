// A decision as one sentence with the numbers that decided it, in the reader's language. What
// projections keep is English always (legacy_rows.hpp): they must follow from the log alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "projections/fold/legacy_rows.hpp"

namespace wattledger::fold {

enum class Language : std::uint8_t { english, polish };

// "en" and "pl", as they are written in options and in configurations.
[[nodiscard]] std::string_view language_code(Language language);
[[nodiscard]] std::optional<Language> language_of(std::string_view code);

// As reason_text(decision, zone) of legacy_rows.hpp. UTF-8.
[[nodiscard]] std::string reason_text(const fb::DecisionMadeT& decision, const ZoneOffsets& zone,
                                      Language language);

}  // namespace wattledger::fold
