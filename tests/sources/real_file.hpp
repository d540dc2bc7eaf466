// Files of the shared data, which are not everywhere.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/places.hpp"

namespace wattledger::testing {

// The file's bytes; empty, with a message, where the data are not there.
inline std::string real_file(const std::string& name) {
  const auto file = shared_data() / name;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) MESSAGE("skipped: " << file.string() << " is not there");
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace wattledger::testing
