// What the configuration says of the tariff in lists: zones, components by name, holidays. Errors
// begin "FILE:LINE: ". For this room.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "coordinator/config/keys.hpp"
#include "coordinator/config/yaml_tree.hpp"

namespace wattledger::config {

inline constexpr std::string_view zones_path = "tariff.zones";
inline constexpr std::string_view components_path = "tariff.components";
inline constexpr std::string_view holidays_path = "tariff.holidays";
inline constexpr std::size_t holidays_max = 1'000;  // with the country's

[[nodiscard]] Result<TariffTable> read_zones(const YamlTree& list, const std::string& file_name);
[[nodiscard]] Result<std::vector<fold::TariffComponent>> read_components(
    const YamlTree& list, const std::string& file_name);
// `PL`, `none`, or a list of days (2026-05-04) with or without PL; ascending, each once.
[[nodiscard]] Result<std::vector<std::chrono::local_days>> read_holidays(
    const YamlTree& value, const std::string& file_name);

}  // namespace wattledger::config
