// A made house for the tests of wattledger audit report, and its page as others read it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/replay/house_log.hpp"

namespace wattledger::testing {

inline constexpr std::int64_t hour_s = 3'600;
inline constexpr std::int64_t day_s = 86'400;

// From a second on, for so many: a reading each five minutes of 600 W of load, 2400 W of sun from
// ten to two UTC, and a battery that serves the house; a decision each quarter; prices of each day,
// unless they are not wished.
struct Living {
  std::int64_t from = 0, seconds = 3 * day_s;
  bool priced = true;
};
void live(HouseDirectory& house, const Living& living = {});

// The page of a month; the report is not recorded.
[[nodiscard]] std::string page_of(const HouseDirectory& house, const std::string& month = "2025-10",
                                  const std::vector<std::string>& more = {});
// What a reader of XML finds in a page; one that is not well-formed fails the test, saying where.
struct Page {
  explicit Page(const std::string& text);
  std::string language;
  std::vector<std::vector<std::string>> rows;  // of all tables, the cells' texts
  std::map<std::string, std::string> by_id;    // texts of what has an id
  std::vector<std::string> headings;           // <h2>
  std::size_t charts = 0;
  // The first row that begins so; empty if none.
  [[nodiscard]] std::vector<std::string> row(const std::string& name) const;
};
[[nodiscard]] bool holds(const std::string& text, const std::string& part);
[[nodiscard]] std::string content(const std::filesystem::path& file);

}  // namespace wattledger::testing
