#include "log/segment_codec.hpp"

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "log/byte_order.hpp"
#include "log/crc32c.hpp"
#include "log/segment_lanes.hpp"
#include "log/segment_planes.hpp"
#include "log/segment_shape.hpp"

namespace wattledger::log {
namespace {

// Higher ones gain less than a tenth and take two to five times as long (measured).
constexpr int zstd_level = 9;
// Fewer records of a shape are not worth the description of its lanes.
constexpr std::size_t shape_records_min = 16;
constexpr std::size_t shapes_max = 255;
constexpr std::size_t crc_bytes = 4;
constexpr std::size_t record_bytes_max = record_header_bytes + event_bytes_max;
// Lanes and lengths beside the records themselves.
constexpr std::size_t plain_bytes_max = 4 * block_bytes_max;

using Records = std::span<const std::span<const std::byte>>;

Failure corrupt(const std::string& what) { return fail(ErrorKind::corrupt, what); }

Result<void> check_records(Records records) {
  if (records.empty() || records.size() > block_records_max)
    return fail(ErrorKind::invalid_input,
                "a block of " + std::to_string(records.size()) + " records cannot be");
  std::size_t bytes = 0;
  for (const auto record : records) {
    bytes += record.size();
    if (record.size() < record_header_bytes || record.size() % 8 != 0 ||
        record.size() > record_bytes_max)
      return fail(ErrorKind::invalid_input,
                  "a record of " + std::to_string(record.size()) + " bytes cannot be");
  }
  if (bytes > block_bytes_max)
    return fail(ErrorKind::invalid_input,
                "a block of " + std::to_string(bytes) + " bytes of records is too large");
  return {};
}

bool crc_fits(std::span<const std::byte> record) {
  return load_little<std::uint32_t>(record.data()) == crc32c(record.subspan(crc_bytes));
}

// What zstd is given, and where it is to begin a new block of its own.
struct Plain {
  std::vector<std::byte> bytes;
  std::vector<std::size_t> cuts;

  template <class Int>
  void put(Int value) {
    bytes.resize(bytes.size() + sizeof(Int));
    store_little(value, bytes.data() + bytes.size() - sizeof(Int));
  }
  void cut() {
    if (cuts.empty() || cuts.back() != bytes.size()) cuts.push_back(bytes.size());
  }
};

// The records of one shape, as columns of words without their crc.
std::vector<std::uint64_t> cells_of(Records records, std::span<const std::uint32_t> members) {
  const std::size_t count = members.size();
  const std::size_t words = records[members.front()].size() / 8;
  std::vector<std::uint64_t> cells(count * words);
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t word = 0; word < words; ++word)
      cells[word * count + i] = load_little<std::uint64_t>(records[members[i]].data() + 8 * word);
  for (std::size_t i = 0; i < count; ++i) cells[i] &= ~std::uint64_t{0xFFFF'FFFF};
  return cells;
}

using Shapes = std::vector<std::vector<std::uint32_t>>;

Shapes shapes_of(Records records) {
  std::map<Shape, std::vector<std::uint32_t>> by_shape;
  for (std::uint32_t i = 0; i < records.size(); ++i) by_shape[shape_of(records[i])].push_back(i);
  Shapes shapes;
  for (auto& [shape, members] : by_shape)
    if (members.size() >= shape_records_min && shapes.size() < shapes_max)
      shapes.push_back(std::move(members));
  return shapes;
}

// Counts, each record's shape, the checksums that do not fit, the lengths of records without shape.
void put_index(Records records, const Shapes& shapes, Plain& plain) {
  std::vector<std::byte> shape_numbers(records.size());
  for (std::size_t s = 0; s < shapes.size(); ++s)
    for (const std::uint32_t i : shapes[s]) shape_numbers[i] = static_cast<std::byte>(s + 1);
  std::vector<std::uint32_t> misfits;
  for (std::uint32_t i = 0; i < records.size(); ++i)
    if (!crc_fits(records[i])) misfits.push_back(i);
  plain.put(static_cast<std::uint32_t>(records.size()));
  plain.put(static_cast<std::uint32_t>(shapes.size()));
  plain.put(static_cast<std::uint32_t>(misfits.size()));
  for (const auto& members : shapes)
    plain.put(static_cast<std::uint32_t>(records[members.front()].size() / 8));
  plain.bytes.insert(plain.bytes.end(), shape_numbers.begin(), shape_numbers.end());
  for (const std::uint32_t i : misfits) {
    plain.put(i);
    plain.put(load_little<std::uint32_t>(records[i].data()));
  }
  for (std::size_t i = 0; i < records.size(); ++i)
    if (shape_numbers[i] == std::byte{0})
      plain.put(static_cast<std::uint32_t>(records[i].size() / 8));
  for (std::size_t i = 0; i < records.size(); ++i)
    if (shape_numbers[i] == std::byte{0})
      plain.bytes.insert(plain.bytes.end(), records[i].begin() + crc_bytes, records[i].end());
}

void put_shape(Records records, std::span<const std::uint32_t> members, Plain& plain) {
  const auto cells = cells_of(records, members);
  const Columns columns{cells, members.size()};
  const std::vector<Lane> lanes = choose_lanes(columns);
  for (const Lane& lane : lanes) write_lane(lane, plain.bytes);
  bool dense = false;
  for (const Lane& lane : lanes) {
    if (lane.transform == Transform::constant) continue;
    const std::size_t from = plain.bytes.size();
    write_planes(lane, columns, plain.bytes);
    // zstd shares its code tables within a block: what looks like noise gets a block of its own,
    // and what repeats stays together.
    for (unsigned plane = 0; plane < lane.width; ++plane) {
      const bool now = ((lane.dense >> plane) & 1U) != 0;
      const std::size_t at = from + plane * members.size();
      if ((now || dense) && (plain.cuts.empty() || plain.cuts.back() != at))
        plain.cuts.push_back(at);
      dense = now;
    }
  }
}

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

Result<std::vector<std::byte>> compress(Plain plain) {
  plain.cut();  // the end
  const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  if (!context) return fail(ErrorKind::full, "no memory to compress a block");
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, zstd_level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  ZSTD_CCtx_setPledgedSrcSize(context.get(), plain.bytes.size());
  std::vector<std::byte> encoded(ZSTD_compressBound(plain.bytes.size()) + 16 * plain.cuts.size());
  ZSTD_outBuffer out{encoded.data(), encoded.size(), 0};
  ZSTD_inBuffer in{plain.bytes.data(), 0, 0};
  for (const std::size_t cut : plain.cuts) {
    in.size = cut;
    const std::size_t left = ZSTD_compressStream2(
        context.get(), &out, &in, cut == plain.bytes.size() ? ZSTD_e_end : ZSTD_e_flush);
    if (ZSTD_isError(left) != 0 || left != 0)
      return fail(ErrorKind::io, std::string("a block cannot be compressed: ") +
                                     (left != 0 ? ZSTD_getErrorName(left) : "no room"));
  }
  encoded.resize(out.pos);
  return encoded;
}

Result<std::vector<std::byte>> decompress(std::span<const std::byte> encoded) {
  const unsigned long long bytes = ZSTD_getFrameContentSize(encoded.data(), encoded.size());
  if (bytes == ZSTD_CONTENTSIZE_ERROR || bytes == ZSTD_CONTENTSIZE_UNKNOWN ||
      bytes > plain_bytes_max)
    return corrupt("a block is no zstd frame of ours");
  const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  if (!context) return fail(ErrorKind::full, "no memory to decompress a block");
  std::vector<std::byte> plain(static_cast<std::size_t>(bytes));
  const std::size_t got = ZSTD_decompressDCtx(context.get(), plain.data(), plain.size(),
                                              encoded.data(), encoded.size());
  if (ZSTD_isError(got) != 0)
    return corrupt(std::string("a block cannot be decompressed: ") + ZSTD_getErrorName(got));
  if (got != plain.size()) return corrupt("a block decompresses to another length");
  return plain;
}

// Reads what Plain wrote; every length is checked before it is used.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> plain) : rest_(plain) {}

  Result<void> read_index() {
    if (rest_.size() < 12) return corrupt("a block is cut short");
    const auto records = take<std::uint32_t>();
    const auto shapes = take<std::uint32_t>();
    const auto misfits = take<std::uint32_t>();
    if (records == 0 || records > block_records_max || shapes > shapes_max || misfits > records)
      return corrupt("a block's counts cannot be");
    if (rest_.size() < std::size_t{4} * shapes + records + std::size_t{8} * misfits)
      return corrupt("a block is cut short");
    for (std::uint32_t i = 0; i < shapes; ++i) shapes_.push_back({take<std::uint32_t>(), {}});
    numbers_ = take_bytes(records);
    for (std::uint32_t i = 0; i < misfits; ++i) {
      const auto index = take<std::uint32_t>();
      if (index >= records) return corrupt("a checksum belongs to no record");
      misfits_[index] = take<std::uint32_t>();
    }
    return {};
  }

  // The length of each record in words, as running ends.
  Result<std::vector<std::uint32_t>> read_lengths() {
    std::vector<std::uint32_t> ends;
    std::uint64_t end = 0;
    for (const std::byte number : numbers_) {
      const auto shape = std::to_integer<std::size_t>(number);
      if (shape > shapes_.size()) return corrupt("a record is of an unknown shape");
      if (shape == 0 && rest_.size() < 4) return corrupt("a block is cut short");
      const std::uint32_t words = shape == 0 ? take<std::uint32_t>() : shapes_[shape - 1].words;
      if (words < record_header_bytes / 8 || words > record_bytes_max / 8)
        return corrupt("a record's length cannot be");
      end += words;
      if (end > block_bytes_max / 8) return corrupt("a block's records are too long");
      ends.push_back(static_cast<std::uint32_t>(end));
    }
    return ends;
  }

  Result<void> read_records(std::span<std::byte> to, std::span<const std::uint32_t> ends) {
    for (std::size_t i = 0; i < ends.size(); ++i) {
      const std::size_t begin = i == 0 ? 0 : std::size_t{8} * ends[i - 1];
      const auto record = to.subspan(begin, std::size_t{8} * ends[i] - begin);
      const auto shape = std::to_integer<std::size_t>(numbers_[i]);
      if (shape != 0) {
        shapes_[shape - 1].records.push_back(record.data());
        continue;
      }
      if (rest_.size() < record.size() - crc_bytes) return corrupt("a block is cut short");
      const auto bytes = take_bytes(record.size() - crc_bytes);
      std::memcpy(record.data() + crc_bytes, bytes.data(), bytes.size());
    }
    for (const ShapeRecords& shape : shapes_) WATTLEDGER_TRY(read_shape(shape));
    return rest_.empty() ? Result<void>() : corrupt("a block is longer than its records");
  }

  void set_checksums(std::span<std::byte> to, std::span<const std::uint32_t> ends) const {
    std::size_t begin = 0;
    for (std::uint32_t i = 0; i < ends.size(); ++i) {
      const auto record = to.subspan(begin, std::size_t{8} * ends[i] - begin);
      const auto misfit = misfits_.find(i);
      store_little(misfit == misfits_.end() ? crc32c(record.subspan(crc_bytes)) : misfit->second,
                   record.data());
      begin += record.size();
    }
  }

 private:
  struct ShapeRecords {
    std::uint32_t words = 0;
    std::vector<std::byte*> records;
  };

  template <class Int>
  Int take() {
    return load_little<Int>(take_bytes(sizeof(Int)).data());
  }
  std::span<const std::byte> take_bytes(std::size_t count) {
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  Result<void> read_shape(const ShapeRecords& shape) {
    if (shape.records.empty()) return corrupt("a shape has no records");
    const auto lanes = read_lanes(8 * shape.words, rest_);
    if (!lanes) return Failure(lanes.error());
    for (const Lane& lane : *lanes) {
      if (lane.transform == Transform::constant) {
        fill_constant(lane, shape.records);
        continue;
      }
      const std::size_t bytes = lane.width * shape.records.size();
      if (rest_.size() < bytes) return corrupt("a block is cut short");
      read_planes(lane, take_bytes(bytes), shape.records);
    }
    return {};
  }

  std::span<const std::byte> rest_;
  std::vector<ShapeRecords> shapes_;
  std::span<const std::byte> numbers_;
  std::map<std::uint32_t, std::uint32_t> misfits_;
};

}  // namespace

std::span<const std::byte> Block::record(std::size_t index) const {
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::as_bytes(std::span(words_).subspan(begin, ends_[index] - begin));
}

Result<std::vector<std::byte>> encode_block(Records records) {
  WATTLEDGER_TRY(check_records(records));
  const Shapes shapes = shapes_of(records);
  Plain plain;
  put_index(records, shapes, plain);
  for (const auto& members : shapes) put_shape(records, members, plain);
  return compress(std::move(plain));
}

Result<Block> decode_block(std::span<const std::byte> encoded) {
  const auto plain = decompress(encoded);
  if (!plain) return Failure(plain.error());
  Decoder decoder(*plain);
  WATTLEDGER_TRY(decoder.read_index());
  auto ends = decoder.read_lengths();
  if (!ends) return Failure(ends.error());
  Block block;
  block.ends_ = *std::move(ends);
  block.words_.resize(block.ends_.back());
  const std::span<std::byte> bytes = std::as_writable_bytes(std::span(block.words_));
  WATTLEDGER_TRY(decoder.read_records(bytes, block.ends_));
  decoder.set_checksums(bytes, block.ends_);
  return block;
}

}  // namespace wattledger::log
