// Instants by their text.
#pragma once

#include <doctest/doctest.h>

#include <string_view>

#include "events/time.hpp"

namespace wattledger::testing {

inline UtcTime utc(std::string_view text) {
  const auto time = parse_time(text, ZoneOffsets());
  REQUIRE_MESSAGE(time.has_value(), text);
  return *time;
}

inline std::int32_t day_number(std::string_view date) {
  return static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(utc(date)).time_since_epoch().count());
}

}  // namespace wattledger::testing
