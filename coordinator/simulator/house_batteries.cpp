// The blocks of the batteries and of their management systems. Two batteries charge and discharge
// alike, each by its share of the capacity.
#include <algorithm>
#include <cstdlib>

#include "coordinator/simulator/block_page.hpp"
#include "coordinator/simulator/house_impl.hpp"

namespace wattledger::simulator {
namespace {

// A battery block is the same for both batteries, under other names.
struct PackRows {
  Register status, temperature, charge_limit, discharge_limit, soc, soh, modules, protocol,
      sw_version, max_temp_id, min_temp_id, max_volts_id, min_volts_id, max_temp, min_temp,
      max_volts, min_volts;
};
constexpr PackRows pack1{
    row(Block::battery, "battery_status"),
    row(Block::battery, "battery_temperature"),
    row(Block::battery, "battery_charge_limit"),
    row(Block::battery, "battery_discharge_limit"),
    row(Block::battery, "battery_soc"),
    row(Block::battery, "battery_soh"),
    row(Block::battery, "battery_modules"),
    row(Block::battery, "battery_protocol"),
    row(Block::battery, "battery_sw_version"),
    row(Block::battery, "battery_max_cell_temp_id"),
    row(Block::battery, "battery_min_cell_temp_id"),
    row(Block::battery, "battery_max_cell_voltage_id"),
    row(Block::battery, "battery_min_cell_voltage_id"),
    row(Block::battery, "battery_max_cell_temp"),
    row(Block::battery, "battery_min_cell_temp"),
    row(Block::battery, "battery_max_cell_voltage"),
    row(Block::battery, "battery_min_cell_voltage"),
};
constexpr PackRows pack2{
    row(Block::battery2, "battery2_status"),
    row(Block::battery2, "battery2_temperature"),
    row(Block::battery2, "battery2_charge_limit"),
    row(Block::battery2, "battery2_discharge_limit"),
    row(Block::battery2, "battery2_soc"),
    row(Block::battery2, "battery2_soh"),
    row(Block::battery2, "battery2_modules"),
    row(Block::battery2, "battery2_protocol"),
    row(Block::battery2, "battery2_sw_version"),
    row(Block::battery2, "battery2_max_cell_temp_id"),
    row(Block::battery2, "battery2_min_cell_temp_id"),
    row(Block::battery2, "battery2_max_cell_voltage_id"),
    row(Block::battery2, "battery2_min_cell_voltage_id"),
    row(Block::battery2, "battery2_max_cell_temp"),
    row(Block::battery2, "battery2_min_cell_temp"),
    row(Block::battery2, "battery2_max_cell_voltage"),
    row(Block::battery2, "battery2_min_cell_voltage"),
};

struct Pack {
  std::int64_t soc_bp, power, charge_allowed, discharge_allowed, heat_mc;
};
// What is allowed is told in whole amperes.
void put_pack(Page& page, const PackRows& rows, const Pack& pack) {
  const std::int64_t volts = battery_mv(pack.soc_bp);
  constexpr std::int64_t cells_in_series = 128;
  page.put(rows.status, 1);
  page.put(rows.temperature, pack.heat_mc);
  page.put(rows.charge_limit, current_ma(pack.charge_allowed, volts));
  page.put(rows.discharge_limit, current_ma(pack.discharge_allowed, volts));
  page.put(rows.soc, pack.soc_bp);
  page.put(rows.soh, 9'800);
  page.put(rows.modules, 8);
  page.put(rows.protocol, 288);
  page.put(rows.sw_version, 21);
  page.put(rows.max_temp_id, 3);
  page.put(rows.min_temp_id, 7);
  page.put(rows.max_volts_id, 11);
  page.put(rows.min_volts_id, 42);
  page.put(rows.max_temp, pack.heat_mc + 500);
  page.put(rows.min_temp, pack.heat_mc - 500);
  page.put(rows.max_volts, volts / cells_in_series + 4);
  page.put(rows.min_volts, volts / cells_in_series - 4);
}

Pack pack_of(const House::Impl& house, bool second) {
  const BasisPoints share = house.options.profile.second_battery;
  const std::int64_t power = part(house.flow.battery, share, second);
  return {house.soc_bp_locked(), power, part(house.charge_allowed_locked(), share, second),
          part(house.discharge_allowed_locked(), share, second),
          21'000 + std::abs(power) + wobble(house.options.seed, house.now, second ? 12 : 11, 400)};
}

struct BmsRows {
  Register version, modules, charge_volts, charge_amperes, discharge_volts, discharge_amperes,
      volts, amperes, soc, soh, temperature, status;
};
constexpr BmsRows bms1{row(Block::bms, "bms_version"),
                       row(Block::bms, "bms_bat_modules"),
                       row(Block::bms, "bms_bat_charge_v_max"),
                       row(Block::bms, "bms_bat_charge_i_max"),
                       row(Block::bms, "bms_bat_discharge_v_min"),
                       row(Block::bms, "bms_bat_discharge_i_max"),
                       row(Block::bms, "bms_bat_voltage"),
                       row(Block::bms, "bms_bat_current"),
                       row(Block::bms, "bms_bat_soc"),
                       row(Block::bms, "bms_bat_soh"),
                       row(Block::bms, "bms_bat_temperature"),
                       row(Block::bms, "bms_status")};
constexpr BmsRows bms2{row(Block::bms, "bms2_version"),
                       row(Block::bms, "bms2_bat_modules"),
                       row(Block::bms, "bms2_bat_charge_v_max"),
                       row(Block::bms, "bms2_bat_charge_i_max"),
                       row(Block::bms, "bms2_bat_discharge_v_min"),
                       row(Block::bms, "bms2_bat_discharge_i_max"),
                       row(Block::bms, "bms2_bat_voltage"),
                       row(Block::bms, "bms2_bat_current"),
                       row(Block::bms, "bms2_bat_soc"),
                       row(Block::bms, "bms2_bat_soh"),
                       row(Block::bms, "bms2_bat_temperature"),
                       row(Block::bms, "bms2_status")};

void put_bms(Page& page, const BmsRows& rows, const Pack& pack) {
  const std::int64_t volts = battery_mv(pack.soc_bp);
  page.put(rows.version, 21);
  page.put(rows.modules, 8);
  page.put(rows.charge_volts, battery_mv(10'000));
  page.put(rows.charge_amperes, current_ma(pack.charge_allowed, volts));
  page.put(rows.discharge_volts, battery_mv(0));
  page.put(rows.discharge_amperes, current_ma(pack.discharge_allowed, volts));
  page.put(rows.volts, volts);
  page.put(rows.amperes, std::abs(current_ma(pack.power, volts)));
  page.put(rows.soc, pack.soc_bp);
  page.put(rows.soh, 9'800);
  page.put(rows.temperature, pack.heat_mc);
  page.put(rows.status, 1);
}

}  // namespace

void House::Impl::battery_locked(std::span<std::uint16_t> words) const {
  Page page(words, inverter::battery_range);
  page.put(row(Block::battery, "battery_bms"), 255);
  page.put(row(Block::battery, "battery_index"), 1);
  put_pack(page, pack1, pack_of(*this, false));
}

void House::Impl::battery2_power_locked(std::span<std::uint16_t> words) const {
  Page page(words, inverter::battery2_power_range);
  const std::int64_t volts = battery_mv(soc_bp_locked());
  const std::int64_t power = part(flow.battery, options.profile.second_battery, true);
  page.put(row(Block::battery2_power, "vbattery2"), volts);
  page.put(row(Block::battery2_power, "ibattery2"), current_ma(power, volts));
  page.put(row(Block::battery2_power, "pbattery2"), power);
  page.put(row(Block::battery2_power, "battery2_mode"), battery_mode(power));
}

void House::Impl::battery2_locked(std::span<std::uint16_t> words) const {
  Page page(words, inverter::battery2_range);
  put_pack(page, pack2, pack_of(*this, true));
}

void House::Impl::bms_locked(std::span<std::uint16_t> words) const {
  Page page(words, bms_range);
  put_bms(page, bms1, pack_of(*this, false));
  if (platform.two_batteries) put_bms(page, bms2, pack_of(*this, true));
}

}  // namespace wattledger::simulator
