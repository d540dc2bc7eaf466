// The registers of a GoodWe ET/EH, as one table: the Modbus adapter, the simulator and
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

#include "coordinator/inverter/register.hpp"

namespace wattledger::inverter {

// Blocks are read whole; the inverter answers for every register in them. Settings answer one by
// one or in a contiguous run.
inline constexpr Range device_info_range{35000, 33};
inline constexpr Range running_range{35100, 125};
inline constexpr Range battery_range{37000, 24};
inline constexpr Range meter_range{36000, 45};
inline constexpr Range meter_58_range{36000, 58};
inline constexpr Range meter_125_range{36000, 125};
inline constexpr Range battery2_power_range{35262, 6};
inline constexpr Range battery2_range{39000, 22};
inline constexpr Range mppt_range{35301, 61};

// clang-format off
inline constexpr auto register_map = std::to_array<Register>({
    //address, words, type, scale, unit, sign, name, access, block, source
    // device_info
    {35000, 1, Type::u16, 0, Unit::none, Sign::none, "modbus_version", Access::read, Block::device_info, Source::library},
    {35001, 1, Type::u16, 0, Unit::watt, Sign::none, "rated_power", Access::read, Block::device_info, Source::library},
    {35002, 1, Type::u16, 0, Unit::none, Sign::none, "ac_output_type", Access::read, Block::device_info, Source::library},
    {35003, 8, Type::text, 0, Unit::none, Sign::none, "serial_number", Access::read, Block::device_info, Source::library},
    {35011, 5, Type::text, 0, Unit::none, Sign::none, "model_name", Access::read, Block::device_info, Source::library},
    {35016, 1, Type::u16, 0, Unit::none, Sign::none, "dsp1_version", Access::read, Block::device_info, Source::library},
    {35017, 1, Type::u16, 0, Unit::none, Sign::none, "dsp2_version", Access::read, Block::device_info, Source::library},
    {35018, 1, Type::u16, 0, Unit::none, Sign::none, "dsp_svn_version", Access::read, Block::device_info, Source::library},
    {35019, 1, Type::u16, 0, Unit::none, Sign::none, "arm_version", Access::read, Block::device_info, Source::library},
    {35020, 1, Type::u16, 0, Unit::none, Sign::none, "arm_svn_version", Access::read, Block::device_info, Source::library},
    {35021, 6, Type::text, 0, Unit::none, Sign::none, "firmware", Access::read, Block::device_info, Source::library},
    {35027, 6, Type::text, 0, Unit::none, Sign::none, "arm_firmware", Access::read, Block::device_info, Source::library},
    // running
    {35100, 3, Type::clock, 0, Unit::none, Sign::none, "timestamp", Access::read, Block::running, Source::library},
    {35103, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv1", Access::read, Block::running, Source::library},
    {35104, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv1", Access::read, Block::running, Source::library},
    {35105, 2, Type::u32, 0, Unit::watt, Sign::none, "ppv1", Access::read, Block::running, Source::library},
    {35107, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv2", Access::read, Block::running, Source::library},
    {35108, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv2", Access::read, Block::running, Source::library},
    {35109, 2, Type::u32, 0, Unit::watt, Sign::none, "ppv2", Access::read, Block::running, Source::library},
    {35111, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv3", Access::read, Block::running, Source::library},
    {35112, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv3", Access::read, Block::running, Source::library},
    {35113, 2, Type::u32, 0, Unit::watt, Sign::none, "ppv3", Access::read, Block::running, Source::library},
    {35115, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv4", Access::read, Block::running, Source::library},
    {35116, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv4", Access::read, Block::running, Source::library},
    {35117, 2, Type::u32, 0, Unit::watt, Sign::none, "ppv4", Access::read, Block::running, Source::library},
    {35119, 1, Type::u8_high, 0, Unit::none, Sign::none, "pv4_mode", Access::read, Block::running, Source::library},
    {35119, 1, Type::u8_low, 0, Unit::none, Sign::none, "pv3_mode", Access::read, Block::running, Source::library},
    {35120, 1, Type::u8_high, 0, Unit::none, Sign::none, "pv2_mode", Access::read, Block::running, Source::library},
    {35120, 1, Type::u8_low, 0, Unit::none, Sign::none, "pv1_mode", Access::read, Block::running, Source::library},
    {35121, 1, Type::u16, -1, Unit::volt, Sign::none, "vgrid", Access::read, Block::running, Source::library},
    {35122, 1, Type::u16, -1, Unit::ampere, Sign::none, "igrid", Access::read, Block::running, Source::library},
    {35123, 1, Type::s16, -2, Unit::hertz, Sign::none, "fgrid", Access::read, Block::running, Source::library},
    {35124, 2, Type::s32_low, 0, Unit::watt, Sign::none, "pgrid", Access::read, Block::running, Source::library},
    {35126, 1, Type::u16, -1, Unit::volt, Sign::none, "vgrid2", Access::read, Block::running, Source::library},
    {35127, 1, Type::u16, -1, Unit::ampere, Sign::none, "igrid2", Access::read, Block::running, Source::library},
    {35128, 1, Type::s16, -2, Unit::hertz, Sign::none, "fgrid2", Access::read, Block::running, Source::library},
    {35129, 2, Type::s32_low, 0, Unit::watt, Sign::none, "pgrid2", Access::read, Block::running, Source::library},
    {35131, 1, Type::u16, -1, Unit::volt, Sign::none, "vgrid3", Access::read, Block::running, Source::library},
    {35132, 1, Type::u16, -1, Unit::ampere, Sign::none, "igrid3", Access::read, Block::running, Source::library},
    {35133, 1, Type::s16, -2, Unit::hertz, Sign::none, "fgrid3", Access::read, Block::running, Source::library},
    {35134, 2, Type::s32_low, 0, Unit::watt, Sign::none, "pgrid3", Access::read, Block::running, Source::library},
    {35136, 1, Type::u16, 0, Unit::none, Sign::none, "grid_mode", Access::read, Block::running, Source::library},
    {35137, 2, Type::s32_low, 0, Unit::watt, Sign::none, "total_inverter_power", Access::read, Block::running, Source::library},
    {35139, 2, Type::s32_low, 0, Unit::watt, Sign::export_positive, "active_power", Access::read, Block::running, Source::library},
    {35141, 2, Type::s32_low, 0, Unit::var, Sign::none, "reactive_power", Access::read, Block::running, Source::library},
    {35143, 2, Type::s32_low, 0, Unit::volt_ampere, Sign::none, "apparent_power", Access::read, Block::running, Source::library},
    {35145, 1, Type::u16, -1, Unit::volt, Sign::none, "backup_v1", Access::read, Block::running, Source::library},
    {35146, 1, Type::u16, -1, Unit::ampere, Sign::none, "backup_i1", Access::read, Block::running, Source::library},
    {35147, 1, Type::s16, -2, Unit::hertz, Sign::none, "backup_f1", Access::read, Block::running, Source::library},
    {35148, 1, Type::u16, 0, Unit::none, Sign::none, "load_mode1", Access::read, Block::running, Source::library},
    {35149, 2, Type::s32_low, 0, Unit::watt, Sign::none, "backup_p1", Access::read, Block::running, Source::library},
    {35151, 1, Type::u16, -1, Unit::volt, Sign::none, "backup_v2", Access::read, Block::running, Source::library},
    {35152, 1, Type::u16, -1, Unit::ampere, Sign::none, "backup_i2", Access::read, Block::running, Source::library},
    {35153, 1, Type::s16, -2, Unit::hertz, Sign::none, "backup_f2", Access::read, Block::running, Source::library},
    {35154, 1, Type::u16, 0, Unit::none, Sign::none, "load_mode2", Access::read, Block::running, Source::library},
    {35155, 2, Type::s32_low, 0, Unit::watt, Sign::none, "backup_p2", Access::read, Block::running, Source::library},
    {35157, 1, Type::u16, -1, Unit::volt, Sign::none, "backup_v3", Access::read, Block::running, Source::library},
    {35158, 1, Type::u16, -1, Unit::ampere, Sign::none, "backup_i3", Access::read, Block::running, Source::library},
    {35159, 1, Type::s16, -2, Unit::hertz, Sign::none, "backup_f3", Access::read, Block::running, Source::library},
    {35160, 1, Type::u16, 0, Unit::none, Sign::none, "load_mode3", Access::read, Block::running, Source::library},
    {35161, 2, Type::s32_low, 0, Unit::watt, Sign::none, "backup_p3", Access::read, Block::running, Source::library},
    {35163, 2, Type::s32_low, 0, Unit::watt, Sign::none, "load_p1", Access::read, Block::running, Source::library},
    {35165, 2, Type::s32_low, 0, Unit::watt, Sign::none, "load_p2", Access::read, Block::running, Source::library},
    {35167, 2, Type::s32_low, 0, Unit::watt, Sign::none, "load_p3", Access::read, Block::running, Source::library},
    {35169, 2, Type::s32_low, 0, Unit::watt, Sign::none, "backup_ptotal", Access::read, Block::running, Source::library},
    {35171, 2, Type::s32_low, 0, Unit::watt, Sign::none, "load_ptotal", Access::read, Block::running, Source::library},
    {35173, 1, Type::u16, 0, Unit::percent, Sign::none, "ups_load", Access::read, Block::running, Source::library},
    {35174, 1, Type::s16, -1, Unit::celsius, Sign::none, "temperature_air", Access::read, Block::running, Source::library},
    {35175, 1, Type::s16, -1, Unit::celsius, Sign::none, "temperature_module", Access::read, Block::running, Source::library},
    {35176, 1, Type::s16, -1, Unit::celsius, Sign::none, "temperature", Access::read, Block::running, Source::library},
    {35177, 1, Type::u16, 0, Unit::none, Sign::none, "function_bit", Access::read, Block::running, Source::library},
    {35178, 1, Type::u16, -1, Unit::volt, Sign::none, "bus_voltage", Access::read, Block::running, Source::library},
    {35179, 1, Type::u16, -1, Unit::volt, Sign::none, "nbus_voltage", Access::read, Block::running, Source::library},
    {35180, 1, Type::u16, -1, Unit::volt, Sign::none, "vbattery1", Access::read, Block::running, Source::library},
    {35181, 1, Type::s16, -1, Unit::ampere, Sign::discharge_positive, "ibattery1", Access::read, Block::running, Source::library},
    {35182, 2, Type::s32, 0, Unit::watt, Sign::discharge_positive, "pbattery1", Access::read, Block::running, Source::library},
    {35184, 1, Type::u16, 0, Unit::none, Sign::none, "battery_mode", Access::read, Block::running, Source::library},
    {35185, 1, Type::u16, 0, Unit::none, Sign::none, "warning_code", Access::read, Block::running, Source::library},
    {35186, 1, Type::u16, 0, Unit::none, Sign::none, "safety_country", Access::read, Block::running, Source::library},
    {35187, 1, Type::u16, 0, Unit::none, Sign::none, "work_mode", Access::read, Block::running, Source::library},
    {35188, 1, Type::u16, 0, Unit::none, Sign::none, "operation_mode", Access::read, Block::running, Source::library},
    {35189, 2, Type::u32, 0, Unit::none, Sign::none, "error_codes", Access::read, Block::running, Source::library},
    {35191, 2, Type::u32, -1, Unit::kilowatt_hour, Sign::none, "e_total", Access::read, Block::running, Source::library},
    {35193, 2, Type::u32, -1, Unit::kilowatt_hour, Sign::none, "e_day", Access::read, Block::running, Source::library},
    {35195, 2, Type::u32, -1, Unit::kilowatt_hour, Sign::none, "e_total_exp", Access::read, Block::running, Source::library},
    {35197, 2, Type::u32, 0, Unit::hour, Sign::none, "h_total", Access::read, Block::running, Source::library},
    {35199, 1, Type::u16, -1, Unit::kilowatt_hour, Sign::none, "e_day_exp", Access::read, Block::running, Source::library},
    {35200, 2, Type::u32, -1, Unit::kilowatt_hour, Sign::none, "e_total_imp", Access::read, Block::running, Source::library},
    {35202, 1, Type::u16, -1, Unit::kilowatt_hour, Sign::none, "e_day_imp", Access::read, Block::running, Source::library},
    {35203, 2, Type::u32, -1, Unit::kilowatt_hour, Sign::none, "e_load_total", Access::read, Block::running, Source::library},
    {35205, 1, Type::u16, -1, Unit::kilowatt_hour, Sign::none, "e_load_day", Access::read, Block::running, Source::library},
    {35206, 2, Type::u32, -1, Unit::kilowatt_hour, Sign::none, "e_bat_charge_total", Access::read, Block::running, Source::library},
    {35208, 1, Type::u16, -1, Unit::kilowatt_hour, Sign::none, "e_bat_charge_day", Access::read, Block::running, Source::library},
    {35209, 2, Type::u32, -1, Unit::kilowatt_hour, Sign::none, "e_bat_discharge_total", Access::read, Block::running, Source::library},
    {35211, 1, Type::u16, -1, Unit::kilowatt_hour, Sign::none, "e_bat_discharge_day", Access::read, Block::running, Source::library},
    {35220, 2, Type::u32, 0, Unit::none, Sign::none, "diagnose_result", Access::read, Block::running, Source::library},
    // battery
    {37000, 1, Type::u16, 0, Unit::none, Sign::none, "battery_bms", Access::read, Block::battery, Source::library},
    {37001, 1, Type::u16, 0, Unit::none, Sign::none, "battery_index", Access::read, Block::battery, Source::library},
    {37002, 1, Type::u16, 0, Unit::none, Sign::none, "battery_status", Access::read, Block::battery, Source::library},
    {37003, 1, Type::s16, -1, Unit::celsius, Sign::none, "battery_temperature", Access::read, Block::battery, Source::library},
    {37004, 1, Type::u16, 0, Unit::ampere, Sign::none, "battery_charge_limit", Access::read, Block::battery, Source::library},
    {37005, 1, Type::u16, 0, Unit::ampere, Sign::none, "battery_discharge_limit", Access::read, Block::battery, Source::library},
    {37006, 1, Type::u16, 0, Unit::none, Sign::none, "battery_error_l", Access::read, Block::battery, Source::library},
    {37007, 1, Type::u16, 0, Unit::percent, Sign::none, "battery_soc", Access::read, Block::battery, Source::library},
    {37008, 1, Type::u16, 0, Unit::percent, Sign::none, "battery_soh", Access::read, Block::battery, Source::library},
    {37009, 1, Type::u16, 0, Unit::none, Sign::none, "battery_modules", Access::read, Block::battery, Source::library},
    {37010, 1, Type::u16, 0, Unit::none, Sign::none, "battery_warning_l", Access::read, Block::battery, Source::library},
    {37011, 1, Type::u16, 0, Unit::none, Sign::none, "battery_protocol", Access::read, Block::battery, Source::library},
    {37012, 1, Type::u16, 0, Unit::none, Sign::none, "battery_error_h", Access::read, Block::battery, Source::library},
    {37013, 1, Type::u16, 0, Unit::none, Sign::none, "battery_warning_h", Access::read, Block::battery, Source::library},
    {37014, 1, Type::u16, 0, Unit::none, Sign::none, "battery_sw_version", Access::read, Block::battery, Source::library},
    {37015, 1, Type::u16, 0, Unit::none, Sign::none, "battery_hw_version", Access::read, Block::battery, Source::library},
    {37016, 1, Type::u16, 0, Unit::none, Sign::none, "battery_max_cell_temp_id", Access::read, Block::battery, Source::library},
    {37017, 1, Type::u16, 0, Unit::none, Sign::none, "battery_min_cell_temp_id", Access::read, Block::battery, Source::library},
    {37018, 1, Type::u16, 0, Unit::none, Sign::none, "battery_max_cell_voltage_id", Access::read, Block::battery, Source::library},
    {37019, 1, Type::u16, 0, Unit::none, Sign::none, "battery_min_cell_voltage_id", Access::read, Block::battery, Source::library},
    {37020, 1, Type::s16, -1, Unit::celsius, Sign::none, "battery_max_cell_temp", Access::read, Block::battery, Source::library},
    {37021, 1, Type::s16, -1, Unit::celsius, Sign::none, "battery_min_cell_temp", Access::read, Block::battery, Source::library},
    {37022, 1, Type::u16, -3, Unit::volt, Sign::none, "battery_max_cell_voltage", Access::read, Block::battery, Source::library},
    {37023, 1, Type::u16, -3, Unit::volt, Sign::none, "battery_min_cell_voltage", Access::read, Block::battery, Source::library},
    // battery2_power
    {35262, 1, Type::u16, -1, Unit::volt, Sign::none, "vbattery2", Access::read, Block::battery2_power, Source::library},
    {35263, 1, Type::s16, -1, Unit::ampere, Sign::discharge_positive, "ibattery2", Access::read, Block::battery2_power, Source::library},
    {35264, 2, Type::s32, 0, Unit::watt, Sign::discharge_positive, "pbattery2", Access::read, Block::battery2_power, Source::library},
    {35266, 1, Type::u16, 0, Unit::none, Sign::none, "battery2_mode", Access::read, Block::battery2_power, Source::library},
    // battery2
    {39000, 1, Type::u16, 0, Unit::none, Sign::none, "battery2_status", Access::read, Block::battery2, Source::library},
    {39001, 1, Type::s16, -1, Unit::celsius, Sign::none, "battery2_temperature", Access::read, Block::battery2, Source::library},
    {39002, 1, Type::u16, 0, Unit::ampere, Sign::none, "battery2_charge_limit", Access::read, Block::battery2, Source::library},
    {39003, 1, Type::u16, 0, Unit::ampere, Sign::none, "battery2_discharge_limit", Access::read, Block::battery2, Source::library},
    {39004, 1, Type::u16, 0, Unit::none, Sign::none, "battery2_error_l", Access::read, Block::battery2, Source::library},
    {39005, 1, Type::u16, 0, Unit::percent, Sign::none, "battery2_soc", Access::read, Block::battery2, Source::library},
    {39006, 1, Type::u16, 0, Unit::percent, Sign::none, "battery2_soh", Access::read, Block::battery2, Source::library},
    {39007, 1, Type::u16, 0, Unit::none, Sign::none, "battery2_modules", Access::read, Block::battery2, Source::library},
    {39008, 1, Type::u16, 0, Unit::none, Sign::none, "battery2_warning_l", Access::read, Block::battery2, Source::library},
    {39009, 1, Type::u16, 0, Unit::none, Sign::none, "battery2_protocol", Access::read, Block::battery2, Source::library},
    {39010, 1, Type::u16, 0, Unit::none, Sign::none, "battery2_error_h", Access::read, Block::battery2, Source::library},
    {39011, 1, Type::u16, 0, Unit::none, Sign::none, "battery2_warning_h", Access::read, Block::battery2, Source::library},
    {39012, 1, Type::u16, 0, Unit::none, Sign::none, "battery2_sw_version", Access::read, Block::battery2, Source::library},
    {39013, 1, Type::u16, 0, Unit::none, Sign::none, "battery2_hw_version", Access::read, Block::battery2, Source::library},
    {39014, 1, Type::u16, 0, Unit::none, Sign::none, "battery2_max_cell_temp_id", Access::read, Block::battery2, Source::library},
    {39015, 1, Type::u16, 0, Unit::none, Sign::none, "battery2_min_cell_temp_id", Access::read, Block::battery2, Source::library},
    {39016, 1, Type::u16, 0, Unit::none, Sign::none, "battery2_max_cell_voltage_id", Access::read, Block::battery2, Source::library},
    {39017, 1, Type::u16, 0, Unit::none, Sign::none, "battery2_min_cell_voltage_id", Access::read, Block::battery2, Source::library},
    {39018, 1, Type::s16, -1, Unit::celsius, Sign::none, "battery2_max_cell_temp", Access::read, Block::battery2, Source::library},
    {39019, 1, Type::s16, -1, Unit::celsius, Sign::none, "battery2_min_cell_temp", Access::read, Block::battery2, Source::library},
    {39020, 1, Type::u16, -3, Unit::volt, Sign::none, "battery2_max_cell_voltage", Access::read, Block::battery2, Source::library},
    {39021, 1, Type::u16, -3, Unit::volt, Sign::none, "battery2_min_cell_voltage", Access::read, Block::battery2, Source::library},
    // meter
    {36000, 1, Type::u16, 0, Unit::none, Sign::none, "commode", Access::read, Block::meter, Source::library},
    {36001, 1, Type::u16, 0, Unit::none, Sign::none, "rssi", Access::read, Block::meter, Source::library},
    {36002, 1, Type::u16, 0, Unit::none, Sign::none, "manufacture_code", Access::read, Block::meter, Source::library},
    {36003, 1, Type::u16, 0, Unit::none, Sign::none, "meter_test_status", Access::read, Block::meter, Source::library},
    {36004, 1, Type::u16, 0, Unit::none, Sign::none, "meter_comm_status", Access::read, Block::meter, Source::library},
    {36005, 1, Type::s16, 0, Unit::watt, Sign::export_positive, "active_power1", Access::read, Block::meter, Source::library},
    {36006, 1, Type::s16, 0, Unit::watt, Sign::export_positive, "active_power2", Access::read, Block::meter, Source::library},
    {36007, 1, Type::s16, 0, Unit::watt, Sign::export_positive, "active_power3", Access::read, Block::meter, Source::library},
    {36008, 1, Type::s16, 0, Unit::watt, Sign::export_positive, "active_power_total", Access::read, Block::meter, Source::library},
    {36009, 1, Type::s16, 0, Unit::var, Sign::none, "reactive_power_total", Access::read, Block::meter, Source::library},
    {36010, 1, Type::s16, -3, Unit::none, Sign::none, "meter_power_factor1", Access::read, Block::meter, Source::library},
    {36011, 1, Type::s16, -3, Unit::none, Sign::none, "meter_power_factor2", Access::read, Block::meter, Source::library},
    {36012, 1, Type::s16, -3, Unit::none, Sign::none, "meter_power_factor3", Access::read, Block::meter, Source::library},
    {36013, 1, Type::s16, -3, Unit::none, Sign::none, "meter_power_factor", Access::read, Block::meter, Source::library},
    {36014, 1, Type::s16, -2, Unit::hertz, Sign::none, "meter_freq", Access::read, Block::meter, Source::library},
    {36015, 2, Type::float32, 0, Unit::watt_hour, Sign::none, "meter_e_total_exp", Access::read, Block::meter, Source::library},
    {36017, 2, Type::float32, 0, Unit::watt_hour, Sign::none, "meter_e_total_imp", Access::read, Block::meter, Source::library},
    {36019, 2, Type::s32, 0, Unit::watt, Sign::export_positive, "meter_active_power1", Access::read, Block::meter, Source::library},
    {36021, 2, Type::s32, 0, Unit::watt, Sign::export_positive, "meter_active_power2", Access::read, Block::meter, Source::library},
    {36023, 2, Type::s32, 0, Unit::watt, Sign::export_positive, "meter_active_power3", Access::read, Block::meter, Source::library},
    {36025, 2, Type::s32, 0, Unit::watt, Sign::export_positive, "meter_active_power_total", Access::read, Block::meter, Source::library},
    {36027, 2, Type::s32, 0, Unit::var, Sign::none, "meter_reactive_power1", Access::read, Block::meter, Source::library},
    {36029, 2, Type::s32, 0, Unit::var, Sign::none, "meter_reactive_power2", Access::read, Block::meter, Source::library},
    {36031, 2, Type::s32, 0, Unit::var, Sign::none, "meter_reactive_power3", Access::read, Block::meter, Source::library},
    {36033, 2, Type::s32, 0, Unit::var, Sign::none, "meter_reactive_power_total", Access::read, Block::meter, Source::library},
    {36035, 2, Type::s32, 0, Unit::volt_ampere, Sign::none, "meter_apparent_power1", Access::read, Block::meter, Source::library},
    {36037, 2, Type::s32, 0, Unit::volt_ampere, Sign::none, "meter_apparent_power2", Access::read, Block::meter, Source::library},
    {36039, 2, Type::s32, 0, Unit::volt_ampere, Sign::none, "meter_apparent_power3", Access::read, Block::meter, Source::library},
    {36041, 2, Type::s32, 0, Unit::volt_ampere, Sign::none, "meter_apparent_power_total", Access::read, Block::meter, Source::library},
    {36043, 1, Type::u16, 0, Unit::none, Sign::none, "meter_type", Access::read, Block::meter, Source::library},
    {36044, 1, Type::u16, 0, Unit::none, Sign::none, "meter_sw_version", Access::read, Block::meter, Source::library},
    // meter_58
    {36045, 2, Type::s32, 0, Unit::watt, Sign::export_positive, "meter2_active_power", Access::read, Block::meter_58, Source::library},
    {36047, 2, Type::float32, 0, Unit::watt_hour, Sign::none, "meter2_e_total_exp", Access::read, Block::meter_58, Source::library},
    {36049, 2, Type::float32, 0, Unit::watt_hour, Sign::none, "meter2_e_total_imp", Access::read, Block::meter_58, Source::library},
    {36051, 1, Type::u16, 0, Unit::none, Sign::none, "meter2_comm_status", Access::read, Block::meter_58, Source::library},
    {36052, 1, Type::u16, -1, Unit::volt, Sign::none, "meter_voltage1", Access::read, Block::meter_58, Source::library},
    {36053, 1, Type::u16, -1, Unit::volt, Sign::none, "meter_voltage2", Access::read, Block::meter_58, Source::library},
    {36054, 1, Type::u16, -1, Unit::volt, Sign::none, "meter_voltage3", Access::read, Block::meter_58, Source::library},
    {36055, 1, Type::u16, -1, Unit::ampere, Sign::none, "meter_current1", Access::read, Block::meter_58, Source::library},
    {36056, 1, Type::u16, -1, Unit::ampere, Sign::none, "meter_current2", Access::read, Block::meter_58, Source::library},
    {36057, 1, Type::u16, -1, Unit::ampere, Sign::none, "meter_current3", Access::read, Block::meter_58, Source::library},
    // meter_125
    {36092, 4, Type::u64, -2, Unit::kilowatt_hour, Sign::none, "meter_e_total_exp1", Access::read, Block::meter_125, Source::library},
    {36096, 4, Type::u64, -2, Unit::kilowatt_hour, Sign::none, "meter_e_total_exp2", Access::read, Block::meter_125, Source::library},
    {36100, 4, Type::u64, -2, Unit::kilowatt_hour, Sign::none, "meter_e_total_exp3", Access::read, Block::meter_125, Source::library},
    {36104, 4, Type::u64, -2, Unit::kilowatt_hour, Sign::none, "meter_e_total_exp", Access::read, Block::meter_125, Source::library},
    {36108, 4, Type::u64, -2, Unit::kilowatt_hour, Sign::none, "meter_e_total_imp1", Access::read, Block::meter_125, Source::library},
    {36112, 4, Type::u64, -2, Unit::kilowatt_hour, Sign::none, "meter_e_total_imp2", Access::read, Block::meter_125, Source::library},
    {36116, 4, Type::u64, -2, Unit::kilowatt_hour, Sign::none, "meter_e_total_imp3", Access::read, Block::meter_125, Source::library},
    {36120, 4, Type::u64, -2, Unit::kilowatt_hour, Sign::none, "meter_e_total_imp", Access::read, Block::meter_125, Source::library},
    // mppt
    {35301, 2, Type::u32, 0, Unit::watt, Sign::none, "ppv_total", Access::read, Block::mppt, Source::library},
    {35303, 1, Type::u16, 0, Unit::none, Sign::none, "pv_channel", Access::read, Block::mppt, Source::library},
    {35304, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv5", Access::read, Block::mppt, Source::library},
    {35305, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv5", Access::read, Block::mppt, Source::library},
    {35306, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv6", Access::read, Block::mppt, Source::library},
    {35307, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv6", Access::read, Block::mppt, Source::library},
    {35308, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv7", Access::read, Block::mppt, Source::library},
    {35309, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv7", Access::read, Block::mppt, Source::library},
    {35310, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv8", Access::read, Block::mppt, Source::library},
    {35311, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv8", Access::read, Block::mppt, Source::library},
    {35312, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv9", Access::read, Block::mppt, Source::library},
    {35313, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv9", Access::read, Block::mppt, Source::library},
    {35314, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv10", Access::read, Block::mppt, Source::library},
    {35315, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv10", Access::read, Block::mppt, Source::library},
    {35316, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv11", Access::read, Block::mppt, Source::library},
    {35317, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv11", Access::read, Block::mppt, Source::library},
    {35318, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv12", Access::read, Block::mppt, Source::library},
    {35319, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv12", Access::read, Block::mppt, Source::library},
    {35320, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv13", Access::read, Block::mppt, Source::library},
    {35321, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv13", Access::read, Block::mppt, Source::library},
    {35322, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv14", Access::read, Block::mppt, Source::library},
    {35323, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv14", Access::read, Block::mppt, Source::library},
    {35324, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv15", Access::read, Block::mppt, Source::library},
    {35325, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv15", Access::read, Block::mppt, Source::library},
    {35326, 1, Type::u16, -1, Unit::volt, Sign::none, "vpv16", Access::read, Block::mppt, Source::library},
    {35327, 1, Type::u16, -1, Unit::ampere, Sign::none, "ipv16", Access::read, Block::mppt, Source::library},
    {35337, 1, Type::u16, 0, Unit::watt, Sign::none, "pmppt1", Access::read, Block::mppt, Source::library},
    {35338, 1, Type::u16, 0, Unit::watt, Sign::none, "pmppt2", Access::read, Block::mppt, Source::library},
    {35339, 1, Type::u16, 0, Unit::watt, Sign::none, "pmppt3", Access::read, Block::mppt, Source::library},
    {35340, 1, Type::u16, 0, Unit::watt, Sign::none, "pmppt4", Access::read, Block::mppt, Source::library},
    {35341, 1, Type::u16, 0, Unit::watt, Sign::none, "pmppt5", Access::read, Block::mppt, Source::library},
    {35342, 1, Type::u16, 0, Unit::watt, Sign::none, "pmppt6", Access::read, Block::mppt, Source::library},
    {35343, 1, Type::u16, 0, Unit::watt, Sign::none, "pmppt7", Access::read, Block::mppt, Source::library},
    {35344, 1, Type::u16, 0, Unit::watt, Sign::none, "pmppt8", Access::read, Block::mppt, Source::library},
    {35345, 1, Type::u16, -1, Unit::ampere, Sign::none, "imppt1", Access::read, Block::mppt, Source::library},
    {35346, 1, Type::u16, -1, Unit::ampere, Sign::none, "imppt2", Access::read, Block::mppt, Source::library},
    {35347, 1, Type::u16, -1, Unit::ampere, Sign::none, "imppt3", Access::read, Block::mppt, Source::library},
    {35348, 1, Type::u16, -1, Unit::ampere, Sign::none, "imppt4", Access::read, Block::mppt, Source::library},
    {35349, 1, Type::u16, -1, Unit::ampere, Sign::none, "imppt5", Access::read, Block::mppt, Source::library},
    {35350, 1, Type::u16, -1, Unit::ampere, Sign::none, "imppt6", Access::read, Block::mppt, Source::library},
    {35351, 1, Type::u16, -1, Unit::ampere, Sign::none, "imppt7", Access::read, Block::mppt, Source::library},
    {35352, 1, Type::u16, -1, Unit::ampere, Sign::none, "imppt8", Access::read, Block::mppt, Source::library},
    {35353, 2, Type::s32, 0, Unit::var, Sign::none, "reactive_power1", Access::read, Block::mppt, Source::library},
    {35355, 2, Type::s32, 0, Unit::var, Sign::none, "reactive_power2", Access::read, Block::mppt, Source::library},
    {35357, 2, Type::s32, 0, Unit::var, Sign::none, "reactive_power3", Access::read, Block::mppt, Source::library},
    {35359, 2, Type::s32, 0, Unit::volt_ampere, Sign::none, "apparent_power1", Access::read, Block::mppt, Source::library},
    {35361, 2, Type::s32, 0, Unit::volt_ampere, Sign::none, "apparent_power2", Access::read, Block::mppt, Source::library},
    {35363, 2, Type::s32, 0, Unit::volt_ampere, Sign::none, "apparent_power3", Access::read, Block::mppt, Source::library},
    // settings
    {45127, 1, Type::u16, 0, Unit::none, Sign::none, "comm_address", Access::read_write, Block::settings, Source::library},
    {45132, 2, Type::u32, 0, Unit::none, Sign::none, "modbus_baud_rate", Access::read_write, Block::settings, Source::library},
    {45200, 3, Type::clock, 0, Unit::none, Sign::none, "time", Access::read_write, Block::settings, Source::library},
    {45246, 1, Type::u16, 0, Unit::none, Sign::none, "sensitivity_check", Access::read_write, Block::settings, Source::library},
    {45248, 1, Type::u16, 0, Unit::none, Sign::none, "cold_start", Access::read_write, Block::settings, Source::library},
    {45251, 1, Type::u16, 0, Unit::none, Sign::none, "shadow_scan", Access::read_write, Block::settings, Source::library},
    {45252, 1, Type::u16, 0, Unit::none, Sign::none, "backup_supply", Access::read_write, Block::settings, Source::library},
    {45264, 1, Type::u16, 0, Unit::none, Sign::none, "unbalanced_output", Access::read_write, Block::settings, Source::library},
    {45288, 1, Type::u16, 0, Unit::none, Sign::none, "pen_relay", Access::read_write, Block::settings, Source::library},
    {45350, 1, Type::u16, 0, Unit::ampere_hour, Sign::none, "battery_capacity", Access::read_write, Block::settings, Source::library},
    {45351, 1, Type::u16, 0, Unit::none, Sign::none, "battery_modules", Access::read_write, Block::settings, Source::library},
    {45352, 1, Type::u16, -1, Unit::volt, Sign::none, "battery_charge_voltage", Access::read_write, Block::settings, Source::library},
    {45353, 1, Type::u16, -1, Unit::ampere, Sign::none, "battery_charge_current", Access::read_write, Block::settings, Source::library},
    {45354, 1, Type::u16, -1, Unit::volt, Sign::none, "battery_discharge_voltage", Access::read_write, Block::settings, Source::library},
    {45355, 1, Type::u16, -1, Unit::ampere, Sign::none, "battery_discharge_current", Access::read_write, Block::settings, Source::library},
    {45356, 1, Type::u16, 0, Unit::percent, Sign::none, "battery_discharge_depth", Access::read_write, Block::settings, Source::library},
    {45357, 1, Type::u16, -1, Unit::volt, Sign::none, "battery_discharge_voltage_offline", Access::read_write, Block::settings, Source::library},
    {45358, 1, Type::u16, 0, Unit::percent, Sign::none, "battery_discharge_depth_offline", Access::read_write, Block::settings, Source::library},
    {45482, 1, Type::s16, -2, Unit::none, Sign::none, "power_factor", Access::read_write, Block::settings, Source::library},
    {47000, 1, Type::u16, 0, Unit::none, Sign::none, "work_mode", Access::read_write, Block::settings, Source::library},
    {47010, 1, Type::u16, 0, Unit::none, Sign::none, "dred", Access::read_write, Block::settings, Source::library},
    {47120, 1, Type::u16, 0, Unit::watt, Sign::none, "meter_target_power_offset", Access::read_write, Block::settings, Source::library},
    {47500, 1, Type::u16, 0, Unit::none, Sign::none, "battery_soc_protection", Access::read_write, Block::settings, Source::library},
    {47509, 1, Type::u16, 0, Unit::none, Sign::none, "grid_export", Access::read_write, Block::settings, Source::library},
    {47510, 1, Type::u16, 0, Unit::watt, Sign::none, "grid_export_limit", Access::read_write, Block::settings, Source::library},
    {47511, 1, Type::u16, 0, Unit::none, Sign::none, "ems_mode", Access::read_write, Block::settings, Source::library},
    {47512, 1, Type::u16, 0, Unit::watt, Sign::none, "ems_power_limit", Access::read_write, Block::settings, Source::library},
    {47514, 1, Type::u16, 0, Unit::none, Sign::none, "battery_protocol_code", Access::read_write, Block::settings, Source::library},
    {47515, 4, Type::eco_group_v1, 0, Unit::none, Sign::none, "eco_mode_1", Access::read_write, Block::settings, Source::library},
    {47518, 1, Type::u8_high, 0, Unit::none, Sign::none, "eco_mode_1_switch", Access::read_write, Block::settings, Source::library},
    {47519, 4, Type::eco_group_v1, 0, Unit::none, Sign::none, "eco_mode_2", Access::read_write, Block::settings, Source::library},
    {47522, 1, Type::u8_high, 0, Unit::none, Sign::none, "eco_mode_2_switch", Access::read_write, Block::settings, Source::library},
    {47523, 4, Type::eco_group_v1, 0, Unit::none, Sign::none, "eco_mode_3", Access::read_write, Block::settings, Source::library},
    {47526, 1, Type::u8_high, 0, Unit::none, Sign::none, "eco_mode_3_switch", Access::read_write, Block::settings, Source::library},
    {47527, 4, Type::eco_group_v1, 0, Unit::none, Sign::none, "eco_mode_4", Access::read_write, Block::settings, Source::library},
    {47530, 1, Type::u8_high, 0, Unit::none, Sign::none, "eco_mode_4_switch", Access::read_write, Block::settings, Source::library},
    {47533, 1, Type::u16, 0, Unit::none, Sign::none, "clear_battery_mode_param", Access::write, Block::settings, Source::library},
    {47760, 1, Type::u16, 0, Unit::none, Sign::none, "soc_upper_limit", Access::read_write, Block::settings, Source::library},
    // settings_arm19
    {47545, 1, Type::u16, 0, Unit::none, Sign::none, "fast_charging", Access::read_write, Block::settings_arm19, Source::library},
    {47546, 1, Type::u16, 0, Unit::percent, Sign::none, "fast_charging_soc", Access::read_write, Block::settings_arm19, Source::library},
    {47547, 6, Type::eco_group, 0, Unit::none, Sign::none, "eco_mode_1", Access::read_write, Block::settings_arm19, Source::library},
    {47549, 1, Type::u8_high, 0, Unit::none, Sign::none, "eco_mode_1_switch", Access::read_write, Block::settings_arm19, Source::library},
    {47553, 6, Type::eco_group, 0, Unit::none, Sign::none, "eco_mode_2", Access::read_write, Block::settings_arm19, Source::library},
    {47555, 1, Type::u8_high, 0, Unit::none, Sign::none, "eco_mode_2_switch", Access::read_write, Block::settings_arm19, Source::library},
    {47559, 6, Type::eco_group, 0, Unit::none, Sign::none, "eco_mode_3", Access::read_write, Block::settings_arm19, Source::library},
    {47561, 1, Type::u8_high, 0, Unit::none, Sign::none, "eco_mode_3_switch", Access::read_write, Block::settings_arm19, Source::library},
    {47565, 6, Type::eco_group, 0, Unit::none, Sign::none, "eco_mode_4", Access::read_write, Block::settings_arm19, Source::library},
    {47567, 1, Type::u8_high, 0, Unit::none, Sign::none, "eco_mode_4_switch", Access::read_write, Block::settings_arm19, Source::library},
    {47595, 1, Type::u16, 0, Unit::none, Sign::none, "load_control_mode", Access::read_write, Block::settings_arm19, Source::library},
    {47596, 1, Type::u16, 0, Unit::none, Sign::none, "load_control_switch", Access::read_write, Block::settings_arm19, Source::library},
    {47597, 1, Type::u16, 0, Unit::none, Sign::none, "load_control_soc", Access::read_write, Block::settings_arm19, Source::library},
    {47599, 1, Type::u16, 0, Unit::none, Sign::none, "hardware_feed_power", Access::read_write, Block::settings_arm19, Source::library},
    {47603, 1, Type::u16, 0, Unit::percent, Sign::none, "fast_charging_power", Access::read_write, Block::settings_arm19, Source::library},
    // settings_arm22
    {47542, 2, Type::u32, 0, Unit::none, Sign::none, "peak_shaving_power_limit", Access::read_write, Block::settings_arm22, Source::library},
    {47544, 1, Type::u16, 0, Unit::none, Sign::none, "peak_shaving_soc", Access::read_write, Block::settings_arm22, Source::library},
    {47571, 6, Type::eco_group, 0, Unit::none, Sign::none, "eco_mode_5", Access::read_write, Block::settings_arm22, Source::commented},
    {47577, 6, Type::eco_group, 0, Unit::none, Sign::none, "eco_mode_6", Access::read_write, Block::settings_arm22, Source::commented},
    {47583, 6, Type::eco_group, 0, Unit::none, Sign::none, "eco_mode_7", Access::read_write, Block::settings_arm22, Source::commented},
    {47589, 6, Type::eco_group, 0, Unit::none, Sign::none, "peak_shaving_mode", Access::read_write, Block::settings_arm22, Source::library},
    {47602, 1, Type::u16, 0, Unit::none, Sign::none, "dod_holding", Access::read_write, Block::settings_arm22, Source::library},
    {47605, 1, Type::u16, 0, Unit::none, Sign::none, "backup_mode_enable", Access::read_write, Block::settings_arm22, Source::library},
    {47606, 1, Type::u16, 0, Unit::none, Sign::none, "max_charge_power", Access::read_write, Block::settings_arm22, Source::library},
    {47609, 1, Type::u16, 0, Unit::none, Sign::none, "smart_charging_enable", Access::read_write, Block::settings_arm22, Source::library},
    {47612, 1, Type::u16, 0, Unit::none, Sign::none, "eco_mode_enable", Access::read_write, Block::settings_arm22, Source::issues},
    // bms
    {47900, 1, Type::u16, 0, Unit::none, Sign::none, "bms_version", Access::read, Block::bms, Source::library},
    {47901, 1, Type::u16, 0, Unit::none, Sign::none, "bms_bat_modules", Access::read, Block::bms, Source::library},
    {47902, 1, Type::u16, -1, Unit::volt, Sign::none, "bms_bat_charge_v_max", Access::read, Block::bms, Source::library},
    {47903, 1, Type::u16, -1, Unit::ampere, Sign::none, "bms_bat_charge_i_max", Access::read, Block::bms, Source::library},
    {47904, 1, Type::u16, -1, Unit::volt, Sign::none, "bms_bat_discharge_v_min", Access::read, Block::bms, Source::library},
    {47905, 1, Type::u16, -1, Unit::ampere, Sign::none, "bms_bat_discharge_i_max", Access::read, Block::bms, Source::library},
    {47906, 1, Type::u16, -1, Unit::volt, Sign::none, "bms_bat_voltage", Access::read, Block::bms, Source::library},
    {47907, 1, Type::u16, -1, Unit::ampere, Sign::none, "bms_bat_current", Access::read, Block::bms, Source::library},
    {47908, 1, Type::u16, 0, Unit::percent, Sign::none, "bms_bat_soc", Access::read, Block::bms, Source::library},
    {47909, 1, Type::u16, 0, Unit::percent, Sign::none, "bms_bat_soh", Access::read, Block::bms, Source::library},
    {47910, 1, Type::s16, -1, Unit::celsius, Sign::none, "bms_bat_temperature", Access::read, Block::bms, Source::library},
    {47911, 2, Type::u32, 0, Unit::none, Sign::none, "bms_bat_warning-code", Access::read, Block::bms, Source::library},
    {47913, 2, Type::u32, 0, Unit::none, Sign::none, "bms_bat_alarm-code", Access::read, Block::bms, Source::library},
    {47915, 1, Type::u16, 0, Unit::none, Sign::none, "bms_status", Access::read, Block::bms, Source::library},
    {47916, 1, Type::u16, 0, Unit::none, Sign::none, "bms_comm_loss_disable", Access::read, Block::bms, Source::library},
    {47917, 1, Type::u16, 0, Unit::none, Sign::none, "bms_battery_string_rate_v", Access::read, Block::bms, Source::library},
    {47918, 1, Type::u16, 0, Unit::none, Sign::none, "bms2_version", Access::read, Block::bms, Source::library},
    {47919, 1, Type::u16, 0, Unit::none, Sign::none, "bms2_bat_modules", Access::read, Block::bms, Source::library},
    {47920, 1, Type::u16, -1, Unit::volt, Sign::none, "bms2_bat_charge_v_max", Access::read, Block::bms, Source::library},
    {47921, 1, Type::u16, -1, Unit::ampere, Sign::none, "bms2_bat_charge_i_max", Access::read, Block::bms, Source::library},
    {47922, 1, Type::u16, -1, Unit::volt, Sign::none, "bms2_bat_discharge_v_min", Access::read, Block::bms, Source::library},
    {47923, 1, Type::u16, -1, Unit::ampere, Sign::none, "bms2_bat_discharge_i_max", Access::read, Block::bms, Source::library},
    {47924, 1, Type::u16, -1, Unit::volt, Sign::none, "bms2_bat_voltage", Access::read, Block::bms, Source::library},
    {47925, 1, Type::u16, -1, Unit::ampere, Sign::none, "bms2_bat_current", Access::read, Block::bms, Source::library},
    {47926, 1, Type::u16, 0, Unit::percent, Sign::none, "bms2_bat_soc", Access::read, Block::bms, Source::library},
    {47927, 1, Type::u16, 0, Unit::percent, Sign::none, "bms2_bat_soh", Access::read, Block::bms, Source::library},
    {47928, 1, Type::s16, -1, Unit::celsius, Sign::none, "bms2_bat_temperature", Access::read, Block::bms, Source::library},
    {47929, 2, Type::u32, 0, Unit::none, Sign::none, "bms2_bat_warning-code", Access::read, Block::bms, Source::library},
    {47931, 2, Type::u32, 0, Unit::none, Sign::none, "bms2_bat_alarm-code", Access::read, Block::bms, Source::library},
    {47933, 1, Type::u16, 0, Unit::none, Sign::none, "bms2_status", Access::read, Block::bms, Source::library},
    {47934, 1, Type::u16, 0, Unit::none, Sign::none, "bms2_comm_loss_disable", Access::read, Block::bms, Source::library},
    {47935, 1, Type::u16, 0, Unit::none, Sign::none, "bms2_battery_string_rate_v", Access::read, Block::bms, Source::library},
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
    case Unit::ampere_hour:
      break;
  }
  for (int i = entry.scale; i < 0; ++i) step /= 10;
  return step;
}

// "kWh", empty for plain numbers.
[[nodiscard]] std::string_view unit_text(Unit unit);
// "meter_58".
[[nodiscard]] std::string_view block_name(Block block);
[[nodiscard]] std::optional<Block> block_of(std::string_view name);

// What decode_value can read: not a clock, a text, an eco group.
[[nodiscard]] constexpr bool is_number(const Register& entry) {
  return entry.type != Type::clock && entry.type != Type::text && entry.type != Type::eco_group &&
         entry.type != Type::eco_group_v1;
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

// The marker of "not present"; halves of registers are left as they are.
void put_absent(const Register& entry, std::span<std::uint16_t> words);

// ASCII or (745 platform) UTF-16 text, trimmed; absent when a byte cannot be printed.
[[nodiscard]] std::optional<std::string> decode_text(std::span<const std::uint16_t> words);
void encode_text(std::string_view text, std::span<std::uint16_t> words);

}  // namespace wattledger::inverter
