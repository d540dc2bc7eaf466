// What the blocks are written with. Internal to this room.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "coordinator/inverter/eco_group.hpp"
#include "coordinator/inverter/register_map.hpp"
#include "coordinator/simulator/seeded.hpp"
#include "events/time.hpp"
#include "events/units.hpp"

namespace wattledger::simulator {

using inverter::Block;
using inverter::Range;
using inverter::Register;
using inverter::row;

// The firmware serves three registers more than the reference library asks for.
inline constexpr Range mppt_served{35301, 64};
inline constexpr Range bms_range{47900, 36};

// One block's words, written by the map's rows.
class Page {
 public:
  Page(std::span<std::uint16_t> words, Range range, bool low_word_only = false)
      : words_(words), start_(range.start), low_word_only_(low_word_only) {
    std::fill(words.begin(), words.end(), static_cast<std::uint16_t>(0));
  }
  void put(const Register& entry, std::int64_t value) {
    const auto words = at(entry);
    inverter::encode_value(entry, value, words);
    if (low_word_only_ && entry.type == inverter::Type::s32_low) words[0] = 0;
  }
  void put_text(const Register& entry, std::string_view text, bool utf16 = false) {
    const auto words = at(entry);
    if (!utf16) return inverter::encode_text(text, words);
    for (std::size_t i = 0; i < words.size(); ++i)
      words[i] = static_cast<std::uint16_t>(i < text.size() ? text[i] : 0);
  }
  void put_clock(const Register& entry, LocalTime wall) {
    const auto words = inverter::encode_clock(wall);
    std::copy(words.begin(), words.end(), at(entry).begin());
  }
  void put_absent(const Register& entry) { inverter::put_absent(entry, at(entry)); }

 private:
  std::span<std::uint16_t> at(const Register& entry) {
    return words_.subspan(static_cast<std::size_t>(entry.address - start_), entry.words);
  }
  std::span<std::uint16_t> words_;
  std::uint16_t start_;
  bool low_word_only_;
};

// Milliamperes of so many watts, sign kept.
inline std::int64_t current_ma(std::int64_t watts, std::int64_t millivolts) {
  return millivolts == 0 ? 0 : watts * 1'000'000 / millivolts;
}

// A slow wobble, the same for the same seed and time: -spread..spread, a new value every ten
// minutes.
inline std::int64_t wobble(std::uint64_t seed, UtcTime at, std::uint64_t what,
                           std::int64_t spread) {
  const auto slot = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::minutes>(at).time_since_epoch().count() / 10);
  Seeded random(seed ^ slot * 0x9E3779B97F4A7C15ULL ^ what << 56U);
  return random.between(-spread, spread);
}

inline constexpr std::int64_t grid_mv = 230'000;
inline constexpr std::int64_t string_mv = 360'000;
inline constexpr std::int64_t hertz = 50'000;

inline std::int64_t battery_mv(std::int64_t soc_bp) {
  return 380'000 + soc_bp * 4;
}  // 380 V empty, 420 V full

inline int battery_mode(std::int64_t power) { return power > 0 ? 2 : power < 0 ? 3 : 1; }

// Share of the first battery, or of the second.
inline std::int64_t part(std::int64_t whole, BasisPoints second_share, bool second) {
  const std::int64_t of_second = whole * second_share.count() / 10'000;
  return second ? of_second : whole - of_second;
}

// A third of the whole; the first phase takes what does not divide, and all of it where there is no
// other.
inline std::int64_t phase(std::int64_t whole, int number, bool single) {
  if (single) return number == 1 ? whole : 0;
  return number == 1 ? whole - whole / 3 * 2 : whole / 3;
}

struct PvString {
  std::int64_t watts, millivolts;
};
// The first gives a little more than its share.
inline PvString string_of(std::int64_t pv, std::size_t number, std::size_t count) {
  const std::int64_t first = count == 2 ? pv * 11 / 20 : pv - pv / 4 * 3;
  const std::int64_t others = count == 2 ? pv - first : pv / 4;
  return {number == 0 ? first : others, pv > 0 ? string_mv + pv * 10 : 0};
}

struct Net {
  std::uint64_t seed;
  UtcTime at;
  bool there, single_phase;
  // The backup port has its own voltage while the inverter feeds it.
  [[nodiscard]] std::int64_t volts(int number) const {
    return grid_mv + wobble(seed, at, static_cast<std::uint64_t>(number), 3'000);
  }
  [[nodiscard]] std::int64_t frequency() const { return hertz + wobble(seed, at, 9, 30); }
};

}  // namespace wattledger::simulator
