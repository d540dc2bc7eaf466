// A block of a segment. The input is taken once as the zstd frame that the file holds and once as
// what is in the frame, since no fuzzer writes frames.
#include <zstd.h>

#include <algorithm>

#include "log/segment_codec.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace wattledger::fuzz {
namespace {

void read_block(Bytes encoded) {
  const auto block = log::decode_block(encoded);
  if (!block) return must(!block.error().what.empty(), "a refusal says why");
  std::vector<std::span<const std::byte>> records;
  for (std::size_t i = 0; i < block->size(); ++i) records.push_back(block->record(i));
  const auto again = log::encode_block(records);
  must(again.has_value(), "what was read can be written");
  const auto read_again = log::decode_block(*again);
  must(read_again.has_value() && read_again->size() == records.size(), "and read");
  for (std::size_t i = 0; i < records.size(); ++i)
    must(std::ranges::equal(read_again->record(i), records[i]), "as the same bytes");
}

const Target segment_block("segment_block", [](Bytes bytes) {
  read_block(bytes);
  std::vector<std::byte> frame(ZSTD_compressBound(bytes.size()));
  frame.resize(ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), 1));
  read_block(frame);
});

}  // namespace
}  // namespace wattledger::fuzz
