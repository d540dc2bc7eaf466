// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78), as in iSCSI (RFC 3720). Pure, any thread.
// Inside this room only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace wattledger::log {

// By the processor's own instruction where it has one, else by table.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes);
// Copies `bytes` to `to`, which has room for them in whole words, and returns the crc32c of those
// behind the first four: of a record that is the sum that its header holds. One pass instead of
// two.
[[nodiscard]] std::uint32_t crc32c_copying(std::span<const std::byte> bytes, std::uint64_t* to);
// The table version, for comparison in tests.
[[nodiscard]] std::uint32_t crc32c_portable(std::span<const std::byte> bytes);

}  // namespace wattledger::log
