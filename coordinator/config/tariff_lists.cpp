#include "coordinator/config/tariff_lists.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include "coordinator/config/holidays.hpp"
#include "events/near_match.hpp"
#include "events/time.hpp"

namespace wattledger::config {
namespace {

// A list of `{name: …, price: …}`: what it is called, what it may say, what it must.
struct Rows {
  std::string path;
  std::string what;  // "zones"
  std::size_t max = 0;
  const std::vector<std::string>& fields;
  std::string example;
};

using TakeField = std::function<Result<void>(const std::string& field, const YamlTree& value,
                                             const std::string&)>;

// One row; `take` has each field with its path.
Result<void> read_row(const YamlTree& map, const Rows& rows, const std::string& path,
                      const std::string& file_name, const TakeField& take) {
  if (map.shape != YamlTree::Shape::map)
    return wrong_in(file_name, map.line, path + " is not one of the " + rows.what,
                    "write `" + rows.example + "`");
  std::set<std::string> seen;
  for (const auto& [key, value] : map.members) {
    const std::string field = path + "." + key.text;
    if (!seen.insert(key.text).second)
      return wrong_in(file_name, key.line, field + " is given twice", "keep one of the two");
    if (std::find(rows.fields.begin(), rows.fields.end(), key.text) == rows.fields.end())
      return wrong_in(file_name, key.line,
                      field.substr(0, 200) + " is not a key of the configuration",
                      near_match_remedy(key.text, rows.fields));
    WATTLEDGER_TRY(take(key.text, value, field));
  }
  for (const char* needed : {"name", "price"})
    if (seen.count(needed) == 0)
      return wrong_in(file_name, map.line, path + " has no " + needed,
                      "give each of the " + rows.what + " a name and a price");
  return {};
}

Result<void> check_list(const YamlTree& list, const Rows& rows, const std::string& file_name) {
  if (list.shape == YamlTree::Shape::list && !list.items.empty() && list.items.size() <= rows.max)
    return {};
  return wrong_in(
      file_name, list.line,
      rows.path + " is not a list of 1 to " + std::to_string(rows.max) + " " + rows.what,
      "write `- " + rows.example + "` below it");
}

std::string item_path(const Rows& rows, std::size_t index) {
  return rows.path + "[" + std::to_string(index + 1) + "]";
}

// One word, or where `many` a list of them.
Result<std::vector<std::string>> words(const YamlTree& value, bool many, const std::string& path,
                                       const std::string& file_name) {
  std::vector<std::string> texts;
  if (value.shape == YamlTree::Shape::scalar) texts.push_back(value.text);
  for (const YamlTree& item : value.items) {
    if (item.shape != YamlTree::Shape::scalar)
      return wrong_in(file_name, item.line, path + " holds more than words", "write 1-3");
    texts.push_back(item.text);
  }
  if (texts.empty() || (!many && value.shape != YamlTree::Shape::scalar))
    return wrong_in(file_name, value.line,
                    path + " has no value" + (many ? "" : " that is one word"),
                    "write one, or remove the line");
  return texts;
}

// While no code is known some zone must hold, or the hour would cost nothing.
Result<void> check_peak_hours(const TariffTable& table, int line, const std::string& file_name) {
  const auto& zones = table.zones;
  const auto limited = [](const fold::TariffZone& zone) {
    return zone.peak_hours != fold::TariffZone::any_peak_hours;
  };
  const auto without = [](const fold::TariffZone& zone) {
    return (zone.peak_hours & fold::TariffZone::unknown) != 0;
  };
  if (std::none_of(zones.begin(), zones.end(), limited) ||
      std::any_of(zones.begin(), zones.end(), without))
    return {};
  return wrong_in(file_name, line,
                  std::string(zones_path) + ": no zone holds while the peak-hours code is unknown",
                  "give one of them peak_hours: [1, unknown], or add one without peak_hours");
}

Result<std::chrono::local_days> parse_day(const YamlTree& item, const std::string& file_name) {
  const bool dated = item.shape == YamlTree::Shape::scalar && item.text.size() == 10 &&
                     item.text.rfind("20", 0) == 0;
  if (dated)
    if (const auto time = parse_time(item.text, ZoneOffsets()); time)
      return std::chrono::floor<std::chrono::days>(ZoneOffsets().to_local(*time));
  return wrong_in(file_name, item.line,
                  std::string(holidays_path) + ": " + shown(item.text) +
                      " is neither PL nor a day of the years 2000 to 2099",
                  "write PL, none or a list as [PL, 2026-05-04]");
}

}  // namespace

Result<TariffTable> read_zones(const YamlTree& list, const std::string& file_name) {
  const Rows rows{std::string(zones_path), "zones", tariff_zones_max, zone_fields(),
                  "{name: T1, weekdays: mon-fri, hours: 7-13, price: 0.3566}"};
  WATTLEDGER_TRY(check_list(list, rows, file_name));
  TariffTable table;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const std::string path = item_path(rows, i);
    ZoneText text;
    const auto take = [&](const std::string& field, const YamlTree& value,
                          const std::string& at) -> Result<void> {
      const bool single = field == "name" || field == "price";
      auto texts = words(value, !single, at, file_name);
      if (!texts) return Failure(texts.error());
      if (field == "name") text.name = texts->front();
      if (field == "price") text.price = texts->front();
      if (field == "months")
        text.months = std::move(*texts);
      else if (field == "weekdays")
        text.weekdays = std::move(*texts);
      else if (field == "hours")
        text.hours = std::move(*texts);
      else if (field == "peak_hours")
        text.peak_hours = std::move(*texts);
      return {};
    };
    WATTLEDGER_TRY(read_row(list.items[i], rows, path, file_name, take));
    if (const auto added = add_zone(text, table); !added)
      return wrong_in(file_name, list.items[i].line, path + "." + added.error().what,
                      added.error().remedy);
  }
  WATTLEDGER_TRY(check_peak_hours(table, list.line, file_name));
  return table;
}

Result<std::vector<fold::TariffComponent>> read_components(const YamlTree& list,
                                                           const std::string& file_name) {
  const Rows rows{std::string(components_path), "components", tariff_components_max,
                  component_fields(), "{name: excise, price: 0.005}"};
  WATTLEDGER_TRY(check_list(list, rows, file_name));
  // Names of the other parts of a final price.
  std::set<std::string> taken{"market", "component", "distribution", "vat", "final"};
  std::vector<fold::TariffComponent> components;
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    const std::string path = item_path(rows, i);
    const YamlTree& item = list.items[i];
    fold::TariffComponent component;
    const auto take = [&](const std::string& field, const YamlTree& value,
                          const std::string& at) -> Result<void> {
      const auto texts = words(value, false, at, file_name);
      if (!texts) return Failure(texts.error());
      if (field == "name") {
        component.name = texts->front();
        return {};
      }
      const auto price = tariff_price(texts->front());
      if (!price)
        return wrong_in(file_name, value.line, path + "." + price.error().what,
                        price.error().remedy);
      component.price = *price;
      return {};
    };
    WATTLEDGER_TRY(read_row(item, rows, path, file_name, take));
    if (const auto good = check_tariff_name(component.name); !good)
      return wrong_in(file_name, item.line,
                      path + ".name " + shown(component.name) + " is not a component's name",
                      good.error().remedy);
    if (!taken.insert(component.name).second)
      return wrong_in(file_name, item.line,
                      path + ".name " + shown(component.name) + " is the name of another part",
                      "give each part of the price a name of its own");
    components.push_back(std::move(component));
  }
  return components;
}

Result<std::vector<std::chrono::local_days>> read_holidays(const YamlTree& value,
                                                           const std::string& file_name) {
  std::vector<std::chrono::local_days> days;
  if (value.shape == YamlTree::Shape::scalar && value.text == "none") return days;
  std::vector<YamlTree> items = value.items;
  if (value.shape == YamlTree::Shape::scalar) items.push_back(value);
  if (items.empty())
    return wrong_in(file_name, value.line, std::string(holidays_path) + " has no value",
                    "write PL, none or a list as [PL, 2026-05-04]");
  for (const YamlTree& item : items) {
    if (item.shape == YamlTree::Shape::scalar && item.text == "PL") {
      const auto polish = polish_holidays(holidays_first_year, holidays_last_year);
      days.insert(days.end(), polish.begin(), polish.end());
      continue;
    }
    const auto day = parse_day(item, file_name);
    if (!day) return Failure(day.error());
    days.push_back(*day);
  }
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  if (days.size() > holidays_max)
    return wrong_in(
        file_name, value.line,
        std::string(holidays_path) + " names more than " + std::to_string(holidays_max) + " days",
        "leave out years that are long past or far away");
  return days;
}

}  // namespace wattledger::config
