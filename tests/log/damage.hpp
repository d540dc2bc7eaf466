// How tests damage records.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "log/crc32c.hpp"
#include "log/record.hpp"
#include "tests/log/raw_environment.hpp"

namespace wattledger::testing {

// Gives a record the checksum that its bytes have.
inline void sum_up(Bytes& record) {
  const std::uint32_t crc = log::crc32c(std::span<const std::byte>(record).subspan(4));
  std::memcpy(record.data(), &crc, sizeof crc);
}

// Its checksum fits, and it is no event.
inline Bytes foreign_record() {
  Bytes record(log::record_header_bytes + 64, std::byte{0xEE});
  record[4] = std::byte{log::record_version};
  record[5] = std::byte{0};
  record[6] = static_cast<std::byte>(fb::Fact::ReadingRecorded);
  record[7] = std::byte{0};
  sum_up(record);
  return record;
}

// One bit of the record, the given one modulo its length; nothing where there is none.
inline void flip(RawEnvironment& raw, std::uint64_t sequence, std::size_t bit = 77) {
  Bytes record = raw.get("events", key_of(sequence));
  bit %= record.size() * 8;
  record[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
  raw.put("events", key_of(sequence), record);
}

}  // namespace wattledger::testing
