// Ranges of records as the log's commands write them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "log/verification.hpp"

namespace wattledger::tool {

// "record 5", "records 5 to 9"
[[nodiscard]] inline std::string range_text(const log::SequenceRange& range) {
  const std::string first = std::to_string(range.first.value);
  if (range.first == range.last) return "record " + first;
  return "records " + first + " to " + std::to_string(range.last.value);
}

[[nodiscard]] inline nlohmann::ordered_json range_json(const log::SequenceRange& range) {
  return {{"first", range.first.value}, {"last", range.last.value}};
}

[[nodiscard]] inline nlohmann::ordered_json ranges_json(
    const std::vector<log::SequenceRange>& ranges) {
  auto list = nlohmann::ordered_json::array();
  for (const log::SequenceRange& range : ranges) list.push_back(range_json(range));
  return list;
}

}  // namespace wattledger::tool
