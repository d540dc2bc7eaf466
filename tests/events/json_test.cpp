#include <doctest/doctest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "events/codec.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/reflected_events.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using nlohmann::json;

namespace {

std::string text_of(const fb::EventT& event) {
  const auto encoded = encode(event);
  return event_json(*decode(encoded->kind(), encoded->bytes()));
}

json json_of(const fb::EventT& event) { return json::parse(text_of(event)); }

json correction_with(std::string reason) {
  fb::CorrectionRecordedT fact;
  fact.reason = std::move(reason);
  return json_of(event(at_s(0), std::move(fact)))["fact"]["reason"];
}

// The scalar that stands at "a.b[1].c".
const json* find(const json& root, const std::string& path) {
  const json* at = &root;
  std::string name;
  for (const char c : path + ".") {
    if (c != '.' && c != '[' && c != ']') {
      name.push_back(c);
      continue;
    }
    if (name.empty()) continue;
    if (c == ']')
      at = at->is_array() && std::stoul(name) < at->size() ? &(*at)[std::stoul(name)] : nullptr;
    else
      at = at->is_object() && at->contains(name) ? &(*at)[name] : nullptr;
    if (at == nullptr) return nullptr;
    name.clear();
  }
  return at;
}

void check_leaf(const json& parsed, const Leaf& leaf) {
  CAPTURE(leaf.path);
  const json* value = find(parsed, leaf.path);
  REQUIRE(value != nullptr);
  std::uint64_t bits = 0;
  if (leaf.base != reflection::String)
    std::memcpy(&bits, leaf.bytes, flatbuffers::GetTypeSize(leaf.base));
  if (leaf.base == reflection::UType) {
    CHECK(*value == std::string(kind_name(static_cast<Kind>(bits))));
  } else if (const reflection::Enum* known = enum_of(*leaf.type, leaf.base)) {
    CHECK(*value == known->values()->LookupByKey(static_cast<std::int64_t>(bits))->name()->str());
  } else if (leaf.base == reflection::String) {
    CHECK(*value == reinterpret_cast<const flatbuffers::String*>(leaf.bytes)->str());
  } else if (leaf.base == reflection::Bool) {
    CHECK(*value == (bits != 0));
  } else if (leaf.base == reflection::Int) {
    CHECK(*value == static_cast<std::int32_t>(bits));
  } else if (leaf.base == reflection::Long) {
    CHECK(*value == static_cast<std::int64_t>(bits));
  } else {
    CHECK(*value == bits);
  }
}

}  // namespace

TEST_SUITE("events/json") {
  TEST_CASE(
      "an event of any kind is strict JSON on one line, each field by its schema's name with its "
      "exact value") {
    for (const Kind kind : all_kinds()) {
      const std::string name(kind_name(kind));
      CAPTURE(name);
      EveryField values;
      const std::vector<std::byte> bytes = make_event(kind, values);
      const std::string text = event_json(*decode(kind, bytes));
      CHECK(text.find('\n') == std::string::npos);
      const json parsed = json::parse(text, nullptr, false);
      REQUIRE_FALSE(parsed.is_discarded());
      for (const Leaf& leaf : leaves(bytes)) check_leaf(parsed, leaf);
    }
  }

  TEST_CASE("absent values are left out; zero, false and an enum's first value are not") {
    const json parsed = json_of(event(at_s(0), fb::ReadingRecordedT{}));
    CHECK(parsed["fact"].size() == 2);
    CHECK(parsed["fact"]["device"] == 0);
    CHECK(parsed["fact"]["quality"] == "good");
    CHECK_FALSE(parsed.contains("cause"));
    CHECK_FALSE(parsed.contains("correlation"));
  }

  TEST_CASE("the greatest and least 64-bit numbers are exact") {
    fb::AlertRaisedT fact;
    fact.measured = std::numeric_limits<std::int64_t>::min();
    fact.limit = std::numeric_limits<std::int64_t>::max();
    fb::EventT whole = event(at_s(0), std::move(fact));
    whole.cause = std::numeric_limits<std::uint64_t>::max();
    const json parsed = json_of(whole);
    CHECK(parsed["fact"]["measured"] == std::numeric_limits<std::int64_t>::min());
    CHECK(parsed["fact"]["limit"] == std::numeric_limits<std::int64_t>::max());
    CHECK(parsed["cause"] == std::numeric_limits<std::uint64_t>::max());
  }

  TEST_CASE("every character of a string comes back from JSON") {
    std::string all;
    for (char c = 1; c < 127; ++c) all.push_back(c);
    for (const std::string& text :
         {all, std::string("a\0b", 3), std::string("\"\\/\b\f\n\r\t\x7f"),
          std::string("zażółć gęślą jaźń ⚡ 🔋"), std::string("\u2028\u2029")})
      CHECK(correction_with(text) == text);
  }

  TEST_CASE("bytes that are not UTF-8 become the replacement character, one each") {
    CHECK(correction_with("a\xFFz") == "a\uFFFDz");
    CHECK(correction_with("\xC5") == "\uFFFD");
    CHECK(correction_with("\xC0\x80") == "\uFFFD\uFFFD");            // overlong
    CHECK(correction_with("\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");  // half a surrogate pair
    CHECK(correction_with("\xF8\x88\x80\x80\x80").get<std::string>().size() ==
          15);  // no such length
  }
}
