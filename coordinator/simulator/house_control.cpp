// What the inverter makes of its settings: which way the battery should go now. Where the facts
// are silent about a mode its description is ours, in its comment.
#include <algorithm>

#include "coordinator/simulator/house_impl.hpp"

namespace wattledger::simulator {
namespace {

using inverter::Block;
using inverter::row;

constexpr std::uint16_t work_mode = row(Block::settings, "work_mode").address;
constexpr std::uint16_t ems_mode = row(Block::settings, "ems_mode").address;
constexpr std::uint16_t ems_power = row(Block::settings, "ems_power_limit").address;
constexpr std::uint16_t floor_share = row(Block::settings, "battery_discharge_depth").address;
constexpr std::uint16_t floor_offline =
    row(Block::settings, "battery_discharge_depth_offline").address;
constexpr std::uint16_t soc_protection = row(Block::settings, "battery_soc_protection").address;
constexpr std::uint16_t soc_upper = row(Block::settings, "soc_upper_limit").address;
constexpr std::uint16_t fast_on = row(Block::settings_arm19, "fast_charging").address;
constexpr std::uint16_t fast_soc = row(Block::settings_arm19, "fast_charging_soc").address;
constexpr std::uint16_t fast_power = row(Block::settings_arm19, "fast_charging_power").address;
constexpr std::uint16_t peak_power = row(Block::settings_arm22, "peak_shaving_power_limit").address;
constexpr std::uint16_t peak_soc = row(Block::settings_arm22, "peak_shaving_soc").address;
constexpr std::uint16_t tou_switch = row(Block::settings_arm22, "eco_mode_enable").address;

// Of 47000.
constexpr std::uint16_t mode_off_grid = 1;
constexpr std::uint16_t mode_backup = 2;
constexpr std::uint16_t mode_eco = 3;
constexpr std::uint16_t mode_peak_shaving = 4;

// Of 47511, by the vendor's table of EMS power modes.
enum class Ems : std::uint16_t {
  automatic = 1,
  charge_pv,
  discharge_pv,
  import_ac,
  export_ac,
  conserve,
  off_grid,
  standby,
  buy_power,
  sell_power,
  charge_battery,
  discharge_battery,
};

Cells percent_of(Cells capacity, std::int64_t percent) {
  return capacity / 100 * std::clamp<std::int64_t>(percent, 0, 100);
}

// X is register 47512. The vendor tells some modes by what flows at the grid, some by what flows at
// the battery.
Intent ems_intent(Ems mode, std::int64_t x, std::int64_t pv, std::int64_t load, Intent intent) {
  switch (mode) {
    case Ems::charge_pv:  // the sun, and up to X from the grid
    case Ems::import_ac:  // X from the grid, and the sun
      intent.battery = -(pv + x);
      break;
    case Ems::discharge_pv:
      intent.battery = x;
      break;
    case Ems::export_ac:
      intent.battery = std::max<std::int64_t>(x - pv, 0);
      intent.output_max = x;
      break;
    case Ems::conserve:
      intent.battery = -pv;
      break;
    case Ems::standby:
      intent.battery = 0;
      break;
    case Ems::buy_power:
      intent.battery = load - pv - x;
      break;
    case Ems::sell_power:
      intent.battery = std::max<std::int64_t>(load + x - pv, 0);
      intent.export_max = x;
      break;
    case Ems::charge_battery:
      intent.battery = -x;
      break;
    case Ems::discharge_battery:
      intent.battery = x;
      intent.battery_first = true;
      break;
    case Ems::automatic:
    case Ems::off_grid:  // an island, whose flow is another
      intent.battery = load - pv;
      break;
  }
  return intent;
}

// Keeps what is drawn from the grid under the limit, and as much charge as is told for that; what
// is above serves the house. Our reading: the facts name the registers only.
std::int64_t shave(std::int64_t limit, bool above_kept, std::int64_t missing) {
  if (missing > limit) return above_kept ? missing : missing - limit;
  if (missing < 0 || above_kept) return missing;
  return -(limit - missing);
}

}  // namespace

bool House::Impl::island_locked() const {
  return has(HouseFault::grid_loss) || in_force(work_mode) == mode_off_grid ||
         in_force(ems_mode) == static_cast<std::uint16_t>(Ems::off_grid);
}

// While an EMS mode is active owners report that register 47500 is the floor.
Cells House::Impl::floor_locked() const {
  if (island_locked()) return percent_of(capacity, in_force(floor_offline));
  const bool ems = in_force(ems_mode) > static_cast<std::uint16_t>(Ems::automatic);
  return percent_of(capacity, in_force(ems ? soc_protection : floor_share));
}

bool House::Impl::fast_charging_locked() const {
  return options.profile.has_arm19() && in_force(fast_on) == 1;
}

std::optional<inverter::EcoGroup> House::Impl::active_group_locked(UtcTime at) const {
  if (in_force(work_mode) != mode_eco) return std::nullopt;
  if (platform.is_745 && in_force(tou_switch) != 1) return std::nullopt;
  const LocalTime wall = wall_locked(at);
  const auto words = [&](std::uint16_t address) {
    return std::span(obeyed).subspan(address - settings_first);
  };
  const bool v2 = options.profile.has_arm19();
  for (std::size_t i = 0; i < inverter::eco_group_addresses.size(); ++i) {
    const inverter::EcoGroup group =
        v2 ? inverter::decode_eco(
                 words(inverter::eco_group_addresses.at(i)).first<inverter::eco_group_words>())
           : inverter::decode_eco_v1(
                 words(inverter::eco_v1_addresses.at(i)).first<inverter::eco_v1_words>());
    if (group.holds(wall)) return group;
  }
  return std::nullopt;
}

Intent House::Impl::intent_locked(UtcTime at, std::int64_t pv, std::int64_t load) const {
  Intent intent;
  intent.full = percent_of(capacity, in_force(soc_upper));
  intent.empty = floor_locked();
  intent.battery = load - pv;
  const std::int64_t rated = options.profile.rated_power.count();
  if (fast_charging_locked()) {
    intent.battery = -rated * in_force(fast_power) / 100;
    intent.full = std::min(intent.full, percent_of(capacity, in_force(fast_soc)));
    return intent;
  }
  const std::uint16_t ems = in_force(ems_mode);
  if (ems > static_cast<std::uint16_t>(Ems::automatic))
    return ems_intent(static_cast<Ems>(ems), in_force(ems_power), pv, load, intent);
  const std::uint16_t mode = in_force(work_mode);
  if (mode == mode_backup) {
    // Our reading: the sun's surplus charges, and nothing is taken out while the grid is there.
    intent.battery = std::min<std::int64_t>(intent.battery, 0);
  } else if (mode == mode_peak_shaving) {
    const std::int64_t limit = std::int64_t{in_force(peak_power)} << 16U | in_force(peak_power + 1);
    const Cells kept = percent_of(capacity, in_force(peak_soc));
    const std::int64_t missing = load - pv;
    intent.battery = shave(limit, stored > kept, missing);
    // Above the kept charge the battery serves down to it, below it only what exceeds the limit.
    if (missing <= limit && stored > kept) intent.empty = std::max(intent.empty, kept);
    if (missing >= 0 && intent.battery < 0) intent.full = std::min(intent.full, kept);
  } else if (const auto group = active_group_locked(at)) {
    // In a window the battery does this and nothing else: at its target it stands still, whatever
    // PV and load do.
    intent.battery = group->permille() * rated / 1'000;
    // Version 1 has no SOC; it reads as 100 %.
    const Cells target = percent_of(capacity, group->soc_percent);
    if (group->permille() < 0)
      intent.full = std::min(intent.full, target);
    else if (options.profile.has_arm19())
      intent.empty = std::max(intent.empty, target);
  }
  return intent;
}

}  // namespace wattledger::simulator
