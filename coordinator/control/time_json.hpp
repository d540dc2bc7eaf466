// Times in the JSON that this part writes. Inside its .cpp files only.
#pragma once

#include <cstdio>
#include <string>

#include "events/time.hpp"

namespace wattledger::control {

// RFC 3339 with the house's offset: "2025-10-26T02:15:00+02:00".
inline std::string offset_time_text(UtcTime time, const ZoneOffsets& zone) {
  const UtcTime whole = std::chrono::floor<std::chrono::seconds>(time);
  const long long offset = zone.offset_at(whole).count();
  const long long minutes = (offset < 0 ? -offset : offset) / 60;
  char text[24];
  std::snprintf(text, sizeof text, "%c%02lld:%02lld", offset < 0 ? '-' : '+', minutes / 60,
                minutes % 60);
  return iso_text(zone.to_local(whole)) + text;
}

}  // namespace wattledger::control
