// Runs a program with a library between it and the C library (interposed.hpp).
#pragma once

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/program.hpp"

namespace wattledger::testing {

// Arguments of /usr/bin/env; `settings` are NAME=value.
inline std::vector<std::string> preloading(const std::string& library,
                                           const std::vector<std::string>& settings,
                                           const std::string& program,
                                           const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"LD_PRELOAD=" + library};
  // AddressSanitizer wants to stand before every other library; it works behind this one too.
  const char* asan = std::getenv("ASAN_OPTIONS");
  words.push_back("ASAN_OPTIONS=verify_asan_link_order=0" +
                  (asan != nullptr ? ":" + std::string(asan) : ""));
  words.insert(words.end(), settings.begin(), settings.end());
  words.push_back(program);
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

inline Ran run_preloaded(const std::string& library, const std::vector<std::string>& settings,
                         const std::string& program, const std::vector<std::string>& arguments) {
  return run("/usr/bin/env", preloading(library, settings, program, arguments));
}

}  // namespace wattledger::testing
