// Today's schemas against every release, and the comparison against edits that break one.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.hpp"
#include "tests/tidy/schema_evolution.hpp"

using namespace wattledger::testing;
namespace fs = std::filesystem;

namespace {

const fs::path schemas = WATTLEDGER_SCHEMAS;

std::vector<fs::path> releases() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(schemas / "released"))
    found.push_back(entry.path());
  return found;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

// A small schema with one of each: what it says is edited below.
constexpr const char* original = R"(
namespace small;
enum Colour : ubyte { red = 0, green, blue }
struct Pair { a:long; b:int; }
table Grown { speed_w:int = null (id: 0); name:string (id: 1); colour:Colour (id: 2); at:Pair (id: 3); count:ushort (id: 4); series:[long] (id: 5); }
table Shrunk { cause:ulong (id: 0); }
table Spare { cause:ulong (id: 0); }
union Fact { Grown, Shrunk }
table Event { fact:Fact (id: 1); }
root_type Event;
)";

std::string edited(const std::string& from, const std::string& to) {
  std::string text = original;
  const std::size_t at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, from);
  return text.replace(at, from.size(), to);
}

std::vector<std::string> changes_after(const std::string& text) {
  const TemporaryDirectory folder;
  std::ofstream(folder / "was.fbs") << original;
  std::ofstream(folder / "is.fbs") << text;
  const BinarySchema was = BinarySchema::compile(folder / "was.fbs");
  const BinarySchema is = BinarySchema::compile(folder / "is.fbs");
  return breaking_changes(was.schema(), is.schema());
}

struct Edit {
  const char* what;
  const char* from;
  const char* to;
  const char* finding;
};

}  // namespace

TEST_SUITE("tidy/schemas") {
  TEST_CASE("everything that a release had is in today's schemas, unchanged") {
    REQUIRE_FALSE(releases().empty());
    const BinarySchema today = BinarySchema::read(WATTLEDGER_BFBS);
    for (const fs::path& release : releases()) {
      CAPTURE(release.string());
      const BinarySchema released = BinarySchema::read(release / "event.bfbs");
      CHECK(joined(breaking_changes(released.schema(), today.schema())) == "");
      CHECK(conform_complaint(release / "event.fbs", schemas / "event.fbs") == "");
    }
  }

  TEST_CASE("a release's event.bfbs says what its own .fbs files say") {
    for (const fs::path& release : releases()) {
      CAPTURE(release.string());
      const BinarySchema kept = BinarySchema::read(release / "event.bfbs");
      const BinarySchema made = BinarySchema::compile(release / "event.fbs");
      CHECK(joined(breaking_changes(kept.schema(), made.schema())) == "");
      CHECK(joined(breaking_changes(made.schema(), kept.schema())) == "");
    }
  }

  TEST_CASE("every breaking edit is found and named") {
    const Edit edits[] = {
        {"field removed",
         " name:string (id: 1); colour:Colour (id: 2); at:Pair (id: 3); count:ushort (id: 4); "
         "series:[long] (id: 5);",
         " colour:Colour (id: 1); at:Pair (id: 2); count:ushort (id: 3); series:[long] (id: 4);",
         "small.Grown.name is no longer there"},
        {"last field removed", " series:[long] (id: 5);", "",
         "small.Grown.series is no longer there"},
        {"field renamed", "speed_w:int", "power_w:int", "small.Grown.speed_w is no longer there"},
        {"field deprecated", "name:string (id: 1)", "name:string (id: 1, deprecated)",
         "small.Grown.name: deprecated was 0, is 1"},
        {"sign lost", "speed_w:int", "speed_w:uint", "small.Grown.speed_w: type was Int, is UInt"},
        {"width changed", "count:ushort", "count:uint",
         "small.Grown.count: type was UShort, is UInt"},
        {"enum field became a number", "colour:Colour", "colour:ubyte",
         "small.Grown.colour: type was UByte small.Colour, is UByte"},
        {"vector's element changed", "series:[long]", "series:[ulong]",
         "small.Grown.series: type was Vector of Long, is Vector of ULong"},
        {"ids exchanged", "name:string (id: 1); colour:Colour (id: 2)",
         "name:string (id: 2); colour:Colour (id: 1)", "small.Grown.colour: id was 2, is 1"},
        {"default changed", "count:ushort (", "count:ushort = 7 (",
         "small.Grown.count: default was 0, is 7"},
        {"optional became zero", "speed_w:int = null", "speed_w:int",
         "small.Grown.speed_w: optional was 1, is 0"},
        {"zero became optional", "count:ushort (", "count:ushort = null (",
         "small.Grown.count: optional was 0, is 1"},
        {"became required", "name:string (id: 1)", "name:string (id: 1, required)",
         "small.Grown.name: required was 0, is 1"},
        {"enum reordered", "red = 0, green, blue", "red = 0, blue, green",
         "small.Colour = 1: name was green, is blue"},
        {"enum value removed", ", blue", "", "small.Colour = 2 (blue) is no longer there"},
        {"enum value renamed", "green", "lime", "small.Colour = 1: name was green, is lime"},
        {"enum value inserted", "red = 0, green", "red = 0, amber, green",
         "small.Colour = 1: name was green, is amber"},
        {"enum widened", "Colour : ubyte", "Colour : ushort",
         "small.Colour: type was UByte small.Colour, is UShort small.Colour"},
        {"union reordered", "Grown, Shrunk }", "Shrunk, Grown }",
         "small.Fact = 1: name was Grown, is Shrunk"},
        {"union member removed", "Grown, Shrunk }", "Grown }",
         "small.Fact = 2 (Shrunk) is no longer there"},
        {"union member holds another table", "Grown, Shrunk }", "Grown, Shrunk:Spare }",
         "small.Fact = 2: table was Obj small.Shrunk, is Obj small.Spare"},
        {"table removed", "table Spare { cause:ulong (id: 0); }", "",
         "small.Spare is no longer there"},
        {"struct grown", "b:int; }", "b:int; c:int; }",
         "small.Pair: fields of a struct was 2, is 3"},
        {"struct reordered", "a:long; b:int;", "b:int; a:long;", "small.Pair.a: id was 0, is 1"},
        {"another root", "root_type Event", "root_type Spare",
         "root table was small.Event, is small.Spare"},
    };
    for (const Edit& edit : edits) {
      CAPTURE(edit.what);
      const std::string found = joined(changes_after(edited(edit.from, edit.to)));
      CHECK_MESSAGE(found.find(edit.finding) != std::string::npos, "found only:\n" << found);
    }
  }

  TEST_CASE("additions at the end are not breaking, nor is another order of writing") {
    const Edit edits[] = {
        {"nothing", "table Spare", "table Spare", ""},
        {"field added", "series:[long] (id: 5);", "series:[long] (id: 5); more:int = null (id: 6);",
         ""},
        {"enum value added", "blue }", "blue, white }", ""},
        {"union member added", "Grown, Shrunk }", "Grown, Shrunk, Spare }", ""},
        {"table added", "root_type", "table New { a:int (id: 0); }\nroot_type", ""},
        {"comment added", "table Spare", "// why\ntable Spare", ""},
        {"fields written in another order", "name:string (id: 1); colour:Colour (id: 2)",
         "colour:Colour (id: 2); name:string (id: 1)", ""},
    };
    for (const Edit& edit : edits) {
      CAPTURE(edit.what);
      CHECK(joined(changes_after(edited(edit.from, edit.to))) == "");
    }
  }

  TEST_CASE("flatc's own comparison is asked too, and its complaint is heard") {
    const TemporaryDirectory folder;
    std::ofstream(folder / "was.fbs") << original;
    std::ofstream(folder / "is.fbs") << edited("speed_w:int", "speed_w:short");
    CHECK(conform_complaint(folder / "was.fbs", folder / "was.fbs") == "");
    CHECK(conform_complaint(folder / "was.fbs", folder / "is.fbs") != "");
  }

  TEST_CASE("the binary schema that the build made is of today's files") {
    const BinarySchema built = BinarySchema::read(WATTLEDGER_BFBS);
    const BinarySchema made = BinarySchema::compile(schemas / "event.fbs");
    CHECK(joined(breaking_changes(built.schema(), made.schema())) == "");
    CHECK(joined(breaking_changes(made.schema(), built.schema())) == "");
  }
}
