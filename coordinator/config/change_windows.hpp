// When changes of the data are welcome: windows of the house's wall clock, as "sun 02:00-05:00".
// Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/result.hpp"
#include "events/time.hpp"

namespace wattledger::config {

inline constexpr std::string_view windows_path = "changes.windows";
inline constexpr std::size_t windows_max = 32;

struct ChangeWindow {
  unsigned days = 0x7F;           // bit 0 is Monday
  std::chrono::minutes from{0};   // since midnight of one of the days
  std::chrono::minutes until{0};  // left out; at or before `from`: of the day after
  bool operator==(const ChangeWindow&) const = default;
};

// "sun 02:00-05:00", "mon-fri 22:00-04:00", or without a day for each. invalid_input otherwise.
[[nodiscard]] Result<ChangeWindow> parse_window(std::string_view text);

// Whether one of them holds then; without any, it is always open. The texts were checked when the
// configuration was read; one that does not parse holds never.
[[nodiscard]] bool in_window(const std::vector<std::string>& windows, LocalTime now);

// The start of the next one; nullopt without any.
[[nodiscard]] std::optional<LocalTime> next_window(const std::vector<std::string>& windows,
                                                   LocalTime now);

}  // namespace wattledger::config
