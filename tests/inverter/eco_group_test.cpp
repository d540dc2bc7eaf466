#include "coordinator/inverter/eco_group.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

namespace wattledger::inverter {
namespace {

LocalTime local(int year, unsigned month, unsigned day, int hour, int minute, int second = 0) {
  return LocalTime(std::chrono::local_days(std::chrono::year(year) / static_cast<int>(month) /
                                           static_cast<int>(day))) +
         std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
}

// 00:00 to 23:59 every day.
EcoGroup all_day(std::int16_t power_percent, std::uint16_t soc_percent) {
  return {0, 0, 23, 59, true, eco_type, 0x7F, power_percent, soc_percent, 0};
}

}  // namespace

TEST_SUITE("inverter/eco_group") {
  TEST_CASE("the worked examples, byte for byte") {
    CHECK(encode(all_day(-40, 80)) == EcoWords{0x0000, 0x173B, 0xFF7F, 0xFFD8, 0x0050, 0x0000});
    CHECK(encode(all_day(50, 100)) == EcoWords{0x0000, 0x173B, 0xFF7F, 0x0032, 0x0064, 0x0000});
    CHECK(encode(EcoGroup{}) == EcoWords{0x3000, 0x3000, 0x0000, 0x0064, 0x0064, 0x0000});
    const EcoGroup on_745{0, 0, 23, 59, true, eco_745_type, 0x7F, -400, 80, 0x0FFF};
    CHECK(encode(on_745) == EcoWords{0x0000, 0x173B, 0xF97F, 0xFE70, 0x0050, 0x0FFF});
  }

  TEST_CASE("power is told in percent, and on the 745 platform in tenths of one") {
    CHECK(all_day(-40, 80).permille() == -400);
    const EcoGroup on_745{0, 0, 23, 59, true, eco_745_type, 0x7F, -405, 80, 0x0FFF};
    CHECK(on_745.permille() == -405);
    CHECK(on_745.holds(local(2025, 10, 1, 12, 0)));
  }

  TEST_CASE("the worked examples of version 1, byte for byte") {
    using Words = std::array<std::uint16_t, eco_v1_words>;
    CHECK(encode_v1(all_day(-40, 80)) == Words{0x0000, 0x173B, 0xFFD8, 0xFF7F});
    CHECK(encode_v1(all_day(50, 100)) == Words{0x0000, 0x173B, 0x0032, 0xFF7F});
    CHECK(encode_v1(EcoGroup{}) == Words{0x3000, 0x3000, 0x0064, 0x0000});
    CHECK(decode_eco_v1(Words{0x0000, 0x173B, 0xFFD8, 0xFF7F}) == all_day(-40, 100));
  }

  TEST_CASE("whatever six words the inverter holds, decoding and encoding gives them back") {
    const bool holds = rc::check("encode(decode(words)) == words", [] {
      EcoWords words{};
      for (std::uint16_t& word : words) word = *rc::gen::arbitrary<std::uint16_t>();
      RC_ASSERT(encode(decode_eco(words)) == words);
    });
    CHECK(holds);
  }

  TEST_CASE(
      "a window holds from its first minute until before its last, on its days and in its months") {
    EcoGroup group{14,       30,       15,  0,  true,
                   eco_type, 1U << 3U, -40, 80, 0};  // Wednesdays; 2025-10-01 is one
    CHECK_FALSE(group.holds(local(2025, 10, 1, 14, 29, 59)));
    CHECK(group.holds(local(2025, 10, 1, 14, 30)));
    CHECK(group.holds(local(2025, 10, 1, 14, 59, 59)));
    CHECK_FALSE(group.holds(local(2025, 10, 1, 15, 0)));
    CHECK_FALSE(group.holds(local(2025, 10, 2, 14, 45)));
    group.months = 1U << 8U;  // September
    CHECK_FALSE(group.holds(local(2025, 10, 1, 14, 45)));
    group.months = 1U << 9U;
    CHECK(group.holds(local(2025, 10, 1, 14, 45)));
    group.months = 0x0FFF;
    CHECK(group.holds(local(2025, 10, 1, 14, 45)));
  }

  TEST_CASE("a group that is off, unused, of another type or upside down never holds") {
    const LocalTime noon = local(2025, 10, 1, 12, 0);
    EcoGroup group = all_day(-40, 80);
    REQUIRE(group.holds(noon));
    group.enabled = false;
    CHECK_FALSE(group.holds(noon));
    group = all_day(-40, 80);
    group.type = 3;
    CHECK_FALSE(group.holds(noon));
    CHECK_FALSE(EcoGroup{}.holds(noon));
    CHECK_FALSE(EcoGroup{13, 0, 11, 0, true, eco_type, 0x7F, -40, 80, 0}.holds(noon));
    CHECK_FALSE(
        decode_eco(encode({0, 0, 23, 59, false, unset_type, 0x7F, -40, 80, 0})).holds(noon));
  }

  TEST_CASE("switching off keeps the group's type and days") {
    CHECK(switched_off(0xFF7F) == 0x007F);
    CHECK(switched_off(0xF97F) == 0x067F);
    CHECK(switched_off(0x007F) == 0x007F);
    CHECK(switched_off(0x5508) == 0x5508);
    CHECK(is_on(0xFF00));
    CHECK_FALSE(is_on(0x55FF));
  }

  TEST_CASE("the clock's registers, byte for byte") {
    CHECK(encode_clock(local(2022, 1, 4, 18, 30, 25)) ==
          std::array<std::uint16_t, 3>{0x1601, 0x0412, 0x1E19});
    CHECK(*decode_clock(std::array<std::uint16_t, 3>{0x1601, 0x0412, 0x1E19}) ==
          local(2022, 1, 4, 18, 30, 25));
  }

  TEST_CASE("a clock that reads no time is told with its words") {
    const auto wall = decode_clock(std::array<std::uint16_t, 3>{0x190D, 0x0412, 0x1E19});
    REQUIRE_FALSE(wall.has_value());
    CHECK(wall.error().kind == ErrorKind::corrupt);
    CHECK(wall.error().what == "the inverter's clock reads 190d 0412 1e19, which is no time");
    CHECK_FALSE(decode_clock(std::array<std::uint16_t, 3>{0, 0, 0}).has_value());
    CHECK_FALSE(decode_clock(std::array<std::uint16_t, 3>{0x1601, 0x0418, 0}).has_value());
  }
}

}  // namespace wattledger::inverter
