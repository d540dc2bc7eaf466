// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), as in iSCSI (RFC 3720). Pure, any thread.
// Inside this room only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace wattledger::log {

// By the processor's own instruction where it has one, else by table.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes);
// The table version, for comparison in tests.
[[nodiscard]] std::uint32_t crc32c_portable(std::span<const std::byte> bytes);

}  // namespace wattledger::log
