// The lines of notes, checkpoints and proofs, read strictly: one way to write each thing. Inside
// this room only.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "events/identity.hpp"
#include "log/base64.hpp"

namespace wattledger::log {

// Takes lines off the front of a text; each must end with a newline.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  // Nothing when no whole line is left.
  std::optional<std::string_view> next() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
  }
  // Takes the line only if it begins with `word`, which is left out.
  std::optional<std::string_view> next(std::string_view word) {
    return rest_.starts_with(word) ? strip(next(), word.size()) : std::nullopt;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  static std::optional<std::string_view> strip(std::optional<std::string_view> line,
                                               std::size_t length) {
    if (line) line->remove_prefix(length);
    return line;
  }
  std::string_view rest_;
};

// Decimal, no sign, no leading zeros.
[[nodiscard]] inline std::optional<std::uint64_t> parse_decimal(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

[[nodiscard]] inline std::string digest_text(const Digest& digest) {
  return base64(std::as_bytes(std::span(digest.bytes)));
}

[[nodiscard]] inline std::optional<Digest> parse_digest(std::string_view text) {
  const auto bytes = bytes_from_base64(text);
  Digest digest;
  if (!bytes || bytes->size() != digest.bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < bytes->size(); ++i)
    digest.bytes[i] = std::to_integer<std::uint8_t>((*bytes)[i]);
  return digest;
}

}  // namespace wattledger::log
