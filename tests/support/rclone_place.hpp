// A remote of rclone that is a directory of the test's, and one that lies.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {

// Where the program stands; empty, and a remark, if this machine has none.
inline std::string rclone_program() {
  std::istringstream path(std::getenv("PATH") != nullptr ? std::getenv("PATH") : "");
  for (std::string each; std::getline(path, each, ':');)
    if (::access((each + "/rclone").c_str(), X_OK) == 0) return each + "/rclone";
  MESSAGE("skipped: rclone is not on this machine (apt install rclone)");
  return {};
}

class RclonePlace {
 public:
  RclonePlace() { std::ofstream(config()) << "[there]\ntype = local\n"; }
  [[nodiscard]] std::filesystem::path config() const { return home_ / "rclone.conf"; }
  [[nodiscard]] std::filesystem::path directory() const { return home_ / "remote"; }
  [[nodiscard]] std::string place() const { return "there:" + directory().string(); }
  // A PATH whose rclone changes a byte of each segment right after it was copied there, and then
  // says that all went well.
  [[nodiscard]] std::string lying_path() const {
    const auto bin = home_ / "bin";
    std::filesystem::create_directories(bin);
    std::ofstream(bin / "rclone")
        << "#!/bin/sh\n"
        << rclone_program() << " \"$@\" || exit $?\n"
        << "[ \"$1\" = copy ] || exit 0\n"
        << "for file in $(find " << directory().string() << " -name '*.seg'); do\n"
        << "  printf '\\377' | dd of=$file bs=1 seek=100 conv=notrunc 2>/dev/null\ndone\n";
    std::filesystem::permissions(bin / "rclone", std::filesystem::perms::owner_all);
    return bin.string() + ":/usr/bin:/bin";
  }

 private:
  MemoryDirectory home_;
};

}  // namespace wattledger::testing
