// What a segment says about itself. The first two bytes, big-endian, times 16 are how many bytes of
// blocks the file has.
#include "log/segment_manifest.hpp"

#include <algorithm>

#include "tests/fuzz/fuzz_target.hpp"

namespace wattledger::fuzz {
namespace {

constexpr std::uint64_t blocks_begin = 16;

const Target segment_manifest("segment_manifest", [](Bytes bytes) {
  if (bytes.size() < 2) return;
  const auto length =
      256 * std::to_integer<std::uint64_t>(bytes[0]) + std::to_integer<std::uint64_t>(bytes[1]);
  bytes = bytes.subspan(2);
  const auto manifest = log::decode_manifest(bytes, blocks_begin, blocks_begin + 16 * length);
  if (!manifest) return must(!manifest.error().what.empty(), "a refusal says why");
  must(std::ranges::equal(log::encode_manifest(*manifest), bytes),
       "what was read is written as the same bytes");
  for (std::size_t block = 0; block < manifest->blocks.size(); ++block) {
    const log::BlockEntry& entry = manifest->blocks[block];
    must(entry.first >= manifest->first && manifest->block_last(block) <= manifest->last,
         "a block lies in the segment");
    must(entry.offset >= blocks_begin && entry.offset + entry.bytes <= blocks_begin + 16 * length,
         "and in the file");
    must(manifest->block_of(entry.first) == block &&
             manifest->block_of(manifest->block_last(block)) == block,
         "and is found");
  }
});

}  // namespace
}  // namespace wattledger::fuzz
