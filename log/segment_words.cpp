#include "log/segment_words.hpp"

namespace wattledger::log {

std::vector<std::uint64_t> residuals(const Lane& lane, const Columns& columns) {
  const Words words(columns, lane.offset);
  std::vector<std::uint64_t> values(words.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = words[i];
  for (std::size_t t = 0; t < lane.form.count; ++t) {
    const LinearForm::Term& term = lane.form.terms[t];
    const Words others(columns, std::uint32_t{term.word} * lane.width);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] += term.negative ? others[i] : 0 - others[i];
  }
  for (std::uint64_t& value : values) value &= mask_of(lane.width);
  return values;
}

void code_residuals(const Lane& lane, std::vector<std::uint64_t>& values) {
  const auto divisor = static_cast<std::int64_t>(lane.form.divisor);
  std::uint64_t before = lane.form.base;
  for (std::uint64_t& value : values) {
    const std::int64_t difference = sign_extended(value - before, lane.width);
    if (lane.form.differences) before = value;
    value = zigzag(static_cast<std::uint64_t>(divisor == 1 ? difference : difference / divisor),
                   lane.width);
  }
}

}  // namespace wattledger::log
