// Standard base64 (RFC 4648 §4), padded, on one line. Inside this room only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace wattledger::log {

[[nodiscard]] std::string base64(std::span<const std::byte> bytes);
// Nothing unless `text` is exactly what base64() gives for some bytes: no spaces, no missing or
// superfluous padding, no stray bits in the last character.
[[nodiscard]] std::optional<std::vector<std::byte>> bytes_from_base64(std::string_view text);

}  // namespace wattledger::log
