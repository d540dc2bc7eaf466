#include "log/segment_planes.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string>

#include "log/byte_order.hpp"

namespace wattledger::log {
namespace {

constexpr std::uint8_t word_bytes = 8;
// Lanes are chosen by these many records in stretches; more would hardly choose better.
constexpr std::size_t sample_max = 1'024;
constexpr std::size_t stretch = 128;
// What a compressor needs for a byte that differs from the one before it, where few do.
constexpr double bits_per_change = 14;
constexpr double bits_per_plane = 32;
constexpr double dense_bits = 1.6;  // per byte: such a plane wants code tables of its own

std::uint64_t mask_of(std::uint8_t width) { return ~std::uint64_t{0} >> (64U - 8U * width); }

std::uint64_t zigzag(std::uint64_t difference, std::uint8_t width) {
  const unsigned spare = 64U - 8U * width;
  const auto value = static_cast<std::int64_t>(difference << spare) >> spare;
  return ((static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63)) &
         mask_of(width);
}

std::uint64_t unzigzag(std::uint64_t coded) { return (coded >> 1U) ^ (0 - (coded & 1U)); }

// What a lane's values look like after their transform, one after the other.
class Transformer {
 public:
  explicit Transformer(const Lane& lane)
      : shift_(8U * (lane.offset % word_bytes)), width_(lane.width), transform_(lane.transform) {}

  void seed(std::uint64_t older, std::uint64_t old) {
    before_last_ = older >> shift_;
    last_ = old >> shift_;
  }
  std::uint64_t next(std::uint64_t word) {
    const std::uint64_t value = word >> shift_;
    std::uint64_t result = 0;
    switch (transform_) {
      case Transform::constant:
      case Transform::plain:
        result = value & mask_of(width_);
        break;
      case Transform::delta:
        result = zigzag(value - last_, width_);
        break;
      case Transform::delta_delta:
        result = zigzag(value - 2 * last_ + before_last_, width_);
        break;
    }
    before_last_ = last_;
    last_ = value;
    return result;
  }

 private:
  unsigned shift_;
  std::uint8_t width_;
  Transform transform_;
  std::uint64_t last_ = 0;
  std::uint64_t before_last_ = 0;
};

// n · log2 n
double entropy_term(std::size_t n) {
  static const auto table = [] {
    std::array<double, sample_max + 1> terms{};
    for (std::size_t i = 2; i < terms.size(); ++i)
      terms[i] = static_cast<double>(i) * std::log2(static_cast<double>(i));
    return terms;
  }();
  return table[n];
}

// Estimated bits of byte `plane` of the values.
double plane_bits(std::span<const std::uint64_t> values, unsigned plane) {
  std::array<std::uint16_t, 256> counts{};
  std::size_t changes = 0;
  std::uint8_t before = 0;
  for (const std::uint64_t value : values) {
    const auto byte = static_cast<std::uint8_t>(value >> (8 * plane));
    ++counts[byte];
    changes += byte != before ? 1U : 0U;
    before = byte;
  }
  double entropy = entropy_term(values.size());
  for (const std::uint16_t count : counts) entropy -= entropy_term(count);
  return std::min(entropy, bits_per_change * static_cast<double>(changes));
}

class LaneChooser {
 public:
  LaneChooser(Column column, std::uint32_t offset) : column_(column), offset_(offset) {
    for (const std::uint64_t word : column) changed_ |= word ^ column.front();
    const std::size_t sampled = std::min(column.size(), sample_max);
    const std::size_t stretches = (sampled + stretch - 1) / stretch;
    for (std::size_t i = 0; i < stretches; ++i) {
      const std::size_t from =
          column.size() <= sample_max ? i * stretch : i * (column.size() - stretch) / stretches;
      stretches_.emplace_back(from, std::min(from + stretch, column.size()));
    }
  }

  struct Choice {
    double bits = 0;
    std::vector<Lane> lanes;
  };

  Choice choose(std::uint32_t inside, std::uint8_t width) {
    Lane lane{offset_ + inside, width, Transform::constant, 0, 0};
    if (((changed_ >> (8U * inside)) & mask_of(width)) == 0) {
      lane.constant = (column_.front() >> (8U * inside)) & mask_of(width);
      return {0, {lane}};
    }
    Choice best = cheapest(lane);
    if (width == 1) return best;
    const auto half = static_cast<std::uint8_t>(width / 2);
    Choice low = choose(inside, half);
    const Choice high = choose(inside + half, half);
    if (low.bits + high.bits >= best.bits) return best;
    low.bits += high.bits;
    low.lanes.insert(low.lanes.end(), high.lanes.begin(), high.lanes.end());
    return low;
  }

 private:
  Choice cheapest(Lane lane) {
    Choice best;
    for (const Transform transform : {Transform::plain, Transform::delta, Transform::delta_delta}) {
      lane.transform = transform;
      lane.dense = 0;
      const double bits = estimate(lane);
      if (best.lanes.empty() || bits < best.bits) best = {bits, {lane}};
    }
    return best;
  }

  double estimate(Lane& lane) {
    values_.clear();
    std::uint64_t used = 0;
    for (const auto& [from, to] : stretches_) {
      Transformer transformer(lane);
      if (from > 1) transformer.seed(column_[from - 2], column_[from - 1]);
      for (std::size_t i = from; i < to; ++i) {
        values_.push_back(transformer.next(column_[i]));
        used |= values_.back();
      }
    }
    const auto sampled = static_cast<double>(values_.size());
    double bits = 0;
    for (unsigned plane = 0; plane < lane.width; ++plane) {
      bits += bits_per_plane * sampled / static_cast<double>(column_.size());
      if (((used >> (8 * plane)) & 0xFFU) == 0) continue;
      const double more = plane_bits(values_, plane);
      bits += more;
      if (more > dense_bits * sampled) lane.dense |= static_cast<std::uint8_t>(1U << plane);
    }
    return bits;
  }

  Column column_;
  std::uint32_t offset_;
  std::uint64_t changed_ = 0;  // bits that are not the same everywhere
  std::vector<std::pair<std::size_t, std::size_t>> stretches_;
  std::vector<std::uint64_t> values_;
};

void store(std::uint64_t value, std::uint8_t width, std::byte* to) {
  for (unsigned i = 0; i < width; ++i) to[i] = static_cast<std::byte>((value >> (8 * i)) & 0xFFU);
}

template <std::uint8_t width>
void restore(const Lane& lane, const std::byte* planes, std::span<std::byte* const> records) {
  const std::size_t count = records.size();
  std::uint64_t last = 0;
  std::uint64_t step = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t value = 0;
    for (unsigned plane = 0; plane < width; ++plane)
      value |= std::to_integer<std::uint64_t>(planes[plane * count + i]) << (8 * plane);
    switch (lane.transform) {
      case Transform::constant:
      case Transform::plain:
        break;
      case Transform::delta:
        value = last + unzigzag(value);
        break;
      case Transform::delta_delta:
        step += unzigzag(value);
        value = last + step;
        break;
    }
    last = value;
    store(value, width, records[i] + lane.offset);
  }
}

}  // namespace

void choose_lanes(Column column, std::uint32_t offset, std::vector<Lane>& lanes) {
  const auto choice = LaneChooser(column, offset).choose(0, word_bytes);
  lanes.insert(lanes.end(), choice.lanes.begin(), choice.lanes.end());
}

void write_lane(const Lane& lane, std::vector<std::byte>& to) {
  const auto width_log = static_cast<unsigned>(std::countr_zero(lane.width));
  to.push_back(static_cast<std::byte>(width_log << 4U | static_cast<unsigned>(lane.transform)));
  if (lane.transform != Transform::constant) return;
  to.resize(to.size() + lane.width);
  store(lane.constant, lane.width, to.data() + to.size() - lane.width);
}

Result<std::vector<Lane>> read_lanes(std::uint32_t record_bytes, std::span<const std::byte>& from) {
  std::vector<Lane> lanes;
  for (std::uint32_t offset = 0; offset < record_bytes; offset += lanes.back().width) {
    if (from.empty()) return fail(ErrorKind::corrupt, "the lanes of a shape are cut short");
    const auto description = std::to_integer<std::uint8_t>(from.front());
    from = from.subspan(1);
    const unsigned width_log = description >> 4U;
    const unsigned transform = description & 0xFU;
    if (width_log > 3 || transform > static_cast<unsigned>(Transform::delta_delta))
      return fail(ErrorKind::corrupt, "a lane of a shape is of an unknown form");
    Lane lane{offset, static_cast<std::uint8_t>(1U << width_log), static_cast<Transform>(transform),
              0, 0};
    if (offset % lane.width != 0 || lane.width > record_bytes - offset)
      return fail(ErrorKind::corrupt, "the lanes of a shape do not fit its length");
    if (lane.transform == Transform::constant) {
      if (from.size() < lane.width)
        return fail(ErrorKind::corrupt, "the lanes of a shape are cut short");
      for (unsigned i = 0; i < lane.width; ++i)
        lane.constant |= std::to_integer<std::uint64_t>(from[i]) << (8 * i);
      from = from.subspan(lane.width);
    }
    lanes.push_back(lane);
  }
  return lanes;
}

void write_planes(const Lane& lane, Column column, std::vector<std::byte>& to) {
  const std::size_t count = column.size();
  const std::size_t start = to.size();
  to.resize(start + lane.width * count);
  Transformer transformer(lane);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t value = transformer.next(column[i]);
    for (unsigned plane = 0; plane < lane.width; ++plane)
      to[start + plane * count + i] = static_cast<std::byte>((value >> (8 * plane)) & 0xFFU);
  }
}

void read_planes(const Lane& lane, std::span<const std::byte> planes,
                 std::span<std::byte* const> records) {
  switch (lane.width) {
    case 1:
      return restore<1>(lane, planes.data(), records);
    case 2:
      return restore<2>(lane, planes.data(), records);
    case 4:
      return restore<4>(lane, planes.data(), records);
    case 8:
      return restore<8>(lane, planes.data(), records);
  }
}

void fill_constant(const Lane& lane, std::span<std::byte* const> records) {
  for (std::byte* record : records) store(lane.constant, lane.width, record + lane.offset);
}

}  // namespace wattledger::log
