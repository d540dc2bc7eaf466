// Integers in bytes. A record's header is little-endian (it stands beside FlatBuffers, which are);
// keys and meta are big-endian (so that LMDB's order of bytes is the order of numbers). Inside this
// room only.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace wattledger::log {

template <std::size_t n>
struct Bits;
template <>
struct Bits<1> {
  using type = std::uint8_t;
};
template <>
struct Bits<2> {
  using type = std::uint16_t;
};
template <>
struct Bits<4> {
  using type = std::uint32_t;
};
template <>
struct Bits<8> {
  using type = std::uint64_t;
};

constexpr std::uint8_t reversed(std::uint8_t bits) { return bits; }
constexpr std::uint16_t reversed(std::uint16_t bits) { return __builtin_bswap16(bits); }
constexpr std::uint32_t reversed(std::uint32_t bits) { return __builtin_bswap32(bits); }
constexpr std::uint64_t reversed(std::uint64_t bits) { return __builtin_bswap64(bits); }

// One load or store and at most one swap: a scan does this for each record.
template <class Int>
void store_in(Int value, std::endian wanted, std::byte* to) {
  auto bits = static_cast<typename Bits<sizeof(Int)>::type>(value);
  if (wanted != std::endian::native) bits = reversed(bits);
  std::memcpy(to, &bits, sizeof bits);
}

template <class Int>
[[nodiscard]] Int load_from(std::endian stored, const std::byte* from) {
  typename Bits<sizeof(Int)>::type bits = 0;
  std::memcpy(&bits, from, sizeof bits);
  return static_cast<Int>(stored != std::endian::native ? reversed(bits) : bits);
}

template <class Int>
void store_little(Int value, std::byte* to) {
  store_in(value, std::endian::little, to);
}

template <class Int>
[[nodiscard]] Int load_little(const std::byte* from) {
  return load_from<Int>(std::endian::little, from);
}

template <class Int>
void store_big(Int value, std::byte* to) {
  store_in(value, std::endian::big, to);
}

template <class Int>
[[nodiscard]] Int load_big(const std::byte* from) {
  return load_from<Int>(std::endian::big, from);
}

}  // namespace wattledger::log
