// What House is made of: physics (house.cpp), what the inverter makes of its settings
// (house_control.cpp), the registers (house_registers.cpp) and the blocks that show it all
// (house_blocks.cpp). Internal to this room.
//
// Every function whose name ends in _locked wants the mutex held.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "coordinator/inverter/eco_group.hpp"
#include "coordinator/inverter/platform.hpp"
#include "coordinator/inverter/register_map.hpp"
#include "coordinator/simulator/simulator.hpp"

namespace wattledger::simulator {

// Energy in ten-thousandths of a joule: power in W times seconds times basis points of efficiency
// is a whole number of them.
using Cells = std::int64_t;
inline constexpr Cells cells_per_joule = 10'000;
inline constexpr Cells cells_per_mwh = 36'000;

// Powers of one instant in W; battery + = discharge, grid + = export; pv + battery = load + backup
// + grid, always.
struct Flow {
  std::int64_t pv = 0;
  std::int64_t load = 0;    // at the grid connection
  std::int64_t backup = 0;  // at the backup port
  std::int64_t battery = 0;
  std::int64_t grid = 0;
};

struct Counters {
  Cells pv = 0;
  Cells load = 0;  // backup included
  Cells imported = 0;
  Cells exported = 0;
  Cells charged = 0;     // between inverter and battery, before losses
  Cells discharged = 0;  // after losses
  Cells lost = 0;
};

// What the inverter would have the battery do, before anything limits it.
struct Intent {
  std::int64_t battery = 0;                // W, + discharge
  Cells full = 0;                          // charge no further than this
  Cells empty = 0;                         // … discharge
  std::optional<std::int64_t> output_max;  // of the AC side, W: the sun gives way
  std::optional<std::int64_t> export_max;
  bool battery_first = false;  // where both exceed the rated power, the sun gives way
};

// The exceptions of Modbus that a register access can end in.
enum class Exception : std::uint8_t { none = 0, illegal_address = 2, illegal_value = 3 };
enum class Rights : std::uint8_t { none, read, write, read_write };

inline constexpr std::uint16_t settings_first = 45127;
inline constexpr std::uint16_t settings_last = 47760;
inline constexpr std::size_t settings_count = settings_last - settings_first + 1;

struct House::Impl {
  using Settings = std::array<std::uint16_t, settings_count>;

  Impl(const HouseOptions& wanted, HouseYear house_year, UtcTime start);

  // Physics.
  void advance_locked(UtcTime to);
  void settle_locked();  // powers of this instant, after anything changed
  [[nodiscard]] Flow flow_locked(UtcTime at, std::int64_t seconds, bool moves) const;
  [[nodiscard]] LocalTime wall_locked(UtcTime at) const;  // the inverter's clock
  [[nodiscard]] std::int64_t soc_bp_locked() const;
  // What the BMS allows now, W.
  [[nodiscard]] std::int64_t charge_allowed_locked() const;
  [[nodiscard]] std::int64_t discharge_allowed_locked() const;
  [[nodiscard]] bool has(HouseFault fault) const { return faults.contains(fault); }

  // Control.
  [[nodiscard]] std::optional<inverter::EcoGroup> active_group_locked(UtcTime at) const;
  [[nodiscard]] Intent intent_locked(UtcTime at, std::int64_t pv, std::int64_t load) const;
  [[nodiscard]] bool island_locked() const;
  [[nodiscard]] Cells floor_locked() const;
  [[nodiscard]] bool fast_charging_locked() const;

  // Registers, from the server's thread; they take the mutex. `many`: function 16.
  Exception read(std::uint16_t address, std::span<std::uint16_t> words);
  Exception write(std::uint16_t address, std::span<const std::uint16_t> words, bool many);
  Exception write_locked(std::uint16_t address, std::span<const std::uint16_t> words, bool many);
  void set_defaults();
  void find_rights();
  void put_setting(const inverter::Register& entry, std::int64_t value);

  // Blocks.
  [[nodiscard]] std::vector<inverter::Block> blocks() const;
  [[nodiscard]] inverter::Range range_of(inverter::Block block) const;
  const std::vector<std::uint16_t>& page_locked(inverter::Block block);
  void forget_pages_locked();  // unless they are frozen
  void render_locked(inverter::Block block, std::span<std::uint16_t> words) const;

  [[nodiscard]] std::string snapshot_locked() const;
  [[nodiscard]] bool restore_locked(std::string_view text);

  [[nodiscard]] std::uint16_t setting(std::uint16_t address) const {
    return settings[address - settings_first];
  }
  // As the firmware obeys by now: a written setting, once the response time has passed.
  [[nodiscard]] std::uint16_t in_force(std::uint16_t address) const {
    return obeyed[address - settings_first];
  }

  std::mutex mutex;
  HouseOptions options;
  inverter::Platform platform;
  HouseYear year;
  UtcTime started;
  UtcTime now;
  std::chrono::sys_seconds integrated;  // whole seconds are integrated, `now` may be a fraction on
  std::chrono::seconds shift{0};
  std::chrono::sys_seconds drifts_since;
  Cells capacity = 0;
  Cells stored = 0;
  Flow flow;
  std::int64_t battery_now = 0;  // where a ramp has got to
  Counters total;
  Counters at_midnight;              // by the inverter's clock
  std::optional<Counters> wrapping;  // totals when the counters were set to overflow
  std::chrono::local_days day;
  std::optional<std::int64_t> fixed_load;
  std::optional<std::int64_t> fixed_pv;
  std::set<HouseFault> faults;
  std::vector<Rights> rights;
  Settings settings{};
  Settings obeyed{};
  std::optional<std::chrono::sys_seconds> obeys_at;  // a written setting waits for this
  std::array<std::vector<std::uint16_t>, inverter::block_count> pages;  // empty: to be rendered
  std::function<void(const std::string&)> written;                      // told after each write

 private:
  [[nodiscard]] std::int64_t charge_max_locked(Cells until, std::int64_t seconds) const;
  [[nodiscard]] std::int64_t discharge_max_locked(Cells until, std::int64_t seconds) const;
  [[nodiscard]] Flow island_flow_locked(std::int64_t sun, std::int64_t wanted,
                                        std::int64_t seconds) const;
  [[nodiscard]] std::int64_t limit_locked() const;
  void integrate_locked(const Flow& during, std::int64_t seconds);
  void obey_locked();
  Exception set_clock_locked(std::span<const std::uint16_t> words);
  void device_info_locked(std::span<std::uint16_t> words) const;
  void running_locked(std::span<std::uint16_t> words) const;
  void battery_locked(std::span<std::uint16_t> words) const;
  void battery2_power_locked(std::span<std::uint16_t> words) const;
  void battery2_locked(std::span<std::uint16_t> words) const;
  void meter_locked(std::span<std::uint16_t> words) const;
  void mppt_locked(std::span<std::uint16_t> words) const;
  void bms_locked(std::span<std::uint16_t> words) const;
};

}  // namespace wattledger::simulator
