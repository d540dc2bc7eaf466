// Columns of a segment's block: the words that stand at one place of many records of one shape, as
// byte planes that compress well. Pure, any thread. Inside this room only; FORMAT.md has the bytes.
//
// A record of a shape is cut into lanes of 8, 4, 2 or 1 bytes, each aligned to its width. A lane is
// constant over the block, or written plainly, or as the difference to the record of its shape
// before it, or as the difference of that difference, or as what a linear form leaves. Arithmetic
// wraps at the lane's width, so that every value comes back; differences are zigzag-coded, so that
// small ones of either sign have zeros in their upper planes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "events/result.hpp"

namespace wattledger::log {

enum class Transform : std::uint8_t {
  constant = 0,
  plain = 1,
  delta = 2,
  delta_delta = 3,
  linear = 4
};

// A value as a signed sum of words of its own record, each as wide as the lane and wholly before
// it, plus a residual. A residual is `base`, or with `differences` that of the record before (the
// first: `base`), plus `divisor` times what is stored, zigzag-coded.
struct LinearForm {
  static constexpr std::size_t terms_max = 3;
  struct Term {
    std::uint16_t word = 0;  // its offset in the record, in widths of the lane
    bool negative = false;
    bool operator==(const Term&) const = default;
  };
  std::array<Term, terms_max> terms{};  // the first `count`; one word may stand there twice
  std::uint8_t count = 0;
  bool differences = false;
  std::uint64_t base = 0;
  std::uint64_t divisor = 1;  // not 0
  bool operator==(const LinearForm&) const = default;
};

struct Lane {
  std::uint32_t offset = 0;  // in the record
  std::uint8_t width = 8;    // bytes
  Transform transform = Transform::constant;
  std::uint8_t dense = 0;      // a bit per plane: hardly compressible. Not stored
  std::uint64_t constant = 0;  // of a constant lane
  LinearForm form{};           // of a linear one
  bool operator==(const Lane&) const = default;
};

// The words at one place of a shape's records, in order.
using Column = std::span<const std::uint64_t>;

// The records of a shape as words of 8 bytes, column after column.
struct Columns {
  std::span<const std::uint64_t> cells;
  std::size_t records = 0;
  [[nodiscard]] std::size_t words() const { return cells.size() / records; }
  [[nodiscard]] Column column(std::size_t word) const {
    return cells.subspan(word * records, records);
  }
};

// A lane's description: one byte, then its value if it is constant, its form if it is linear.
void write_lane(const Lane& lane, std::vector<std::byte>& to);
// Reads lanes until they cover `record_bytes`; takes what it read from the front of `from`. corrupt
// for what cannot be.
[[nodiscard]] Result<std::vector<Lane>> read_lanes(std::uint32_t record_bytes,
                                                   std::span<const std::byte>& from);

// What is stored of each record, in the lowest `lane.width` bytes. A linear lane's divisor divides
// all that its form leaves.
[[nodiscard]] std::vector<std::uint64_t> stored_values(const Lane& lane, const Columns& columns);
// Appends `lane.width` planes, lowest byte first, of a lane that is not constant.
void write_planes(const Lane& lane, const Columns& columns, std::vector<std::byte>& to);
// Writes the lane into each record, in which every lane before it stands already. `planes` holds
// lane.width planes of records.size() bytes each.
void read_planes(const Lane& lane, std::span<const std::byte> planes,
                 std::span<std::byte* const> records);
void fill_constant(const Lane& lane, std::span<std::byte* const> records);

}  // namespace wattledger::log
