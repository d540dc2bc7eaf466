// One recorded event per kind, every field set. The files never change: what was once written must
// be read for ever. WATTLEDGER_UPDATE_GOLDEN=1 writes what is missing: a new kind's file, or
// NAME.2.bin where a field came to the schema; and the .json texts anew. It never touches a .bin
// that exists.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "events/codec.hpp"
#include "tests/support/places.hpp"
#include "tests/support/reflected_events.hpp"

using namespace wattledger;
using namespace wattledger::testing;
namespace fs = std::filesystem;

namespace {

const fs::path golden = golden_directory() / "events";

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const fs::path& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::vector<std::byte> bytes_of(const fs::path& path) {
  const std::string text = read_file(path);
  const auto* data = reinterpret_cast<const std::byte*>(text.data());
  return {data, data + text.size()};
}

fs::path numbered(Kind kind, int number) {
  return golden / (std::string(kind_name(kind)) +
                   (number == 1 ? "" : "." + std::to_string(number)) + ".bin");
}

// NAME.bin, NAME.2.bin, … as far as they go.
std::vector<fs::path> files_of(Kind kind) {
  std::vector<fs::path> files;
  for (int number = 1; fs::exists(numbered(kind, number)); ++number)
    files.push_back(numbered(kind, number));
  return files;
}

// An import's origins are the same for all kinds, and asked of one.
void leave_out_origins(Kind kind, std::set<std::string>& paths) {
  if (kind != Kind::LegacyRecordImported)
    std::erase_if(paths, [](const std::string& path) { return path.starts_with("origins"); });
}

std::set<std::string> paths_in(Kind kind, const std::vector<fs::path>& files) {
  std::set<std::string> paths;
  for (const fs::path& file : files) {
    const std::vector<std::byte> bytes = bytes_of(file);
    for (const Leaf& leaf : leaves(bytes))
      if (leaf.bytes != nullptr) paths.insert(without_indices(leaf.path));
  }
  leave_out_origins(kind, paths);
  return paths;
}

// What the files of a kind together must set: every field of its schema.
std::set<std::string> wanted_of(Kind kind) {
  std::set<std::string> paths = schema_paths(kind);
  leave_out_origins(kind, paths);
  return paths;
}

void update(Kind kind) {
  const std::vector<fs::path> files = files_of(kind);
  if (paths_in(kind, files) != wanted_of(kind)) {
    EveryField values;
    const auto encoded = encode(decode(kind, make_event(kind, values))->unpack());
    const auto* text = reinterpret_cast<const char*>(encoded->bytes().data());
    write_file(numbered(kind, static_cast<int>(files.size()) + 1),
               std::string_view(text, encoded->bytes().size()));
  }
  for (const fs::path& file : files_of(kind)) {
    const std::vector<std::byte> bytes = bytes_of(file);
    write_file(fs::path(file).replace_extension(".json"), event_json(*decode(kind, bytes)) + "\n");
  }
}

bool updating() {
  const char* asked = std::getenv("WATTLEDGER_UPDATE_GOLDEN");
  return asked != nullptr && std::string_view(asked) == "1";
}

}  // namespace

TEST_SUITE("events/golden") {
  TEST_CASE(
      "the golden file of every kind decodes to its text, and what it decodes to is encoded "
      "without loss") {
    for (const Kind kind : all_kinds()) {
      const std::string name(kind_name(kind));
      CAPTURE(name);
      if (updating()) update(kind);
      const std::vector<fs::path> files = files_of(kind);
      CHECK_MESSAGE(!files.empty(),
                    "no golden file; run this test with WATTLEDGER_UPDATE_GOLDEN=1 and commit it");
      for (const fs::path& file : files) {
        const std::vector<std::byte> bytes = bytes_of(file);
        const auto view = decode(kind, bytes);
        REQUIRE(view.has_value());
        CHECK(event_json(*view) + "\n" == read_file(fs::path(file).replace_extension(".json")));
        const auto encoded = encode(view->unpack());
        REQUIRE(encoded.has_value());
        CHECK(decode(kind, encoded->bytes())->unpack() == view->unpack());
      }
    }
  }

  TEST_CASE("the golden files of a kind together set every field that its schema has") {
    for (const Kind kind : all_kinds()) {
      const std::string name(kind_name(kind));
      CAPTURE(name);
      CHECK(paths_in(kind, files_of(kind)) == wanted_of(kind));
    }
  }

  TEST_CASE("no golden file is left without a kind") {
    std::set<std::string> expected;
    for (const Kind kind : all_kinds())
      for (const fs::path& file : files_of(kind)) {
        expected.insert(file.filename());
        expected.insert(fs::path(file).replace_extension(".json").filename());
      }
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(golden)) found.insert(entry.path().filename());
    CHECK(found == expected);
  }
}
