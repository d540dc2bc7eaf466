#include "events/catalogue.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/event_builders.hpp"
#include "tests/support/reflected_events.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_SUITE("events/catalogue") {
  TEST_CASE("WATTLEDGER_KINDS names the union's members, all of them, in the union's order") {
    std::vector<std::string> listed;
#define WATTLEDGER_LIST(Name) listed.emplace_back(#Name);
    WATTLEDGER_KINDS(WATTLEDGER_LIST)
#undef WATTLEDGER_LIST
    std::vector<std::string> in_schema;
    for (const reflection::EnumVal* value :
         *schema().enums()->LookupByKey("wattledger.fb.Fact")->values())
      if (value->value() != 0) in_schema.push_back(value->name()->str());
    CHECK(listed == in_schema);
  }

  TEST_CASE("a kind's name and number are each other's inverse") {
    for (const Kind kind : all_kinds()) {
      CHECK_FALSE(kind_name(kind).empty());
      CHECK(kind_from_name(kind_name(kind)) == kind);
    }
    CHECK(kind_name(Kind::NONE).empty());
    CHECK(kind_name(static_cast<Kind>(static_cast<int>(kind_max) + 1)).empty());
    CHECK(kind_from_name("NONE") == Kind::NONE);
    CHECK(kind_from_name("Nonsense") == Kind::NONE);
  }

  TEST_CASE("dispatch calls the overload of the fact that the event holds") {
    for (const Kind kind : all_kinds()) {
      EveryField values;
      const std::vector<std::byte> bytes = make_event(kind, values);
      const auto view = decode(kind, bytes);
      REQUIRE(view.has_value());
      const Kind seen =
          dispatch(*view, []<class Fact>(const Fact&) { return fb::FactTraits<Fact>::enum_value; });
      CHECK(seen == kind);
    }
  }
}
