#include <nlohmann/json.hpp>

#include "tests/json/json_target.hpp"

namespace wattledger::projections {
namespace {

using Json = nlohmann::ordered_json;

TEST_SUITE("json/adoption") {
  TEST_CASE("what was built aside takes the place of what is live, which is kept beside") {
    testing::MemoryDirectory data;
    testing::MemoryDirectory expected;
    const auto projector = projector_in(data.path());
    REQUIRE(feed(*projector, 0, 100).has_value());  // not settled
    build(data / "staging", 2'000, true);
    build(expected.path(), 2'000);
    REQUIRE(projector->adopt(data / "staging", data / "before").has_value());
    CHECK(projector->checkpoint().value() == after(2'000));
    CHECK(files_in(data.path()) == files_in(expected.path()));
    testing::MemoryDirectory old;
    build(old.path(), 100);
    const auto kept = files_in(data / "before");
    CHECK(kept == files_in(old.path()));
    CHECK_FALSE(fs::exists(data / "staging" / "out" / manifest_file));

    REQUIRE(feed(*projector, 2'000, 2'100).has_value());
    REQUIRE(projector->settle().has_value());
    testing::MemoryDirectory further;
    build(further.path(), 2'100);
    CHECK(files_in(data.path()) == files_in(further.path()));
  }

  TEST_CASE("the copy before is adopted back, whatever was written since") {
    testing::MemoryDirectory data;
    testing::MemoryDirectory expected;
    build(data.path(), 3'000);
    build(expected.path(), 3'000);
    build(data / "staging", 7'000, true);
    const auto projector = projector_in(data.path());
    REQUIRE(projector->adopt(data / "staging", data / "before").has_value());
    REQUIRE(feed(*projector, 7'000, 9'000).has_value());
    REQUIRE(projector->adopt(data / "before", data / "second").has_value());
    CHECK(files_in(data.path()) == files_in(expected.path()));
  }

  TEST_CASE("the copy of what a crash left is as of its manifest, and can be adopted back") {
    testing::MemoryDirectory data;
    build(data.path(), 3'000);
    REQUIRE(feed(*projector_in(data.path()), 3'000, 3'004).has_value());  // and then it was killed
    build(data / "staging", 7'000, true);
    const auto projector = projector_in(data.path());
    REQUIRE(projector->adopt(data / "staging", data / "before").has_value());
    REQUIRE(projector->adopt(data / "before", data / "second").has_value());
    REQUIRE(feed(*projector, 3'000, 7'000).has_value());
    REQUIRE(projector->settle().has_value());
    testing::MemoryDirectory further;
    build(further.path(), 7'000);
    CHECK(files_in(data.path()) == files_in(further.path()));
  }

  TEST_CASE("files that the new build lacks are removed, others in the directory stay") {
    testing::MemoryDirectory data;
    build(data.path(), 3'000);
    write_text(data / "out" / "notes.txt", "mine");
    build(data / "staging", 10, true);
    const auto projector = projector_in(data.path());
    REQUIRE(projector->adopt(data / "staging", data / "before").has_value());
    testing::MemoryDirectory expected;
    build(expected.path(), 10);
    CHECK(files_in(data.path()).size() == files_in(expected.path()).size() + 1);
    CHECK(text_of(data / "out" / "notes.txt") == "mine");
  }

  TEST_CASE("an empty target adopts, and so does one whose manifest or files are damaged") {
    for (const char* damage : {"", "manifest", "file"}) {
      CAPTURE(damage);
      testing::MemoryDirectory data;
      testing::MemoryDirectory expected;
      if (*damage != '\0') build(data.path(), 5'000);
      if (std::string(damage) == "manifest") write_text(data / "out" / manifest_file, "{");
      if (std::string(damage) == "file")
        fs::remove(data / "out" / "coordinator_state_20251001.json");
      build(data / "staging", 2'000, true);
      build(expected.path(), 2'000);
      const auto projector = projector_in(data.path());
      REQUIRE(projector->adopt(data / "staging", data / "before").has_value());
      CHECK(files_in(data.path()) == files_in(expected.path()));
    }
  }

  TEST_CASE("foreign files are not replaced") {
    testing::MemoryDirectory data;
    write_text(data / "out" / "charging_decision_20251001.json", "{}\n");
    build(data / "staging", 10, true);
    const auto refused = projector_in(data.path())->adopt(data / "staging", data / "before");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().kind == ErrorKind::foreign);
    CHECK(files_in(data.path()).size() == 1);
  }

  TEST_CASE("an unfinished or damaged build is not adopted") {
    testing::MemoryDirectory data;
    build(data.path(), 10);
    const auto live = files_in(data.path());
    CHECK_FALSE(projector_in(data.path())->adopt(data / "nothing", data / "before").has_value());
    REQUIRE(feed(*projector_in(data / "staging", true), 0, 20).has_value());  // never settled
    CHECK_FALSE(projector_in(data.path())->adopt(data / "staging", data / "before").has_value());
    build(data / "second", 20, true);
    fs::resize_file(data / "second" / "out" / "coordinator_state_20251001.json", 5);
    CHECK_FALSE(projector_in(data.path())->adopt(data / "second", data / "before").has_value());
    CHECK(files_in(data.path()) == live);
  }

  TEST_CASE("an adoption cut short anywhere is carried on with") {
    testing::MemoryDirectory expected;
    build(expected.path(), 2'100);
    for (std::size_t moved = 0; moved <= 420; moved += 1 + moved * 2) {
      CAPTURE(moved);
      testing::MemoryDirectory data;
      build(data.path(), 100);
      build(data / "staging", 2'000, true);
      Json manifest = Json::parse(text_of(data / "out" / manifest_file));
      manifest["adopting"] = (data / "staging").string();
      write_text(data / "out" / manifest_file, manifest.dump(1));
      const Json staged = Json::parse(text_of(data / "staging" / "out" / manifest_file));
      std::size_t count = 0;
      std::vector<std::string> names = staged["whole"];
      for (const auto& [name, length] : staged["files"].items()) names.push_back("out/" + name);
      for (const std::string& name : names) {
        if (count++ >= moved) break;
        fs::create_directories((data / name).parent_path());
        fs::rename(data / "staging" / name, data / name);
      }
      const auto projector = projector_in(data.path());
      CHECK(projector->checkpoint().value() == after(2'000));
      REQUIRE(feed(*projector, 2'000, 2'100).has_value());
      REQUIRE(projector->settle().has_value());
      CHECK(files_in(data.path()) == files_in(expected.path()));
    }
  }

  TEST_CASE("an adoption whose build is gone says what to do, and a new build mends it") {
    testing::MemoryDirectory data;
    build(data.path(), 100);
    Json manifest = Json::parse(text_of(data / "out" / manifest_file));
    manifest["adopting"] = (data / "staging").string();
    write_text(data / "out" / manifest_file, manifest.dump(1));
    const auto projector = projector_in(data.path());
    const auto checkpoint = projector->checkpoint();
    REQUIRE_FALSE(checkpoint.has_value());
    CHECK(checkpoint.error().kind == ErrorKind::corrupt);
    CHECK(checkpoint.error().remedy.find("replay") != std::string::npos);
    build(data / "other", 200, true);
    REQUIRE(projector->adopt(data / "other", data / "before").has_value());
    testing::MemoryDirectory expected;
    build(expected.path(), 200);
    CHECK(files_in(data.path()) == files_in(expected.path()));
  }
}

}  // namespace
}  // namespace wattledger::projections
