#include "log/segment_codec.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <random>

#include "log/segment_planes.hpp"
#include "tests/log/log_fixture.hpp"
#include "tests/support/reflected_events.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;
using Record = std::vector<std::byte>;
using Records = std::vector<Record>;

// Any event that the schema allows; the seed makes it.
class RandomValues : public Values {
 public:
  explicit RandomValues(std::uint64_t seed) : random_(seed) {}
  bool present() override { return random_() % 4 != 0; }
  std::uint64_t bits() override {
    const auto shift = static_cast<unsigned>(random_() % 64);
    return random_() >> shift;
  }
  std::string text() override { return std::string(random_() % 40, 'x') + std::to_string(bits()); }
  std::size_t length() override { return random_() % 4; }

 private:
  std::mt19937_64 random_;
};

Record record_of(Kind kind, Values& values, std::int64_t second) {
  return build_record(EncodedEvent(kind, make_event(kind, values)), at_s(second));
}

// Readings as the inverter gives them: counters that grow, powers that wander.
Record reading_record(std::int64_t number) {
  fb::ReadingRecordedT fact;
  fact.battery_soc_bp = static_cast<std::uint16_t>(5'000 + number % 100);
  fact.battery_power_w = static_cast<int>(number * 7'919 % 1'000) - 500;
  fact.pv_power_w = static_cast<int>(number % 997);
  fact.pv_total_mwh = 12'345'678'000 + 100 * number;
  fact.grid_l1_voltage_mv = 230'000;
  return build_record(encoded(event(at_s(number), std::move(fact), fb::Source::inverter)),
                      at_s(number));
}

Records readings(std::int64_t count) {
  Records records;
  for (std::int64_t i = 0; i < count; ++i) records.push_back(reading_record(i));
  return records;
}

std::vector<std::span<const std::byte>> views(const Records& records) {
  return {records.begin(), records.end()};
}

Record encoded_block(const Records& records) { return value(encode_block(views(records))); }

bool gives_back(const Records& records) {
  const Block block = value(decode_block(encoded_block(records)));
  if (block.size() != records.size()) return false;
  for (std::size_t i = 0; i < records.size(); ++i)
    if (!std::ranges::equal(block.record(i), records[i])) return false;
  return true;
}

Record decompressed(std::span<const std::byte> bytes) {
  Record plain(ZSTD_getFrameContentSize(bytes.data(), bytes.size()));
  REQUIRE(ZSTD_decompress(plain.data(), plain.size(), bytes.data(), bytes.size()) == plain.size());
  return plain;
}

Record compressed(std::span<const std::byte> bytes) {
  Record result(ZSTD_compressBound(bytes.size()));
  result.resize(ZSTD_compress(result.data(), result.size(), bytes.data(), bytes.size(), 1));
  return result;
}

Records mixed_records(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  const std::vector<Kind> kinds = all_kinds();
  Records records;
  while (records.size() < count) {
    RandomValues values(random());
    records.push_back(record_of(kinds[random() % kinds.size()], values,
                                static_cast<std::int64_t>(records.size())));
    if (random() % 5 == 0) records.back()[random() % 4] ^= std::byte{1};  // a wrong checksum
    for (std::size_t i = random() % 40; i-- > 0 && records.size() < count;)
      records.push_back(reading_record(static_cast<std::int64_t>(random() % 1'000)));
  }
  return records;
}

TEST_SUITE("log/segment codec") {
  TEST_CASE("every kind of event comes back byte for byte, alone and among others") {
    Records all;
    for (const Kind kind : all_kinds()) {
      EveryField every;
      all.push_back(record_of(kind, every, 1));
      CHECK(gives_back({all.back()}));
      for (int i = 0; i < 20; ++i) all.push_back(all.back());
    }
    CHECK(gives_back(all));
  }

  TEST_CASE("any records come back byte for byte") {
    CHECK(rc::check("round trip", [](std::uint64_t seed) {
      RC_ASSERT(gives_back(mixed_records(seed, 1 + seed % 300)));
    }));
  }

  TEST_CASE("bytes that are no events come back too") {
    CHECK(rc::check("round trip of noise", [](std::uint64_t seed) {
      std::mt19937_64 random(seed);
      Records records(1 + random() % 60);
      const std::size_t common = 16 + 8 * (random() % 12);
      for (Record& record : records) {
        record.resize(random() % 3 == 0 ? 16 + 8 * (random() % 30) : common);
        for (std::byte& byte : record) byte = static_cast<std::byte>(random() & 0xFFU);
      }
      RC_ASSERT(gives_back(records));
    }));
  }

  TEST_CASE("lanes give back every value, at every width, by every way") {
    CHECK(rc::check("lane round trip", [](const std::vector<std::uint64_t>& column) {
      if (column.empty()) return;
      for (const auto width : std::to_array<std::uint8_t>({1, 2, 4, 8}))
        for (const Transform transform :
             {Transform::plain, Transform::delta, Transform::delta_delta}) {
          const Lane lane{8U - width, width, transform, 0, 0, {}};
          std::vector<std::byte> planes;
          write_planes(lane, {column, column.size()}, planes);
          std::vector<std::uint64_t> back(column.size());
          std::vector<std::byte*> records;
          for (std::uint64_t& word : back) records.push_back(reinterpret_cast<std::byte*>(&word));
          read_planes(lane, planes, records);
          for (std::size_t i = 0; i < column.size(); ++i)
            RC_ASSERT(back[i] >> (64 - 8 * width) == column[i] >> (64 - 8 * width));
        }
    }));
  }

  TEST_CASE("the full block of readings takes a fraction of its bytes") {
    const Records records = readings(block_records_max);
    CHECK(gives_back(records));
    CHECK(encoded_block(records).size() * 20 < records.size() * records[0].size());
  }

  TEST_CASE("what no block may be is refused") {
    const Record record = reading_record(1);
    CHECK(kind_of(encode_block({})) == ErrorKind::invalid_input);
    CHECK(kind_of(encode_block(views(Records(block_records_max + 1, record)))) ==
          ErrorKind::invalid_input);
    CHECK(kind_of(encode_block(views({Record(8)}))) == ErrorKind::invalid_input);
    CHECK(kind_of(encode_block(views({Record(28)}))) == ErrorKind::invalid_input);
    CHECK(kind_of(encode_block(views(Records(5, Record(std::size_t{1} << 20U))))) ==
          ErrorKind::invalid_input);
  }

  TEST_CASE("a block that is cut short is corrupt, wherever it is cut") {
    const Record whole = encoded_block(mixed_records(7, 60));
    for (std::size_t length = 0; length < whole.size(); ++length)
      REQUIRE(kind_of(decode_block(std::span(whole).first(length))) == ErrorKind::corrupt);
  }

  TEST_CASE("a flipped bit is found by the frame's own checksum") {
    const Record whole = encoded_block(mixed_records(8, 60));
    std::mt19937_64 random(1);
    for (int i = 0; i < 2'000; ++i) {
      Record damaged = whole;
      damaged[random() % damaged.size()] ^= static_cast<std::byte>(1U << random() % 8);
      const auto block = decode_block(damaged);
      if (!block) REQUIRE(block.error().kind == ErrorKind::corrupt);
      // Some bits of a frame's header mean nothing: then nothing has changed.
      if (block) REQUIRE(block->size() == 60);
    }
  }

  TEST_CASE("whatever stands inside the frame, decoding ends within its limits") {
    const Record plain = decompressed(encoded_block(mixed_records(9, 60)));
    std::mt19937_64 random(2);
    std::size_t refused = 0;
    for (int i = 0; i < 5'000; ++i) {
      Record damaged = plain;
      // Mostly at the front, where counts and lengths are.
      const std::size_t range = i % 2 == 0 ? std::min<std::size_t>(80, plain.size()) : plain.size();
      for (std::uint64_t n = 1 + random() % 3; n-- > 0;)
        damaged[random() % range] = static_cast<std::byte>(random() & 0xFFU);
      if (random() % 4 == 0) damaged.resize(random() % damaged.size());
      const auto block = decode_block(compressed(damaged));
      if (!block) REQUIRE(block.error().kind == ErrorKind::corrupt);
      if (!block) ++refused;
    }
    CHECK(refused > 1'000);
  }

  TEST_CASE("a frame that promises gigabytes is refused before anything is allocated") {
    const Record bomb = compressed(Record(std::size_t{64} << 20U));
    CHECK(bomb.size() < 20'000);
    CHECK(kind_of(decode_block(bomb)) == ErrorKind::corrupt);
  }
}

}  // namespace
}  // namespace wattledger::log
