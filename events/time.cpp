#include "events/time.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace wattledger {
namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::seconds;

// Appends `value` with at least `width` digits.
void append_digits(std::string& text, std::int64_t value, std::size_t width) {
  std::array<char, 20> digits{};
  std::size_t first = digits.size();
  for (std::int64_t rest = value < 0 ? -value : value; rest != 0 || digits.size() - first < width;
       rest /= 10)
    digits[--first] = static_cast<char>('0' + rest % 10);
  if (value < 0) text.push_back('-');
  text.append(digits.data() + first, digits.size() - first);
}

// "2025-10-26T02:15:00" and, if not zero, ".250000".
std::string wall_text(LocalTime time) {
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  std::string text;
  text.reserve(26);
  append_digits(text, static_cast<int>(date.year()), 4);
  text.push_back('-');
  append_digits(text, static_cast<unsigned>(date.month()), 2);
  text.push_back('-');
  append_digits(text, static_cast<unsigned>(date.day()), 2);
  text.push_back('T');
  append_digits(text, clock.hours().count(), 2);
  text.push_back(':');
  append_digits(text, clock.minutes().count(), 2);
  text.push_back(':');
  append_digits(text, clock.seconds().count(), 2);
  if (clock.subseconds().count() != 0) {
    text.push_back('.');
    append_digits(text, clock.subseconds().count(), 6);
  }
  return text;
}

// Reads digits from the front; nullopt unless exactly `count` are there.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<LocalTime> take_date(std::string_view& text) {
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return LocalTime(std::chrono::local_days(date));
}

std::optional<microseconds> take_clock(std::string_view& text) {
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  microseconds result = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  if (!take(text, ':')) return result;
  const auto second = take_digits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  result += seconds(*second);
  if (!take(text, '.')) return result;
  std::int64_t unit = 100'000;
  std::size_t count = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    result += microseconds(unit * (text.front() - '0'));
    unit /= 10;
    ++count;
    text.remove_prefix(1);
  }
  if (count == 0 || count > 6) return std::nullopt;
  return result;
}

// "Z", "+02:00" or "+0200"; nullopt when it is none of them.
std::optional<seconds> parse_offset(std::string_view text) {
  if (text == "Z") return seconds(0);
  const int sign = take(text, '+') ? 1 : (take(text, '-') ? -1 : 0);
  if (sign == 0) return std::nullopt;
  const auto hours = take_digits(text, 2);
  if (!hours || *hours > 14) return std::nullopt;
  take(text, ':');
  const auto minutes = take_digits(text, 2);
  if (!minutes || *minutes > 59 || !text.empty()) return std::nullopt;
  return sign * (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
}

}  // namespace

seconds ZoneOffsets::offset_at(UtcTime time) const {
  if (transitions_.empty()) return seconds(0);
  const auto after =
      std::upper_bound(transitions_.begin(), transitions_.end(), time,
                       [](UtcTime t, const Transition& transition) { return t < transition.at; });
  return after == transitions_.begin() ? transitions_.front().offset : std::prev(after)->offset;
}

LocalTime ZoneOffsets::to_local(UtcTime time) const {
  return LocalTime(time.time_since_epoch() + offset_at(time));
}

UtcTime ZoneOffsets::to_utc(LocalTime local, bool second_pass) const {
  // An offset change is less than a day, so the offsets a day before and after cover every reading
  // of this wall clock.
  const UtcTime as_utc(local.time_since_epoch());
  const seconds before = offset_at(as_utc - days(1));
  const seconds after = offset_at(as_utc + days(1));
  const UtcTime early = as_utc - before;
  const UtcTime late = as_utc - after;
  const bool early_holds = offset_at(early) == before;
  const bool late_holds = offset_at(late) == after;
  if (early_holds && late_holds) return second_pass ? late : early;
  return late_holds ? late : early;
}

bool ZoneOffsets::in_second_pass(UtcTime time) const {
  const LocalTime local = to_local(time);
  return to_utc(local, false) != to_utc(local, true) && to_utc(local, true) == time;
}

UtcTime ZoneOffsets::day_start(UtcTime time) const {
  return to_utc(LocalTime(std::chrono::floor<days>(to_local(time))));
}

UtcTime ZoneOffsets::next_day_start(UtcTime time) const {
  return to_utc(LocalTime(std::chrono::floor<days>(to_local(time)) + days(1)));
}

std::string iso_text(LocalTime time) { return wall_text(time); }

std::string utc_text(UtcTime time) { return wall_text(LocalTime(time.time_since_epoch())) + "Z"; }

std::string date_text(LocalTime time) {
  return wall_text(std::chrono::floor<days>(time)).substr(0, 10);
}

Result<UtcTime> parse_time(std::string_view text, const ZoneOffsets& zone) {
  const auto wrong = [&] {
    return fail(ErrorKind::invalid_input, "\"" + std::string(text) + "\" is not a time",
                "write 2025-10-26, 2025-10-26T02:15 (local) or 2025-10-26T00:15:00Z");
  };
  std::string_view rest = text;
  const auto date = take_date(rest);
  if (!date) return wrong();
  if (rest.empty()) return zone.to_utc(*date);
  if (!take(rest, 'T') && !take(rest, ' ')) return wrong();
  const auto clock = take_clock(rest);
  if (!clock) return wrong();
  const LocalTime wall = *date + *clock;
  if (rest.empty()) return zone.to_utc(wall);
  const auto offset = parse_offset(rest);
  if (!offset) return wrong();
  return UtcTime(wall.time_since_epoch() - *offset);
}

}  // namespace wattledger
