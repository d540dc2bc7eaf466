// Did a command work? Registers that read back as wished are a promise; the battery's power is the
// proof. Owners report inverters that acknowledge a mode and go on as before. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "coordinator/inverter/inverter.hpp"

namespace wattledger::daemon {

// A mode shows from this long after its confirmation…
inline constexpr std::chrono::seconds effect_after{10};
// … and must have shown until then.
inline constexpr std::chrono::seconds effect_within{90};

struct Effect {
  enum class Verdict : std::uint8_t { fits, contradicts, unknown };
  Verdict verdict = Verdict::unknown;
  std::string found;  // of a contradiction: "the battery gives 1200 W"
};

// What a reading says of a wish:
//   charge     the battery takes a tenth of the power wished, at least 100 W; or it is full enough,
//              within 1 % of its target or above 95 %, or its management allows no current
//   discharge  the same the other way round, down to `floor`, the unit's own, where that is higher
//              than its target; or an export limit is reached
//   hold       the battery gives at most 300 W
//   general    it neither takes from the grid nor gives to it, beyond 500 W for both; below 15 %
//              an inverter may refill by itself
// unknown: no power of the battery, or none of the grid where it counts.
[[nodiscard]] Effect effect_of(const inverter::Wish& wish, const fb::ReadingRecordedT& reading,
                               std::optional<BasisPoints> floor = std::nullopt);

}  // namespace wattledger::daemon
