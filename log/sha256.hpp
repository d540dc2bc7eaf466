// SHA-256 of a prefix byte and a message, as RFC 6962's trees take it. OpenSSL's; two messages at
// once are hashed side by side where the processor has SHA instructions: one chain of them leaves
// half of its unit idle, and a log hashes many short messages. Any thread. Inside this room only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "events/identity.hpp"

namespace wattledger::log {

[[nodiscard]] Digest sha256(std::uint8_t prefix, std::span<const std::byte> message);

[[nodiscard]] std::array<Digest, 2> sha256_pair(std::uint8_t prefix,
                                                std::span<const std::byte> left,
                                                std::span<const std::byte> right);

}  // namespace wattledger::log
