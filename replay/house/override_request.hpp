// The owner's hand on the battery as a request: what `override` says, and what `inverter set` says
// where a daemon steers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "replay/command.hpp"

namespace wattledger::tool {

struct OverrideWish {
  std::string action;  // charge, hold, sell or auto
  std::string until;   // as time_argument() reads it; empty: an hour for a charge, else for ever
  std::string reason;
  std::optional<double> soc;  // percent
  std::optional<std::int64_t> power;
};

// A power by hand in watts. One that is only meant in kilowatts, or too small to charge or sell by,
// is refused.
[[nodiscard]] Result<void> check_watts(std::int64_t power);

// Judges it, hands it to the daemon or the log, and says what became of it and what keeps it from
// acting. Writes an event.
Exit request_override(const Invocation& invocation, const OverrideWish& wish);

}  // namespace wattledger::tool
