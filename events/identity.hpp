// What names things: a record's place, a log, a digest.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wattledger {

// A record's place in the log: 1, 2, 3 … without gaps. 0 is "before the first".
struct Sequence {
  std::uint64_t value = 0;
  constexpr auto operator<=>(const Sequence&) const = default;
  [[nodiscard]] constexpr Sequence next() const { return Sequence{value + 1}; }
};

// 16 bytes: a log's uuid, a correlation, an import batch.
struct Id128 {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Id128&) const = default;
  [[nodiscard]] std::string hex() const;
  [[nodiscard]] static std::optional<Id128> from_hex(std::string_view text);
};

// SHA-256.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};
  auto operator<=>(const Digest&) const = default;
  [[nodiscard]] std::string hex() const;
  [[nodiscard]] static std::optional<Digest> from_hex(std::string_view text);
};

}  // namespace wattledger
