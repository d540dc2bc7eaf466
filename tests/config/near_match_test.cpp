#include "events/near_match.hpp"

#include <doctest/doctest.h>

using wattledger::near_match;
using wattledger::near_match_remedy;

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
}
