// The control registers as one reading of them, whatever kind of eco groups the unit has, and what
// one request writes. Pure.
//
// Firmware before ARM 19 has eco groups v1 (47515.., four words each: neither SOC nor months),
// later firmware v2 (47547.., six words); some units have none and are forced by fast charging
// alone. On the 745 platform groups do nothing while the TOU switch 47612 is 0.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
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
inline constexpr std::uint16_t v1_words = 4 * eco_v1_words;  // from eco_v1_addresses[0]
inline constexpr std::uint16_t clear_address = 47533;        // takes 1, cannot be read
inline constexpr std::uint16_t fast_address =
    47545;  // fast charging on, its SOC, then the four eco groups v2
inline constexpr std::uint16_t fast_soc_address = 47546;
inline constexpr std::uint16_t fast_words = 26;
inline constexpr std::uint16_t fast_power_address = 47603;  // percent of the rated power
inline constexpr std::uint16_t tou_address = 47612;
// What bounds every mode: on the grid the percent that stays, the same while an EMS mode is on, the
// percent that is charged to.
inline constexpr std::array<std::uint16_t, 3> bound_addresses{45356, 47500, 47760};

// Found by asking, not by the firmware's number.
enum class GroupKind : std::uint8_t { none, v1, v2 };

struct Controls {
  std::uint16_t work_mode = 0;
  std::array<std::uint16_t, limits_words> limits{};
  GroupKind groups = GroupKind::v2;
  std::array<std::uint16_t, fast_words> fast{};  // v2: all; none: the first two
  std::array<std::uint16_t, v1_words> v1{};
  bool has_fast = true;                     // fast charging, which only v2 and none can have
  std::optional<std::uint16_t> fast_power;  // asked for only where there are no groups
  bool is_745 = false;
  std::optional<std::uint16_t> tou;  // asked for only on the 745 platform
  // As bound_addresses; absent where the unit has none, and until asked.
  std::array<std::optional<std::uint16_t>, bound_addresses.size()> bounds;

  // A group's words as they stand, 4 of v1, 6 of v2; `groups` is not none.
  [[nodiscard]] std::span<const std::uint16_t> words(std::size_t index) const;
  [[nodiscard]] EcoGroup group(std::size_t index) const;
  // The register that switches a group on and off, and what it holds.
  [[nodiscard]] std::uint16_t switch_address(std::size_t index) const;
  [[nodiscard]] std::uint16_t switch_word(std::size_t index) const;
  [[nodiscard]] std::uint16_t group_address(std::size_t index) const;

  [[nodiscard]] std::uint16_t ems_mode() const { return limits[2]; }
  [[nodiscard]] bool fast_charging() const { return has_fast && fast[0] == 1; }
  // Groups are there, and would do nothing.
  [[nodiscard]] bool tou_off() const { return tou == 0; }
  // All that was read, in runs.
  [[nodiscard]] RegisterWords all() const;
};

// One request: function 6 for a single word, 16 for more.
struct Write {
  std::uint16_t address = 0;
  std::vector<std::uint16_t> words;
  bool operator==(const Write&) const = default;
};

// A group as the words of a kind that is not none.
[[nodiscard]] std::vector<std::uint16_t> words_of(const EcoGroup& group, GroupKind kind);
// The same group as such a unit gives it back: v1 keeps neither type nor SOC nor months, and no
// month means every month.
[[nodiscard]] EcoGroup as_kept(EcoGroup group, GroupKind kind);

// "register 47000 reads 0000, wished 0003"
[[nodiscard]] std::string differs(std::uint16_t address, std::span<const std::uint16_t> wished,
                                  std::span<const std::uint16_t> found);
// "0e19 0f00"
[[nodiscard]] std::string hex_words(std::span<const std::uint16_t> words);

}  // namespace wattledger::inverter
