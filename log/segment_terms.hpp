// Searches the sums that words of a record keep to: powers that add up, times that lie close to
// each other. Pure, one thread. Inside this room only.
#pragma once

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "log/segment_planes.hpp"

namespace wattledger::log {

// From record, to record (not included).
using Stretches = std::vector<std::pair<std::size_t, std::size_t>>;

class TermSearch {
 public:
  static constexpr std::uint8_t width = 4;  // of the words, bytes

  // Looks at the stretches only; both must outlive this.
  TermSearch(const Columns& columns, const Stretches& stretches);

  // Forms of at least one term, base and divisor not chosen, whose residuals change least from
  // record to record; none if the word itself hardly changes more. `offset` grows with each call.
  [[nodiscard]] std::vector<LinearForm> find(std::uint32_t offset);

 private:
  static constexpr std::size_t sources_max = 32;
  static constexpr std::size_t signed_max = 2 * sources_max;
  using Differences = std::vector<float>;
  // A word with its sign is 2 * its source, and 1 more if it is negative.
  struct Sum {
    double left = 0;  // the sum of the squares of what a residual changes by
    std::array<std::uint8_t, LinearForm::terms_max> terms{};
  };
  class Best;

  [[nodiscard]] Differences differences(std::uint32_t offset) const;
  void add(std::uint32_t offset);
  void search(const Differences& target, Best& best) const;
  [[nodiscard]] LinearForm form_of(const Sum& sum, std::size_t count) const;

  const Columns& columns_;
  const Stretches& stretches_;
  std::uint32_t added_to_ = 0;  // offset
  std::size_t added_ = 0;
  // The last words that change, in turns; products of each two.
  std::vector<std::uint16_t> words_;
  std::vector<Differences> sources_;
  std::array<std::array<double, sources_max>, sources_max> products_{};
};

}  // namespace wattledger::log
