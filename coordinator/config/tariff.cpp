// Tariff zones as people write them, and the tariffs known by name (numbers: decision rules §2.7).
#include <algorithm>
#include <array>
#include <charconv>

#include "coordinator/config/holidays.hpp"
#include "coordinator/config/keys.hpp"
#include "coordinator/sources/parse/decimal.hpp"
#include "events/near_match.hpp"

namespace wattledger::config {
namespace {

// A cycle of months, weekdays or hours: how many there are, what the first is called.
struct Cycle {
  std::string_view field;
  std::size_t size = 0;
  int first = 0;
  bool end_excluded =
      false;  // "7-13" of hours is 07:00 to 13:00, "1-3" of months is January to March
  std::string_view example;
};
constexpr Cycle month_cycle{"months", 12, 1, false, "1-3 or [4, 9]"};
constexpr Cycle weekday_cycle{"weekdays", 7, 1, false, "mon-fri or [sat, sun, holiday]"};
constexpr Cycle hour_cycle{"hours", 24, 0, true, "7-13 or [7-13, 15-22]"};
constexpr Cycle peak_hours_cycle{"peak_hours", 4, 0, false, "3 or [1, unknown]"};
constexpr std::string_view holiday_word = "holiday";
constexpr std::string_view unknown_word = "unknown";
constexpr std::array<std::string_view, 7> weekday_names{"mon", "tue", "wed", "thu",
                                                        "fri", "sat", "sun"};

// A member's place in its cycle; `end` lets the excluded end of hours be 24.
std::optional<std::size_t> place(std::string_view text, const Cycle& cycle, bool end) {
  if (cycle.size == weekday_names.size()) {
    for (std::size_t i = 0; i < weekday_names.size(); ++i) {
      if (text == weekday_names[i]) return i;
    }
    return std::nullopt;
  }
  int value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size() || value < cycle.first)
    return std::nullopt;
  const auto index = static_cast<std::size_t>(value - cycle.first);
  const bool last_end = end && cycle.end_excluded && index == cycle.size;
  if (index < cycle.size || last_end) return index;
  return std::nullopt;
}

// "3", "1-3", "22-6" (round the end) → bits.
std::optional<std::uint32_t> range_bits(std::string_view text, const Cycle& cycle) {
  const std::size_t dash = text.find('-');
  const auto from = place(text.substr(0, dash), cycle, false);
  if (!from) return std::nullopt;
  if (dash == std::string_view::npos) return 1U << *from;
  const auto to = place(text.substr(dash + 1), cycle, true);
  if (!to || (cycle.end_excluded && *to == *from)) return std::nullopt;
  const std::size_t last = cycle.end_excluded ? (*to + cycle.size - 1) % cycle.size : *to;
  std::uint32_t bits = 0;
  for (std::size_t i = *from;; i = (i + 1) % cycle.size) {
    bits |= 1U << i;
    if (i == last) return bits;
  }
}

// `beside` is a word of the list that is no member of the cycle; its bit follows the members'.
Result<std::uint32_t> bits_of(const std::vector<std::string>& ranges, const Cycle& cycle,
                              std::string_view beside = {}) {
  const std::uint32_t beside_bit = beside.empty() ? 0U : 1U << cycle.size;
  std::uint32_t bits = 0;
  for (const std::string& range : ranges) {
    const std::optional<std::uint32_t> more =
        !beside.empty() && range == beside ? beside_bit : range_bits(range, cycle);
    if (!more) {
      return fail(ErrorKind::invalid_input,
                  std::string(cycle.field) + " " + shown(range) + " is not understood",
                  "write " + std::string(cycle.field) + ": " + std::string(cycle.example));
    }
    bits |= *more;
  }
  return bits == 0 ? (1U << cycle.size) - 1U + beside_bit : bits;
}

constexpr std::uint8_t every_day = 0xFF;
constexpr std::uint8_t working_days = 0x1F;
constexpr std::uint8_t free_days = 0xE0;  // Saturday, Sunday, public holidays
constexpr std::uint16_t every_month = 0x0FFF;
constexpr std::uint16_t summer = 0x01F8;  // April to September
constexpr std::uint16_t winter = 0x0E07;  // October to March

// From the first hour up to the second, which is left out.
constexpr std::uint32_t between(unsigned from, unsigned to) {
  return ((1U << to) - 1U) & ~((1U << from) - 1U);
}
constexpr std::uint32_t every_hour = between(0, 24);

fold::TariffZone zone(std::string name, std::int64_t price_e8, std::uint32_t hours = every_hour,
                      std::uint8_t weekdays = every_day, std::uint16_t months = every_month) {
  fold::TariffZone result;
  result.name = std::move(name);
  result.months = months;
  result.weekdays = weekdays;
  result.hours = hours;
  result.price = PriceE8(price_e8);
  return result;
}

fold::TariffZone at_code(std::string name, std::int64_t price_e8, std::uint8_t peak_hours) {
  fold::TariffZone result = zone(std::move(name), price_e8);
  result.peak_hours = peak_hours;
  return result;
}

struct Named {
  std::string name;
  TariffTable table;
};

// Prices and hours: decision rules §2.7. The legacy tables knew two zones, T1 for G12's peak and T2
// for all else; what has two zones, or one, keeps those names (of G12as they said T2 throughout).
// The legacy configuration had no weekend for G12w: weekends and holidays off-peak are what the "w"
// stands for. G13's legacy entry was a placeholder that added nothing.
std::vector<Named> known_tariffs() {
  std::vector<fold::TariffZone> g13s = {
      zone("free_day", 11'000'000, every_hour, free_days),
      zone("day_peak", 29'000'000, between(7, 9) | between(17, 21), every_day, summer),
      zone("day_off_peak", 10'000'000, between(9, 17), every_day, summer),
      zone("day_peak", 34'000'000, between(7, 10) | between(15, 21), every_day, winter),
      zone("day_off_peak", 20'000'000, between(10, 15), every_day, winter),
      zone("night", 11'000'000)};
  // The operator's S1 to S4 are the codes 0 to 3; an hour of no code is billed as a normal one.
  std::vector<fold::TariffZone> g14dynamic = {
      at_code("S1", 1'450'000, 1U << 0U), at_code("S2", 5'780'000, 1U << 1U),
      at_code("S3", 43'390'000, 1U << 2U), at_code("S4", 289'310'000, 1U << 3U),
      at_code("unknown", 5'780'000, fold::TariffZone::unknown)};
  return {{"g11", {{zone("T2", 31'250'000)}, false}},
          {"g12", {fold::g12_zones(), false}},
          {"g12w",
           {{zone("T1", 35'660'000, between(6, 22), working_days), zone("T2", 7'490'000)}, true}},
          {"g12as", {{zone("T1", 31'250'000, between(7, 13)), zone("T2", 3'120'000)}, false}},
          {"g13", {{zone("T2", 0)}, false}},
          {"g13s", {std::move(g13s), true}},
          {"g14dynamic", {std::move(g14dynamic), false}},
          {"none", {}}};
}

}  // namespace

const std::vector<std::string>& zone_fields() {
  static const std::vector<std::string> fields{"name",  "months", "weekdays",
                                               "hours", "price",  "peak_hours"};
  return fields;
}

const std::vector<std::string>& component_fields() {
  static const std::vector<std::string> fields{"name", "price"};
  return fields;
}

const std::vector<std::string>& tariff_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Named& each : known_tariffs()) all.push_back(each.name);
    return all;
  }();
  return names;
}

std::optional<TariffTable> named_tariff(std::string_view name) {
  for (Named& each : known_tariffs())
    if (each.name == name) return std::move(each.table);
  return std::nullopt;
}

void take_table(TariffTable table, const Config& config, fold::PolicySettings& policy) {
  policy.tariff_zones = std::move(table.zones);
  policy.holidays.clear();
  if (table.by_holiday)
    policy.holidays =
        config.holidays.value_or(polish_holidays(holidays_first_year, holidays_last_year));
  if (!policy.holidays.empty()) return;
  for (fold::TariffZone& each : policy.tariff_zones)
    each.weekdays = static_cast<std::uint8_t>(each.weekdays & 0x7FU);
}

Result<void> check_tariff_name(std::string_view text) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (!text.empty() && text.size() <= 16 &&
      text.find_first_not_of(allowed) == std::string_view::npos)
    return {};
  return fail(ErrorKind::invalid_input, "name " + shown(text) + " is not a zone's name",
              "write 1 to 16 letters, digits, _ or -, as T1");
}

Result<PriceE8> tariff_price(std::string_view text) {
  const auto price = sources::parse_decimal(text, 8);
  constexpr std::int64_t price_max = 1'000'000'000;  // 10 per kWh
  if (price.trouble || price.count < -price_max || price.count > price_max) {
    return fail(ErrorKind::invalid_input, "price " + shown(text) + " is not a price",
                "write a number from -10 to 10 (currency/kWh) with at most 8 decimals");
  }
  return PriceE8(price.count);
}

std::optional<std::uint32_t> hour_bits(std::string_view from, std::string_view to) {
  return range_bits(std::string(from) + "-" + std::string(to), hour_cycle);
}

Result<void> add_zone(const ZoneText& text, TariffTable& table) {
  WATTLEDGER_TRY(check_tariff_name(text.name));
  const auto price = tariff_price(text.price);
  if (!price) return Failure(price.error());
  const auto months = bits_of(text.months, month_cycle);
  if (!months) return Failure(months.error());
  const auto weekdays = bits_of(text.weekdays, weekday_cycle, holiday_word);
  if (!weekdays) return Failure(weekdays.error());
  const auto hours = bits_of(text.hours, hour_cycle);
  if (!hours) return Failure(hours.error());
  const auto peak_hours = bits_of(text.peak_hours, peak_hours_cycle, unknown_word);
  if (!peak_hours) return Failure(peak_hours.error());
  fold::TariffZone zone;
  zone.name = text.name;
  zone.months = static_cast<std::uint16_t>(*months);
  zone.weekdays = static_cast<std::uint8_t>(*weekdays);
  zone.hours = *hours;
  zone.price = *price;
  zone.peak_hours = static_cast<std::uint8_t>(*peak_hours);
  table.zones.push_back(std::move(zone));
  if (std::count(text.weekdays.begin(), text.weekdays.end(), holiday_word) != 0)
    table.by_holiday = true;
  return {};
}

}  // namespace wattledger::config
