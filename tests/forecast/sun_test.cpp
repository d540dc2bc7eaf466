#include "coordinator/forecast/sun.hpp"

#include <cmath>

#include "tests/forecast/when.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using namespace wattledger::forecast;

TEST_SUITE("forecast/sun") {
  TEST_CASE("the worked example of Reda and Andreas, NREL/TP-560-34302, table A5.1") {
    // Golden, 2003-10-17 12:30:30 at UTC-7: zenith 50.11162, azimuth 194.34024 degrees.
    const auto sun = sun_angles(utc("2003-10-17T19:30:30Z"), 39.742476, -105.1786);
    CHECK(90 - sun.elevation_deg == doctest::Approx(50.11162).epsilon(0.0004));
    CHECK(sun.azimuth_deg == doctest::Approx(194.34024).epsilon(0.0001));
    // Its code's sunrise 06:12:43 and sunset 17:20:19 are those of the UTC day, so the sunset is
    // the evening's before: the upper edge, 0.27 degrees above the centre, is at the horizon.
    for (const char* time : {"2003-10-17T13:12:43Z", "2003-10-17T00:20:19Z"})
      CHECK(std::abs(sun_angles(utc(time), 39.742476, -105.1786).elevation_deg + 0.25) < 0.1);
  }

  TEST_CASE("Meeus, Astronomical Algorithms, examples 25.a and 28.b") {
    const Sun sun = sun_at(utc("1992-10-13"));
    CHECK(std::abs(sun.declination_deg + 7.78507) < 0.001);
    CHECK(std::abs(sun.distance_au - 0.99766) < 0.00002);
    CHECK(std::abs(sun.equation_of_time_min - (13 + 42.7 / 60)) < 0.02);
  }

  TEST_CASE(
      "noon at midsummer, midwinter and the equinox is 90 - latitude + declination, in the south") {
    struct Row {
      const char* day;
      double declination;
    };
    for (const Row& row : {Row{"2024-06-20T20:51Z", 23.436},
                           {"2024-12-21T09:20Z", -23.436},
                           {"2024-03-20T03:06Z", 0}}) {
      CAPTURE(row.day);
      const UtcTime day = utc(row.day);
      CHECK(std::abs(sun_at(day).declination_deg - row.declination) < 0.02);
      double highest = -90;
      double azimuth = 0;
      for (int minute = 0; minute < 1440; ++minute) {
        const auto sun =
            sun_angles(std::chrono::floor<std::chrono::days>(day) + std::chrono::minutes(minute),
                       52.2297, 21.0122);
        if (sun.elevation_deg <= highest) continue;
        highest = sun.elevation_deg;
        azimuth = sun.azimuth_deg;
      }
      CHECK(std::abs(highest - (90 - 52.2297 + row.declination)) < 0.25);
      CHECK(std::abs(azimuth - 180) < 0.5);
    }
  }

  TEST_CASE("in Sydney the sun stands in the north at noon, and is down at midnight") {
    CHECK(std::cos(sun_angles(utc("2024-01-15T02:00Z"), -33.87, 151.21).azimuth_deg / 57.2958) >
          0.7);
    CHECK(sun_angles(utc("2024-01-15T14:00Z"), -33.87, 151.21).elevation_deg < -20);
  }

  TEST_CASE(
      "a day at the equator has twelve hours, a summer's day at the polar circle twenty-four") {
    const auto minutes_up = [](const char* day, double latitude) {
      int up = 0;
      for (int minute = 0; minute < 1440; ++minute) {
        const UtcTime time = utc(day) + std::chrono::minutes(minute);
        up += sun_direction(sun_at(time), time, latitude, 0).up > 0 ? 1 : 0;
      }
      return up;
    };
    CHECK(std::abs(minutes_up("2024-03-20", 0) - 720) <= 2);
    CHECK(std::abs(minutes_up("2024-06-20", 0) - 720) <= 2);
    CHECK(minutes_up("2024-06-20", 68) == 1440);
    CHECK(minutes_up("2024-12-20", 68) == 0);
  }
}
