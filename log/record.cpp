#include "log/record.hpp"

#include <cstring>
#include <string>
#include <utility>

#include "log/byte_order.hpp"
#include "log/crc32c.hpp"
#include "log/merkle.hpp"

namespace wattledger::log {
namespace {

constexpr std::uint16_t kind_bytes_max = 255;  // the union's tag is one byte

// The record's place in memory is that of whole words.
std::span<const std::byte> build(std::uint8_t flags, std::uint16_t kind, UtcTime recorded_at,
                                 std::span<const std::byte> body, std::vector<std::uint64_t>& to) {
  const std::size_t size = record_header_bytes + body.size();
  to.resize((size + 7) / 8);
  auto* const record = reinterpret_cast<std::byte*>(to.data());
  record[4] = static_cast<std::byte>(record_version);
  record[5] = static_cast<std::byte>(flags);
  store_little(kind, record + 6);
  store_little(static_cast<std::int64_t>(to_us(recorded_at)), record + 8);
  if (!body.empty()) std::memcpy(record + record_header_bytes, body.data(), body.size());
  store_little(crc32c({record + 4, size - 4}), record);
  return {record, size};
}

// Instead of being what it is the hash of.
bool tells_leaf(std::span<const std::byte> record) {
  return record.size() == lost_record_bytes &&
         (std::to_integer<unsigned>(record[5]) & (flag_redacted | flag_lost)) != 0U;
}

}  // namespace

std::vector<std::byte> build_record(const EncodedEvent& event, UtcTime recorded_at) {
  std::vector<std::uint64_t> words;
  const auto record = build_record(event, recorded_at, words);
  return {record.begin(), record.end()};
}

std::span<const std::byte> build_record(const EncodedEvent& event, UtcTime recorded_at,
                                        std::vector<std::uint64_t>& to) {
  return build(0, static_cast<std::uint16_t>(event.kind()), recorded_at, event.bytes(), to);
}

std::vector<std::byte> build_lost_record(UtcTime recorded_at, std::uint16_t kind,
                                         const Digest& leaf) {
  std::vector<std::uint64_t> words;
  const auto record =
      build(flag_lost, kind, recorded_at, std::as_bytes(std::span(leaf.bytes)), words);
  return {record.begin(), record.end()};
}

Digest leaf_of(std::span<const std::byte> record) {
  if (!tells_leaf(record)) return leaf_hash(record);
  Digest leaf;
  std::memcpy(leaf.bytes.data(), record.data() + record_header_bytes, leaf.bytes.size());
  return leaf;
}

void LeafHasher::add(std::span<const std::byte> record, Digest& leaf) {
  if (tells_leaf(record)) {
    leaf = leaf_of(record);
  } else if (leaf_ == nullptr) {
    record_ = record;
    leaf_ = &leaf;
  } else {
    const auto both = leaf_hash_pair(record_, record);
    *std::exchange(leaf_, nullptr) = both[0];
    leaf = both[1];
  }
}

void LeafHasher::finish() {
  if (leaf_ != nullptr) *std::exchange(leaf_, nullptr) = leaf_hash(record_);
}

Result<RecordHeader> parse_header(std::span<const std::byte> record) {
  return parse_header(record, record.size() < 4 ? 0 : crc32c(record.subspan(4)));
}

Result<RecordHeader> parse_header(std::span<const std::byte> record, std::uint32_t sum) {
  if (record.size() <= record_header_bytes || record.size() > record_bytes_max ||
      record.size() % 8 != 0)
    return fail(ErrorKind::corrupt,
                "a length of " + std::to_string(record.size()) + " bytes cannot be");
  RecordHeader header;
  header.crc = load_little<std::uint32_t>(record.data());
  if (sum != header.crc) return fail(ErrorKind::corrupt, "the checksum does not fit the bytes");
  header.version = std::to_integer<std::uint8_t>(record[4]);
  header.flags = std::to_integer<std::uint8_t>(record[5]);
  header.kind = load_little<std::uint16_t>(record.data() + 6);
  header.recorded_at = utc_from_us(load_little<std::int64_t>(record.data() + 8));
  const bool lost = header.lost() && record.size() == lost_record_bytes;
  if (header.version != record_version || (header.flags != 0 && !lost))
    return fail(ErrorKind::newer,
                "record version " + std::to_string(header.version) + " with flags " +
                    std::to_string(header.flags) + " is not known here",
                "use the wattledger that wrote it, or a later one");
  return header;
}

Result<EventView> parse_event(const RecordHeader& header, std::span<const std::byte> record) {
  if (header.lost()) return fail(ErrorKind::not_found, "it was lost before this log was salvaged");
  if (header.kind > kind_bytes_max)
    return fail(ErrorKind::newer,
                "event kind " + std::to_string(header.kind) + " is beyond the catalogue",
                "use the wattledger that wrote it, or a later one");
  return decode(static_cast<Kind>(header.kind), record.subspan(record_header_bytes));
}

}  // namespace wattledger::log
