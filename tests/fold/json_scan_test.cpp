#include "projections/fold/json_scan.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <array>
#include <nlohmann/json.hpp>

namespace wattledger::fold {
namespace {

// As the older system writes records, and pieces of them.
constexpr std::array<std::string_view, 24> pieces = {
    "{",     "}",     "[",         "]",       ",",    ":",   " ",     "\n",
    "\"a\"", "\"b\"", "\"\\u017c", "\\ud83d", "\"",   "\\n", "null",  "true",
    "false", "NaN",   "-Infinity", "12.50",   "-0.0", "01",  "1e400", "\xC5\xBC"};

// A record with some of its characters taken out or something put in.
std::string nearly_json() {
  std::string text =
      *rc::gen::element<std::string>(R"({"timestamp": "2026-01-05T02:00:02", "pv_power": 1500})",
                                     R"({"a": {"b": [1, 2.5e-3, "\u017c"], "c": null}, "d": true})",
                                     "{\n  \"a\": [],\n  \"b\": {}\n}\n");
  const int changes = *rc::gen::inRange(0, 4);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    if (*rc::gen::arbitrary<bool>()) {
      text.erase(at, 1);
    } else {
      text.insert(at, *rc::gen::elementOf(pieces));
    }
    if (text.empty()) break;
  }
  return text;
}

TEST_CASE("what is split without a parser is JSON to a parser, and the same fields") {
  std::size_t sure = 0;
  CHECK(rc::check([&] {
    const std::string text = nearly_json();
    const auto fields = split_sure_object(text);
    if (!fields) return;
    ++sure;
    RC_ASSERT(nlohmann::json::accept(text));
    RC_ASSERT(*fields == split_object(text));
  }));
  CHECK(sure > 0);
}

TEST_CASE("what the older system's json.dumps writes needs no parser") {
  for (const char* text :
       {R"({"a": 1, "b": -2.5e-07, "c": "\u017c\"\\", "d": {"e": [1, {}, []]}, "f": null})",
        "{\n  \"a\": true,\n  \"b\": false\n}", "{}", " {\"a\": 0.1} \n"}) {
    CAPTURE(text);
    CHECK(split_sure_object(text) == split_object(text));
  }
}

TEST_CASE("what needs a parser is left to it") {
  for (const char* text :
       {"", "[]", "{\"a\": NaN}", "{\"a\": 01}", "{\"a\": 1e400}", "{\"a\": 1}}", "{\"a\": 1,}",
        "{\"a\" 1}", "{\"\xC5\xBC\": 1}", "{\"a\": \"\\ud83d\\ude00\"}", "{\"a\": .5}",
        "{\"a\": 1.}", "{\"a\": \"\n\"}", "{\"a\": tru}", "{\"\": 1}", "{\"a\\u0062\": 1}",
        "{\"a\": \"\\x\"}"}) {
    CAPTURE(text);
    CHECK_FALSE(split_sure_object(text));
  }
  CHECK_FALSE(split_sure_object("{\"a\": " + std::string(99, '[') + std::string(99, ']') + "}"));
}

}  // namespace
}  // namespace wattledger::fold
