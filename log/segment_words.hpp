// Words of 1, 2, 4 or 8 bytes inside those of 8, and their arithmetic. Inside this room only.
#pragma once

#include <cstdint>

#include "log/segment_planes.hpp"

namespace wattledger::log {

constexpr std::uint8_t word_bytes = 8;

constexpr std::uint64_t mask_of(std::uint8_t width) {
  return ~std::uint64_t{0} >> (64U - 8U * width);
}

// The lowest `width` bytes as a number with a sign.
constexpr std::int64_t sign_extended(std::uint64_t value, std::uint8_t width) {
  const unsigned spare = 64U - 8U * width;
  return static_cast<std::int64_t>(value << spare) >> spare;
}

constexpr std::uint64_t zigzag(std::uint64_t difference, std::uint8_t width) {
  const std::int64_t value = sign_extended(difference, width);
  return ((static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63)) &
         mask_of(width);
}

constexpr std::uint64_t unzigzag(std::uint64_t coded) { return (coded >> 1U) ^ (0 - (coded & 1U)); }

// The words of `width` bytes at `offset` of a shape's records; above those bytes stand others.
class Words {
 public:
  Words(const Columns& columns, std::uint32_t offset)
      : column_(columns.column(offset / word_bytes)), shift_(8U * (offset % word_bytes)) {}
  std::uint64_t operator[](std::size_t record) const { return column_[record] >> shift_; }
  [[nodiscard]] std::size_t size() const { return column_.size(); }

 private:
  Column column_;
  unsigned shift_;
};

// The lane's words less the signed sum of its form; base and divisor are not looked at.
[[nodiscard]] std::vector<std::uint64_t> residuals(const Lane& lane, const Columns& columns);
// What is stored of residuals, in their place.
void code_residuals(const Lane& lane, std::vector<std::uint64_t>& values);

}  // namespace wattledger::log
