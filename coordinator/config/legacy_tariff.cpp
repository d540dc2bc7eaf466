#include "coordinator/config/legacy_tariff.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "coordinator/sources/parse/decimal.hpp"
#include "events/near_match.hpp"

namespace wattledger::config {
namespace {

constexpr std::uint8_t working_days = 0x1F;
constexpr std::uint8_t free_days = 0xE0;
constexpr std::uint8_t every_day = 0xFF;

// A part of the section and where it stands.
struct Part {
  const YamlTree* tree = nullptr;
  std::string path;
};
using Parts = std::map<std::string, Part>;

class LegacyReader {
 public:
  LegacyReader(const std::string& file_name, LegacyTariff& tariff)
      : file_name_(file_name), tariff_(tariff) {}

  Result<void> read(const Part& section);

 private:
  [[nodiscard]] Failure wrong(const Part& part, const std::string& what, std::string remedy) const {
    return wrong_in(file_name_, part.tree->line, part.path + what, std::move(remedy));
  }
  // Members by name; those that set nothing are noted. Empty `known`: any name.
  Result<Parts> members(const Part& map, const std::vector<std::string>& known,
                        const std::vector<std::string>& idle = {});
  Result<Part> needed(const Parts& parts, const Part& map, const std::string& name) const;
  Result<std::string> word(const Part& part) const;
  Result<PriceE8> price(const Part& part) const;
  Result<PriceE8> price_in(const Parts& parts, const Part& map, const std::string& name) const;
  Result<std::int64_t> number(const Part& part, std::int64_t min, std::int64_t max) const;
  Result<std::uint32_t> window(const Part& map);

  Result<TariffTable> read_table(const std::string& name, const Part& map);
  Result<TariffTable> read_static(const Part& map);
  Result<TariffTable> read_time_based(const std::string& name, const Part& map);
  Result<TariffTable> read_kompas_based(const Part& map);
  Result<TariffTable> read_seasonal(const Part& map);
  Result<std::uint16_t> months(const Parts& season, const Part& map);
  Result<void> read_season(const Part& season, const Part& prices, TariffTable& table);

  const std::string& file_name_;
  LegacyTariff& tariff_;
};

fold::TariffZone zone(const std::string& name, PriceE8 price, std::uint32_t hours = 0xFFFFFF) {
  fold::TariffZone result;
  result.name = name;
  result.weekdays = every_day;
  result.hours = hours;
  result.price = price;
  return result;
}

// What an entry may say besides, which changes no price.
const std::vector<std::string>& idle_keys() {
  static const std::vector<std::string> keys{"note", "description", "name",
                                             "requires_pse_peak_hours", "requires_pse_forecast"};
  return keys;
}

Result<Parts> LegacyReader::members(const Part& map, const std::vector<std::string>& known,
                                    const std::vector<std::string>& idle) {
  if (map.tree->shape != YamlTree::Shape::map)
    return wrong(map, " is not a section", "write its keys below it, indented");
  Parts parts;
  for (const auto& [key, value] : map.tree->members) {
    const Part part{&value, map.path + "." + key.text};
    if (key.shape != YamlTree::Shape::scalar)
      return wrong(map, " has a key that is not a word", "write `name: value`");
    if (!parts.emplace(key.text, part).second)
      return wrong_in(file_name_, key.line, part.path + " is given twice", "keep one of the two");
    if (std::find(idle.begin(), idle.end(), key.text) != idle.end()) {
      tariff_.without_meaning.push_back(part.path);
    } else if (!known.empty() && std::find(known.begin(), known.end(), key.text) == known.end()) {
      return wrong_in(file_name_, key.line,
                      part.path.substr(0, 200) + " is not a key of the configuration",
                      near_match_remedy(key.text, known));
    }
  }
  return parts;
}

Result<Part> LegacyReader::needed(const Parts& parts, const Part& map,
                                  const std::string& name) const {
  const auto found = parts.find(name);
  if (found != parts.end()) return found->second;
  return wrong(map, " has no " + name, "write " + name + " below it");
}

Result<std::string> LegacyReader::word(const Part& part) const {
  if (part.tree->shape == YamlTree::Shape::scalar) return part.tree->text;
  return wrong(part, " is not one value", "write one word or number");
}

Result<PriceE8> LegacyReader::price(const Part& part) const {
  const auto text = word(part);
  if (!text) return Failure(text.error());
  const auto value = tariff_price(*text);
  if (!value) return wrong(part, ": " + value.error().what, value.error().remedy);
  return *value;
}

Result<PriceE8> LegacyReader::price_in(const Parts& parts, const Part& map,
                                       const std::string& name) const {
  const auto part = needed(parts, map, name);
  if (!part) return Failure(part.error());
  return price(*part);
}

Result<std::int64_t> LegacyReader::number(const Part& part, std::int64_t min,
                                          std::int64_t max) const {
  const auto text = word(part);
  if (!text) return Failure(text.error());
  const auto value = sources::parse_decimal(*text, 0);
  if (!value.trouble && value.count >= min && value.count <= max) return value.count;
  return wrong(part,
               ": " + shown(*text) + " is not a whole number from " + std::to_string(min) + " to " +
                   std::to_string(max),
               "write one");
}

// {start: 7, end: 13}
Result<std::uint32_t> LegacyReader::window(const Part& map) {
  const auto parts = members(map, {"start", "end"});
  if (!parts) return Failure(parts.error());
  std::array<std::string, 2> ends;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto part = needed(*parts, map, i == 0 ? "start" : "end");
    if (!part) return Failure(part.error());
    const auto text = word(*part);
    if (!text) return Failure(text.error());
    ends[i] = *text;
  }
  const auto bits = hour_bits(ends[0], ends[1]);
  if (!bits)
    return wrong(map, ": from " + shown(ends[0]) + " to " + shown(ends[1]) + " are no hours",
                 "write whole hours, as start: 7 and end: 13");
  return *bits;
}

Result<TariffTable> LegacyReader::read_static(const Part& map) {
  const auto parts = members(map, {"type", "price"}, idle_keys());
  if (!parts) return Failure(parts.error());
  const auto always = price_in(*parts, map, "price");
  if (!always) return Failure(always.error());
  return TariffTable{{zone("T2", *always)}, false};
}

Result<TariffTable> LegacyReader::read_time_based(const std::string& name, const Part& map) {
  const auto parts =
      members(map, {"type", "peak_hours", "off_peak_windows", "prices"}, idle_keys());
  if (!parts) return Failure(parts.error());
  const auto peak_hours = needed(*parts, map, "peak_hours");
  if (!peak_hours) return Failure(peak_hours.error());
  const auto hours = window(*peak_hours);
  if (!hours) return Failure(hours.error());
  std::uint32_t peak = *hours;
  if (const auto found = parts->find("off_peak_windows"); found != parts->end()) {
    const auto& items = found->second.tree->items;
    if (items.empty())
      return wrong(found->second, " is not a list of windows", "write `- {start: 13, end: 15}`");
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto off = window({&items[i], found->second.path + "[" + std::to_string(i + 1) + "]"});
      if (!off) return Failure(off.error());
      peak &= ~*off;
    }
  }
  const auto prices = needed(*parts, map, "prices");
  if (!prices) return Failure(prices.error());
  const auto both = members(*prices, {"peak", "off_peak"});
  if (!both) return Failure(both.error());
  const auto dear = price_in(*both, *prices, "peak");
  if (!dear) return Failure(dear.error());
  const auto cheap = price_in(*both, *prices, "off_peak");
  if (!cheap) return Failure(cheap.error());
  TariffTable table{{zone("T1", *dear, peak), zone("T2", *cheap)}, false};
  if (name == "g12w") {
    table.zones.front().weekdays = working_days;
    table.by_holiday = true;
  }
  return table;
}

Result<TariffTable> LegacyReader::read_kompas_based(const Part& map) {
  const auto parts = members(map, {"type", "prices", "fallback_price"}, idle_keys());
  if (!parts) return Failure(parts.error());
  const auto prices = needed(*parts, map, "prices");
  if (!prices) return Failure(prices.error());
  const std::vector<std::string> advice{"recommended_usage", "normal_usage", "recommended_saving",
                                        "required_reduction"};
  const auto each = members(*prices, advice);
  if (!each) return Failure(each.error());
  TariffTable table;
  for (std::size_t code = 0; code < advice.size(); ++code) {
    const auto advised = price_in(*each, *prices, advice[code]);
    if (!advised) return Failure(advised.error());
    table.zones.push_back(zone("S" + std::to_string(code + 1), *advised));
    table.zones.back().peak_hours = static_cast<std::uint8_t>(1U << code);
  }
  PriceE8 fallback(5'780'000);  // the older program's own, where the file has none
  if (const auto given = parts->find("fallback_price"); given != parts->end()) {
    const auto own = price(given->second);
    if (!own) return Failure(own.error());
    fallback = *own;
  }
  table.zones.push_back(zone("unknown", fallback));
  table.zones.back().peak_hours = fold::TariffZone::unknown;
  return table;
}

// Whole months: a season that begins or ends within one is refused.
Result<std::uint16_t> LegacyReader::months(const Parts& season, const Part& map) {
  std::array<std::int64_t, 2> ends{};
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto month = needed(season, map, i == 0 ? "start_month" : "end_month");
    if (!month) return Failure(month.error());
    const auto value = number(*month, 1, 12);
    if (!value) return Failure(value.error());
    ends[i] = *value;
  }
  const auto last = static_cast<std::int64_t>(static_cast<unsigned>(
      std::chrono::year_month_day_last(std::chrono::year(2025) / static_cast<int>(ends[1]) /
                                       std::chrono::last)
          .day()));
  if (const auto day = season.find("start_day"); day != season.end())
    if (const auto first = number(day->second, 1, 1); !first) return Failure(first.error());
  if (const auto day = season.find("end_day"); day != season.end())
    if (const auto end = number(day->second, last, ends[1] == 2 ? 29 : last); !end)
      return Failure(end.error());
  std::uint32_t bits = 0;
  for (std::int64_t month = ends[0];; month = month % 12 + 1) {
    bits |= 1U << static_cast<unsigned>(month - 1);
    if (month == ends[1]) return static_cast<std::uint16_t>(bits);
  }
}

// The price whose name is the window's, or its beginning: day_peak for day_peak_morning.
const std::string* price_name(const std::string& window, const Parts& prices) {
  const std::string* best = nullptr;
  for (const auto& [name, part] : prices)
    if ((window == name || window.rfind(name + "_", 0) == 0) &&
        (best == nullptr || name.size() > best->size()))
      best = &name;
  return best;
}

Result<void> LegacyReader::read_season(const Part& season, const Part& prices, TariffTable& table) {
  const auto parts =
      members(season, {"start_month", "start_day", "end_month", "end_day", "time_zones"});
  if (!parts) return Failure(parts.error());
  const auto bits = months(*parts, season);
  if (!bits) return Failure(bits.error());
  const auto time_zones = needed(*parts, season, "time_zones");
  if (!time_zones) return Failure(time_zones.error());
  const auto windows = members(*time_zones, {});
  if (!windows) return Failure(windows.error());
  const auto named = members(prices, {});
  if (!named) return Failure(named.error());
  std::map<std::string, std::uint32_t> hours;
  for (const auto& [name, part] : *windows) {
    const auto here = window(part);
    if (!here) return Failure(here.error());
    const std::string* label = price_name(name, *named);
    if (label == nullptr)
      return wrong(part, " has no price", "write one of its name in " + prices.path);
    hours[*label] |= *here;
  }
  for (const auto& [label, part] : *named) {
    const auto here = price(part);
    if (!here) return Failure(here.error());
    if (const auto good = check_tariff_name(label); !good)
      return wrong(part, ": " + good.error().what, good.error().remedy);
    if (hours[label] == 0) continue;
    table.zones.push_back(zone(label, *here, hours[label]));
    table.zones.back().months = *bits;
  }
  return {};
}

Result<TariffTable> LegacyReader::read_seasonal(const Part& map) {
  const auto parts = members(map, {"type", "seasons", "prices"}, idle_keys());
  if (!parts) return Failure(parts.error());
  const auto prices = needed(*parts, map, "prices");
  if (!prices) return Failure(prices.error());
  const auto by_day = members(*prices, {"working_days", "free_days"});
  if (!by_day) return Failure(by_day.error());
  const auto free = needed(*by_day, *prices, "free_days");
  if (!free) return Failure(free.error());
  const auto of_free = members(*free, {"all_hours"});
  if (!of_free) return Failure(of_free.error());
  const auto free_price = price_in(*of_free, *free, "all_hours");
  if (!free_price) return Failure(free_price.error());
  TariffTable table{{zone("free_day", *free_price)}, true};
  table.zones.back().weekdays = free_days;

  const auto working = needed(*by_day, *prices, "working_days");
  if (!working) return Failure(working.error());
  const auto seasons = needed(*parts, map, "seasons");
  if (!seasons) return Failure(seasons.error());
  const auto each = members(*seasons, {});
  if (!each) return Failure(each.error());
  std::vector<std::string> names;
  for (const auto& [name, part] : *each) names.push_back(name);
  const auto priced = members(*working, names);
  if (!priced) return Failure(priced.error());
  for (const auto& [name, part] : *each) {
    const auto of_season = needed(*priced, *working, name);
    if (!of_season) return Failure(of_season.error());
    WATTLEDGER_TRY(read_season(part, *of_season, table));
  }
  return table;
}

Result<TariffTable> LegacyReader::read_table(const std::string& name, const Part& map) {
  if (const auto good = check_tariff_name(name); !good)
    return wrong(map, ": " + good.error().what, good.error().remedy);
  if (map.tree->shape != YamlTree::Shape::map)
    return wrong(map, " is not a section", "write its type and prices below it");
  const auto type_key =
      std::find_if(map.tree->members.begin(), map.tree->members.end(),
                   [](const YamlTree::Member& member) { return member.key.text == "type"; });
  if (type_key == map.tree->members.end())
    return wrong(map, " has no type", "write type: static, or time_based with peak_hours");
  const auto type = word({&type_key->value, map.path + ".type"});
  if (!type) return Failure(type.error());
  if (*type == "static") return read_static(map);
  if (*type == "time_based") return read_time_based(name, map);
  if (*type == "kompas_based") return read_kompas_based(map);
  if (*type == "seasonal_time_based") return read_seasonal(map);
  return wrong(
      {&type_key->value, map.path + ".type"}, ": " + shown(*type) + " is no type",
      near_match_remedy(*type, {"static", "time_based", "kompas_based", "seasonal_time_based"}));
}

Result<void> LegacyReader::read(const Part& section) {
  const auto parts =
      members(section, {"tariff_type", "sc_component_pln_kwh", "distribution_pricing", "tariffs"});
  if (!parts) return Failure(parts.error());
  const auto type = needed(*parts, section, "tariff_type");
  if (!type) return Failure(type.error());
  const auto name = word(*type);
  if (!name) return Failure(name.error());
  tariff_.type = *name;
  for (char& c : tariff_.type)  // the older program did not mind
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  tariff_.type_line = type->tree->line;
  if (const auto sc = parts->find("sc_component_pln_kwh"); sc != parts->end()) {
    const auto component = price(sc->second);
    if (!component) return Failure(component.error());
    tariff_.component = *component;
  }
  auto tables = parts->find("distribution_pricing");
  const auto tariffs = parts->find("tariffs");
  if (tables != parts->end() && tariffs != parts->end())
    return wrong(tariffs->second, " and distribution_pricing say the same thing",
                 "keep one of the two");
  if (tables == parts->end()) tables = tariffs;
  if (tables == parts->end()) return {};
  const auto each = members(tables->second, {});
  if (!each) return Failure(each.error());
  for (const auto& [entry, part] : *each) {
    auto table = read_table(entry, part);
    if (!table) return Failure(table.error());
    tariff_.tables.emplace(entry, std::move(*table));
  }
  return {};
}

}  // namespace

Result<LegacyTariff> read_legacy_tariff(const YamlTree& section, const std::string& file_name) {
  LegacyTariff tariff;
  WATTLEDGER_TRY(LegacyReader(file_name, tariff).read({&section, std::string(legacy_tariff_path)}));
  return tariff;
}

}  // namespace wattledger::config
