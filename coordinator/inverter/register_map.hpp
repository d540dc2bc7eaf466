// The registers of a GoodWe ET/EH that we use, as one table: the Modbus adapter, the simulator and
// the tools read and write by it. Names are the sensor ids of the reference library
// (marcelblijleven/goodwe at 66dfcdd, 2026-03-29), from whose source addresses, types and scales
// come; nothing was checked against real hardware. All are holding registers, address = register
// number, words big-endian, the high word first. A name is unique within its block.
//
// The library reads the low word of some powers as s16 and calls their high word reserved; here
// such a row is the whole s32 (type s32_low, at the library's address - 1). Pure: no Modbus, no
// clock.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wattledger::inverter {

enum class Type : std::uint8_t {
  u16,
  s16,
  u32,
  s32,
  s32_low,  // some firmware leaves the high word 0 for negative values: read the low word unless
            // the unit is above 32 kW
  float32,  // IEEE 754
  u8_high,  // half a register
  u8_low,
  clock,      // YY-2000,MM | DD,hh | mm,ss
  text,       // ASCII, two characters a register
  eco_group,  // eco_group.hpp
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
};
enum class Sign : std::uint8_t { none, export_positive, discharge_positive };
enum class Access : std::uint8_t { read, write, read_write };
enum class Block : std::uint8_t { device_info, running, battery, meter, settings };

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
};

struct Range {
  std::uint16_t start = 0;
  std::uint16_t count = 0;
};

// Blocks are read whole; the inverter answers for every register in them. Settings answer one by
// one or in a contiguous run.
inline constexpr Range device_info_range{35000, 33};
inline constexpr Range running_range{35100, 125};
inline constexpr Range battery_range{37000, 24};
inline constexpr Range meter_range{36000, 45};

// clang-format off
inline constexpr auto register_map = std::to_array<Register>({
    //address, words, type, scale, unit, sign, name, access, block
    // device_info
    {35000, 1, Type::u16, 0, Unit::none, Sign::none, "modbus_version", Access::read, Block::device_info},
    {35001, 1, Type::u16, 0, Unit::watt, Sign::none, "rated_power", Access::read, Block::device_info},
    {35002, 1, Type::u16, 0, Unit::none, Sign::none, "ac_output_type", Access::read, Block::device_info},
    {35003, 8, Type::text, 0, Unit::none, Sign::none, "serial_number", Access::read, Block::device_info},
    {35011, 5, Type::text, 0, Unit::none, Sign::none, "model_name", Access::read, Block::device_info},
    {35016, 1, Type::u16, 0, Unit::none, Sign::none, "dsp1_version", Access::read, Block::device_info},
    {35017, 1, Type::u16, 0, Unit::none, Sign::none, "dsp2_version", Access::read, Block::device_info},
    {35018, 1, Type::u16, 0, Unit::none, Sign::none, "dsp_svn_version", Access::read, Block::device_info},
    {35019, 1, Type::u16, 0, Unit::none, Sign::none, "arm_version", Access::read, Block::device_info},
    {35020, 1, Type::u16, 0, Unit::none, Sign::none, "arm_svn_version", Access::read, Block::device_info},
    {35021, 6, Type::text, 0, Unit::none, Sign::none, "firmware", Access::read, Block::device_info},
    {35027, 6, Type::text, 0, Unit::none, Sign::none, "arm_firmware", Access::read, Block::device_info},
    // running
    {35100, 3, Type::clock, 0, Unit::none, Sign::none, "timestamp", Access::read, Block::running},
    {35103, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv1", Access::read, Block::running},
    {35104, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv1", Access::read, Block::running},
    {35105, 2, Type::u32, 0, Unit::watt, Sign::none, "ppv1", Access::read, Block::running},
    {35107, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv2", Access::read, Block::running},
    {35108, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv2", Access::read, Block::running},
    {35109, 2, Type::u32, 0, Unit::watt, Sign::none, "ppv2", Access::read, Block::running},
    {35111, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv3", Access::read, Block::running},
    {35112, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv3", Access::read, Block::running},
    {35113, 2, Type::u32, 0, Unit::watt, Sign::none, "ppv3", Access::read, Block::running},
    {35115, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv4", Access::read, Block::running},
    {35116, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv4", Access::read, Block::running},
    {35117, 2, Type::u32, 0, Unit::watt, Sign::none, "ppv4", Access::read, Block::running},
    {35119, 1, Type::u8_high, 0, Unit::none, Sign::none, "pv4_mode", Access::read, Block::running},
    {35119, 1, Type::u8_low, 0, Unit::none, Sign::none, "pv3_mode", Access::read, Block::running},
    {35120, 1, Type::u8_high, 0, Unit::none, Sign::none, "pv2_mode", Access::read, Block::running},
    {35120, 1, Type::u8_low, 0, Unit::none, Sign::none, "pv1_mode", Access::read, Block::running},
    {35121, 1, Type::u16, -1, Unit::volt, Sign::none, "vgrid", Access::read, Block::running},
    {35122, 1, Type::u16, -1, Unit::ampere, Sign::none, "igrid", Access::read, Block::running},
    {35123, 1, Type::s16, -2, Unit::hertz, Sign::none, "fgrid", Access::read, Block::running},
    {35124, 2, Type::s32_low, 0, Unit::watt, Sign::none, "pgrid", Access::read, Block::running},
    {35126, 1, Type::u16, -1, Unit::volt, Sign::none, "vgrid2", Access::read, Block::running},
    {35127, 1, Type::u16, -1, Unit::ampere, Sign::none, "igrid2", Access::read, Block::running},
    {35128, 1, Type::s16, -2, Unit::hertz, Sign::none, "fgrid2", Access::read, Block::running},
    {35129, 2, Type::s32_low, 0, Unit::watt, Sign::none, "pgrid2", Access::read, Block::running},
    {35131, 1, Type::u16, -1, Unit::volt, Sign::none, "vgrid3", Access::read, Block::running},
    {35132, 1, Type::u16, -1, Unit::ampere, Sign::none, "igrid3", Access::read, Block::running},
    {35133, 1, Type::s16, -2, Unit::hertz, Sign::none, "fgrid3", Access::read, Block::running},
    {35134, 2, Type::s32_low, 0, Unit::watt, Sign::none, "pgrid3", Access::read, Block::running},
    {35136, 1, Type::u16, 0, Unit::none, Sign::none, "grid_mode", Access::read, Block::running},
    {35137, 2, Type::s32_low, 0, Unit::watt, Sign::none, "total_inverter_power", Access::read, Block::running},
    {35139, 2, Type::s32_low, 0, Unit::watt, Sign::export_positive, "active_power", Access::read, Block::running},
    {35141, 2, Type::s32_low, 0, Unit::var, Sign::none, "reactive_power", Access::read, Block::running},
    {35143, 2, Type::s32_low, 0, Unit::volt_ampere, Sign::none, "apparent_power", Access::read, Block::running},
    {35145, 1, Type::u16, -1, Unit::volt, Sign::none, "backup_v1", Access::read, Block::running},
    {35146, 1, Type::u16, -1, Unit::ampere, Sign::none, "backup_i1", Access::read, Block::running},
    {35147, 1, Type::s16, -2, Unit::hertz, Sign::none, "backup_f1", Access::read, Block::running},
    {35148, 1, Type::u16, 0, Unit::none, Sign::none, "load_mode1", Access::read, Block::running},
    {35149, 2, Type::s32_low, 0, Unit::watt, Sign::none, "backup_p1", Access::read, Block::running},
    {35151, 1, Type::u16, -1, Unit::volt, Sign::none, "backup_v2", Access::read, Block::running},
    {35152, 1, Type::u16, -1, Unit::ampere, Sign::none, "backup_i2", Access::read, Block::running},
    {35153, 1, Type::s16, -2, Unit::hertz, Sign::none, "backup_f2", Access::read, Block::running},
    {35154, 1, Type::u16, 0, Unit::none, Sign::none, "load_mode2", Access::read, Block::running},
    {35155, 2, Type::s32_low, 0, Unit::watt, Sign::none, "backup_p2", Access::read, Block::running},
    {35157, 1, Type::u16, -1, Unit::volt, Sign::none, "backup_v3", Access::read, Block::running},
    {35158, 1, Type::u16, -1, Unit::ampere, Sign::none, "backup_i3", Access::read, Block::running},
    {35159, 1, Type::s16, -2, Unit::hertz, Sign::none, "backup_f3", Access::read, Block::running},
    {35160, 1, Type::u16, 0, Unit::none, Sign::none, "load_mode3", Access::read, Block::running},
    {35161, 2, Type::s32_low, 0, Unit::watt, Sign::none, "backup_p3", Access::read, Block::running},
    {35163, 2, Type::s32_low, 0, Unit::watt, Sign::none, "load_p1", Access::read, Block::running},
    {35165, 2, Type::s32_low, 0, Unit::watt, Sign::none, "load_p2", Access::read, Block::running},
    {35167, 2, Type::s32_low, 0, Unit::watt, Sign::none, "load_p3", Access::read, Block::running},
    {35169, 2, Type::s32_low, 0, Unit::watt, Sign::none, "backup_ptotal", Access::read, Block::running},
    {35171, 2, Type::s32_low, 0, Unit::watt, Sign::none, "load_ptotal", Access::read, Block::running},
    {35173, 1, Type::u16, 0, Unit::percent, Sign::none, "ups_load", Access::read, Block::running},
    {35174, 1, Type::s16, -1, Unit::celsius, Sign::none, "temperature_air", Access::read, Block::running},
    {35175, 1, Type::s16, -1, Unit::celsius, Sign::none, "temperature_module", Access::read, Block::running},
    {35176, 1, Type::s16, -1, Unit::celsius, Sign::none, "temperature", Access::read, Block::running},
    {35177, 1, Type::u16, 0, Unit::none, Sign::none, "function_bit", Access::read, Block::running},
    {35178, 1, Type::u16, -1, Unit::volt, Sign::none, "bus_voltage", Access::read, Block::running},
    {35179, 1, Type::u16, -1, Unit::volt, Sign::none, "nbus_voltage", Access::read, Block::running},
    {35180, 1, Type::u16, -1, Unit::volt, Sign::none, "vbattery1", Access::read, Block::running},
    {35181, 1, Type::s16, -1, Unit::ampere, Sign::discharge_positive, "ibattery1", Access::read, Block::running},
    {35182, 2, Type::s32, 0, Unit::watt, Sign::discharge_positive, "pbattery1", Access::read, Block::running},
    {35184, 1, Type::u16, 0, Unit::none, Sign::none, "battery_mode", Access::read, Block::running},
    {35185, 1, Type::u16, 0, Unit::none, Sign::none, "warning_code", Access::read, Block::running},
    {35186, 1, Type::u16, 0, Unit::none, Sign::none, "safety_country", Access::read, Block::running},
    {35187, 1, Type::u16, 0, Unit::none, Sign::none, "work_mode", Access::read, Block::running},
    {35188, 1, Type::u16, 0, Unit::none, Sign::none, "operation_mode", Access::read, Block::running},
    {35189, 2, Type::u32, 0, Unit::none, Sign::none, "error_codes", Access::read, Block::running},
    {35191, 2, Type::u32, -1, Unit::kilowatt_hour, Sign::none, "e_total", Access::read, Block::running},
    {35193, 2, Type::u32, -1, Unit::kilowatt_hour, Sign::none, "e_day", Access::read, Block::running},
    {35195, 2, Type::u32, -1, Unit::kilowatt_hour, Sign::none, "e_total_exp", Access::read, Block::running},
    {35197, 2, Type::u32, 0, Unit::hour, Sign::none, "h_total", Access::read, Block::running},
    {35199, 1, Type::u16, -1, Unit::kilowatt_hour, Sign::none, "e_day_exp", Access::read, Block::running},
    {35200, 2, Type::u32, -1, Unit::kilowatt_hour, Sign::none, "e_total_imp", Access::read, Block::running},
    {35202, 1, Type::u16, -1, Unit::kilowatt_hour, Sign::none, "e_day_imp", Access::read, Block::running},
    {35203, 2, Type::u32, -1, Unit::kilowatt_hour, Sign::none, "e_load_total", Access::read, Block::running},
    {35205, 1, Type::u16, -1, Unit::kilowatt_hour, Sign::none, "e_load_day", Access::read, Block::running},
    {35206, 2, Type::u32, -1, Unit::kilowatt_hour, Sign::none, "e_bat_charge_total", Access::read, Block::running},
    {35208, 1, Type::u16, -1, Unit::kilowatt_hour, Sign::none, "e_bat_charge_day", Access::read, Block::running},
    {35209, 2, Type::u32, -1, Unit::kilowatt_hour, Sign::none, "e_bat_discharge_total", Access::read, Block::running},
    {35211, 1, Type::u16, -1, Unit::kilowatt_hour, Sign::none, "e_bat_discharge_day", Access::read, Block::running},
    {35220, 2, Type::u32, 0, Unit::none, Sign::none, "diagnose_result", Access::read, Block::running},
    // battery
    {37000, 1, Type::u16, 0, Unit::none, Sign::none, "battery_bms", Access::read, Block::battery},
    {37001, 1, Type::u16, 0, Unit::none, Sign::none, "battery_index", Access::read, Block::battery},
    {37002, 1, Type::u16, 0, Unit::none, Sign::none, "battery_status", Access::read, Block::battery},
    {37003, 1, Type::s16, -1, Unit::celsius, Sign::none, "battery_temperature", Access::read, Block::battery},
    {37004, 1, Type::u16, 0, Unit::ampere, Sign::none, "battery_charge_limit", Access::read, Block::battery},
    {37005, 1, Type::u16, 0, Unit::ampere, Sign::none, "battery_discharge_limit", Access::read, Block::battery},
    {37006, 1, Type::u16, 0, Unit::none, Sign::none, "battery_error_l", Access::read, Block::battery},
    {37007, 1, Type::u16, 0, Unit::percent, Sign::none, "battery_soc", Access::read, Block::battery},
    {37008, 1, Type::u16, 0, Unit::percent, Sign::none, "battery_soh", Access::read, Block::battery},
    {37009, 1, Type::u16, 0, Unit::none, Sign::none, "battery_modules", Access::read, Block::battery},
    {37010, 1, Type::u16, 0, Unit::none, Sign::none, "battery_warning_l", Access::read, Block::battery},
    {37011, 1, Type::u16, 0, Unit::none, Sign::none, "battery_protocol", Access::read, Block::battery},
    {37012, 1, Type::u16, 0, Unit::none, Sign::none, "battery_error_h", Access::read, Block::battery},
    {37013, 1, Type::u16, 0, Unit::none, Sign::none, "battery_warning_h", Access::read, Block::battery},
    {37014, 1, Type::u16, 0, Unit::none, Sign::none, "battery_sw_version", Access::read, Block::battery},
    {37015, 1, Type::u16, 0, Unit::none, Sign::none, "battery_hw_version", Access::read, Block::battery},
    {37016, 1, Type::u16, 0, Unit::none, Sign::none, "battery_max_cell_temp_id", Access::read, Block::battery},
    {37017, 1, Type::u16, 0, Unit::none, Sign::none, "battery_min_cell_temp_id", Access::read, Block::battery},
    {37018, 1, Type::u16, 0, Unit::none, Sign::none, "battery_max_cell_voltage_id", Access::read, Block::battery},
    {37019, 1, Type::u16, 0, Unit::none, Sign::none, "battery_min_cell_voltage_id", Access::read, Block::battery},
    {37020, 1, Type::s16, -1, Unit::celsius, Sign::none, "battery_max_cell_temp", Access::read, Block::battery},
    {37021, 1, Type::s16, -1, Unit::celsius, Sign::none, "battery_min_cell_temp", Access::read, Block::battery},
    {37022, 1, Type::u16, -3, Unit::volt, Sign::none, "battery_max_cell_voltage", Access::read, Block::battery},
    {37023, 1, Type::u16, -3, Unit::volt, Sign::none, "battery_min_cell_voltage", Access::read, Block::battery},
    // meter
    {36000, 1, Type::u16, 0, Unit::none, Sign::none, "commode", Access::read, Block::meter},
    {36001, 1, Type::u16, 0, Unit::none, Sign::none, "rssi", Access::read, Block::meter},
    {36002, 1, Type::u16, 0, Unit::none, Sign::none, "manufacture_code", Access::read, Block::meter},
    {36003, 1, Type::u16, 0, Unit::none, Sign::none, "meter_test_status", Access::read, Block::meter},
    {36004, 1, Type::u16, 0, Unit::none, Sign::none, "meter_comm_status", Access::read, Block::meter},
    {36005, 1, Type::s16, 0, Unit::watt, Sign::export_positive, "active_power1", Access::read, Block::meter},
    {36006, 1, Type::s16, 0, Unit::watt, Sign::export_positive, "active_power2", Access::read, Block::meter},
    {36007, 1, Type::s16, 0, Unit::watt, Sign::export_positive, "active_power3", Access::read, Block::meter},
    {36008, 1, Type::s16, 0, Unit::watt, Sign::export_positive, "active_power_total", Access::read, Block::meter},
    {36009, 1, Type::s16, 0, Unit::var, Sign::none, "reactive_power_total", Access::read, Block::meter},
    {36010, 1, Type::s16, -3, Unit::none, Sign::none, "meter_power_factor1", Access::read, Block::meter},
    {36011, 1, Type::s16, -3, Unit::none, Sign::none, "meter_power_factor2", Access::read, Block::meter},
    {36012, 1, Type::s16, -3, Unit::none, Sign::none, "meter_power_factor3", Access::read, Block::meter},
    {36013, 1, Type::s16, -3, Unit::none, Sign::none, "meter_power_factor", Access::read, Block::meter},
    {36014, 1, Type::s16, -2, Unit::hertz, Sign::none, "meter_freq", Access::read, Block::meter},
    {36015, 2, Type::float32, 0, Unit::watt_hour, Sign::none, "meter_e_total_exp", Access::read, Block::meter},
    {36017, 2, Type::float32, 0, Unit::watt_hour, Sign::none, "meter_e_total_imp", Access::read, Block::meter},
    {36019, 2, Type::s32, 0, Unit::watt, Sign::export_positive, "meter_active_power1", Access::read, Block::meter},
    {36021, 2, Type::s32, 0, Unit::watt, Sign::export_positive, "meter_active_power2", Access::read, Block::meter},
    {36023, 2, Type::s32, 0, Unit::watt, Sign::export_positive, "meter_active_power3", Access::read, Block::meter},
    {36025, 2, Type::s32, 0, Unit::watt, Sign::export_positive, "meter_active_power_total", Access::read, Block::meter},
    {36027, 2, Type::s32, 0, Unit::var, Sign::none, "meter_reactive_power1", Access::read, Block::meter},
    {36029, 2, Type::s32, 0, Unit::var, Sign::none, "meter_reactive_power2", Access::read, Block::meter},
    {36031, 2, Type::s32, 0, Unit::var, Sign::none, "meter_reactive_power3", Access::read, Block::meter},
    {36033, 2, Type::s32, 0, Unit::var, Sign::none, "meter_reactive_power_total", Access::read, Block::meter},
    {36035, 2, Type::s32, 0, Unit::volt_ampere, Sign::none, "meter_apparent_power1", Access::read, Block::meter},
    {36037, 2, Type::s32, 0, Unit::volt_ampere, Sign::none, "meter_apparent_power2", Access::read, Block::meter},
    {36039, 2, Type::s32, 0, Unit::volt_ampere, Sign::none, "meter_apparent_power3", Access::read, Block::meter},
    {36041, 2, Type::s32, 0, Unit::volt_ampere, Sign::none, "meter_apparent_power_total", Access::read, Block::meter},
    {36043, 1, Type::u16, 0, Unit::none, Sign::none, "meter_type", Access::read, Block::meter},
    {36044, 1, Type::u16, 0, Unit::none, Sign::none, "meter_sw_version", Access::read, Block::meter},
    // settings
    {45200, 3, Type::clock, 0, Unit::none, Sign::none, "time", Access::read_write, Block::settings},
    {45356, 1, Type::u16, 0, Unit::percent, Sign::none, "battery_discharge_depth", Access::read_write, Block::settings},
    {45358, 1, Type::u16, 0, Unit::percent, Sign::none, "battery_discharge_depth_offline", Access::read_write, Block::settings},
    {47000, 1, Type::u16, 0, Unit::none, Sign::none, "work_mode", Access::read_write, Block::settings},
    {47500, 1, Type::u16, 0, Unit::none, Sign::none, "battery_soc_protection", Access::read_write, Block::settings},
    {47509, 1, Type::u16, 0, Unit::none, Sign::none, "grid_export", Access::read_write, Block::settings},
    {47510, 1, Type::u16, 0, Unit::watt, Sign::none, "grid_export_limit", Access::read_write, Block::settings},
    {47511, 1, Type::u16, 0, Unit::none, Sign::none, "ems_mode", Access::read_write, Block::settings},
    {47512, 1, Type::u16, 0, Unit::watt, Sign::none, "ems_power_limit", Access::read_write, Block::settings},
    {47533, 1, Type::u16, 0, Unit::none, Sign::none, "clear_battery_mode_param", Access::write, Block::settings},
    {47545, 1, Type::u16, 0, Unit::none, Sign::none, "fast_charging", Access::read_write, Block::settings},
    {47546, 1, Type::u16, 0, Unit::percent, Sign::none, "fast_charging_soc", Access::read_write, Block::settings},
    {47547, 6, Type::eco_group, 0, Unit::none, Sign::none, "eco_mode_1", Access::read_write, Block::settings},
    {47553, 6, Type::eco_group, 0, Unit::none, Sign::none, "eco_mode_2", Access::read_write, Block::settings},
    {47559, 6, Type::eco_group, 0, Unit::none, Sign::none, "eco_mode_3", Access::read_write, Block::settings},
    {47565, 6, Type::eco_group, 0, Unit::none, Sign::none, "eco_mode_4", Access::read_write, Block::settings},
    {47603, 1, Type::u16, 0, Unit::percent, Sign::none, "fast_charging_power", Access::read_write, Block::settings},
    {47612, 1, Type::u16, 0, Unit::none, Sign::none, "eco_mode_enable", Access::read_write, Block::settings},
});
// clang-format on

// The row of that name; a name that is not in the table does not compile. A reference, as clang 14
// miscompiles a structure that an immediate function returns into an argument.
[[nodiscard]] consteval const Register& row(Block block, std::string_view name) {
  for (const Register& entry : register_map) {
    if (entry.block == block && entry.name == name) return entry;
  }
  throw "no such register in the map";  // reached only while compiling
}

// How many of our units (milli-volt, -ampere, -Celsius, -hertz, -watt-hour; watt; basis point; else
// the unit itself) one step of the register is.
[[nodiscard]] constexpr std::int64_t step_of(const Register& entry) {
  std::int64_t step = 1;
  switch (entry.unit) {
    case Unit::volt:
    case Unit::ampere:
    case Unit::celsius:
    case Unit::hertz:
    case Unit::watt_hour:
      step = 1000;
      break;
    case Unit::kilowatt_hour:
      step = 1'000'000;
      break;
    case Unit::percent:
      step = 100;
      break;
    case Unit::none:  // a plain number; a broken one (power factor) in thousandths
      step = entry.scale < 0 ? 1000 : 1;
      break;
    case Unit::watt:
    case Unit::var:
    case Unit::volt_ampere:
    case Unit::hour:
      break;
  }
  for (int i = entry.scale; i < 0; ++i) step /= 10;
  return step;
}

// Words of one register (or of the half of one) to our units. Absent for the markers of "not
// present": all ones in unsigned registers, 0x7FFF.. in signed ones, -1 or 32767 as a temperature,
// a float that is no number or negative. Numbers only: clock, text and eco groups have functions of
// their own. `wide`: the unit is rated above 32 kW.
[[nodiscard]] std::optional<std::int64_t> decode_value(const Register& entry,
                                                       std::span<const std::uint16_t> words,
                                                       bool wide = false);
// The same from the words of a block or run that starts at `start`; absent when the register is not
// inside.
[[nodiscard]] std::optional<std::int64_t> decode_in(const Register& entry,
                                                    std::span<const std::uint16_t> run,
                                                    std::uint16_t start, bool wide = false);
// Our units to words, rounded down to the register's step and held within its range. Half registers
// keep the other half.
void encode_value(const Register& entry, std::int64_t value, std::span<std::uint16_t> words);

// ASCII or (745 platform) UTF-16 text, trimmed; absent when a byte cannot be printed.
[[nodiscard]] std::optional<std::string> decode_text(std::span<const std::uint16_t> words);
void encode_text(std::string_view text, std::span<std::uint16_t> words);

}  // namespace wattledger::inverter
