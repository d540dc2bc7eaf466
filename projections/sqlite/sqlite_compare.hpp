// Looks into finished SQLite projections without sqlite3.h: is a built file sound, and are two of
// them equal?
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "events/result.hpp"

namespace wattledger::projections::sqlite {

// quick_check, then the rows of each table. corrupt with SQLite's first finding.
Result<std::map<std::string, std::uint64_t>> check_file(const std::filesystem::path& file);

struct FileDifference {
  std::string place;  // "sqlite system_state id 1000000017"
  std::string what;
};

// Compares canonically: the schema (columns, indexes), then each table in the order of its primary
// key, value by value with its storage class. At most `limit` differences; empty means equal.
// Memory does not grow with the files.
Result<std::vector<FileDifference>> compare_files(const std::filesystem::path& a,
                                                  const std::filesystem::path& b,
                                                  std::size_t limit);

}  // namespace wattledger::projections::sqlite
