// Time is a parameter: nothing here asks a clock or the system's time-zone database. UTC inside; local time by the
// transitions that a SiteAdopted event carries.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "events/result.hpp"

namespace wattledger {

using UtcTime = std::chrono::sys_time<std::chrono::microseconds>;
// A wall clock's reading: no zone, not ordered across a clock change.
using LocalTime = std::chrono::local_time<std::chrono::microseconds>;

[[nodiscard]] constexpr UtcTime utc_from_us(std::int64_t us) { return UtcTime(std::chrono::microseconds(us)); }
[[nodiscard]] constexpr std::int64_t to_us(UtcTime time) { return time.time_since_epoch().count(); }

// Offsets of one zone, from its transitions in ascending order. Before the first transition its offset holds too.
class ZoneOffsets {
 public:
  struct Transition {
    UtcTime at;
    std::chrono::seconds offset;
    bool operator==(const Transition&) const = default;
  };

  ZoneOffsets() = default;  // UTC
  explicit ZoneOffsets(std::vector<Transition> transitions) : transitions_(std::move(transitions)) {}

  [[nodiscard]] std::chrono::seconds offset_at(UtcTime time) const;
  [[nodiscard]] LocalTime to_local(UtcTime time) const;
  // The instant of a wall-clock reading. In a repeated hour the first pass unless `second_pass`; in a gap, the reading as if
  // the offset before the gap still held.
  [[nodiscard]] UtcTime to_utc(LocalTime local, bool second_pass = false) const;
  // True in the second pass of a repeated hour.
  [[nodiscard]] bool in_second_pass(UtcTime time) const;
  // Midnight of the local day that holds `time`, and of the one after: 92, 96 or 100 quarters apart.
  [[nodiscard]] UtcTime day_start(UtcTime time) const;
  [[nodiscard]] UtcTime next_day_start(UtcTime time) const;
  [[nodiscard]] const std::vector<Transition>& transitions() const { return transitions_; }
  bool operator==(const ZoneOffsets&) const = default;

 private:
  std::vector<Transition> transitions_;
};

// "2025-10-26T02:15:00.250000", the fraction absent when zero: Python's datetime.isoformat().
[[nodiscard]] std::string iso_text(LocalTime time);
// "2025-10-26T00:15:00.250000Z"
[[nodiscard]] std::string utc_text(UtcTime time);
// "YYYY-MM-DD"
[[nodiscard]] std::string date_text(LocalTime time);

// Reads "2025-10-26", "2025-10-26T02:15[:00[.25]]" or with a space, then nothing (local in `zone`), "Z" or "+02:00".
[[nodiscard]] Result<UtcTime> parse_time(std::string_view text, const ZoneOffsets& zone);

}  // namespace wattledger
