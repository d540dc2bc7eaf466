#include "log/segment_lanes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "log/segment_terms.hpp"
#include "log/segment_words.hpp"

namespace wattledger::log {
namespace {

// Lanes are chosen by these many records in stretches; more would hardly choose better.
constexpr std::size_t sample_max = 1'024;
constexpr std::size_t stretch = 128;
// What a compressor needs for a byte that differs from the one before it, where few do.
constexpr double bits_per_change = 14;
constexpr double bits_per_plane = 32;
constexpr double dense_bits = 1.6;  // per byte: such a plane wants code tables of its own

Stretches stretches_of(std::size_t records) {
  const std::size_t sampled = std::min(records, sample_max);
  const std::size_t count = (sampled + stretch - 1) / stretch;
  Stretches stretches;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from = records <= sample_max ? i * stretch : i * (records - stretch) / count;
    stretches.emplace_back(from, std::min(from + stretch, records));
  }
  return stretches;
}

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

// What divides all residuals less the base, or all their differences.
std::uint64_t divisor_of(const Lane& lane, std::span<const std::uint64_t> residuals) {
  std::uint64_t divisor = 0;
  std::uint64_t before = lane.form.base;
  for (const std::uint64_t residual : residuals) {
    const std::int64_t difference = sign_extended(residual - before, lane.width);
    const std::uint64_t size = difference < 0 ? 0 - static_cast<std::uint64_t>(difference)
                                              : static_cast<std::uint64_t>(difference);
    if (divisor == 0 || size % divisor != 0) divisor = std::gcd(divisor, size);
    if (divisor == 1) return 1;
    if (lane.form.differences) before = residual;
  }
  return divisor == 0 || divisor > mask_of(lane.width) / 2 ? 1 : divisor;
}

class LaneChooser {
 public:
  explicit LaneChooser(const Columns& columns)
      : columns_(columns), stretches_(stretches_of(columns.records)), terms_(columns, stretches_) {}

  struct Choice {
    double bits = 0;
    std::vector<Lane> lanes;
  };

  Choice choose(std::uint32_t offset, std::uint8_t width) {
    Lane lane{offset, width, Transform::constant, 0, 0, {}};
    if (is_constant(lane)) return {0, {lane}};
    Choice best = cheapest(lane);
    if (width == 1) return best;
    const auto half = static_cast<std::uint8_t>(width / 2);
    Choice low = choose(offset, half);
    const Choice high = choose(offset + half, half);
    if (low.bits + high.bits >= best.bits) return best;
    low.bits += high.bits;
    low.lanes.insert(low.lanes.end(), high.lanes.begin(), high.lanes.end());
    return low;
  }

 private:
  bool is_constant(Lane& lane) const {
    const Words words(columns_, lane.offset);
    std::uint64_t changed = 0;
    for (std::size_t i = 1; i < words.size(); ++i) changed |= words[i] ^ words[0];
    lane.constant = words[0] & mask_of(lane.width);
    return (changed & mask_of(lane.width)) == 0;
  }

  Choice cheapest(Lane lane) {
    Choice best;
    lane.constant = 0;
    const auto offer = [&](std::span<const std::uint64_t> stored, std::size_t described) {
      lane.dense = 0;
      const double bits = estimate(lane, stored, described);
      if (best.lanes.empty() || bits < best.bits) best = {bits, {lane}};
    };
    for (const Transform transform : {Transform::plain, Transform::delta, Transform::delta_delta}) {
      lane.transform = transform;
      offer(stored_values(lane, columns_), 0);
    }
    if (lane.width == 1) return best;
    lane.transform = Transform::linear;
    std::vector<LinearForm> forms{{}};
    if (lane.width == TermSearch::width)
      for (const LinearForm& form : terms_.find(lane.offset)) forms.push_back(form);
    for (const LinearForm& form : forms) {
      lane.form = form;
      const auto left = residuals(lane, columns_);
      for (const bool differences : {false, true}) {
        lane.form.differences = differences;
        lane.form.base = differences ? left.front() : middle(left, lane.width);
        lane.form.divisor = divisor_of(lane, left);
        if (form.count == 0 && differences && lane.form.divisor == 1) continue;  // a delta
        auto stored = left;
        code_residuals(lane, stored);
        offer(stored, std::size_t{1} + 2U * form.count + 2U * lane.width);
      }
    }
    return best;
  }

  // A residual in the middle of those sampled.
  std::uint64_t middle(std::span<const std::uint64_t> residuals, std::uint8_t width) const {
    std::vector<std::int64_t> sampled;
    for (const auto& [from, to] : stretches_)
      for (std::size_t i = from; i < to; ++i) sampled.push_back(sign_extended(residuals[i], width));
    const auto found = sampled.begin() + static_cast<std::ptrdiff_t>(sampled.size() / 2);
    std::ranges::nth_element(sampled, found);
    return static_cast<std::uint64_t>(*found) & mask_of(width);
  }

  // Bits of the sample, with `described` bytes beside the planes for all records.
  double estimate(Lane& lane, std::span<const std::uint64_t> stored, std::size_t described) {
    values_.clear();
    std::uint64_t used = 0;
    for (const auto& [from, to] : stretches_)
      for (std::size_t i = from; i < to; ++i) {
        values_.push_back(stored[i]);
        used |= stored[i];
      }
    const auto sampled = static_cast<double>(values_.size());
    const double part = sampled / static_cast<double>(stored.size());
    double bits = 8 * static_cast<double>(described) * part;
    for (unsigned plane = 0; plane < lane.width; ++plane) {
      bits += bits_per_plane * part;
      if (((used >> (8 * plane)) & 0xFFU) == 0) continue;
      const double more = plane_bits(values_, plane);
      bits += more;
      if (more > dense_bits * sampled) lane.dense |= static_cast<std::uint8_t>(1U << plane);
    }
    return bits;
  }

  const Columns& columns_;
  Stretches stretches_;
  TermSearch terms_;
  std::vector<std::uint64_t> values_;
};

}  // namespace

std::vector<Lane> choose_lanes(const Columns& columns) {
  LaneChooser chooser(columns);
  std::vector<Lane> lanes;
  for (std::size_t word = 0; word < columns.words(); ++word) {
    const auto choice = chooser.choose(static_cast<std::uint32_t>(word_bytes * word), word_bytes);
    lanes.insert(lanes.end(), choice.lanes.begin(), choice.lanes.end());
  }
  return lanes;
}

}  // namespace wattledger::log
