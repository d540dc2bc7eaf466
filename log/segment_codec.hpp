// A segment's block: up to 4096 consecutive records in few bytes, and the identical records back.
// Pure, any thread.
//
// Records of one shape (kind, length, FlatBuffers layout) are turned into columns of words and
// those into byte planes (segment_planes.hpp); rare shapes are kept as they are; one zstd frame
// holds it all. A record's crc32c is not stored but made again where it fits. FORMAT.md has the
// bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "events/result.hpp"
#include "log/record.hpp"

namespace wattledger::log {

inline constexpr std::size_t block_records_max = 4'096;
// Of a block's records. A reader keeps a decoded block in memory.
inline constexpr std::size_t block_bytes_max = std::size_t{4} << 20U;

// Of an encoded block, which is never larger than what it was made from and a little more.
inline constexpr std::size_t encoded_bytes_max = 5 * block_bytes_max;

// A decoded block. Each record stands at an address divisible by 8, as long as the block lives.
class Block {
 public:
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] std::span<const std::byte> record(std::size_t index) const;

 private:
  friend Result<Block> decode_block(std::span<const std::byte> encoded);
  std::vector<std::uint64_t> words_;
  std::vector<std::uint32_t> ends_;  // in words
};

// invalid_input beyond the limits above, and for a length that no record has: not a multiple of 8,
// below 16 bytes, above what an event may have.
[[nodiscard]] Result<std::vector<std::byte>> encode_block(
    std::span<const std::span<const std::byte>> records);
// corrupt, whatever the bytes are, if they are not what encode_block gives; memory stays within the
// limits above.
[[nodiscard]] Result<Block> decode_block(std::span<const std::byte> encoded);

}  // namespace wattledger::log
