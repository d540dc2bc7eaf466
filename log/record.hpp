// One record of the log: a header of 16 bytes, little-endian, then the event's FlatBuffers bytes, a
// multiple of 8 long.
//
//   0  u32  crc32c of every byte behind it
//   4  u8   record version (1)
//   5  u8   flags: 1 history, 2 redacted, 4 lost
//   6  u16  kind: the event's position in the union fb::Fact
//   8  i64  recorded-at, microseconds since 1970-01-01T00:00:00Z
//
// A lost record (flag 4) has no event: 32 bytes stand there, the leaf hash that it has in the tree,
// zeros where that is not known. The sequence is the key, not part of the record. Pure, any thread.
// Inside this room only; FORMAT.md has the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "events/codec.hpp"

namespace wattledger::log {

inline constexpr std::size_t record_header_bytes = 16;
inline constexpr std::size_t record_bytes_max = record_header_bytes + event_bytes_max;
inline constexpr std::uint8_t record_version = 1;
inline constexpr std::uint8_t flag_history = 1;
inline constexpr std::uint8_t flag_redacted = 2;
inline constexpr std::uint8_t flag_lost = 4;
inline constexpr std::size_t lost_record_bytes = record_header_bytes + 32;

struct RecordHeader {
  std::uint32_t crc = 0;
  std::uint8_t version = record_version;
  std::uint8_t flags = 0;
  std::uint16_t kind = 0;
  UtcTime recorded_at{};
  [[nodiscard]] bool lost() const { return flags == flag_lost; }
  bool operator==(const RecordHeader&) const = default;
};

[[nodiscard]] std::vector<std::byte> build_record(const EncodedEvent& event, UtcTime recorded_at);
// The same into `to`, whose memory is used again; the bytes returned end with its next change.
[[nodiscard]] std::span<const std::byte> build_record(const EncodedEvent& event,
                                                      UtcTime recorded_at,
                                                      std::vector<std::uint64_t>& to);

// Stands where a record was: nothing but when it was recorded, at the earliest, and of which kind
// it was, 0 where that is not known.
[[nodiscard]] std::vector<std::byte> build_lost_record(UtcTime recorded_at, std::uint16_t kind,
                                                       const Digest& leaf);
// The record's leaf in the tree: its hash, or what a lost or redacted record says it was.
[[nodiscard]] Digest leaf_of(std::span<const std::byte> record);

// The leaves of many records, hashed in pairs. What was given to add() stays where it is until the
// next add() or finish().
class LeafHasher {
 public:
  void add(std::span<const std::byte> record, Digest& leaf);
  void finish();

 private:
  std::span<const std::byte> record_;
  Digest* leaf_ = nullptr;  // of a record that waits for a second one
};

// Checks length and crc (corrupt), then version and flags (newer). The text does not name the
// sequence: the caller does. `sum` is the crc32c of the bytes from offset 4 on, where it is known.
[[nodiscard]] Result<RecordHeader> parse_header(std::span<const std::byte> record);
[[nodiscard]] Result<RecordHeader> parse_header(std::span<const std::byte> record,
                                                std::uint32_t sum);
// The event behind a parsed header; not_found if it was lost. `record` stands at an address
// divisible by 8.
[[nodiscard]] Result<EventView> parse_event(const RecordHeader& header,
                                            std::span<const std::byte> record);

}  // namespace wattledger::log
