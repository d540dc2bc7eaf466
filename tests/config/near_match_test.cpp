#include "events/near_match.hpp"

#include <doctest/doctest.h>

using wattledger::near_match;
using wattledger::near_match_remedy;
using wattledger::shown;

TEST_SUITE("config/near_match") {
  const std::vector<std::string> known{"battery", "policy", "prices", "control"};

  TEST_CASE("few edits are near, whatever the letters' case") {
    CHECK(near_match("batery", known) == "battery");
    CHECK(near_match("BATTERY", known) == "battery");
    CHECK(near_match("contrlo", known) == "control");
    CHECK(near_match("price", known) == "prices");
  }

  TEST_CASE("many edits are not") {
    CHECK(near_match("weather", {"policy"}).empty());
    CHECK(near_match("", known).empty());
    CHECK(near_match(std::string(10'000, 'x'), known).empty());
  }

  TEST_CASE("the remedy names the near one, or all") {
    CHECK(near_match_remedy("polcy", known) == "did you mean \"policy\"?");
    CHECK(near_match_remedy("xyzzyx", known) == "known here: battery, policy, prices, control");
  }

  TEST_CASE("what is shown of somebody else's text stays in its line, and is text") {
    CHECK(shown("battery") == "\"battery\"");
    CHECK(shown("żółw €😀") == "\"żółw €😀\"");
    CHECK(shown("a\nb\r\t\x1b[31m\x7f") == "\"a?b???[31m?\"");
    CHECK(shown("\xc2\x85 \xff \xc5 \xe2\x82 \xc0\x80") == "\"?? ? ? ?? ??\"");
    CHECK(shown(std::string(60, 'x')) == "\"" + std::string(60, 'x') + "\"");
    CHECK(shown(std::string(61, 'x')) == "\"" + std::string(60, 'x') + "…\"");
  }
}
