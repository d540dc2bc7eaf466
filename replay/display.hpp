// How the tool writes quantities and times for a person. Unknown is said as "?", never as a number.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/identity.hpp"
#include "events/time.hpp"
#include "events/units.hpp"

namespace wattledger::tool {

// "2025-10-26 02:15:00+02:00": the house's wall clock with its offset, so that a repeated hour is
// told apart.
[[nodiscard]] std::string local_text(UtcTime time, const ZoneOffsets& zone);
// "64.0 %" from basis points
[[nodiscard]] std::string percent_text(std::optional<std::int64_t> bp);
// "5000 W"
[[nodiscard]] std::string power_text(std::optional<std::int64_t> watts);
// "0.5321" from 1e-8 of a currency unit per kWh
[[nodiscard]] std::string price_text(std::optional<std::int64_t> e8);
// "12.34 kWh" from milliwatt-hours
[[nodiscard]] std::string energy_text(std::optional<std::int64_t> mwh);
// "12 s", "5 min", "3 h 20 min", "2 d 4 h"
[[nodiscard]] std::string duration_text(std::chrono::seconds duration);
// "1 record", "2 records"
[[nodiscard]] std::string counted_text(std::uint64_t count, std::string_view noun);
// "1.5 MiB"
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

// An optional of FlatBuffers' or the fold's as the std::optional<int64_t> that the functions above
// take.
template <class Optional>
[[nodiscard]] std::optional<std::int64_t> number(const Optional& value) {
  if (!value) return std::nullopt;
  return static_cast<std::int64_t>(*value);
}

// A --from, --to or --until: a time as parse_time() reads it (local without an offset), or "+90m",
// "+2h", "+1h30m", "+1d" after `now`. Errors: invalid_input, showing what can be written.
[[nodiscard]] Result<UtcTime> time_argument(const std::string& text, const ZoneOffsets& zone,
                                            UtcTime now);
// "18:30" or "18:30:07", which time_argument() takes for one of the house's day that `now` is in.
[[nodiscard]] bool is_time_of_day(std::string_view text);

// The computer's clock: of the tool alone, and only for ages on the screen and for what the owner
// asks now.
[[nodiscard]] UtcTime clock_now();

// Of a request or a batch: what nobody else has.
[[nodiscard]] Id128 random_id();

}  // namespace wattledger::tool
