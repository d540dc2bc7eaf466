// How far a long run has come: a bar that redraws itself on a terminal, plain lines (each quarter)
// elsewhere. On stderr, so that stdout holds the result alone.
#pragma once

#include <cstdint>
#include <string>

namespace wattledger::tool {

class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();  // wipes the bar
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void at(std::uint64_t done, std::uint64_t total);

 private:
  std::string what_;
  bool terminal_;
  std::uint64_t shown_ = 0;  // percent; quarters where there is no terminal
  bool drawn_ = false;
};

}  // namespace wattledger::tool
