// What kind of unit it is, by its serial number and rated power. Source: the reference library's
// model tags and thresholds (register_map.hpp); firmware is found by asking, not by its number.
// Pure.
#pragma once

#include <string_view>
#include <vector>

#include "coordinator/inverter/register.hpp"
#include "events/units.hpp"

namespace wattledger::inverter {

struct Platform {
  bool single_phase = false;  // registers of phases 2 and 3 say nothing
  bool four_strings = false;  // registers of PV strings 3 and 4 count
  bool two_batteries = false;
  bool is_745 = false;         // eco power in tenths of a percent, groups need the TOU switch
  bool long_meter = false;     // answers 125 or 58 meter registers
  bool many_trackers = false;  // has the MPPT block
  bool wide = false;           // rated above 32 kW: powers may need both words
};
[[nodiscard]] Platform platform_of(std::string_view serial, Watts rated);

// The blocks that such a unit has for a whole reading, in the order of asking.
[[nodiscard]] std::vector<Block> blocks_of(const Platform& platform);

// Whether the reference library shows this register for such a unit.
[[nodiscard]] bool is_shown(const Register& entry, const Platform& platform);

}  // namespace wattledger::inverter
