// Integers in bytes. A record's header is little-endian (it stands beside FlatBuffers, which are);
// keys and meta are big-endian (so that LMDB's order of bytes is the order of numbers). Inside this
// room only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace wattledger::log {

template <class Int>
void store_little(Int value, std::byte* to) {
  auto bits = static_cast<std::make_unsigned_t<Int>>(value);
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    to[i] = static_cast<std::byte>((static_cast<std::uint64_t>(bits) >> (8 * i)) & 0xFFU);
}

template <class Int>
[[nodiscard]] Int load_little(const std::byte* from) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    bits |= std::to_integer<std::uint64_t>(from[i]) << (8 * i);
  return static_cast<Int>(bits);
}

template <class Int>
void store_big(Int value, std::byte* to) {
  auto bits = static_cast<std::uint64_t>(static_cast<std::make_unsigned_t<Int>>(value));
  for (std::size_t i = sizeof(Int); i-- > 0; bits >>= 8U)
    to[i] = static_cast<std::byte>(bits & 0xFFU);
}

template <class Int>
[[nodiscard]] Int load_big(const std::byte* from) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    bits = (bits << 8U) | std::to_integer<std::uint64_t>(from[i]);
  return static_cast<Int>(bits);
}

}  // namespace wattledger::log
