// Tariff zones as people write them, and the tariffs known by name (numbers: decision rules §2.7).
#include <array>
#include <charconv>

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
constexpr Cycle weekday_cycle{"weekdays", 7, 1, false, "mon-fri or [sat, sun]"};
constexpr Cycle hour_cycle{"hours", 24, 0, true, "7-13 or [7-13, 15-22]"};
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

Result<std::uint32_t> bits_of(const std::vector<std::string>& ranges, const Cycle& cycle) {
  std::uint32_t bits = 0;
  for (const std::string& range : ranges) {
    const auto more = range_bits(range, cycle);
    if (!more) {
      return fail(ErrorKind::invalid_input,
                  std::string(cycle.field) + " " + shown(range) + " is not understood",
                  "write " + std::string(cycle.field) + ": " + std::string(cycle.example));
    }
    bits |= *more;
  }
  return bits == 0 ? (1U << cycle.size) - 1U : bits;
}

fold::TariffZone flat(std::string name, std::int64_t price_e8) {
  fold::TariffZone zone;
  zone.name = std::move(name);
  zone.price = PriceE8(price_e8);
  return zone;
}

// The legacy configuration had no weekend rule for G12w; the weekend is what the "w" stands for.
// Holidays are not known yet.
std::vector<fold::TariffZone> g12w_zones() {
  fold::TariffZone peak = flat("T1", 35'660'000);
  peak.weekdays = 0x1F;
  peak.hours = 0x003FFFC0;  // 06:00 to 22:00
  return {peak, flat("T2", 7'490'000)};
}

}  // namespace

const std::vector<std::string>& zone_fields() {
  static const std::vector<std::string> fields{"name", "months", "weekdays", "hours", "price"};
  return fields;
}

const std::vector<std::string>& tariff_names() {
  static const std::vector<std::string> names{"g11", "g12", "g12w", "none"};
  return names;
}

std::optional<std::vector<fold::TariffZone>> named_tariff(const std::string& name) {
  // The legacy tables call every zone T2 that is not G12's peak: so a reader of theirs finds what
  // it knows.
  if (name == "g11") return std::vector{flat("T2", 31'250'000)};
  if (name == "g12") return fold::g12_zones();
  if (name == "g12w") return g12w_zones();
  if (name == "none") return std::vector<fold::TariffZone>{};
  return std::nullopt;
}

Result<fold::TariffZone> make_zone(const ZoneText& text) {
  constexpr std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  if (text.name.empty() || text.name.size() > 16 ||
      text.name.find_first_not_of(allowed) != std::string::npos) {
    return fail(ErrorKind::invalid_input, "name " + shown(text.name) + " is not a zone's name",
                "write 1 to 16 letters, digits, _ or -, as T1");
  }
  const auto price = sources::parse_decimal(text.price, 8);
  constexpr std::int64_t price_max = 1'000'000'000;  // 10 per kWh
  if (price.trouble || price.count < -price_max || price.count > price_max) {
    return fail(ErrorKind::invalid_input, "price " + shown(text.price) + " is not a price",
                "write a number from -10 to 10 (currency/kWh) with at most 8 decimals");
  }
  const auto months = bits_of(text.months, month_cycle);
  if (!months) return Failure(months.error());
  const auto weekdays = bits_of(text.weekdays, weekday_cycle);
  if (!weekdays) return Failure(weekdays.error());
  const auto hours = bits_of(text.hours, hour_cycle);
  if (!hours) return Failure(hours.error());
  fold::TariffZone zone;
  zone.name = text.name;
  zone.months = static_cast<std::uint16_t>(*months);
  zone.weekdays = static_cast<std::uint8_t>(*weekdays);
  zone.hours = *hours;
  zone.price = PriceE8(price.count);
  return zone;
}

}  // namespace wattledger::config
