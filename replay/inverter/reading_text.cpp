#include "replay/inverter/reading_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "coordinator/inverter/register_map.hpp"

namespace wattledger::tool {

using inverter::Sensor;

std::vector<std::string> sensor_lines(const std::vector<Sensor>& sensors) {
  std::size_t width = 0;
  for (const Sensor& sensor : sensors) width = std::max(width, sensor.id.size());
  std::vector<std::string> lines;
  std::optional<inverter::Block> block;
  for (const Sensor& sensor : sensors) {
    if (block != sensor.block) {
      if (block) lines.emplace_back();
      lines.emplace_back(inverter::block_name(sensor.block));
    }
    block = sensor.block;
    std::string line = fmt::format("  {:<{}}  {:>10} {}", sensor.id, width,
                                   sensor.value.value_or("-"), sensor.value ? sensor.unit : "");
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string sensors_json(const std::vector<Sensor>& sensors) {
  using Json = nlohmann::ordered_json;
  Json all = Json::object();
  for (const Sensor& sensor : sensors) {
    Json one = {{"value", nullptr}, {"unit", sensor.unit}, {"block", block_name(sensor.block)}};
    if (sensor.value)
      one["value"] = sensor.is_number ? Json::parse(*sensor.value) : Json(*sensor.value);
    if (sensor.address) one["address"] = *sensor.address;
    all[sensor.id] = std::move(one);
  }
  return all.dump();
}

Exit unknown_block(const std::string& name) {
  std::string known;
  for (std::size_t i = 0; i < inverter::block_count; ++i)
    known +=
        (i == 0 ? "" : ", ") + std::string(inverter::block_name(static_cast<inverter::Block>(i)));
  return usage("there is no block \"" + name + "\"", "the blocks are " + known);
}

}  // namespace wattledger::tool
