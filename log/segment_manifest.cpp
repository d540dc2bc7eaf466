#include "log/segment_manifest.hpp"

#include <algorithm>
#include <cstring>

#include "log/byte_order.hpp"
#include "log/segment_codec.hpp"

namespace wattledger::log {
namespace {

constexpr std::size_t fixed_bytes = 16 + 8 + 8 + 8 + 4 * 8 + 32;
constexpr std::size_t kind_bytes = 2 + 8;
constexpr std::size_t node_bytes = 1 + 8 + 32;
constexpr std::size_t entry_bytes = 8 + 8 + 4 + 32;
constexpr unsigned name_digits = 12;

class Writer {
 public:
  template <class Int>
  void integer(Int value) {
    bytes_.resize(bytes_.size() + sizeof(Int));
    store_big(value, bytes_.data() + bytes_.size() - sizeof(Int));
  }
  template <std::size_t n>
  void raw(const std::array<std::uint8_t, n>& value) {
    const auto bytes = std::as_bytes(std::span(value));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void time(UtcTime value) { integer(static_cast<std::int64_t>(to_us(value))); }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

class Scanner {
 public:
  explicit Scanner(std::span<const std::byte> bytes) : rest_(bytes) {}
  // Call before reading so many bytes.
  [[nodiscard]] bool has(std::size_t bytes) const { return rest_.size() >= bytes; }
  [[nodiscard]] bool done() const { return rest_.empty(); }
  template <class Int>
  Int integer() {
    const auto value = load_big<Int>(rest_.data());
    rest_ = rest_.subspan(sizeof(Int));
    return value;
  }
  template <std::size_t n>
  void raw(std::array<std::uint8_t, n>& value) {
    std::memcpy(value.data(), rest_.data(), n);
    rest_ = rest_.subspan(n);
  }
  UtcTime time() { return utc_from_us(integer<std::int64_t>()); }

 private:
  std::span<const std::byte> rest_;
};

Failure corrupt(const std::string& what) {
  return fail(ErrorKind::corrupt, "the manifest " + what);
}

Result<void> read_kinds(Scanner& scanner, Manifest& manifest) {
  if (!scanner.has(2)) return corrupt("is cut short");
  const auto kinds = scanner.integer<std::uint16_t>();
  if (!scanner.has(kinds * kind_bytes)) return corrupt("is cut short");
  std::uint64_t records = 0;
  for (unsigned i = 0; i < kinds; ++i) {
    const auto kind = scanner.integer<std::uint16_t>();
    const auto count = scanner.integer<std::uint64_t>();
    const bool follows = manifest.kinds.empty() || kind > manifest.kinds.rbegin()->first;
    if (!follows || count == 0 || count > segment_records_max)
      return corrupt("counts its kinds wrongly");
    manifest.kinds.emplace_hint(manifest.kinds.end(), kind, count);
    records += count;
  }
  if (records != manifest.records()) return corrupt("counts its kinds wrongly");
  return {};
}

// Which nodes there must be follows from the range alone.
Result<void> read_nodes(Scanner& scanner, Manifest& manifest) {
  if (!scanner.has(2)) return corrupt("is cut short");
  const auto nodes = scanner.integer<std::uint16_t>();
  if (!scanner.has(nodes * node_bytes)) return corrupt("is cut short");
  std::uint64_t at = manifest.first.value - 1;
  for (unsigned i = 0; i < nodes; ++i) {
    RangeNode node;
    node.level = scanner.integer<std::uint8_t>();
    node.index = scanner.integer<std::uint64_t>();
    scanner.raw(node.digest.bytes);
    if (node.level > 63 || node.index > (manifest.last.value >> node.level) ||
        node.index << node.level != at)
      return corrupt("has tree nodes that do not cover its records");
    at += std::uint64_t{1} << node.level;
    manifest.nodes.push_back(node);
  }
  if (at != manifest.last.value) return corrupt("has tree nodes that do not cover its records");
  return {};
}

Result<void> read_blocks(Scanner& scanner, Manifest& manifest, std::uint64_t begin,
                         std::uint64_t end) {
  if (!scanner.has(4)) return corrupt("is cut short");
  const auto blocks = scanner.integer<std::uint32_t>();
  if (blocks == 0 || blocks > segment_blocks_max) return corrupt("has an impossible block count");
  if (!scanner.has(blocks * entry_bytes)) return corrupt("is cut short");
  std::uint64_t offset = begin;
  for (std::uint32_t i = 0; i < blocks; ++i) {
    BlockEntry entry;
    entry.first.value = scanner.integer<std::uint64_t>();
    entry.offset = scanner.integer<std::uint64_t>();
    entry.bytes = scanner.integer<std::uint32_t>();
    scanner.raw(entry.digest.bytes);
    const bool follows =
        manifest.blocks.empty()
            ? entry.first == manifest.first
            : entry.first > manifest.blocks.back().first &&
                  entry.first.value - manifest.blocks.back().first.value <= block_records_max;
    if (!follows || entry.first > manifest.last || entry.offset != offset ||
        entry.bytes > encoded_bytes_max)
      return corrupt("has blocks that do not follow each other");
    offset += entry.bytes;
    manifest.blocks.push_back(entry);
  }
  if (offset != end ||
      manifest.last.value - manifest.blocks.back().first.value >= block_records_max)
    return corrupt("has blocks that do not fill the file");
  return {};
}

}  // namespace

std::size_t Manifest::block_of(Sequence sequence) const {
  const auto behind =
      std::upper_bound(blocks.begin(), blocks.end(), sequence,
                       [](Sequence left, const BlockEntry& right) { return left < right.first; });
  return static_cast<std::size_t>(behind - blocks.begin()) - 1;
}

Sequence Manifest::block_last(std::size_t block) const {
  return block + 1 < blocks.size() ? Sequence{blocks[block + 1].first.value - 1} : last;
}

std::vector<std::byte> encode_manifest(const Manifest& manifest) {
  Writer writer;
  writer.raw(manifest.log.bytes);
  writer.integer(manifest.first.value);
  writer.integer(manifest.last.value);
  writer.integer(manifest.record_bytes);
  writer.time(manifest.recorded_from);
  writer.time(manifest.recorded_to);
  writer.time(manifest.occurred_from);
  writer.time(manifest.occurred_to);
  writer.raw(manifest.root.bytes);
  writer.integer(static_cast<std::uint16_t>(manifest.kinds.size()));
  for (const auto& [kind, count] : manifest.kinds) {
    writer.integer(kind);
    writer.integer(count);
  }
  writer.integer(static_cast<std::uint16_t>(manifest.nodes.size()));
  for (const RangeNode& node : manifest.nodes) {
    writer.integer(node.level);
    writer.integer(node.index);
    writer.raw(node.digest.bytes);
  }
  writer.integer(static_cast<std::uint32_t>(manifest.blocks.size()));
  for (const BlockEntry& entry : manifest.blocks) {
    writer.integer(entry.first.value);
    writer.integer(entry.offset);
    writer.integer(entry.bytes);
    writer.raw(entry.digest.bytes);
  }
  return writer.take();
}

Result<Manifest> decode_manifest(std::span<const std::byte> bytes, std::uint64_t blocks_begin,
                                 std::uint64_t blocks_end) {
  Scanner scanner(bytes);
  if (!scanner.has(fixed_bytes)) return corrupt("is cut short");
  Manifest manifest;
  scanner.raw(manifest.log.bytes);
  manifest.first.value = scanner.integer<std::uint64_t>();
  manifest.last.value = scanner.integer<std::uint64_t>();
  manifest.record_bytes = scanner.integer<std::uint64_t>();
  manifest.recorded_from = scanner.time();
  manifest.recorded_to = scanner.time();
  manifest.occurred_from = scanner.time();
  manifest.occurred_to = scanner.time();
  scanner.raw(manifest.root.bytes);
  if (manifest.first.value == 0 || manifest.first > manifest.last ||
      manifest.last.value - manifest.first.value >= segment_records_max)
    return corrupt("has an impossible range");
  WATTLEDGER_TRY(read_kinds(scanner, manifest));
  WATTLEDGER_TRY(read_nodes(scanner, manifest));
  WATTLEDGER_TRY(read_blocks(scanner, manifest, blocks_begin, blocks_end));
  if (!scanner.done()) return corrupt("is longer than what it says");
  return manifest;
}

std::string segment_name(Sequence first, Sequence last) {
  const auto padded = [](Sequence sequence) {
    const std::string digits = std::to_string(sequence.value);
    return std::string(digits.size() < name_digits ? name_digits - digits.size() : 0, '0') + digits;
  };
  return padded(first) + "-" + padded(last) + ".seg";
}

}  // namespace wattledger::log
