// Who is told of alerts: the list `alerts` of the configuration. Errors begin "FILE:LINE: ". For
// this room.
#pragma once

#include <string>
#include <vector>

#include "coordinator/config/config.hpp"
#include "coordinator/config/environment.hpp"
#include "coordinator/config/yaml_tree.hpp"

namespace wattledger::config {

inline constexpr std::string_view alerts_path = "alerts";
inline constexpr std::size_t receivers_max = 16;

struct AlertList {
  std::vector<AlertReceiver> receivers;
  std::vector<std::string> from_environment;  // "alerts[1].webhook"
};

[[nodiscard]] Result<AlertList> read_alerts(const YamlTree& list, const std::string& file_name,
                                            Unset unset);

}  // namespace wattledger::config
