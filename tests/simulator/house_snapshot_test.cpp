#include <doctest/doctest.h>

#include "coordinator/simulator/house_impl.hpp"
#include "tests/simulator/yard.hpp"

namespace wattledger::simulator {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// A house of its own sun and load, forced to charge for an hour from now.
House& charging(House& house, const Profile& profile) {
  const auto group = window(0, 23, -50, 90);
  const auto put = [&](std::uint16_t address, std::vector<std::uint16_t> words) {
    CHECK(house.impl().write(address, words, words.size() > 1) == Exception::none);
  };
  if (profile.has_arm19()) {
    const auto words = encode(group);
    put(47547, {words.begin(), words.end()});
  } else {
    const auto words = encode_v1(group);
    put(47515, {words.begin(), words.end()});
  }
  put(47000, {3});
  return house;
}

}  // namespace

TEST_SUITE("simulator/house snapshot") {
  TEST_CASE("a house that goes on from a snapshot does what it would have done, whichever unit") {
    for (const Profile& profile : profiles()) {
      CAPTURE(std::string(profile.name));
      HouseOptions options;
      options.profile = profile;
      House house(options, HouseYear::generate(3), testing::at_s(0));
      house.advance(testing::at_s(90 * 60));
      const std::string snapshot = charging(house, profile).snapshot();  // not obeyed yet, by some
      House other(options, HouseYear::generate(3), testing::at_s(7'200));
      REQUIRE(other.restore(snapshot));
      CHECK(other.snapshot() == snapshot);
      for (int minute = 91; minute <= 30 * 60; ++minute) {
        house.advance(testing::at_s(minute * 60));
        other.advance(testing::at_s(minute * 60));
      }
      CHECK(other.snapshot() == house.snapshot());
      CHECK(other.snapshot() != snapshot);
      CHECK(other.battery_power() == house.battery_power());
    }
  }

  TEST_CASE("what is no snapshot of such a house changes nothing") {
    const HouseOptions options;
    House house(options, HouseYear::generate(3), testing::at_s(0));
    const std::string before = house.snapshot();
    HouseOptions larger = options;
    larger.battery_capacity = MilliwattHours(12'000'000);
    const House other(larger, HouseYear::generate(3), testing::at_s(0));
    for (const std::string& text :
         {std::string(), std::string("1"), std::string("house"), "2" + before.substr(1),
          before.substr(0, before.size() - 3) + " x", before + " 7", before + " 7 1 1",
          before.substr(0, before.size() / 2), other.snapshot()}) {
      CAPTURE(text);
      CHECK_FALSE(house.restore(text));
      CHECK(house.snapshot() == before);
    }
  }

  TEST_CASE("each accepted write of a register is told with its snapshot, a refused one is not") {
    House house({}, HouseYear::generate(3), testing::at_s(0));
    std::vector<std::string> told;
    house.on_write([&](const std::string& snapshot) { told.push_back(snapshot); });
    const std::uint16_t eco = 3;
    CHECK(house.impl().write(47000, std::span(&eco, 1), false) == Exception::none);
    REQUIRE(told.size() == 1);
    CHECK(told.front() == house.snapshot());
    CHECK(house.impl().write(1, std::span(&eco, 1), false) == Exception::illegal_address);
    CHECK(told.size() == 1);
  }
}

}  // namespace wattledger::simulator
