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
};

[[nodiscard]] const std::vector<ScalarKey>& scalar_keys();

// A member of tariff.zones, as written.
struct ZoneText {
  std::string name, price;
  std::vector<std::string> months, weekdays, hours;  // "1-3", "mon-fri", "22-6"; empty: all
};
[[nodiscard]] Result<fold::TariffZone> make_zone(const ZoneText& text);
inline constexpr std::size_t tariff_zones_max = 32;
[[nodiscard]] const std::vector<std::string>& zone_fields();

// Zones of a tariff known by name (g11, g12, g12w, none); nullopt for another name.
[[nodiscard]] std::optional<std::vector<fold::TariffZone>> named_tariff(const std::string& name);
[[nodiscard]] const std::vector<std::string>& tariff_names();

}  // namespace wattledger::config
