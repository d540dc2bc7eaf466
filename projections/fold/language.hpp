// Languages in which a decision can be told (reason.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wattledger::fold {

enum class Language : std::uint8_t { english, polish };

// "en" and "pl", as they are written in options and in configurations.
[[nodiscard]] std::string_view language_code(Language language);
[[nodiscard]] std::optional<Language> language_of(std::string_view code);

}  // namespace wattledger::fold
