// What must stand in the control registers for a wish, which writes lead there, and what the
// registers say. Pure.
//
// A forced mode is eco group 1 with a window that ends at the wish's end by the inverter's own
// clock: the inverter goes back to serving the house by itself, whoever is dead by then.
//   charge     power -p %, soc = target
//   hold       power -1 %, soc = the SOC to keep: at or above it the battery stands still (our
//   choice: no register says "hold") discharge  power +p %, soc = the floor (the reference library
//   writes 100, on which newer firmware stands by: its PR 150)
#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/inverter/eco_group.hpp"
#include "coordinator/inverter/inverter.hpp"

namespace wattledger::inverter {

inline constexpr std::uint16_t work_mode_general = 0;
inline constexpr std::uint16_t work_mode_eco = 3;
inline constexpr std::uint16_t ems_auto = 1;

inline constexpr std::uint16_t work_mode_address = 47000;
inline constexpr std::uint16_t limits_address =
    47509;  // export limit on, export limit W, EMS mode, EMS power
inline constexpr std::uint16_t limits_words = 4;
inline constexpr std::uint16_t ems_address = 47511;
inline constexpr std::uint16_t clear_address = 47533;
inline constexpr std::uint16_t fast_address =
    47545;  // fast charging on, its SOC, then the four eco groups
inline constexpr std::uint16_t fast_words = 26;

// The control registers as read.
struct Controls {
  std::uint16_t work_mode = 0;
  std::array<std::uint16_t, limits_words> limits{};
  std::array<std::uint16_t, fast_words> fast{};
  bool has_groups = true;  // false: firmware without eco groups v2, `fast` is not known

  [[nodiscard]] EcoWords group(std::size_t index) const;
  [[nodiscard]] std::uint16_t ems_mode() const { return limits[2]; }
  [[nodiscard]] bool fast_charging() const { return has_groups && fast[0] == 1; }
};

// One request: FC6 for a single word, FC16 for more (and for a single word where `many`).
struct Write {
  std::uint16_t address = 0;
  std::vector<std::uint16_t> words;
  bool operator==(const Write&) const = default;
};

// Eco group 1 for a forced mode. invalid_input for a wish that cannot be: no power, an end in the
// past or more than an hour ahead, no whole minute left before midnight or a clock change, in the
// first pass of a repeated hour.
[[nodiscard]] Result<EcoGroup> group_for(const Wish& wish, UtcTime now, const ZoneOffsets& zone,
                                         Watts rated);

// What must be written, in this order, only where it differs: limits and groups before the enable;
// for general the mode first.
[[nodiscard]] std::vector<Write> writes_for_group(const EcoGroup& group, const Controls& found);
[[nodiscard]] std::vector<Write> writes_for_general(const Controls& found);

// Empty when the registers say what was wished; else what differs, one line.
[[nodiscard]] std::string difference_from_group(const EcoGroup& group, const Controls& found);
[[nodiscard]] std::string difference_from_general(const Controls& found);

// What the registers make the inverter do at this reading of its clock.
[[nodiscard]] ControlState state_of(const Controls& found, UtcTime now, const ZoneOffsets& zone,
                                    Watts rated);

}  // namespace wattledger::inverter
