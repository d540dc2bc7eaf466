// How far a long run has come: a bar with rate and time left that redraws itself on a terminal,
// plain lines (each quarter) elsewhere, which are JSON where the result is. On stderr, so that
// stdout holds the result alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "replay/command.hpp"

namespace wattledger::tool {

class Progress {
 public:
  Progress(const Invocation& invocation, std::string what);
  ~Progress();  // wipes the bar
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // Less done than before: another pass has begun.
  void at(std::uint64_t done, std::uint64_t total);

 private:
  std::string what_;
  bool json_;
  bool terminal_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::uint64_t shown_ = 0;  // percent; quarters where there is no terminal
  std::uint64_t done_ = 0;
  std::uint64_t from_ = 0;  // what was done when this pass was first told of
  bool drawn_ = false;
};

}  // namespace wattledger::tool
