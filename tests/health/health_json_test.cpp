#include "coordinator/control/health_json.hpp"

#include <doctest/doctest.h>

#include "tests/support/event_builders.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using health::Health;
using std::chrono::seconds;

namespace {

health::HealthReport report() {
  health::HealthReport made;
  made.at = at_s(60);
  made.overall = Health::degraded;
  made.items = {{"log", Health::ok, "9 records", ""},
                {"disk", Health::degraded, "1 MiB free", "free space"}};
  made.figures.up = seconds(9'995);
  made.figures.span = seconds(10'000);
  made.figures.backups = 3;
  made.figures.backups_ok = 2;
  made.figures.measured.emplace();
  made.figures.measured->at = at_s(30);
  made.figures.measured->resident_bytes = 1'000;
  return made;
}

const ZoneOffsets warsaw({{at_s(-86'400), seconds(7'200)}});

}  // namespace

TEST_SUITE("control/health_json") {
  TEST_CASE("a report is written with local times, and unknown as null") {
    CHECK(control::health_json(report(), warsaw, seconds(30)) ==
          R"({"at":"2025-10-01T02:01:00+02:00","overall":"degraded","every_s":30,"items":[)"
          R"({"name":"log","state":"ok","detail":"9 records","remedy":""},)"
          R"({"name":"disk","state":"degraded","detail":"1 MiB free","remedy":"free space"}],)"
          R"("figures":{"uptime_pct":99.95,"uptime_s":9995,"uptime_of_s":10000,"backups":3,)"
          R"("backups_ok":2,"measured":{"at":"2025-10-01T02:00:30+02:00","resident_bytes":1000,)"
          R"("anonymous_bytes":null,"cpu_ms":null,"bytes_written":null,"disk_free_bytes":null,)"
          R"("log_bytes":null,"commit_p50_us":null,"commit_p99_us":null,"poll_p99_ms":null,)"
          R"("register_writes_today":null,"uptime_s":null}}})");
  }

  TEST_CASE("what is written is read again, to the second") {
    const auto read = control::read_health(control::health_json(report(), warsaw, seconds(30)));
    REQUIRE(read.has_value());
    CHECK(read->report == report());
    CHECK(read->every == seconds(30));
    CHECK_FALSE(control::read_health(control::health_json(report(), warsaw, std::nullopt))
                    ->every.has_value());
  }

  TEST_CASE("what is no report is refused") {
    for (const char* text :
         {"", "[]", "{}", R"({"at":"2025-10-01T02:01:00+02:00","overall":"ok"})",
          R"({"at":"now","overall":"ok","items":[]})",
          R"({"at":"2025-10-01T02:01:00+02:00","overall":"well","items":[]})",
          R"({"at":"2025-10-01T02:01:00+02:00","overall":"ok","items":[{"state":"bad"}]})",
          R"({"at":"2025-10-01T02:01:00+02:00","overall":"ok","items":[7]})"}) {
      CAPTURE(text);
      CHECK(control::read_health(text).error().kind == ErrorKind::corrupt);
    }
  }
}
