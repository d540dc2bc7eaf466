// What the targets of sources/parse have in common.
#pragma once

#include <string>
#include <vector>

#include "events/codec.hpp"
#include "events/time.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace wattledger::fuzz {

// A clock with a spring and an autumn, whatever the year.
inline const ZoneOffsets& told_zone() {
  using std::chrono::hours;
  const auto at = [](const char* text) { return parse_time(text, ZoneOffsets()).value(); };
  static const ZoneOffsets zone({{at("2025-01-01"), hours(1)},
                                 {at("2025-03-30T01:00"), hours(2)},
                                 {at("2025-10-26T01:00"), hours(1)}});
  return zone;
}

inline void check_lines(const std::vector<std::string>& remarks) {
  must(remarks.size() <= 201, "remarks have a limit");
  for (const std::string& remark : remarks)
    must(remark.find('\n') == std::string::npos, "a remark is one line");
}

inline void check_refusal(const Error& error) {
  must(!error.what.empty() && !error.remedy.empty(), "a refusal says why and what to do");
  must(error.line().find('\n') == std::string::npos, "a refusal is one line");
}

inline void check_series(const fb::SeriesT& series, std::size_t size_max) {
  must(!series.values.empty() && series.values.size() <= size_max, "a series has a limit");
  must(series.step_s == 900 || series.step_s == 1'800 || series.step_s == 3'600,
       "a slot is 15, 30 or 60 minutes");
  must(series.absent.size() < series.values.size(), "something is known");
  for (const std::uint16_t index : series.absent)
    must(index < series.values.size(), "what is absent is a slot");
}

}  // namespace wattledger::fuzz
