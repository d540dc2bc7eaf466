// Runs log_writer with disk_recorder between it and its disk.
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/program.hpp"

namespace wattledger::testing {

// `settings` are NAME=value.
inline Ran run_preloaded(const std::vector<std::string>& settings,
                         const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"LD_PRELOAD=" WATTLEDGER_DISK_RECORDER};
  // AddressSanitizer wants to stand before every other library; it works behind this one too.
  const char* asan = std::getenv("ASAN_OPTIONS");
  words.push_back("ASAN_OPTIONS=verify_asan_link_order=0" +
                  (asan != nullptr ? ":" + std::string(asan) : ""));
  words.insert(words.end(), settings.begin(), settings.end());
  words.emplace_back(WATTLEDGER_LOG_WRITER);
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run("/usr/bin/env", words);
}

}  // namespace wattledger::testing
