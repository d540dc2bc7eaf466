#include "log/record.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstring>
#include <string_view>
#include <vector>

#include "log/crc32c.hpp"
#include "log/merkle.hpp"
#include "tests/log/log_fixture.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

std::uint32_t crc_of(std::string_view text) { return crc32c(std::as_bytes(std::span(text))); }

TEST_SUITE("log/record") {
  TEST_CASE("crc32c gives the published values") {
    CHECK(crc_of("123456789") == 0xE3069283U);  // the catalogue's check value
    CHECK(crc_of("") == 0U);
    std::array<std::byte, 32> bytes{};  // RFC 3720, appendix B.4
    CHECK(crc32c(bytes) == 0x8A9136AAU);
    bytes.fill(std::byte{0xFF});
    CHECK(crc32c(bytes) == 0x62A8AB43U);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
    CHECK(crc32c(bytes) == 0x46DD794EU);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(31 - i);
    CHECK(crc32c(bytes) == 0x113FDB5CU);
  }

  TEST_CASE("the processor and the table agree at every length and offset, copying or not") {
    std::vector<std::byte> bytes(600);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 131 + 7);
    std::vector<std::uint64_t> copy(bytes.size() / 8 + 1);
    for (std::size_t from = 0; from < 9; ++from)
      for (std::size_t length = 0; length + from <= bytes.size(); ++length) {
        const auto part = std::span<const std::byte>(bytes).subspan(from, length);
        REQUIRE(crc32c(part) == crc32c_portable(part));
        const auto behind = part.subspan(std::min<std::size_t>(length, 4));
        REQUIRE(crc32c_copying(part, copy.data()) == crc32c_portable(behind));
        REQUIRE((part.empty() || std::memcmp(copy.data(), part.data(), length) == 0));
      }
  }

  TEST_CASE("a record is what FORMAT.md says, byte for byte") {
    const EncodedEvent event = reading(0);
    const auto record = build_record(event, utc_from_us(0x0102030405060708));
    REQUIRE(record.size() == 16 + event.bytes().size());
    CHECK(record[4] == std::byte{1});
    CHECK(record[5] == std::byte{0});
    CHECK(record[6] == static_cast<std::byte>(fb::Fact::ReadingRecorded));
    CHECK(record[7] == std::byte{0});
    for (std::size_t i = 0; i < 8; ++i) CHECK(record[8 + i] == static_cast<std::byte>(8 - i));
    const std::uint32_t crc = crc32c(std::span(record).subspan(4));
    for (std::size_t i = 0; i < 4; ++i)
      CHECK(record[i] == static_cast<std::byte>((crc >> (8 * i)) & 0xFFU));
    CHECK(std::memcmp(record.data() + 16, event.bytes().data(), event.bytes().size()) == 0);
    CHECK(record.size() % 8 == 0);
  }

  TEST_CASE("what was built is parsed") {
    const auto record = build_record(reading(5, 4'321), at_s(6));
    const auto header = value(parse_header(record));
    CHECK(header.recorded_at == at_s(6));
    const EventView event = value(parse_event(header, record));
    CHECK(event.occurred_at() == at_s(5));
    REQUIRE(event.as<fb::ReadingRecorded>() != nullptr);
    CHECK(event.as<fb::ReadingRecorded>()->pv_power_w() == 4'321);
  }

  TEST_CASE("every single flipped bit is found") {
    const auto record = build_record(reading(5), at_s(6));
    for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
      auto damaged = record;
      damaged[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      REQUIRE(kind_of(parse_header(damaged)) == ErrorKind::corrupt);
    }
  }

  TEST_CASE("a record cut short is corrupt") {
    const auto record = build_record(reading(5), at_s(6));
    for (std::size_t length = 0; length < record.size(); ++length)
      REQUIRE(kind_of(parse_header(std::span(record).first(length))) == ErrorKind::corrupt);
  }

  TEST_CASE(
      "a later version, an unknown flag and a kind beyond the catalogue are newer, not damaged") {
    struct Row {
      std::size_t offset;
      std::uint8_t byte;
    };
    for (const Row row :
         {Row{4, 2}, Row{5, flag_history}, Row{5, flag_redacted}, Row{5, flag_lost}}) {
      auto record = build_record(reading(5), at_s(6));
      record[row.offset] = static_cast<std::byte>(row.byte);
      const std::uint32_t crc = crc32c(std::span(record).subspan(4));
      std::memcpy(record.data(), &crc, 4);
      CHECK(kind_of(parse_header(record)) == ErrorKind::newer);
    }
    for (const std::uint16_t kind : {std::uint16_t{200}, std::uint16_t{300}}) {
      RecordHeader header;
      header.kind = kind;
      CHECK(kind_of(parse_event(header, build_record(reading(5), at_s(6)))) == ErrorKind::newer);
    }
  }

  TEST_CASE("a lost record says when, and which leaf of the tree it was") {
    Digest leaf;
    leaf.bytes.fill(7);
    const auto record = build_lost_record(at_s(6), 17, leaf);
    REQUIRE(record.size() == lost_record_bytes);
    const auto header = value(parse_header(record));
    CHECK(header.lost());
    CHECK(header.kind == 17);
    CHECK(header.recorded_at == at_s(6));
    CHECK(leaf_of(record) == leaf);
    CHECK(kind_of(parse_event(header, record)) == ErrorKind::not_found);
    const auto sound = build_record(reading(5), at_s(6));
    CHECK(leaf_of(sound) == leaf_hash(sound));
  }
}

}  // namespace
}  // namespace wattledger::log
