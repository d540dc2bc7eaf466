#include "coordinator/config/holidays.hpp"

#include <algorithm>
#include <array>

namespace wattledger::config {

std::chrono::local_days easter_sunday(std::chrono::year year) {
  // The letters are Meeus's; his divisions give a quotient and a remainder.
  const int y = static_cast<int>(year);
  const int a = y % 19;
  const int b = y / 100;
  const int c = y % 100;
  const int d = b / 4;
  const int e = b % 4;
  const int f = (b + 8) / 25;
  const int g = (b - f + 1) / 3;
  const int h = (19 * a + b - d - g + 15) % 30;
  const int i = c / 4;
  const int k = c % 4;
  const int l = (32 + 2 * e + 2 * i - h - k) % 7;
  const int m = (a + 11 * h + 22 * l) / 451;
  const int n = h + l - 7 * m + 114;
  return std::chrono::local_days(year / (n / 31) / (n % 31 + 1));
}

std::vector<std::chrono::local_days> polish_holidays(int first_year, int last_year) {
  struct Fixed {
    unsigned month, day;
    int since;
  };
  constexpr std::array<Fixed, 10> fixed{{{1, 1, 0},
                                         {1, 6, 2011},
                                         {5, 1, 0},
                                         {5, 3, 0},
                                         {8, 15, 0},
                                         {11, 1, 0},
                                         {11, 11, 0},
                                         {12, 24, 2025},
                                         {12, 25, 0},
                                         {12, 26, 0}}};
  constexpr std::array<int, 4> after_easter{0, 1, 49, 60};
  std::vector<std::chrono::local_days> days;
  for (int y = first_year; y <= last_year; ++y) {
    const std::chrono::year year(y);
    for (const Fixed& each : fixed)
      if (y >= each.since)
        days.emplace_back(year / std::chrono::month(each.month) / std::chrono::day(each.day));
    for (const int later : after_easter)
      days.push_back(easter_sunday(year) + std::chrono::days(later));
  }
  std::sort(days.begin(), days.end());
  return days;
}

}  // namespace wattledger::config
