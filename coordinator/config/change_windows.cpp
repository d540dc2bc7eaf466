#include "coordinator/config/change_windows.hpp"

#include <algorithm>
#include <array>

namespace wattledger::config {
namespace {

constexpr std::array<std::string_view, 7> day_names = {"mon", "tue", "wed", "thu",
                                                       "fri", "sat", "sun"};

std::optional<unsigned> day_of(std::string_view name) {
  const auto found = std::find(day_names.begin(), day_names.end(), name);
  if (found == day_names.end()) return std::nullopt;
  return static_cast<unsigned>(found - day_names.begin());
}

// "sun" or "fri-mon": bits.
std::optional<unsigned> days_of(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = day_of(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : day_of(text.substr(dash + 1));
  if (!first || !last) return std::nullopt;
  unsigned bits = 0;
  for (unsigned day = *first;; day = (day + 1) % 7) {
    bits |= 1U << day;
    if (day == *last) return bits;
  }
}

// "02:00", and "24:00" as an end.
std::optional<std::chrono::minutes> minutes_of(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t at : {0U, 1U, 3U, 4U})
    if (text[at] < '0' || text[at] > '9') return std::nullopt;
  const int hours = (text[0] - '0') * 10 + (text[1] - '0');
  const int minutes = (text[3] - '0') * 10 + (text[4] - '0');
  if (hours > 24 || minutes > 59 || (hours == 24 && minutes != 0)) return std::nullopt;
  return std::chrono::minutes(hours * 60 + minutes);
}

unsigned weekday_of(std::chrono::local_days day) {
  return std::chrono::weekday(day).iso_encoding() - 1;
}

}  // namespace

Result<ChangeWindow> parse_window(std::string_view text) {
  const auto wrong = [&] {
    return fail(ErrorKind::invalid_input,
                "\"" + std::string(text.substr(0, 60)) + "\" is no window",
                "write \"sun 02:00-05:00\", \"mon-fri 22:00-04:00\" or \"02:00-05:00\"");
  };
  ChangeWindow window;
  std::string_view times = text;
  if (const std::size_t space = text.find(' '); space != std::string_view::npos) {
    const auto days = days_of(text.substr(0, space));
    if (!days) return wrong();
    window.days = *days;
    times = text.substr(space + 1);
  }
  const std::size_t dash = times.find('-');
  if (dash == std::string_view::npos) return wrong();
  const auto from = minutes_of(times.substr(0, dash));
  const auto until = minutes_of(times.substr(dash + 1));
  if (!from || !until || *from == *until || *from >= std::chrono::hours(24)) return wrong();
  window.from = *from;
  window.until = *until;
  return window;
}

bool in_window(const std::vector<std::string>& windows, LocalTime now) {
  if (windows.empty()) return true;
  const auto day = std::chrono::floor<std::chrono::days>(now);
  const auto time = now - day;
  return std::any_of(windows.begin(), windows.end(), [&](const std::string& text) {
    const auto window = parse_window(text);
    if (!window) return false;
    const auto opens_on = [&](std::chrono::local_days which) {
      return (window->days >> weekday_of(which) & 1U) != 0;
    };
    if (window->until > window->from)
      return opens_on(day) && time >= window->from && time < window->until;
    return (opens_on(day) && time >= window->from) ||
           (opens_on(day - std::chrono::days(1)) && time < window->until);
  });
}

std::optional<LocalTime> next_window(const std::vector<std::string>& windows, LocalTime now) {
  std::optional<LocalTime> next;
  const auto today = std::chrono::floor<std::chrono::days>(now);
  for (const std::string& text : windows) {
    const auto window = parse_window(text);
    if (!window) continue;
    for (int ahead = 0; ahead <= 7; ++ahead) {
      const auto day = today + std::chrono::days(ahead);
      const LocalTime start = LocalTime(day) + window->from;
      if ((window->days >> weekday_of(day) & 1U) == 0 || start <= now) continue;
      if (!next || start < *next) next = start;
      break;
    }
  }
  return next;
}

}  // namespace wattledger::config
