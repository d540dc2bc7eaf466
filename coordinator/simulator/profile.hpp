// Which unit the simulator is: what stands on its nameplate, what its firmware knows, how fast it
// obeys. What follows from serial number and rated power is the adapter's platform_of.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "events/units.hpp"

namespace wattledger::simulator {

struct Profile {
  std::string_view name;
  std::string_view what;  // one line for people
  std::string_view serial;
  std::string_view model;  // empty on the 745 platform, as there
  std::string_view firmware, arm_firmware;
  std::uint16_t dsp_version = 0;
  std::uint16_t arm_version = 0;  // below 19: eco groups version 1; below 22: no peak shaving
  Watts rated_power;
  std::uint16_t meter_words = 45;         // 45, 58 or 125
  BasisPoints second_battery{0};          // its share of the capacity
  bool low_word_only = false;             // negative powers leave their high word 0
  bool utf16_text = false;                // firmware names are UTF-16
  std::chrono::seconds response_time{0};  // from a write to the first effect
  Watts ramp{0};                          // battery power moves this much in a second; 0: at once
  bool tapers = false;                    // the BMS allows less near full and empty

  [[nodiscard]] bool has_arm19() const { return arm_version >= 19; }
  [[nodiscard]] bool has_arm22() const { return arm_version >= 22; }
};

// "ideal" first: a three-phase ET that obeys at once and whose battery takes anything; then units
// as they are.
[[nodiscard]] std::span<const Profile> profiles();
[[nodiscard]] const Profile& ideal_profile();
// nullptr: there is none of that name.
[[nodiscard]] const Profile* profile_named(std::string_view name);

}  // namespace wattledger::simulator
