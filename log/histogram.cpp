#include <algorithm>
#include <bit>

#include "log/appender.hpp"

namespace wattledger::log {

void Histogram::add(std::uint64_t value) {
  ++counts_[static_cast<std::size_t>(std::bit_width(value))];
}

std::uint64_t Histogram::count() const {
  std::uint64_t all = 0;
  for (const std::uint64_t count : counts_) all += count;
  return all;
}

std::uint64_t Histogram::at_most(double share) const {
  const double wanted = std::clamp(share, 0.0, 1.0) * static_cast<double>(count());
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets; ++i) {
    seen += counts_[i];
    if (counts_[i] > 0 && static_cast<double>(seen) >= wanted)
      return i == 0 ? 0 : ~std::uint64_t{0} >> (64 - i);
  }
  return 0;
}

}  // namespace wattledger::log
