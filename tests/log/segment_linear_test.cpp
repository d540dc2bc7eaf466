#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "log/byte_order.hpp"
#include "log/crc32c.hpp"
#include "log/segment_codec.hpp"
#include "log/segment_lanes.hpp"
#include "log/segment_planes.hpp"
#include "tests/log/log_fixture.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;
using Bytes = std::vector<std::byte>;
using Random = std::mt19937_64;

// Words of 8 bytes, those at one place of all records together.
struct Cells {
  std::size_t records = 0;
  std::vector<std::uint64_t> words;
  [[nodiscard]] Columns columns() const { return {words, records}; }
};

Cells random_cells(Random& random, std::size_t records, std::size_t columns) {
  Cells cells{records, std::vector<std::uint64_t>(records * columns)};
  for (std::uint64_t& word : cells.words) word = random() >> random() % 64;
  return cells;
}

LinearForm random_form(Random& random, const Lane& lane) {
  LinearForm form;
  form.count = static_cast<std::uint8_t>(random() % (LinearForm::terms_max + 1));
  for (std::size_t i = 0; i < form.count; ++i)
    form.terms[i] = {static_cast<std::uint16_t>(random() % (lane.offset / lane.width)),
                     random() % 2 == 0};
  form.differences = random() % 2 == 0;
  form.base = random() >> (64 - 8 * lane.width);
  return form;
}

// What stands in the lane after it was written and read, record after record.
bool gives_back(const Lane& lane, const Cells& cells) {
  std::vector<std::byte> planes;
  write_planes(lane, cells.columns(), planes);
  const std::size_t words = cells.columns().words();
  std::vector<std::uint64_t> back(cells.words.size());  // record after record
  std::vector<std::byte*> records;
  for (std::size_t i = 0; i < cells.records; ++i) {
    for (std::size_t word = 0; word < words; ++word)
      back[i * words + word] = cells.columns().column(word)[i];
    records.push_back(reinterpret_cast<std::byte*>(&back[i * words]));
  }
  const std::vector<std::uint64_t> whole = back;
  for (std::byte* record : records) std::fill_n(record + lane.offset, lane.width, std::byte{0xA5});
  read_planes(lane, planes, records);
  return back == whole;
}

// Records of one shape, each of `columns` words of 4 bytes behind a header, which `word` gives.
template <class Word>
std::vector<Bytes> records_of(std::size_t records, std::size_t columns, Word&& word) {
  std::vector<Bytes> result(records, Bytes(24 + 8 * ((columns + 1) / 2)));
  for (std::size_t i = 0; i < records; ++i) {
    for (std::size_t column = 0; column < columns; ++column)
      store_little(static_cast<std::uint32_t>(word(i, column)), result[i].data() + 24 + 4 * column);
    store_little(crc32c(std::span(result[i]).subspan(4)), result[i].data());
  }
  return result;
}

Bytes encoded_block(const std::vector<Bytes>& records) {
  const std::vector<std::span<const std::byte>> views(records.begin(), records.end());
  return value(encode_block(views));
}

bool block_gives_back(const std::vector<Bytes>& records) {
  const Block block = value(decode_block(encoded_block(records)));
  if (block.size() != records.size()) return false;
  for (std::size_t i = 0; i < records.size(); ++i)
    if (!std::ranges::equal(block.record(i), records[i])) return false;
  return true;
}

// Values that wander, each by steps of its own, `records` of each.
std::vector<std::vector<std::int64_t>> walks(Random& random, std::size_t columns,
                                             std::size_t records) {
  std::vector<std::vector<std::int64_t>> result(columns);
  for (auto& walk : result) {
    std::normal_distribution<double> step(0, static_cast<double>(1 + random() % 100));
    std::int64_t at = static_cast<std::int64_t>(random() % 10'000);
    for (std::size_t i = 0; i < records; ++i) walk.push_back(at += std::lround(step(random)));
  }
  return result;
}

// The lanes of records of 12 bytes: 8 that are constant, then what `bytes` describe.
Result<std::vector<Lane>> lanes_of(std::initializer_list<unsigned> bytes) {
  Bytes all(9, std::byte{0});
  all[0] = std::byte{0x30};
  for (const unsigned byte : bytes) all.push_back(static_cast<std::byte>(byte));
  std::span<const std::byte> from = all;
  return read_lanes(12, from);
}

TEST_SUITE("log/segment linear lanes") {
  TEST_CASE("a linear lane gives back every value, whatever its form, at every width") {
    CHECK(rc::check("linear round trip", [](std::uint64_t seed) {
      Random random(seed);
      const Cells cells = random_cells(random, 1 + random() % 50, 3);
      for (const auto width : std::to_array<std::uint8_t>({1, 2, 4, 8})) {
        Lane lane{static_cast<std::uint32_t>(24 - width * (1 + random() % (8U / width))),
                  width,
                  Transform::linear,
                  0,
                  0,
                  {}};
        lane.form = random_form(random, lane);
        RC_ASSERT(gives_back(lane, cells));
      }
    }));
  }

  TEST_CASE("a divisor of all residuals is taken out and comes back") {
    CHECK(rc::check("divided round trip", [](std::uint64_t seed) {
      Random random(seed);
      Cells cells = random_cells(random, 1 + random() % 50, 2);
      Lane lane{8, 8, Transform::linear, 0, 0, {}};
      lane.form = random_form(random, lane);
      lane.form.divisor = 1 + random() % 1'000'000;
      const auto sum = [&](std::size_t i) {
        std::uint64_t result = 0;
        for (std::size_t t = 0; t < lane.form.count; ++t)
          result += lane.form.terms[t].negative ? 0 - cells.words[i] : cells.words[i];
        return result;
      };
      std::vector<std::uint64_t> steps;
      for (std::size_t i = 0; i < cells.records; ++i) {
        steps.push_back(random() % 256 - 128);
        cells.words[cells.records + i] = sum(i) + lane.form.base + lane.form.divisor * steps[i];
      }
      RC_ASSERT(gives_back(lane, cells));
      if (!lane.form.differences)
        for (const std::uint64_t stored : stored_values(lane, cells.columns()))
          RC_ASSERT(stored < 256U);
    }));
  }

  TEST_CASE("a description comes back") {
    CHECK(rc::check("description round trip", [](std::uint64_t seed) {
      Random random(seed);
      std::vector<Lane> lanes{{0, 8, Transform::constant, 0, random(), {}}};
      for (const auto width : std::to_array<std::uint8_t>({8, 4, 2, 1, 1})) {
        Lane lane{lanes.back().offset + lanes.back().width, width, Transform::linear, 0, 0, {}};
        lane.form = random_form(random, lane);
        lane.form.divisor = 1 + random() % 255;
        lanes.push_back(lane);
      }
      std::vector<std::byte> bytes;
      for (const Lane& lane : lanes) write_lane(lane, bytes);
      std::span<const std::byte> from = bytes;
      RC_ASSERT(value(read_lanes(24, from)) == lanes);
      RC_ASSERT(from.empty());
      std::span<const std::byte> cut = std::span(bytes).first(random() % bytes.size());
      RC_ASSERT(kind_of(read_lanes(24, cut)) == ErrorKind::corrupt);
    }));
  }

  TEST_CASE("a form that refers to what does not stand before it, or is unknown, is corrupt") {
    // Width and transform; count, signs, differences; the term's word; base; divisor.
    CHECK(value(lanes_of({0x24, 0x01, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0})).back().form.terms[0].word ==
          1);
    CHECK(kind_of(lanes_of({0x24, 0x01, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0})) == ErrorKind::corrupt);
    CHECK(kind_of(lanes_of({0x24, 0x01, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0})) == ErrorKind::corrupt);
    CHECK(kind_of(lanes_of({0x24, 0x01, 255, 255, 0, 0, 0, 0, 1, 0, 0, 0})) == ErrorKind::corrupt);
    CHECK(kind_of(lanes_of({0x24, 0x02, 1, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0})) ==
          ErrorKind::corrupt);
    CHECK(kind_of(lanes_of({0x24, 0x01, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0})) == ErrorKind::corrupt);
    CHECK(kind_of(lanes_of({0x24, 0x09, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0})) == ErrorKind::corrupt);
    CHECK(kind_of(lanes_of({0x24, 0x41, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0})) == ErrorKind::corrupt);
    CHECK(kind_of(lanes_of({0x24, 0x81, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0})) == ErrorKind::corrupt);
    CHECK(kind_of(lanes_of({0x25, 0x01, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0})) == ErrorKind::corrupt);
    CHECK(kind_of(lanes_of({0x24, 0x01, 1, 0, 0, 0, 0, 0, 1, 0, 0})) == ErrorKind::corrupt);
    CHECK(kind_of(lanes_of({0x24})) == ErrorKind::corrupt);
  }

  TEST_CASE("sums of any words, with noise and common divisors, come back byte for byte") {
    CHECK(rc::check("linear records", [](std::uint64_t seed) {
      Random random(seed);
      const std::size_t count = 16 + random() % 400;
      const std::size_t columns = 2 * (2 + random() % 6);
      auto words = walks(random, columns, count);
      for (std::size_t column = 2; column < columns; ++column) {
        if (random() % 3 == 0) continue;
        const std::int64_t factor = random() % 2 == 0 ? 1 : 100;
        const std::size_t a = random() % column;
        const std::size_t b = random() % column;
        const std::uint64_t noise = 1 + random() % 5;
        for (std::size_t i = 0; i < count; ++i)
          words[column][i] =
              factor * (words[a][i] - words[b][i] + static_cast<std::int64_t>(random() % noise));
      }
      RC_ASSERT(block_gives_back(records_of(
          count, columns, [&](std::size_t i, std::size_t column) { return words[column][i]; })));
    }));
  }

  TEST_CASE("what wraps comes back, and what follows no sum after the sample too") {
    Random random(4);
    const auto big = records_of(4'096, 4, [&](std::size_t i, std::size_t column) {
      const std::uint64_t at = i * 0x3000'0001U;
      return column < 3 ? at << column : at * 7 + (i == 4'095 ? random() : 0);
    });
    CHECK(block_gives_back(big));
    CHECK(block_gives_back(records_of(4'096, 4, [&](std::size_t i, std::size_t column) {
      return column == 3 && i == 4'000 ? random() : 0x8000'0000U * (i % 2) + column * i * 100;
    })));
  }

  TEST_CASE("a sum of three words takes next to nothing, and a divisor a byte or more less") {
    Random random(5);
    constexpr std::size_t count = block_records_max;
    auto words = walks(random, 6, count);
    for (std::size_t i = 0; i < count; ++i) {
      words[3][i] = words[0][i] + words[1][i] - words[2][i];
      words[4][i] = words[0][i] - words[1][i] - words[1][i] + static_cast<std::int64_t>(i % 2);
    }
    const auto size = [&](std::size_t columns, std::int64_t factor) {
      const auto records =
          records_of(count, columns, [&](std::size_t i, std::size_t column) -> std::int64_t {
            return words[column][i] * factor;
          });
      CHECK(block_gives_back(records));
      return encoded_block(records).size();
    };
    const std::size_t three = size(3, 1);
    CHECK(three > count);
    CHECK(size(5, 1) < three + 300);
    CHECK(size(3, 100) < three + 100);
  }
}

}  // namespace
}  // namespace wattledger::log
