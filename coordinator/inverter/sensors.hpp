// Everything that an inverter tells, by the sensor ids of the reference library: each register of
// the map as its number in the library's own unit, and the values that the library calculates. For
// people and scripts; what decisions rest on is blocks.hpp. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/inverter/platform.hpp"
#include "coordinator/inverter/register.hpp"

namespace wattledger::inverter {

// Words that were read: whole blocks, or one setting.
struct BlockWords {
  Block block = Block::settings;
  std::uint16_t start = 0;
  std::vector<std::uint16_t> words;
};

struct Sensor {
  std::string id;
  Block block = Block::settings;
  std::optional<std::uint16_t> address;  // none: calculated
  std::string_view unit;                 // "kWh"; empty for plain numbers and texts
  std::optional<std::string> value;      // absent: not present, or no value that can be
  bool is_number = true;
};

// Of all registers within the words, in the order of the map; a block's calculated values follow
// it. Registers that such a unit does not fill are left out.
[[nodiscard]] std::vector<Sensor> sensors_of(const std::vector<BlockWords>& read,
                                             const Platform& platform);

// 00:00-23:59 charge 40 % to 80 %, every day; "unused"; "off, …"
[[nodiscard]] std::string eco_group_text(std::span<const std::uint16_t> words);

}  // namespace wattledger::inverter
