#include "log/crc32c.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace wattledger::log {
namespace {

constexpr std::uint32_t polynomial = 0x82F63B78U;

// Row r holds the effect of a byte that has r more bytes behind it, so that eight bytes cost eight
// look-ups and no chain.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? polynomial : 0U);
    tables[0][byte] = crc;
  }
  for (std::size_t row = 1; row < tables.size(); ++row)
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[row - 1][byte];
      tables[row][byte] = (before >> 8U) ^ tables[0][before & 0xFFU];
    }
  return tables;
}

constexpr Tables tables = make_tables();

std::uint32_t step(std::uint32_t crc, std::byte byte) {
  return (crc >> 8U) ^ tables[0][(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU];
}

std::uint32_t word(const std::byte* at) {
  return std::to_integer<std::uint32_t>(at[0]) | std::to_integer<std::uint32_t>(at[1]) << 8U |
         std::to_integer<std::uint32_t>(at[2]) << 16U |
         std::to_integer<std::uint32_t>(at[3]) << 24U;
}

#if defined(__x86_64__)
// The instruction takes three cycles and a new one can begin in each: three lanes side by side.
constexpr std::size_t lane_words = 8;

// What 64 zero bytes make of a state, for each value of each of its bytes; the sum is linear, so
// the parts are XORed.
using Shift = std::array<std::array<std::uint32_t, 256>, 4>;

constexpr Shift make_shift() {
  std::array<std::uint32_t, 32> of_bit{};
  for (std::size_t bit = 0; bit < of_bit.size(); ++bit) {
    std::uint32_t state = std::uint32_t{1} << bit;
    for (std::size_t byte = 0; byte < lane_words * 8; ++byte)
      state = (state >> 8U) ^ tables[0][state & 0xFFU];
    of_bit[bit] = state;
  }
  Shift shift{};
  for (std::size_t part = 0; part < shift.size(); ++part)
    for (std::size_t value = 0; value < 256; ++value)
      for (std::size_t bit = 0; bit < 8; ++bit)
        if ((value >> bit & 1U) != 0) shift[part][value] ^= of_bit[part * 8 + bit];
  return shift;
}

constexpr Shift shift_lane = make_shift();

std::uint64_t over_a_lane(std::uint64_t state) {
  return shift_lane[0][state & 0xFFU] ^ shift_lane[1][state >> 8U & 0xFFU] ^
         shift_lane[2][state >> 16U & 0xFFU] ^ shift_lane[3][state >> 24U & 0xFFU];
}

struct NoCopy {
  void operator()(std::size_t /*word*/, std::uint64_t /*value*/) const {}
};
struct CopyTo {
  std::uint64_t* to;
  void operator()(std::size_t word, std::uint64_t value) const { to[word] = value; }
};

std::uint64_t load_word(const std::byte* from, std::size_t word) {
  std::uint64_t value = 0;
  std::memcpy(&value, from + 8 * word, 8);
  return value;
}

// Goes on from `state` over whole words, giving each to `copy`.
template <class Copy>
__attribute__((target("sse4.2"))) std::uint64_t sum_words(std::uint64_t state,
                                                          const std::byte* from, std::size_t words,
                                                          const Copy& copy) {
  std::size_t i = 0;
  for (; i + 3 * lane_words <= words; i += 3 * lane_words) {
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t j = i; j < i + lane_words; ++j) {
      const std::uint64_t a = load_word(from, j);
      const std::uint64_t b = load_word(from, j + lane_words);
      const std::uint64_t c = load_word(from, j + 2 * lane_words);
      state = _mm_crc32_u64(state, a);
      second = _mm_crc32_u64(second, b);
      third = _mm_crc32_u64(third, c);
      copy(j, a);
      copy(j + lane_words, b);
      copy(j + 2 * lane_words, c);
    }
    state = over_a_lane(over_a_lane(state) ^ second) ^ third;
  }
  for (; i < words; ++i) {
    const std::uint64_t value = load_word(from, i);
    state = _mm_crc32_u64(state, value);
    copy(i, value);
  }
  return state;
}

__attribute__((target("sse4.2"))) std::uint32_t sum_bytes(std::uint64_t state,
                                                          std::span<const std::byte> bytes) {
  auto rest = static_cast<std::uint32_t>(state);
  for (const std::byte byte : bytes)
    rest = _mm_crc32_u8(rest, std::to_integer<unsigned char>(byte));
  return rest;
}

std::uint32_t crc32c_sse42(std::span<const std::byte> bytes) {
  const std::size_t words = bytes.size() / 8;
  const std::uint64_t state = sum_words(0xFFFFFFFFU, bytes.data(), words, NoCopy{});
  return ~sum_bytes(state, bytes.subspan(8 * words));
}

// Of whole words, at least one: every record is.
__attribute__((target("sse4.2"))) std::uint32_t copying_sse42(std::span<const std::byte> bytes,
                                                              std::uint64_t* to) {
  to[0] = load_word(bytes.data(), 0);
  const std::uint32_t begin = _mm_crc32_u32(0xFFFFFFFFU, static_cast<std::uint32_t>(to[0] >> 32U));
  return ~static_cast<std::uint32_t>(
      sum_words(begin, bytes.data() + 8, bytes.size() / 8 - 1, CopyTo{to + 1}));
}

bool has_instruction() {
  static const bool has = __builtin_cpu_supports("sse4.2") != 0;
  return has;
}
#endif

}  // namespace

std::uint32_t crc32c_portable(std::span<const std::byte> bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  std::size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    const std::uint32_t low = crc ^ word(bytes.data() + i);
    const std::uint32_t high = word(bytes.data() + i + 4);
    crc = tables[7][low & 0xFFU] ^ tables[6][(low >> 8U) & 0xFFU] ^
          tables[5][(low >> 16U) & 0xFFU] ^ tables[4][low >> 24U] ^ tables[3][high & 0xFFU] ^
          tables[2][(high >> 8U) & 0xFFU] ^ tables[1][(high >> 16U) & 0xFFU] ^
          tables[0][high >> 24U];
  }
  for (; i < bytes.size(); ++i) crc = step(crc, bytes[i]);
  return ~crc;
}

std::uint32_t crc32c(std::span<const std::byte> bytes) {
#if defined(__x86_64__)
  if (has_instruction()) return crc32c_sse42(bytes);
#endif
  return crc32c_portable(bytes);
}

std::uint32_t crc32c_copying(std::span<const std::byte> bytes, std::uint64_t* to) {
#if defined(__x86_64__)
  if (has_instruction() && !bytes.empty() && bytes.size() % 8 == 0) return copying_sse42(bytes, to);
#endif
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return crc32c_portable(bytes.subspan(std::min<std::size_t>(bytes.size(), 4)));
}

}  // namespace wattledger::log
