// The legacy configuration's section electricity_tariff, as its owners have it. For this room.
//
//   tariff_type: g12                  which of the tariffs below, or a tariff of this program
//   sc_component_pln_kwh: 0.0892      is tariff.component
//   distribution_pricing:             (or tariffs:) by name, each of one type:
//     static: price                                           one zone, T2
//     time_based: peak_hours, off_peak_windows, prices        T1 in peak_hours, else T2
//     kompas_based: prices by advice, fallback_price          S1 to S4, unknown
//     seasonal_time_based: seasons' time_zones, prices        by season on working days; free_day
//
// What that file cannot say is added as what it means: weekends and holidays are off-peak in g12w
// and free in a seasonal tariff. Unlike the older program a seasonal tariff's hours are those
// written.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/config/keys.hpp"
#include "coordinator/config/yaml_tree.hpp"

namespace wattledger::config {

inline constexpr std::string_view legacy_tariff_path = "electricity_tariff";

struct LegacyTariff {
  std::string type;
  int type_line = 0;
  std::optional<PriceE8> component;
  std::map<std::string, TariffTable> tables;
  std::vector<std::string> without_meaning;  // paths of keys that set nothing
};
// Errors begin "FILE:LINE: ". Every tariff of the section is read, not only the one in use.
[[nodiscard]] Result<LegacyTariff> read_legacy_tariff(const YamlTree& section,
                                                      const std::string& file_name);

}  // namespace wattledger::config
