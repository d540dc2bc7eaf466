#include "projections/fold/tariff_lines.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace wattledger::fold {
namespace {

constexpr std::string_view zone_prefix = "tariff.zone.";
constexpr std::string_view component_prefix = "tariff.component.";
constexpr std::string_view holidays_prefix = "tariff.holidays.";
constexpr std::string_view feed_in_name = "tariff.feed_in";
constexpr std::string_view peak_hours_suffix = ".peak_hours";
constexpr std::array<std::string_view, 4> feed_in_words{"market", "market_floored", "fixed",
                                                        "none"};
constexpr std::size_t zones_max = 100;
constexpr std::size_t components_max = 32;
constexpr int year_min = 2000;
constexpr int year_max = 2099;

std::string numbered(std::string_view prefix, std::size_t index) {
  return std::string(prefix) + (index < 10 ? "0" : "") + std::to_string(index);
}

// The number before the first comma, which goes with it.
std::optional<std::int64_t> take_integer(std::string_view& text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto value = canonical_integer(text.substr(0, comma));
  text.remove_prefix(comma + 1);
  return value;
}

bool is_price(std::int64_t value) { return value >= -price_max && value <= price_max; }

// The name stands last because it alone may hold a comma.
std::string zone_text(const TariffZone& zone) {
  return std::to_string(zone.months) + "," + std::to_string(zone.weekdays) + "," +
         std::to_string(zone.hours) + "," + std::to_string(zone.price.count()) + "," + zone.name;
}

std::optional<TariffZone> parse_zone(std::string_view text) {
  std::array<std::int64_t, 4> numbers{};
  for (std::int64_t& number : numbers) {
    const auto value = take_integer(text);
    if (!value) return std::nullopt;
    number = *value;
  }
  const auto [months, weekdays, hours, price] = numbers;
  if (months < 0 || months > 0x0FFF || weekdays < 0 || weekdays > 0xFF || hours < 0 ||
      hours > 0xFFFFFF || !is_price(price) || !is_name(text))
    return std::nullopt;
  TariffZone zone;
  zone.name = std::string(text);
  zone.months = static_cast<std::uint16_t>(months);
  zone.weekdays = static_cast<std::uint8_t>(weekdays);
  zone.hours = static_cast<std::uint32_t>(hours);
  zone.price = PriceE8(price);
  return zone;
}

std::string read_zone(PolicySettings& settings, std::string_view name, std::string_view value) {
  auto& zones = settings.tariff_zones;
  if (name.ends_with(peak_hours_suffix)) {
    if (zones.empty() ||
        name != numbered(zone_prefix, zones.size() - 1) + std::string(peak_hours_suffix))
      return std::string(name) + " stands behind no zone of its own";
    const auto bits = canonical_integer(value);
    if (!bits || *bits < 0 || *bits >= TariffZone::any_peak_hours)
      return std::string(name) + " is not an integer from 0 to 30";
    zones.back().peak_hours = static_cast<std::uint8_t>(*bits);
    return "";
  }
  if (zones.size() >= zones_max || name != numbered(zone_prefix, zones.size()))
    return "tariff zones are not numbered in order";
  const auto zone = parse_zone(value);
  if (!zone) return "\"" + std::string(value) + "\" is not a tariff zone";
  zones.push_back(*zone);
  return "";
}

std::string read_component(PolicySettings& settings, std::string_view name,
                           std::string_view value) {
  auto& components = settings.tariff_components;
  if (components.size() >= components_max || name != numbered(component_prefix, components.size()))
    return "tariff components are not numbered in order";
  std::string_view rest = value;
  const auto price = take_integer(rest);
  if (!price || !is_price(*price) || !is_name(rest))
    return "\"" + std::string(value.substr(0, name_max)) + "\" is not a tariff component";
  components.push_back({std::string(rest), PriceE8(*price)});
  return "";
}

// Digits only, as many as there are.
std::optional<unsigned> digits(std::string_view text) {
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value;
}

std::optional<std::chrono::local_days> parse_day(std::chrono::year year, std::string_view text) {
  if (text.size() != 5 || text[2] != '-') return std::nullopt;
  const auto month = digits(text.substr(0, 2));
  const auto day = digits(text.substr(3));
  if (!month || !day) return std::nullopt;
  const auto date = year / std::chrono::month(*month) / std::chrono::day(*day);
  if (!date.ok()) return std::nullopt;
  return std::chrono::local_days(date);
}

std::string read_holidays(PolicySettings& settings, std::string_view name, std::string_view value) {
  const std::string_view number = name.substr(holidays_prefix.size());
  const auto year = number.size() == 4 ? digits(number) : std::nullopt;
  if (!year || *year < year_min || *year > year_max)
    return std::string(name.substr(0, name_max)) + " is of no year from 2000 to 2099";
  for (std::string_view rest = value;;) {
    const auto day = parse_day(std::chrono::year(static_cast<int>(*year)), rest.substr(0, 5));
    if (!day || (rest.size() > 5 && rest[5] != ','))
      return std::string(name) + " is not a list of days as 05-01,05-03";
    if (!settings.holidays.empty() && settings.holidays.back() >= *day)
      return std::string(name) + " does not ascend";
    settings.holidays.push_back(*day);
    if (rest.size() == 5) return "";
    rest.remove_prefix(6);
  }
}

std::string two_digits(unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); }

}  // namespace

std::optional<std::int64_t> canonical_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (std::to_string(value) != text) return std::nullopt;
  return value;
}

bool is_name(std::string_view text) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return text.size() <= name_max && std::none_of(text.begin(), text.end(), control);
}

void render_tariff(const PolicySettings& settings, std::map<std::string, std::string>& lines) {
  for (std::size_t i = 0; i < settings.tariff_zones.size(); ++i) {
    const TariffZone& zone = settings.tariff_zones[i];
    const std::string name = numbered(zone_prefix, i);
    lines[name] = zone_text(zone);
    if (zone.peak_hours != TariffZone::any_peak_hours)
      lines[name + std::string(peak_hours_suffix)] = std::to_string(zone.peak_hours);
  }
  for (std::size_t i = 0; i < settings.tariff_components.size(); ++i) {
    const TariffComponent& component = settings.tariff_components[i];
    lines[numbered(component_prefix, i)] =
        std::to_string(component.price.count()) + "," + component.name;
  }
  for (const std::chrono::local_days day : settings.holidays) {
    const std::chrono::year_month_day date(day);
    std::string& line =
        lines[std::string(holidays_prefix) + std::to_string(static_cast<int>(date.year()))];
    line += (line.empty() ? "" : ",") + two_digits(static_cast<unsigned>(date.month())) + "-" +
            two_digits(static_cast<unsigned>(date.day()));
  }
  if (settings.feed_in != FeedIn::market)
    lines[std::string(feed_in_name)] = feed_in_words[static_cast<std::size_t>(settings.feed_in)];
}

bool is_tariff_line(std::string_view name) {
  return name.starts_with(zone_prefix) || name.starts_with(component_prefix) ||
         name.starts_with(holidays_prefix) || name == feed_in_name;
}

std::string read_tariff_line(PolicySettings& settings, std::string_view name,
                             std::string_view value) {
  if (name.starts_with(zone_prefix)) return read_zone(settings, name, value);
  if (name.starts_with(component_prefix)) return read_component(settings, name, value);
  if (name.starts_with(holidays_prefix)) return read_holidays(settings, name, value);
  const auto word = std::find(feed_in_words.begin() + 1, feed_in_words.end(), value);
  if (word == feed_in_words.end())
    return std::string(name) + " is \"" + std::string(value.substr(0, name_max)) +
           "\", not market_floored, fixed or none";
  settings.feed_in = static_cast<FeedIn>(word - feed_in_words.begin());
  return "";
}

}  // namespace wattledger::fold
