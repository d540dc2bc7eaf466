// Eco groups: a daily time window in which the inverter charges or discharges the
// battery by itself. Version 2 has six registers: hh,mm | hh,mm | on_off,days | power s16 % | soc
// u16 % | months. Version 1 (ARM firmware before 19) has four: hh,mm | hh,mm | power s16 % |
// on_off,days, with 255 for on and 0 for off, and neither SOC nor months. Source: the reference
// library's EcoModeV2 and EcoModeV1.
//
//   power    negative charges, positive discharges, in percent of the rated power; groups of the
//            745 platform (type 6) in tenths of a percent
//   days     bit 0 = Sunday … bit 6 = Saturday
//   months   bit 0 = January … bit 11 = December; 0 and 0x0FFF both mean the whole year
//   on_off   holds the group's type t too: 255 - t enabled, t disabled. t = 0 is eco, 6 eco of the
//            745 platform, 85 "not set"
//
// The end minute is not part of the window: the facts leave it open, we and the simulator read it
// so. Pure.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <span>

#include "events/time.hpp"

namespace wattledger::inverter {

inline constexpr std::array<std::uint16_t, 4> eco_group_addresses{47547, 47553, 47559, 47565};
inline constexpr std::uint16_t eco_group_words = 6;
inline constexpr std::array<std::uint16_t, 4> eco_v1_addresses{47515, 47519, 47523, 47527};
inline constexpr std::uint16_t eco_v1_words = 4;
inline constexpr std::uint16_t eco_switch_offset = 2;  // the register with on_off and days
inline constexpr std::uint8_t eco_type = 0;
inline constexpr std::uint8_t eco_745_type = 6;
inline constexpr std::uint8_t unset_type = 85;
inline constexpr std::uint8_t unused_hour = 48;

using EcoWords = std::array<std::uint16_t, eco_group_words>;

struct EcoGroup {
  std::uint8_t start_hour = unused_hour;
  std::uint8_t start_minute = 0;
  std::uint8_t end_hour = unused_hour;
  std::uint8_t end_minute = 0;
  bool enabled = false;
  std::uint8_t type = eco_type;
  std::uint8_t days = 0;
  std::int16_t power = 100;  // percent; of type 6: tenths of a percent
  std::uint16_t soc_percent = 100;
  std::uint16_t months = 0;
  bool operator==(const EcoGroup&) const = default;

  // Of the rated power, sign kept.
  [[nodiscard]] int permille() const { return type == eco_745_type ? power : power * 10; }

  // Does the window hold this reading of the inverter's clock? False for disabled groups, types
  // other than eco, windows that do not start before they end.
  [[nodiscard]] bool holds(LocalTime wall) const;
};

[[nodiscard]] EcoWords encode(const EcoGroup& group);
// Any six words decode: what does not make sense never `holds`.
[[nodiscard]] EcoGroup decode_eco(std::span<const std::uint16_t, eco_group_words> words);

// Version 1: type, SOC and months of the group are not told, and read as eco, 100 % and all year.
[[nodiscard]] std::array<std::uint16_t, eco_v1_words> encode_v1(const EcoGroup& group);
[[nodiscard]] EcoGroup decode_eco_v1(std::span<const std::uint16_t, eco_v1_words> words);

// The word with on_off and days, switched off; type and days stay.
[[nodiscard]] std::uint16_t switched_off(std::uint16_t switch_word);
[[nodiscard]] bool is_on(std::uint16_t switch_word);

// Clock registers: YY-2000,MM | DD,hh | mm,ss. Decoding fails on what is no time.
[[nodiscard]] std::array<std::uint16_t, 3> encode_clock(LocalTime wall);
[[nodiscard]] Result<LocalTime> decode_clock(std::span<const std::uint16_t, 3> words);

}  // namespace wattledger::inverter
