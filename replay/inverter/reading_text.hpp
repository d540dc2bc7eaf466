// What inverter read and watch print.
#pragma once

#include <string>
#include <vector>

#include "coordinator/inverter/sensors.hpp"
#include "replay/command.hpp"

namespace wattledger::tool {

// One line each: id, value, unit; "-" for what is not present.
[[nodiscard]] std::vector<std::string> sensor_lines(const std::vector<inverter::Sensor>& sensors);
// {"vpv1": {"value": 382.7, "unit": "V", "block": "running", "address": 35103}, …}
[[nodiscard]] std::string sensors_json(const std::vector<inverter::Sensor>& sensors);

// Says that no block is called so, and which there are.
Exit unknown_block(const std::string& name);

}  // namespace wattledger::tool
