// What a row of the register map says. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace wattledger::inverter {

enum class Type : std::uint8_t {
  u16,
  s16,
  u32,
  s32,
  s32_low,  // some firmware leaves the high word 0 for negative values: read the low word unless
            // the unit is above 32 kW
  u64,
  float32,  // IEEE 754
  u8_high,  // half a register
  u8_low,
  clock,         // YY-2000,MM | DD,hh | mm,ss
  text,          // ASCII, two characters a register
  eco_group,     // eco_group.hpp, six words
  eco_group_v1,  // … four words
};
enum class Unit : std::uint8_t {
  none,
  volt,
  ampere,
  watt,
  celsius,
  hertz,
  kilowatt_hour,
  watt_hour,
  percent,
  var,
  volt_ampere,
  hour,
  ampere_hour,
};
enum class Sign : std::uint8_t { none, export_positive, discharge_positive };
enum class Access : std::uint8_t { read, write, read_write };
// meter is followed by what longer answers have besides. Settings by the firmware of the ARM
// processor that has them: any, from 19, from 22. Which are there is found by asking.
enum class Block : std::uint8_t {
  device_info,
  running,
  battery,
  battery2_power,
  battery2,
  meter,
  meter_58,
  meter_125,
  mppt,
  settings,
  settings_arm19,
  settings_arm22,
  bms,
};
inline constexpr std::size_t block_count = 13;
// Where a row comes from: the reference library's source, a line that is commented out there, or
// what owners report.
enum class Source : std::uint8_t { library, commented, issues };

struct Register {
  std::uint16_t address = 0;
  std::uint16_t words = 0;
  Type type = Type::u16;
  int scale = 0;  // the value is raw * 10^scale of `unit`
  Unit unit = Unit::none;
  Sign sign = Sign::none;
  std::string_view name;
  Access access = Access::read;
  Block block = Block::settings;
  Source source = Source::library;
};

struct Range {
  std::uint16_t start = 0;
  std::uint16_t count = 0;
};

}  // namespace wattledger::inverter
