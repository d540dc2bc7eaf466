// The table of the configuration's keys: path, unit, default, range, and how a key's text becomes a
// value. For this room.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/config/config.hpp"

namespace wattledger::config {

// One key with one scalar value. `take` gives an error without place and path: the caller knows
// them.
struct ScalarKey {
  std::string path;
  std::string unit;   // "" where there is none
  std::string range;  // "0.1 to 1000", "off, advise, on", "text"
  std::function<Result<void>(std::string_view text, Config& into)> take;
  std::function<std::string(const Config&)> show;  // the value as one would write it
  bool numeric = false;
};

[[nodiscard]] const std::vector<ScalarKey>& scalar_keys();
void add_source_keys(std::vector<ScalarKey>& keys);
void add_plan_keys(std::vector<ScalarKey>& keys);
void add_operation_keys(std::vector<ScalarKey>& keys);

// Zones, and whether one of them is for public holidays. Where none is, a holiday counts as its
// weekday and the days need not be adopted.
struct TariffTable {
  std::vector<fold::TariffZone> zones;
  bool by_holiday = false;
  bool operator==(const TariffTable&) const = default;
};
// Puts the zones into `policy`, and the holidays where they matter.
void take_table(TariffTable table, const Config& config, fold::PolicySettings& policy);

// A member of tariff.zones, as written.
struct ZoneText {
  std::string name, price;
  std::vector<std::string> months, weekdays, hours;  // "1-3", "mon-fri", "22-6"; empty: all
  std::vector<std::string> peak_hours;               // "0", "1-2", "unknown"; empty: all
};
// Adds the zone to the table.
[[nodiscard]] Result<void> add_zone(const ZoneText& text, TariffTable& table);
inline constexpr std::size_t tariff_zones_max = 32;
inline constexpr std::size_t tariff_components_max = 32;
[[nodiscard]] const std::vector<std::string>& zone_fields();
[[nodiscard]] const std::vector<std::string>& component_fields();
[[nodiscard]] const std::vector<std::string>& receiver_fields();  // of a member of alerts
// What may stand as the name of a zone or a component; errors without place.
[[nodiscard]] Result<void> check_tariff_name(std::string_view text);
[[nodiscard]] Result<PriceE8> tariff_price(std::string_view text);
// "7-13" and the like: bits of the hours from `from` up to `to`, which is left out, round midnight.
[[nodiscard]] std::optional<std::uint32_t> hour_bits(std::string_view from, std::string_view to);

// Zones of a tariff known by name; nullopt for another name.
[[nodiscard]] std::optional<TariffTable> named_tariff(std::string_view name);
[[nodiscard]] const std::vector<std::string>& tariff_names();

}  // namespace wattledger::config
