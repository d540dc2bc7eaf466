// What must stand in the control registers for a wish, which writes lead there, and what the
// registers say. Pure.
//
// A forced mode is eco group 1 with a window that ends at the wish's end by the inverter's own
// clock: the inverter goes back to serving the house by itself, whoever is dead by then.
//   charge     power -p %, soc = target
//   hold       power -1 %, soc = the SOC to keep: at or above it the battery stands still (our
//              choice: no register says "hold")
//   discharge  power +p %, soc = the floor (the reference library writes 100, on which newer
//              firmware stands by: its PR 150)
// Groups v1 have no SOC: there only the window's end and the inverter's own limits stop a charge or
// a discharge, and a hold charges at 1 %. Where there are no groups a charge is fast charging: it
// ends at its target, not at a time, and hold and discharge are unsupported.
// On the 745 platform power is in tenths of a percent unless group 1 is an ordinary eco group.
// There the TOU switch is set for a group and left on for general: what else hangs on it, the
// owner's other schedules, is not ours, and group 1 is off by then.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "coordinator/inverter/controls.hpp"
#include "coordinator/inverter/eco_group.hpp"
#include "coordinator/inverter/inverter.hpp"

namespace wattledger::inverter {

// The type that group 1 is to have on this unit.
[[nodiscard]] std::uint8_t group_type(const Controls& found);

// Eco group 1 for a forced mode. invalid_input for a wish that cannot be: no power, an end in the
// past or more than an hour ahead, no whole minute left before midnight or a clock change, in the
// first pass of a repeated hour.
[[nodiscard]] Result<EcoGroup> group_for(const Wish& wish, UtcTime now, const ZoneOffsets& zone,
                                         Watts rated, std::uint8_t type = eco_type);

// Both in percent.
struct FastCharge {
  std::uint16_t soc = 0, power = 0;
  bool operator==(const FastCharge&) const = default;
};
[[nodiscard]] Result<FastCharge> fast_charge_for(const Wish& wish, UtcTime now, Watts rated);

// What a wish asks of this unit's registers; neither is general mode.
struct Target {
  std::optional<EcoGroup> group;
  std::optional<FastCharge> fast;
};
// invalid_input for a mode that nobody can wish for.
[[nodiscard]] Result<void> check_mode(fb::InverterMode mode);
// Errors: those above; unsupported: not on this unit.
[[nodiscard]] Result<Target> target_for(const Wish& wish, const Controls& found, UtcTime now,
                                        const ZoneOffsets& zone, Watts rated);

// What must be written, in this order, only where it differs: limits and groups before the enable;
// for general the mode first.
[[nodiscard]] std::vector<Write> writes_for_group(const EcoGroup& group, const Controls& found);
[[nodiscard]] std::vector<Write> writes_for_fast_charge(const FastCharge& fast,
                                                        const Controls& found);
[[nodiscard]] std::vector<Write> writes_for_general(const Controls& found);
[[nodiscard]] std::vector<Write> writes_for(const Target& target, const Controls& found);

// Empty when the registers say what was wished; else what differs, one line.
[[nodiscard]] std::string difference_from_group(const EcoGroup& group, const Controls& found);
[[nodiscard]] std::string difference_from_fast_charge(const FastCharge& fast,
                                                      const Controls& found);
[[nodiscard]] std::string difference_from_general(const Controls& found);
[[nodiscard]] std::string difference_from(const Target& target, const Controls& found);

// What the registers make the inverter do at this reading of its clock.
[[nodiscard]] ControlState state_of(const Controls& found, UtcTime now, const ZoneOffsets& zone,
                                    Watts rated);

}  // namespace wattledger::inverter
