#include "replay/legacy_import/json_pieces.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <fstream>

#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using fb::LegacyForm;

namespace {

struct Piece {
  LegacyForm form;
  std::string text;
  std::uint64_t position, line;
  std::string trouble;
};

std::vector<Piece> pieces_of(const std::string& text) {
  const MemoryDirectory home;
  std::ofstream(home / "file.json", std::ios::binary) << text;
  std::vector<Piece> pieces;
  const auto cut = tool::cut_json(home / "file.json", [&](const tool::JsonPiece& piece) {
    pieces.push_back(
        {piece.form, std::string(piece.text), piece.position, piece.line, piece.trouble});
    return Result<void>();
  });
  REQUIRE(cut);
  return pieces;
}

}  // namespace

TEST_CASE("an array is cut into its elements, each with its place and line") {
  const auto pieces = pieces_of("[\n  {\n    \"a\": [1, 2]\n  },\n  {\"b\": \"],{\\\"\"}\n]");
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].form == LegacyForm::element);
  CHECK(pieces[0].text == "{\n    \"a\": [1, 2]\n  }");
  CHECK(pieces[0].line == 2);
  CHECK(pieces[1].text == "{\"b\": \"],{\\\"\"}");
  CHECK(pieces[1].position == 1);
  CHECK(pieces[1].line == 5);
  CHECK(pieces_of("[]").empty());
  CHECK(pieces_of("").empty());
}

TEST_CASE("objects a line each are lines, one over several lines is a document") {
  const auto lines = pieces_of("{\"a\": 1}\n{\"a\": 2}\n\n{\"a\": 3}");
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].form == LegacyForm::line);
  CHECK(lines[2].text == "{\"a\": 3}");
  CHECK(lines[2].line == 4);
  const auto document = pieces_of("{\n  \"a\": 1\n}");
  REQUIRE(document.size() == 1);
  CHECK(document[0].form == LegacyForm::document);
  CHECK(document[0].text == "{\n  \"a\": 1\n}");
}

TEST_CASE("what is cut short costs its own record alone") {
  const auto array = pieces_of("[{\"a\": 1}, {\"a\": 2}, {\"a\"");
  REQUIRE(array.size() == 3);
  CHECK(array[1].trouble.empty());
  CHECK(array[2].trouble == "the array is cut short");
  const auto lines = pieces_of("{\"a\": 1}\n{\"a\": \n{\"a\": 3}\n");
  REQUIRE(lines.size() == 3);
  CHECK(lines[1].trouble == "the line is cut short");
  CHECK(lines[2].trouble.empty());
  const auto document = pieces_of("{\n \"a\": 1");
  REQUIRE(document.size() == 1);
  CHECK(document[0].trouble == "the file is cut short");
}

TEST_CASE("a string that is never closed ends with its line, and so does its damage") {
  const auto pieces = pieces_of("[\n {\"a\": \"x},\n \"b\": 1},\n {\"a\": 2}\n]");
  REQUIRE(pieces.size() == 2);
  CHECK(!tool::read_object(pieces[0].text));
  CHECK(pieces[1].text == "{\"a\": 2}");
}

TEST_CASE("a record that no event can hold is named and passed over") {
  const auto pieces = pieces_of("[{\"a\": \"" + std::string(tool::legacy_record_bytes_max, 'x') +
                                "\"}, {\"a\": 2}]");
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].trouble == "longer than 900000 bytes");
  CHECK(pieces[1].text == "{\"a\": 2}");
}

TEST_CASE("an object's values stay as they were spelled") {
  const auto object =
      tool::read_object("{\"a\":1.50,\n\"b\" : {\"c\":[1,2],\"d\":\"\\u00f3 ,:\"}, \"e\": -0}");
  REQUIRE(object);
  CHECK(object->plain);
  CHECK(object->fields == fold::LegacyFields{{"a", "1.50"},
                                             {"b", "{\"c\": [1, 2], \"d\": \"\\u00f3 ,:\"}"},
                                             {"e", "-0"}});
  CHECK(!tool::read_object("{\"a\": 1, \"a\": 2}")->plain);
  CHECK(!tool::read_object("{\"\\u0061\": 1}")->plain);
}

TEST_CASE("what is no JSON is said with its byte; NaN, which Python writes, is taken and told of") {
  CHECK(tool::read_object("{\"a\": 01}").error().what.find("at byte") != std::string::npos);
  CHECK(!tool::read_object("{\"a\": \"\xFF\"}"));
  CHECK(!tool::read_object("[1]"));
  const auto nan = tool::read_object("{\"a\": NaN, \"b\": \"NaN\", \"c\": -Infinity}");
  REQUIRE(nan);
  CHECK(nan->broken);
  CHECK(nan->fields == fold::LegacyFields{{"a", "NaN"}, {"b", "\"NaN\""}, {"c", "-Infinity"}});
}

TEST_CASE("no bytes break the reader") {
  const bool good = rc::check("any text is cut and read", [] {
    const auto text = *rc::gen::container<std::string>(
        rc::gen::elementOf(std::string("{}[]\",:\\\n 0a-.NI\xC3\xFF")));
    for (const Piece& piece : pieces_of(text)) static_cast<void>(tool::read_object(piece.text));
  });
  CHECK(good);
}
