#include <doctest/doctest.h>

#include <fstream>

#include "coordinator/config/config.hpp"

using namespace wattledger;
using namespace wattledger::config;

namespace {

ZoneData zone(const std::string& name, const char* around = "2025-10-01T00:00:00Z") {
  const auto data = load_zone(name, *parse_time(around, ZoneOffsets()));
  if (!data) FAIL(data.error().line());
  return *data;
}

// Quarters of the local day that holds noon UTC of `date`.
std::int64_t quarters(const ZoneOffsets& zone, const std::string& date) {
  const UtcTime noon = *parse_time(date + "T12:00:00Z", ZoneOffsets());
  return (zone.next_day_start(noon) - zone.day_start(noon)) / std::chrono::minutes(15);
}

}  // namespace

TEST_SUITE("config/zone") {
  TEST_CASE("Warsaw's days have 92, 96 and 100 quarters") {
    const ZoneData warsaw = zone("Europe/Warsaw");
    CHECK(quarters(warsaw.zone, "2025-03-30") == 92);
    CHECK(quarters(warsaw.zone, "2025-10-26") == 100);
    CHECK(quarters(warsaw.zone, "2025-10-25") == 96);
    CHECK(warsaw.tzdb_version != "");
    // As Debian's tzdata has it: a year and a letter.
    if (std::ifstream("/usr/share/zoneinfo/tzdata.zi").good())
      CHECK(warsaw.tzdb_version.rfind("20", 0) == 0);
  }

  TEST_CASE(
      "transitions reach from two years back to ten ahead, in order, and each changes the offset") {
    const auto transitions = zone("Europe/Warsaw").zone.transitions();
    REQUIRE(transitions.size() == 1 + 2 * 13);
    CHECK(utc_text(transitions.front().at) == "2023-01-01T00:00:00Z");
    CHECK(transitions.front().offset == std::chrono::hours(1));
    CHECK(utc_text(transitions[1].at) == "2023-03-26T01:00:00Z");
    CHECK(utc_text(transitions.back().at) == "2035-10-28T01:00:00Z");
    for (std::size_t i = 1; i < transitions.size(); ++i) {
      CHECK(transitions[i - 1].at < transitions[i].at);
      CHECK(transitions[i - 1].offset != transitions[i].offset);
    }
  }

  TEST_CASE("a restart within the year finds the same transitions") {
    CHECK(zone("Europe/Warsaw", "2025-01-01T00:00:00Z").zone ==
          zone("Europe/Warsaw", "2025-12-31T23:59:59Z").zone);
  }

  TEST_CASE("zones without clock changes have one offset") {
    CHECK(zone("Etc/UTC").zone.transitions().size() == 1);
    CHECK(zone("Asia/Kolkata").zone.offset_at(utc_from_us(0)) == std::chrono::minutes(330));
  }

  TEST_CASE("an unknown zone names the nearest") {
    const auto unknown = load_zone("Europe/Warsawa", UtcTime{});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().kind == ErrorKind::not_found);
    CHECK(unknown.error().remedy == "did you mean \"Europe/Warsaw\"?");
    for (const char* name : {"", "../../etc/passwd", "Nowhere"})
      CHECK_FALSE(load_zone(name, UtcTime{}));
  }
}
