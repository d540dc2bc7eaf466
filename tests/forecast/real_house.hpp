// The recorded house of ../shared/data: a year of half-hours, where it is there.
#pragma once

#include <doctest/doctest.h>

#include <charconv>
#include <cmath>
#include <fstream>
#include <string>

#include "coordinator/forecast/load_forecast.hpp"
#include "tests/forecast/when.hpp"
#include "tests/support/places.hpp"

namespace wattledger::testing {

// France over the recorded year, by hand: clock changes and public holidays.
inline forecast::Calendar french_calendar() {
  forecast::Calendar calendar{ZoneOffsets({{utc("2023-10-29T01:00Z"), std::chrono::hours(1)},
                                           {utc("2024-03-31T01:00Z"), std::chrono::hours(2)},
                                           {utc("2024-10-27T01:00Z"), std::chrono::hours(1)}}),
                              {}};
  for (const char* date :
       {"2024-04-01", "2024-05-01", "2024-05-08", "2024-05-09", "2024-05-20", "2024-07-14",
        "2024-08-15", "2024-11-01", "2024-11-11", "2024-12-25", "2025-01-01"})
    calendar.holidays.push_back(day_number(date));
  return calendar;
}

struct HouseSlot {
  UtcTime start;
  std::optional<Watts> load;
  std::optional<Watts> pv;
  std::optional<Watts> pv_told;  // the owner's own forecast
};

inline std::optional<Watts> watts_in(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return Watts(std::max<std::int64_t>(0, static_cast<std::int64_t>(std::llround(value))));
}

// In order, half an hour each, rows that the file lacks left out; empty, with a message, where
// there is no file.
inline std::vector<HouseSlot> real_house() {
  const auto file = shared_data() / "house/fr_house_30min_2024-02-28_2025-02-27.csv";
  std::ifstream stream(file);
  if (!stream) MESSAGE("skipped: " << file.string() << " is not there");
  std::vector<HouseSlot> slots;
  std::string line;
  std::getline(stream, line);
  while (std::getline(stream, line)) {
    std::array<std::string_view, 4> cells;
    std::string_view rest = line;
    for (auto& cell : cells) {
      const auto comma = std::min(rest.find(','), rest.size());
      cell = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    slots.push_back({utc(std::string(cells[0].substr(0, 19)) + "Z"), watts_in(cells[1]),
                     watts_in(cells[2]), watts_in(cells[3])});
  }
  return slots;
}

}  // namespace wattledger::testing
