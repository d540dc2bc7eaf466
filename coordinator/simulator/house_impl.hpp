// What House is made of: physics (house.cpp) and the registers that show it (house_registers.cpp).
// Internal to this room.
//
// Every function whose name ends in _locked wants the mutex held.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

#include "coordinator/inverter/eco_group.hpp"
#include "coordinator/inverter/register_map.hpp"
#include "coordinator/simulator/simulator.hpp"

namespace wattledger::simulator {

// Energy in ten-thousandths of a joule: power in W times seconds times basis points of efficiency
// is a whole number of them.
using Cells = std::int64_t;
inline constexpr Cells cells_per_joule = 10'000;
inline constexpr Cells cells_per_mwh = 36'000;

// Powers of one instant; battery + = discharge, grid + = export; pv + battery = load + grid,
// always.
struct Flow {
  std::int64_t pv = 0;
  std::int64_t load = 0;
  std::int64_t battery = 0;
  std::int64_t grid = 0;
};

struct Counters {
  Cells pv = 0;
  Cells load = 0;
  Cells imported = 0;
  Cells exported = 0;
  Cells charged = 0;     // between inverter and battery, before losses
  Cells discharged = 0;  // after losses
  Cells lost = 0;
};

// The exceptions of Modbus that a register access can end in.
enum class Exception : std::uint8_t { none = 0, illegal_address = 2, illegal_value = 3 };

inline constexpr std::uint16_t settings_first = 45127;
inline constexpr std::uint16_t settings_last = 47760;

struct House::Impl {
  Impl(const HouseOptions& wanted, HouseYear house_year, UtcTime start);

  // Physics.
  void advance_locked(UtcTime to);
  void settle_locked();  // powers of this instant, after anything changed
  [[nodiscard]] Flow flow_locked(UtcTime at, std::int64_t seconds) const;
  [[nodiscard]] std::optional<inverter::EcoGroup> active_group_locked(UtcTime at) const;
  [[nodiscard]] LocalTime wall_locked(UtcTime at) const;  // the inverter's clock
  [[nodiscard]] std::int64_t soc_bp_locked() const;

  // Registers, from the server's thread; they take the mutex. `many`: function 16.
  Exception read(std::uint16_t address, std::span<std::uint16_t> words);
  Exception write(std::uint16_t address, std::span<const std::uint16_t> words, bool many);

  [[nodiscard]] std::uint16_t setting(std::uint16_t address) const {
    return settings[address - settings_first];
  }

  std::mutex mutex;
  HouseOptions options;
  HouseYear year;
  UtcTime started;
  UtcTime now;
  std::chrono::sys_seconds integrated;  // whole seconds are integrated, `now` may be a fraction on
  std::chrono::seconds shift{0};
  Cells capacity = 0;
  Cells stored = 0;
  Flow flow;
  Counters total;
  Counters at_midnight;  // by the inverter's clock
  std::chrono::local_days day;
  std::optional<std::int64_t> fixed_load;
  std::optional<std::int64_t> fixed_pv;
  std::array<std::uint16_t, settings_last - settings_first + 1> settings{};

 private:
  [[nodiscard]] std::int64_t charge_max_locked(Cells until, std::int64_t seconds) const;
  [[nodiscard]] std::int64_t discharge_max_locked(Cells until, std::int64_t seconds) const;
  [[nodiscard]] std::int64_t battery_locked(UtcTime at, const Flow& wanted,
                                            std::int64_t seconds) const;
  [[nodiscard]] Cells floor_locked() const;
  void integrate_locked(const Flow& during, std::int64_t seconds);
  void set_defaults();
  void device_info_locked(std::span<std::uint16_t> words) const;
  void running_locked(std::span<std::uint16_t> words) const;
  void battery_block_locked(std::span<std::uint16_t> words) const;
  void meter_locked(std::span<std::uint16_t> words) const;
  [[nodiscard]] Exception read_block_locked(std::uint16_t address,
                                            std::span<std::uint16_t> words) const;
};

}  // namespace wattledger::simulator
