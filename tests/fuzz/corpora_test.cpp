// What the fuzzers started from, and what they once found, through the same targets: in every
// build, without clang.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/fuzz/fuzz_target.hpp"

namespace wattledger::fuzz {
namespace {

namespace fs = std::filesystem;

TEST_SUITE("fuzz/corpora") {
  TEST_CASE("every target stands what is in its corpus") {
    for (const Target* target : Target::all()) {
      std::size_t files = 0;
      const fs::path corpus = fs::path(WATTLEDGER_CORPORA) / target->name();
      CAPTURE(corpus.string());
      REQUIRE(fs::is_directory(corpus));
      for (const auto& entry : fs::directory_iterator(corpus)) {
        CAPTURE(entry.path().string());
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        REQUIRE(file.good());
        target->run(std::as_bytes(std::span(text)));  // ends this process if it must
        ++files;
      }
      CHECK(files > 0);
    }
  }

  TEST_CASE("every corpus has its target") {
    for (const auto& entry : fs::directory_iterator(WATTLEDGER_CORPORA)) {
      CAPTURE(entry.path().string());
      std::size_t found = 0;
      for (const Target* target : Target::all())
        if (target->name() == entry.path().filename().string()) ++found;
      CHECK(found == 1);
    }
  }
}

}  // namespace
}  // namespace wattledger::fuzz
