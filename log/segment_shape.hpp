// Which records of a block lie alike, so that the same field stands at the same place. Pure, any
// thread. Inside this room only.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

namespace wattledger::log {

struct Shape {
  std::size_t bytes = 0;
  std::uint32_t header = 0;  // record version, flags and kind
  std::uint64_t layout = 0;  // of the event's and the fact's FlatBuffers vtables; 0 if unreadable
  auto operator<=>(const Shape&) const = default;
};

// `record` has at least its header. Reads no byte outside, whatever stands there: a wrong guess
// only costs space.
[[nodiscard]] Shape shape_of(std::span<const std::byte> record);

}  // namespace wattledger::log
