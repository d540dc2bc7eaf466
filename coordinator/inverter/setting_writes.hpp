// Settings of the owner's that the tool changes: each as the writes for it, limits before enables,
// every number judged first; whole work modes as the reference library writes them; and the way
// back to the settings as they were found. Pure.
//
// Function 16 where a write has more than one word, 6 else. Values outside what is written here
// are invalid_input; unsupported: not on this unit.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "coordinator/inverter/controls.hpp"
#include "events/result.hpp"
#include "events/units.hpp"

namespace wattledger::inverter {

using Writes = std::vector<Write>;

// Watts at the grid connection, 47510, before the switch 47509; absent: the limit is switched off
// and its watts stay. Below 0, as some owners have it: so much is imported. -32768..32767.
[[nodiscard]] Result<Writes> writes_for_export_limit(std::optional<Watts> limit);
// On the grid: 45356 holds the charge that stays, 100 - depth. Percent, 0..100.
[[nodiscard]] Result<Writes> writes_for_discharge_depth(std::int64_t percent);
// To a charge in percent (0..100), at so many percent of the rated power (1..100).
[[nodiscard]] Result<Writes> writes_for_fast_charging(std::int64_t soc, std::int64_t power);
[[nodiscard]] Writes writes_for_fast_charging_off();
// Mode 1 (auto) to 12 with its watts, 0..65535, in one request; a mode without watts leaves them.
[[nodiscard]] Result<Writes> writes_for_ems(std::int64_t mode, std::optional<Watts> power);
// The charge that stays while an EMS mode holds, where 45356 is not looked at then. Percent.
[[nodiscard]] Result<Writes> writes_for_soc_protection(std::int64_t percent);
[[nodiscard]] Writes writes_for_tou_switch(bool on);
// The inverter's wall clock; years 2000 to 2099.
[[nodiscard]] Result<Writes> writes_for_clock(LocalTime wall);

enum class WorkMode : std::uint8_t {
  general,
  off_grid,
  backup,
  eco,
  peak_shaving,
  self_use,  // 745 platform
  eco_charge,
  eco_discharge
};
// "eco-charge"
[[nodiscard]] std::string_view work_mode_name(WorkMode mode);
[[nodiscard]] std::optional<WorkMode> work_mode_of(std::string_view name);

// Every write of the reference library's change to this mode, whatever stands there: each sets EMS
// back to auto (off-grid: to its mode 7), and all but eco clear the battery's parameters. `group`
// is group 1 for eco charge and discharge; the other three are switched off (their type stays,
// where the library writes 0), and a TOU switch that is off is set before the mode. The library
// asks for group 1 first, to learn its type: here group_type() tells it. General ends a fast
// charge, too, which the library does not look for.
[[nodiscard]] Result<Writes> writes_for_work_mode(WorkMode mode, const Controls& found,
                                                  const std::optional<EcoGroup>& group = {});

// What puts `kept` back where `now` differs, in an order in which nothing runs without its limit:
// general mode where something of ours may be running, what is on and was off; groups, limits;
// what is off and was on; the work mode. Registers that `now` has not, or that the map does not let
// anybody write, are left alone.
[[nodiscard]] Writes writes_for_restore(const RegisterWords& kept, const RegisterWords& now);

// What differs between two readings of settings, for people: "battery_discharge_depth 20, was 10";
// an eco group is named only. The first three of them.
[[nodiscard]] std::string changes_text(const RegisterWords& before, const RegisterWords& now);

// False for what is an order rather than a setting: it reads otherwise, or not at all.
[[nodiscard]] bool reads_back(const Write& write);
// Firmware may give a group back with its months told otherwise; a clock goes on.
[[nodiscard]] bool says_the_same(const Write& write, std::span<const std::uint16_t> found);
// The failure to tell, given what differs().
[[nodiscard]] Failure not_applied(const std::string& difference);

}  // namespace wattledger::inverter
