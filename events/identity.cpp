#include "events/identity.hpp"

#include <span>

namespace wattledger {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text.push_back(digits[byte >> 4U]);
    text.push_back(digits[byte & 15U]);
  }
  return text;
}

bool parse_hex(std::string_view text, std::span<std::uint8_t> bytes) {
  if (text.size() != bytes.size() * 2) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char lower =
        (text[i] >= 'A' && text[i] <= 'F') ? static_cast<char>(text[i] + ('a' - 'A')) : text[i];
    const std::size_t digit = digits.find(lower);
    if (digit == std::string_view::npos) return false;
    std::uint8_t& byte = bytes[i / 2];
    byte = static_cast<std::uint8_t>(i % 2 == 0 ? digit << 4U : byte | digit);
  }
  return true;
}

}  // namespace

std::string Id128::hex() const { return to_hex(bytes); }
std::string Digest::hex() const { return to_hex(bytes); }

std::optional<Id128> Id128::from_hex(std::string_view text) {
  Id128 id;
  if (!parse_hex(text, id.bytes)) return std::nullopt;
  return id;
}

std::optional<Digest> Digest::from_hex(std::string_view text) {
  Digest digest;
  if (!parse_hex(text, digest.bytes)) return std::nullopt;
  return digest;
}

}  // namespace wattledger
