#include "replay/display.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <random>

namespace wattledger::tool {
namespace {

std::string offset_text(std::chrono::seconds offset) {
  const std::int64_t minutes = std::abs(offset.count()) / 60;
  return fmt::format("{}{:02}:{:02}", offset.count() < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::optional<std::chrono::seconds> unit_of(char letter) {
  using namespace std::chrono_literals;
  switch (letter) {
    case 's':
      return 1s;
    case 'm':
      return 60s;
    case 'h':
      return 3600s;
    case 'd':
      return 86'400s;
    default:
      return std::nullopt;
  }
}

// "90m", "1h30m"; nullopt for anything else and beyond ten years.
std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
  constexpr std::int64_t number_max = 400'000'000;
  std::chrono::seconds total{};
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    std::int64_t value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9' && value < number_max)
      value = value * 10 + (text[digits++] - '0');
    if (digits == 0 || digits == text.size()) return std::nullopt;
    const auto unit = unit_of(text[digits]);
    if (!unit || value > number_max / unit->count()) return std::nullopt;
    total += value * *unit;
    text.remove_prefix(digits + 1);
  }
  return total;
}

}  // namespace

std::string local_text(UtcTime time, const ZoneOffsets& zone) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  std::string text = iso_text(zone.to_local(whole));
  text[10] = ' ';
  return text + offset_text(zone.offset_at(time));
}

std::string percent_text(std::optional<std::int64_t> bp) {
  return bp ? fmt::format("{:.1f} %", static_cast<double>(*bp) / 100.0) : "?";
}

std::string power_text(std::optional<std::int64_t> watts) {
  return watts ? fmt::format("{} W", *watts) : "?";
}

std::string price_text(std::optional<std::int64_t> e8) {
  return e8 ? fmt::format("{:.4f}", static_cast<double>(*e8) / 1e8) : "?";
}

std::string energy_text(std::optional<std::int64_t> mwh) {
  return mwh ? fmt::format("{:.2f} kWh", static_cast<double>(*mwh) / 1e6) : "?";
}

std::string duration_text(std::chrono::seconds duration) {
  const std::int64_t s = duration.count();
  if (s < 0) return "-" + duration_text(-duration);
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3'600) return fmt::format("{} min", s / 60);
  if (s < 86'400) return fmt::format("{} h {} min", s / 3'600, s % 3'600 / 60);
  return fmt::format("{} d {} h", s / 86'400, s % 86'400 / 3'600);
}

std::string counted_text(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  const char* unit = "B";
  for (const char* next : {"KiB", "MiB", "GiB", "TiB"}) {
    if (value < 1024) break;
    value /= 1024;
    unit = next;
  }
  return fmt::format("{:.1f} {}", value, unit);
}

bool is_time_of_day(std::string_view text) {
  return (text.size() == 5 || (text.size() == 8 && text[5] == ':')) && text[2] == ':';
}

Result<UtcTime> time_argument(const std::string& text, const ZoneOffsets& zone, UtcTime now) {
  if (!text.empty() && text.front() == '+') {
    const auto duration = parse_duration(std::string_view(text).substr(1));
    if (duration) return now + *duration;
  } else if (is_time_of_day(text)) {  // of the house's day that it is now
    const std::string today = date_text(zone.to_local(now));
    if (const auto time = parse_time(today + "T" + text, zone); time) return *time;
  } else if (const auto time = parse_time(text, zone); time) {
    return *time;
  }
  return fail(ErrorKind::invalid_input, "\"" + text + "\" is no time",
              "write 2025-10-26, 2025-10-26T18:30, 18:30 (today), 2025-10-26T16:30Z or +90m, +2h");
}

Id128 random_id() {
  std::random_device random;
  Id128 id;
  for (std::uint8_t& byte : id.bytes) byte = static_cast<std::uint8_t>(random() & 0xFFU);
  return id;
}

UtcTime clock_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace wattledger::tool
