// Ranges of records as the log's commands write them.
#pragma once

#include <string>
#include <vector>

#include "log/reader.hpp"

namespace wattledger::tool {

// "record 5", "records 5 to 9"
[[nodiscard]] inline std::string range_text(const log::SequenceRange& range) {
  const std::string first = std::to_string(range.first.value);
  if (range.first == range.last) return "record " + first;
  return "records " + first + " to " + std::to_string(range.last.value);
}

// Whatever kind of JSON the command makes: an object with first and last for each.
template <class Json>
[[nodiscard]] Json ranges_json(const std::vector<log::SequenceRange>& ranges) {
  Json list = Json::array();
  for (const log::SequenceRange& range : ranges)
    list.push_back({{"first", range.first.value}, {"last", range.last.value}});
  return list;
}

}  // namespace wattledger::tool
