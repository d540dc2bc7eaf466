// A small language for losses: a house that has lived, README's table of what to do, and the two
// held against each other.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/program.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {

[[nodiscard]] bool contains(const std::string& text, const std::string& words);

// What a file holds; a change of some of its bytes.
[[nodiscard]] std::string bytes_of_file(const std::filesystem::path& file);
void overwrite(const std::filesystem::path& file, std::size_t offset, const std::string& bytes);

// A row of README's table, found by what has happened: what is in backticks under "it says", and
// the commands among what is under "type".
struct Row {
  explicit Row(const std::string& happened);
  std::vector<std::string> says;
  std::vector<std::string> types;
  std::string lost;
};

// The first cell of every row.
[[nodiscard]] std::vector<std::string> rows_of_readme();

[[nodiscard]] Ran tool(const std::filesystem::path& data, const std::vector<std::string>& words);

// What was said has the row's words; its commands are run as they stand, in the data directory.
// SAVED, ID and SEGMENT are `names`; where a command finds something wrong (exit code 1) that is
// its answer. Returns the last answer.
using Names = std::map<std::string, std::string>;
Ran mend(const std::filesystem::path& data, const Row& row, const std::string& said,
         const Names& names = {});

// The log is whole, and tables and files are what it gives.
void require_live_is_the_log(const std::filesystem::path& data);
// And every decision follows from it: not so where a record is lost that one rested on.
void require_whole(const std::filesystem::path& data);

[[nodiscard]] std::uint64_t head_of(const std::filesystem::path& data);

// A day of a simulated house, or more, in a directory of its own; every house of so many days is
// the same.
class LostHouse {
 public:
  explicit LostHouse(int days = 1);

  [[nodiscard]] const std::filesystem::path& data() const { return data_; }
  [[nodiscard]] std::filesystem::path operator/(const std::filesystem::path& name) const {
    return data_ / name;
  }
  [[nodiscard]] std::filesystem::path beside(const std::filesystem::path& name) const {
    return home_ / name;
  }
  [[nodiscard]] Ran tool(const std::vector<std::string>& words) const {
    return testing::tool(data_, words);
  }
  // The daemon, until it has lived so many days.
  [[nodiscard]] Ran lives_on(int days_in_all) const;
  // Takes a backup and returns its id.
  [[nodiscard]] std::string backed_up() const;

 private:
  MemoryDirectory home_;
  std::filesystem::path data_ = home_ / "data";
};

}  // namespace wattledger::testing
