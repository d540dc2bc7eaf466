// The lists of positions that stand beside a series' values.
#pragma once

#include <cstdint>
#include <vector>

#include "events/catalogue.hpp"

namespace wattledger::fold {

// At every position whether the list names it; as long as the last one that it names.
[[nodiscard]] inline std::vector<bool> marked(const flatbuffers::Vector<std::uint16_t>* positions) {
  std::vector<bool> marks;
  if (positions == nullptr) return marks;
  for (const std::uint16_t position : *positions) {
    if (position >= marks.size()) marks.resize(std::size_t{position} + 1);
    marks[position] = true;
  }
  return marks;
}

}  // namespace wattledger::fold
