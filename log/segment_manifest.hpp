// What a segment says about itself: whose records, which, their tree, and where each block lies.
// Pure values. FORMAT.md has the bytes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "events/identity.hpp"
#include "events/result.hpp"
#include "events/time.hpp"
#include "log/compact_range.hpp"

namespace wattledger::log {

// A segment holds at most so many records: about half a year of a house.
inline constexpr std::uint64_t segment_records_max = std::uint64_t{1} << 18U;
inline constexpr std::size_t segment_blocks_max = std::size_t{1} << 17U;
inline constexpr std::size_t manifest_bytes_max = std::size_t{8} << 20U;

struct BlockEntry {
  Sequence first;
  std::uint64_t offset = 0;  // in the file
  std::uint32_t bytes = 0;   // there
  Digest digest;             // SHA-256 of them
  bool operator==(const BlockEntry&) const = default;
};

struct Manifest {
  Id128 log;
  Sequence first;
  Sequence last;
  std::uint64_t record_bytes = 0;  // before compression
  UtcTime recorded_from{};         // lowest and highest recorded-at …
  UtcTime recorded_to{};
  UtcTime occurred_from{};  // … and occurred-at
  UtcTime occurred_to{};
  Digest root;                                   // of the log's records 1 to last
  std::map<std::uint16_t, std::uint64_t> kinds;  // how many of each
  std::vector<RangeNode> nodes;                  // the compact range over first to last
  std::vector<BlockEntry> blocks;                // gapless, in order
  bool operator==(const Manifest&) const = default;

  [[nodiscard]] std::uint64_t records() const { return last.value - first.value + 1; }
  // Of the block that holds `sequence`, which lies in first to last.
  [[nodiscard]] std::size_t block_of(Sequence sequence) const;
  // Last record of a block.
  [[nodiscard]] Sequence block_last(std::size_t block) const;
};

[[nodiscard]] std::vector<std::byte> encode_manifest(const Manifest& manifest);
// corrupt if the counts, ranges and offsets do not fit each other. `blocks_begin` and `blocks_end`
// are where blocks can lie in the file.
[[nodiscard]] Result<Manifest> decode_manifest(std::span<const std::byte> bytes,
                                               std::uint64_t blocks_begin,
                                               std::uint64_t blocks_end);

// "000000000001-000000004096.seg"
[[nodiscard]] std::string segment_name(Sequence first, Sequence last);

}  // namespace wattledger::log
