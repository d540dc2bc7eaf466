// Decimal text to an integer count of 10^-places, exactly: never through a double, which would make
// 0.0892 something else. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wattledger::sources {

enum class DecimalTrouble { not_a_number, too_many_digits, too_large };

struct Decimal {
  std::int64_t count = 0;                 // of 10^-places
  std::optional<DecimalTrouble> trouble;  // then `count` means nothing
};

enum class Digits {
  exact,
  rounded
};  // what to do with more than `places` decimals: refuse, or round half away from zero

// "-12.50", "3", ".5", "1.2e-3"; nothing around it. Zeros beyond `places` are never too many.
// `places` at most 12.
[[nodiscard]] Decimal parse_decimal(std::string_view text, int places,
                                    Digits digits = Digits::exact);

// The shortest text of count × 10^-places: "12.5", "-0.01", "3".
[[nodiscard]] std::string decimal_text(std::int64_t count, int places);

}  // namespace wattledger::sources
