// Public holidays, computed. Pure. What decides and folds never asks here: it has the days that
// were adopted.
#pragma once

#include <chrono>
#include <vector>

namespace wattledger::config {

// The years whose holidays are adopted: the same on every day, so that a restart adopts nothing
// anew. A day outside them counts as its weekday.
inline constexpr int holidays_first_year = 2020;
inline constexpr int holidays_last_year = 2045;

// Gregorian Easter Sunday (Meeus, Astronomical Algorithms, chapter 8), of any year from 1583 on.
[[nodiscard]] std::chrono::local_days easter_sunday(std::chrono::year year);

// Poland's days off work of these years (both included) in ascending order: 1 and 6 January, Easter
// Sunday and Monday, 1 and 3 May, Pentecost (Easter + 49 days), Corpus Christi (+ 60), 15 August, 1
// and 11 November, 25 and 26 December, and from 2025 on 24 December (act of 18 January 1951 on days
// off work, as it stands since 2025; the years before 2011 had no 6 January).
[[nodiscard]] std::vector<std::chrono::local_days> polish_holidays(int first_year, int last_year);

}  // namespace wattledger::config
