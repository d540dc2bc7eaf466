// What an import counted and what it has to say, per file and table.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "replay/legacy_import/source_record.hpp"

namespace wattledger::tool {

// found = imported + merged + there + rejected.
struct Counts {
  std::uint64_t found = 0;
  std::uint64_t imported = 0;  // each became an event
  std::uint64_t merged = 0;    // told by an event together with another record
  std::uint64_t there = 0;     // an earlier import had brought it
  std::uint64_t whole = 0;     // of the imported and merged: kept as text, whole
  std::uint64_t rejected = 0;
  Counts& operator+=(const Counts& other);
  [[nodiscard]] bool adds_up() const { return found == imported + merged + there + rejected; }
};

struct Finding {
  std::string place;
  std::uint64_t at = 0;  // line in a file, rowid in a table; 0: the whole
  std::string what;
  bool rejected = true;  // else kept, and doubtful
  [[nodiscard]] std::string line() const;
};

// Beyond these they are counted, not kept.
inline constexpr std::size_t rejections_max = 100'000;
inline constexpr std::size_t doubts_max = 1'000;

class Findings {
 public:
  // Stays where it is while others are added.
  Counts& of(std::string_view source);
  void reject(std::string_view source, std::uint64_t at, std::string what);
  void doubt(std::string_view source, std::uint64_t at, std::string what);
  void left_aside(const std::string& file) { aside_.push_back(file); }

  [[nodiscard]] const std::map<std::string, Counts, std::less<>>& counts() const { return counts_; }
  [[nodiscard]] Counts total() const;
  // Rejections, then doubts.
  [[nodiscard]] std::vector<Finding> findings() const;
  [[nodiscard]] std::uint64_t untold() const {
    return rejected_ + doubtful_ - rejections_.size() - doubts_.size();
  }
  [[nodiscard]] std::uint64_t rejected() const { return rejected_; }
  [[nodiscard]] std::uint64_t doubtful() const { return doubtful_; }
  // Files that hold nothing of the older system's.
  [[nodiscard]] const std::vector<std::string>& aside() const { return aside_; }

 private:
  std::map<std::string, Counts, std::less<>> counts_;
  std::vector<Finding> rejections_, doubts_;
  std::vector<std::string> aside_;
  std::uint64_t rejected_ = 0, doubtful_ = 0;
};

}  // namespace wattledger::tool
