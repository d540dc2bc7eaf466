#include "events/identity.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace wattledger;

TEST_SUITE("events/identity") {
  TEST_CASE("an id is 32 hexadecimal digits, written small, read in either case") {
    const auto id = Id128::from_hex("00FF10A5b0C1d2E3f405162738495a6B");
    REQUIRE(id.has_value());
    CHECK(id->bytes[0] == 0x00);
    CHECK(id->bytes[1] == 0xFF);
    CHECK(id->bytes[15] == 0x6B);
    CHECK(id->hex() == "00ff10a5b0c1d2e3f405162738495a6b");
  }

  TEST_CASE("what is not exactly so many hexadecimal digits is no id and no digest") {
    const std::string right(32, 'a');
    for (const std::string& wrong :
         {std::string(), right + "a", right.substr(1), right.substr(1) + "g", right.substr(1) + " ",
          "0x" + right.substr(2), right.substr(1) + "\xC5", right + right})
      CHECK_FALSE(Id128::from_hex(wrong).has_value());
    CHECK(Digest::from_hex(right + right).has_value());
    CHECK_FALSE(Digest::from_hex(right).has_value());
    CHECK_FALSE(Digest::from_hex(right + right + "00").has_value());
  }

  TEST_CASE("a digest comes back from its own text") {
    Digest digest;
    for (std::size_t i = 0; i < digest.bytes.size(); ++i)
      digest.bytes[i] = static_cast<std::uint8_t>(i * 37 + 5);
    CHECK(Digest::from_hex(digest.hex()) == digest);
  }

  TEST_CASE("sequences are ordered, and zero is before the first") {
    CHECK(Sequence{} < Sequence{1});
    CHECK(Sequence{}.next() == Sequence{1});
    CHECK(Sequence{41}.next() == Sequence{42});
  }
}
