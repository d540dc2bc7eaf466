#include "events/time.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace wattledger;
using namespace std::chrono_literals;

namespace {

UtcTime utc(const char* text) {
  const auto time = parse_time(text, ZoneOffsets());
  REQUIRE_MESSAGE(time.has_value(), text);
  return *time;
}

LocalTime local(const char* text) { return LocalTime(utc(text).time_since_epoch()); }

// Europe/Warsaw over 2025, by hand.
ZoneOffsets warsaw() {
  return ZoneOffsets({{utc("2024-10-27T01:00:00Z"), 1h},
                      {utc("2025-03-30T01:00:00Z"), 2h},
                      {utc("2025-10-26T01:00:00Z"), 1h}});
}

// A clock that changes at local midnight, as Beirut's did, and one that loses a whole day, as
// Apia's did.
ZoneOffsets beirut() {
  return ZoneOffsets({{utc("2024-10-26T21:00:00Z"), 2h}, {utc("2025-03-29T22:00:00Z"), 3h}});
}

std::int64_t quarters(const ZoneOffsets& zone, UtcTime in) {
  return (zone.next_day_start(in) - zone.day_start(in)) / 15min;
}

}  // namespace

TEST_SUITE("events/time") {
  TEST_CASE("without transitions, local time is UTC") {
    const ZoneOffsets zone;
    CHECK(zone.offset_at(utc("2025-06-01T12:00Z")) == 0s);
    CHECK(iso_text(zone.to_local(utc("2025-06-01T12:00Z"))) == "2025-06-01T12:00:00");
    CHECK(quarters(zone, utc("2025-10-26T12:00Z")) == 96);
  }

  TEST_CASE(
      "an offset holds from its transition's very microsecond, and the first one before it too") {
    const ZoneOffsets zone = warsaw();
    CHECK(zone.offset_at(utc("2025-03-30T00:59:59.999999Z")) == 1h);
    CHECK(zone.offset_at(utc("2025-03-30T01:00:00Z")) == 2h);
    CHECK(zone.offset_at(utc("2020-07-01T00:00:00Z")) == 1h);
    CHECK(zone.offset_at(utc("2035-07-01T00:00:00Z")) == 1h);
  }

  TEST_CASE("in the repeated hour the second pass is told from the first") {
    const ZoneOffsets zone = warsaw();
    CHECK(zone.to_utc(local("2025-10-26T02:15Z")) == utc("2025-10-26T00:15Z"));
    CHECK(zone.to_utc(local("2025-10-26T02:15Z"), true) == utc("2025-10-26T01:15Z"));
    CHECK_FALSE(zone.in_second_pass(utc("2025-10-26T00:15Z")));
    CHECK(zone.in_second_pass(utc("2025-10-26T01:00Z")));
    CHECK(zone.in_second_pass(utc("2025-10-26T01:59:59.999999Z")));
    CHECK_FALSE(zone.in_second_pass(utc("2025-10-26T02:00Z")));
    CHECK_FALSE(zone.in_second_pass(utc("2025-03-30T01:15Z")));
  }

  TEST_CASE("in the skipped hour a reading is taken as if the clock had not been put forward") {
    const ZoneOffsets zone = warsaw();
    CHECK(zone.to_utc(local("2025-03-30T02:15Z")) == utc("2025-03-30T01:15Z"));
    CHECK(zone.to_utc(local("2025-03-30T02:15Z"), true) == utc("2025-03-30T01:15Z"));
    CHECK(zone.to_utc(local("2025-03-30T01:59:59Z")) == utc("2025-03-30T00:59:59Z"));
    CHECK(zone.to_utc(local("2025-03-30T03:00Z")) == utc("2025-03-30T01:00Z"));
  }

  TEST_CASE("every instant of a year comes back from its wall clock and pass") {
    const ZoneOffsets zone = warsaw();
    for (UtcTime at = utc("2025-01-01T00:00Z"); at < utc("2026-01-01T00:00Z"); at += 15min)
      REQUIRE(zone.to_utc(zone.to_local(at), zone.in_second_pass(at)) == at);
  }

  TEST_CASE(
      "a day has 96 quarters, 92 in spring and 100 in autumn, and each day begins where the last "
      "ended") {
    const ZoneOffsets zone = warsaw();
    CHECK(quarters(zone, utc("2025-10-26T12:00Z")) == 100);
    CHECK(quarters(zone, utc("2025-03-30T12:00Z")) == 92);
    CHECK(quarters(zone, utc("2025-06-01T12:00Z")) == 96);
    CHECK(zone.day_start(utc("2025-10-26T12:00Z")) == utc("2025-10-25T22:00Z"));
    CHECK(zone.next_day_start(utc("2025-10-26T12:00Z")) == utc("2025-10-26T23:00Z"));
    std::int64_t total = 0;
    for (UtcTime at = utc("2024-12-31T23:00Z"); at < utc("2025-12-31T23:00Z");
         at = zone.next_day_start(at)) {
      REQUIRE(zone.day_start(at) == at);
      REQUIRE(zone.day_start(zone.next_day_start(at) - 1us) == at);
      total += quarters(zone, at);
    }
    CHECK(total == 365 * 96);
  }

  TEST_CASE("where the clock is put forward at midnight, the day begins at one") {
    const ZoneOffsets zone = beirut();
    const UtcTime noon = utc("2025-03-30T09:00Z");
    CHECK(zone.day_start(noon) == utc("2025-03-29T22:00Z"));
    CHECK(iso_text(zone.to_local(zone.day_start(noon))) == "2025-03-30T01:00:00");
    CHECK(quarters(zone, noon) == 92);
  }

  TEST_CASE("texts are Python's isoformat: six digits of a fraction, or none") {
    CHECK(iso_text(local("2025-10-26T02:15:00Z")) == "2025-10-26T02:15:00");
    CHECK(iso_text(local("2025-10-26T02:15:00.25Z")) == "2025-10-26T02:15:00.250000");
    CHECK(iso_text(local("2025-10-26T02:15:59.000001Z")) == "2025-10-26T02:15:59.000001");
    CHECK(utc_text(utc("2025-10-26T00:15:00Z")) == "2025-10-26T00:15:00Z");
    CHECK(utc_text(utc("1969-12-31T23:59:59.999999Z")) == "1969-12-31T23:59:59.999999Z");
    CHECK(date_text(local("2025-10-26T23:59:59.9Z")) == "2025-10-26");
    CHECK(utc_text(utc_from_us(0)) == "1970-01-01T00:00:00Z");
  }

  TEST_CASE("a time is read as it may be written") {
    struct Row {
      const char* text;
      const char* utc;
    };
    for (const Row& row : {Row{"2025-10-26", "2025-10-25T22:00:00Z"},
                           Row{"2025-10-26T02:15", "2025-10-26T00:15:00Z"},
                           Row{"2025-10-26 02:15:30", "2025-10-26T00:15:30Z"},
                           Row{"2025-07-01T12:00:00.5", "2025-07-01T10:00:00.500000Z"},
                           Row{"2025-10-26T00:15:00Z", "2025-10-26T00:15:00Z"},
                           Row{"2025-10-26T02:15:00+02:00", "2025-10-26T00:15:00Z"},
                           Row{"2025-10-26T02:15:00+0200", "2025-10-26T00:15:00Z"},
                           Row{"2025-10-25T20:45:00-03:30", "2025-10-26T00:15:00Z"},
                           Row{"2024-02-29T00:00Z", "2024-02-29T00:00:00Z"},
                           Row{"2025-10-26T00:15:00.123456Z", "2025-10-26T00:15:00.123456Z"}}) {
      CAPTURE(row.text);
      const auto time = parse_time(row.text, warsaw());
      REQUIRE(time.has_value());
      CHECK(utc_text(*time) == row.utc);
    }
  }

  TEST_CASE("what is no time is refused with the text itself and how to write one") {
    for (const char* text : {"",
                             "yesterday",
                             "2025",
                             "2025-10",
                             "2025-13-01",
                             "2025-02-29",
                             "2025-10-26T",
                             "2025-10-26T24:00",
                             "2025-10-26T02:60",
                             "2025-10-26T02:15:60",
                             "2025-10-26T02:15:00.",
                             "2025-10-26T02:15:00.1234567",
                             "2025-10-26T02:15:00X",
                             "2025-10-26T02:15:00Zz",
                             "2025-10-26T02:15:00+",
                             "2025-10-26T02:15:00+2:00",
                             "2025-10-26T02:15:00+02:00:00",
                             "2025-10-26T02:15:00+15:00",
                             "2025-10-26x02:15",
                             " 2025-10-26",
                             "2025-10-26 ",
                             "-025-10-26",
                             "2025-10-26T02:15 ",
                             "25-10-26"}) {
      CAPTURE(text);
      const auto time = parse_time(text, warsaw());
      REQUIRE_FALSE(time.has_value());
      CHECK(time.error().kind == ErrorKind::invalid_input);
      CHECK(time.error().what == "\"" + std::string(text) + "\" is not a time");
      CHECK(time.error().remedy.find("2025-10-26T02:15") != std::string::npos);
    }
  }
}
