#include "log/segment_planes.hpp"

#include <bit>
#include <string>

#include "log/byte_order.hpp"
#include "log/segment_words.hpp"

namespace wattledger::log {
namespace {

// What a lane's values look like after their transform, one after the other.
class Transformer {
 public:
  explicit Transformer(const Lane& lane) : width_(lane.width), transform_(lane.transform) {}

  std::uint64_t next(std::uint64_t value) {
    std::uint64_t result = 0;
    switch (transform_) {
      case Transform::constant:
      case Transform::plain:
      case Transform::linear:
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
  std::uint8_t width_;
  Transform transform_;
  std::uint64_t last_ = 0;
  std::uint64_t before_last_ = 0;
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
      case Transform::linear:
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

template <std::uint8_t width>
void restore_linear(const Lane& lane, const std::byte* planes,
                    std::span<std::byte* const> records) {
  const LinearForm& form = lane.form;
  const std::size_t count = records.size();
  std::uint64_t before = form.base;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint64_t stored = 0;
    for (unsigned plane = 0; plane < width; ++plane)
      stored |= std::to_integer<std::uint64_t>(planes[plane * count + i]) << (8 * plane);
    std::uint64_t value = before + form.divisor * unzigzag(stored);
    if (form.differences) before = value;
    for (std::size_t t = 0; t < form.count; ++t) {
      const std::uint64_t other = load_little<typename Bits<width>::type>(
          records[i] + std::size_t{form.terms[t].word} * width);
      value += form.terms[t].negative ? 0 - other : other;
    }
    store(value, width, records[i] + lane.offset);
  }
}

template <std::uint8_t width>
void restore_lane(const Lane& lane, const std::byte* planes, std::span<std::byte* const> records) {
  if (lane.transform == Transform::linear) return restore_linear<width>(lane, planes, records);
  restore<width>(lane, planes, records);
}

constexpr const char* cut_short = "the lanes of a shape are cut short";

void put(std::uint64_t value, std::uint8_t width, std::vector<std::byte>& to) {
  to.resize(to.size() + width);
  store(value, width, to.data() + to.size() - width);
}

// `from` holds that many.
std::uint64_t take(std::uint8_t width, std::span<const std::byte>& from) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i) value |= std::to_integer<std::uint64_t>(from[i]) << (8 * i);
  from = from.subspan(width);
  return value;
}

// A form's first byte: 2 bits count of terms, a bit per term that is negative, a bit for
// differences.
constexpr unsigned negative_bit = 2;
constexpr unsigned differences_bit = negative_bit + LinearForm::terms_max;

void write_form(const Lane& lane, std::vector<std::byte>& to) {
  const LinearForm& form = lane.form;
  unsigned bits = form.count | (form.differences ? 1U << differences_bit : 0U);
  for (unsigned t = 0; t < form.count; ++t)
    if (form.terms[t].negative) bits |= 1U << (negative_bit + t);
  to.push_back(static_cast<std::byte>(bits));
  for (unsigned t = 0; t < form.count; ++t) put(form.terms[t].word, 2, to);
  put(form.base, lane.width, to);
  put(form.divisor, lane.width, to);
}

Result<LinearForm> read_form(const Lane& lane, std::span<const std::byte>& from) {
  if (from.empty()) return fail(ErrorKind::corrupt, cut_short);
  const auto bits = static_cast<unsigned>(take(1, from));
  LinearForm form;
  form.count = bits & 3U;
  form.differences = ((bits >> differences_bit) & 1U) != 0;
  const unsigned known = 3U | ((1U << form.count) - 1U) << negative_bit | 1U << differences_bit;
  if ((bits & ~known) != 0)
    return fail(ErrorKind::corrupt, "a linear lane of a shape is of an unknown form");
  if (from.size() < std::size_t{2} * form.count + std::size_t{2} * lane.width)
    return fail(ErrorKind::corrupt, cut_short);
  for (unsigned t = 0; t < form.count; ++t) {
    const auto word = static_cast<std::uint16_t>(take(2, from));
    if ((std::size_t{word} + 1) * lane.width > lane.offset)
      return fail(ErrorKind::corrupt, "a linear lane refers to what does not stand before it");
    form.terms[t] = {word, ((bits >> (negative_bit + t)) & 1U) != 0};
  }
  form.base = take(lane.width, from);
  form.divisor = take(lane.width, from);
  if (form.divisor == 0) return fail(ErrorKind::corrupt, "a linear lane's divisor is zero");
  return form;
}

}  // namespace

void write_lane(const Lane& lane, std::vector<std::byte>& to) {
  const auto width_log = static_cast<unsigned>(std::countr_zero(lane.width));
  to.push_back(static_cast<std::byte>(width_log << 4U | static_cast<unsigned>(lane.transform)));
  if (lane.transform == Transform::constant) put(lane.constant, lane.width, to);
  if (lane.transform == Transform::linear) write_form(lane, to);
}

Result<std::vector<Lane>> read_lanes(std::uint32_t record_bytes, std::span<const std::byte>& from) {
  std::vector<Lane> lanes;
  for (std::uint32_t offset = 0; offset < record_bytes; offset += lanes.back().width) {
    if (from.empty()) return fail(ErrorKind::corrupt, cut_short);
    const auto description = std::to_integer<std::uint8_t>(from.front());
    from = from.subspan(1);
    const unsigned width_log = description >> 4U;
    const unsigned transform = description & 0xFU;
    if (width_log > 3 || transform > static_cast<unsigned>(Transform::linear))
      return fail(ErrorKind::corrupt, "a lane of a shape is of an unknown form");
    Lane lane{
        offset, static_cast<std::uint8_t>(1U << width_log), static_cast<Transform>(transform), 0, 0,
        {}};
    if (offset % lane.width != 0 || lane.width > record_bytes - offset)
      return fail(ErrorKind::corrupt, "the lanes of a shape do not fit its length");
    if (lane.transform == Transform::constant) {
      if (from.size() < lane.width) return fail(ErrorKind::corrupt, cut_short);
      lane.constant = take(lane.width, from);
    }
    if (lane.transform == Transform::linear) {
      const auto form = read_form(lane, from);
      if (!form) return Failure(form.error());
      lane.form = *form;
    }
    lanes.push_back(lane);
  }
  return lanes;
}

std::vector<std::uint64_t> stored_values(const Lane& lane, const Columns& columns) {
  if (lane.transform == Transform::linear) {
    auto values = residuals(lane, columns);
    code_residuals(lane, values);
    return values;
  }
  const Words words(columns, lane.offset);
  std::vector<std::uint64_t> values(words.size());
  Transformer transformer(lane);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = transformer.next(words[i]);
  return values;
}

void write_planes(const Lane& lane, const Columns& columns, std::vector<std::byte>& to) {
  const std::size_t count = columns.records;
  const std::size_t start = to.size();
  to.resize(start + lane.width * count);
  const auto values = stored_values(lane, columns);
  for (std::size_t i = 0; i < count; ++i)
    for (unsigned plane = 0; plane < lane.width; ++plane)
      to[start + plane * count + i] = static_cast<std::byte>((values[i] >> (8 * plane)) & 0xFFU);
}

void read_planes(const Lane& lane, std::span<const std::byte> planes,
                 std::span<std::byte* const> records) {
  switch (lane.width) {
    case 1:
      return restore_lane<1>(lane, planes.data(), records);
    case 2:
      return restore_lane<2>(lane, planes.data(), records);
    case 4:
      return restore_lane<4>(lane, planes.data(), records);
    case 8:
      return restore_lane<8>(lane, planes.data(), records);
  }
}

void fill_constant(const Lane& lane, std::span<std::byte* const> records) {
  for (std::byte* record : records) store(lane.constant, lane.width, record + lane.offset);
}

}  // namespace wattledger::log
