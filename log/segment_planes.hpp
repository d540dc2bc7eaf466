// Columns of a segment's block: the words that stand at one place of many records of one shape, as
// byte planes that compress well. Pure, any thread. Inside this room only; FORMAT.md has the bytes.
//
// A record of a shape is cut into lanes of 8, 4, 2 or 1 bytes, each aligned to its width. A lane is
// constant over the block, or written plainly, or as the difference to the record of its shape
// before it, or as the difference of that difference. Arithmetic wraps at the lane's width, so that
// every value comes back; differences are zigzag-coded, so that small ones of either sign have
// zeros in their upper planes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "events/result.hpp"

namespace wattledger::log {

enum class Transform : std::uint8_t { constant = 0, plain = 1, delta = 2, delta_delta = 3 };

struct Lane {
  std::uint32_t offset = 0;  // in the record
  std::uint8_t width = 8;    // bytes
  Transform transform = Transform::constant;
  std::uint8_t dense = 0;      // a bit per plane: hardly compressible. Not stored
  std::uint64_t constant = 0;  // of a constant lane
  bool operator==(const Lane&) const = default;
};

// The words at `offset` of a shape's records, in order.
using Column = std::span<const std::uint64_t>;

// Appends the lanes of one column, whichever are estimated to be cheapest.
void choose_lanes(Column column, std::uint32_t offset, std::vector<Lane>& lanes);

// A lane's description: one byte, and its value if it is constant.
void write_lane(const Lane& lane, std::vector<std::byte>& to);
// Reads lanes until they cover `record_bytes`; takes what it read from the front of `from`. corrupt
// for what cannot be.
[[nodiscard]] Result<std::vector<Lane>> read_lanes(std::uint32_t record_bytes,
                                                   std::span<const std::byte>& from);

// Appends `lane.width` planes, lowest byte first, of a lane that is not constant.
void write_planes(const Lane& lane, Column column, std::vector<std::byte>& to);
// Writes the lane into each record. `planes` holds lane.width planes of records.size() bytes each.
void read_planes(const Lane& lane, std::span<const std::byte> planes,
                 std::span<std::byte* const> records);
void fill_constant(const Lane& lane, std::span<std::byte* const> records);

}  // namespace wattledger::log
