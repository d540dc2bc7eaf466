// Our tables of what the house did and what happened to it, from events to SQL.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "projections/live/live_projections.hpp"
#include "projections/rebuild.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "tests/projections/house_log.hpp"
#include "tests/projections/sqlite_reading.hpp"

namespace wattledger::projections {
namespace {

using testing::at_s;
using testing::HouseLog;
using testing::must;
using testing::SqliteReader;
using Rows = std::vector<std::string>;

Rows built(HouseLog& house, const std::filesystem::path& directory, const std::string& sql) {
  house.flush();
  StageOptions options;
  options.directory = directory / "built";
  options.replace = true;
  options.json = false;
  must(stage(house.log(), options));
  return SqliteReader(options.directory / sqlite_file_name).rows(sql);
}

TEST_SUITE("projections/operations") {
  TEST_CASE("a command stands with its answer, or without one") {
    const testing::MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_site(at_s(0));
    fb::CommandIssuedT command;
    command.decision = 1;
    command.mode = fb::InverterMode::charge;
    command.power_w = -4'000;
    command.target_soc_bp = std::uint16_t{9'050};
    command.until_us = to_us(at_s(3'600));
    command.attempt = 1;
    const Sequence first = house.tell(at_s(60), command);
    const Sequence second = house.tell(at_s(120), command);
    house.tell(at_s(180), command);
    fb::CommandConfirmedT confirmed;
    confirmed.command = first.value;
    confirmed.writes = 6;
    house.tell(at_s(190), confirmed);  // its registers, then the battery
    confirmed.writes = 0;
    confirmed.battery_power_w = -3'950;
    confirmed.took_ms = 240U;
    house.tell(at_s(200), confirmed);
    fb::CommandFailedT failed;
    failed.command = second.value;
    failed.trouble = fb::CommandTrouble::timed_out;
    failed.detail = "no answer";
    house.tell(at_s(210), std::move(failed));
    CHECK(
        built(house, directory.path(),
              "SELECT sequence, decision, time, mode, power_w, target_soc, until, outcome, answer, "
              "answered_at, battery_power_w, writes, took_ms, trouble, detail FROM commands") ==
        Rows{"2|1|2025-10-01T00:01:00Z|charge|-4000|90.5|2025-10-01T01:00:00Z|confirmed|6|"
             "2025-10-01T00:03:20Z|-3950|6|240|NULL|NULL",
             "3|1|2025-10-01T00:02:00Z|charge|-4000|90.5|2025-10-01T01:00:00Z|failed|7|"
             "2025-10-01T00:03:30Z|NULL|0|NULL|timed_out|no answer",
             "4|1|2025-10-01T00:03:00Z|charge|-4000|90.5|2025-10-01T01:00:00Z|NULL|NULL|NULL|NULL|"
             "NULL|NULL|NULL|NULL"});
  }

  TEST_CASE("a fault is cleared by its sequence, or all of its kind; an alert ends once") {
    const testing::MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_site(at_s(0));
    fb::FaultRaisedT fault;
    fault.fault = fb::Fault::grid_voltage;
    fault.latched = true;
    fault.measured = 261;
    fault.limit = 253;
    const Sequence first = house.tell(at_s(1), fault);
    house.tell(at_s(2), fault);
    house.tell(at_s(3), fault);
    fb::FaultClearedT cleared;
    cleared.fault = fb::Fault::grid_voltage;
    cleared.raised = first.value;
    house.tell(at_s(4), cleared);
    fb::FaultClearedT other;
    other.fault = fb::Fault::battery_voltage;
    house.tell(at_s(5), other);
    fb::FaultClearedT all;
    all.fault = fb::Fault::grid_voltage;
    all.reason = "the owner";
    house.tell(at_s(6), std::move(all));
    fb::AlertRaisedT alert;
    alert.alert = "sqlite_damaged";
    alert.severity = fb::Severity::critical;
    const Sequence raised = house.tell(at_s(7), std::move(alert));
    fb::AlertEndedT ended;
    ended.raised = raised.value;
    house.tell(at_s(8), ended);
    house.tell(at_s(9), ended);
    CHECK(built(house, directory.path(),
                "SELECT sequence, fault, latched, measured, limit_value, cleared, cleared_because "
                "FROM faults") == Rows{"2|grid_voltage|1|261|253|5|NULL",
                                       "3|grid_voltage|1|261|253|7|the owner",
                                       "4|grid_voltage|1|261|253|7|the owner"});
    CHECK(built(house, directory.path(), "SELECT alert, severity, ended, ended_at FROM alerts") ==
          Rows{"sqlite_damaged|critical|9|2025-10-01T00:00:08Z"});
  }

  TEST_CASE("an outage told in whole seconds, as it once was, stands in milliseconds") {
    const testing::MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_site(at_s(0));
    fb::SourceFailedT failed;
    failed.provider = "pse";
    failed.trouble = fb::SourceTrouble::timed_out;
    failed.attempts = 3;
    const Sequence old = house.tell(at_s(1), failed);
    fb::SourceRecoveredT recovered;
    recovered.provider = "pse";
    recovered.failed = old.value;
    recovered.outage_s = 90U;
    house.tell(at_s(91), recovered);
    house.tell(at_s(100), failed);
    fb::SourceRecovered2T newer;
    newer.provider = "pse";
    newer.outage_ms = std::uint64_t{250};
    house.tell(at_s(101), newer);
    CHECK(built(house, directory.path(),
                "SELECT provider, trouble, attempts, recovered, outage_ms FROM source_outages") ==
          Rows{"pse|timed_out|3|3|90000", "pse|timed_out|3|5|250"});
  }

  TEST_CASE("a session is one row, whatever its changes say; a policy is one each") {
    const testing::MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_site(at_s(0));
    fb::SellingSessionChangedT sale;
    sale.session = "selling_1";
    sale.change = fb::SessionChange::started;
    sale.started_us = to_us(at_s(60));
    sale.start_soc_bp = std::uint16_t{9'200};
    house.tell(at_s(60), sale);
    fb::SellingSessionChangedT end;
    end.session = "selling_1";
    end.change = fb::SessionChange::completed;
    end.ended_us = to_us(at_s(1'860));
    end.exported_mwh = 2'470'000;
    end.revenue_e8 = 296'400'000;
    house.tell(at_s(1'860), end);
    fb::ChargingSessionChangedT nameless;
    house.tell(at_s(1'861), nameless);
    CHECK(built(house, directory.path(),
                "SELECT kind, session, status, started, ended, start_soc, exported_kwh, amount, "
                "first_sequence, last_sequence FROM sessions_measured") ==
          Rows{"selling|selling_1|completed|2025-10-01T00:01:00Z|2025-10-01T00:31:00Z|92.0|2.47|"
               "2.964|2|3"});
    fb::PolicyAdoptedT policy;
    policy.text = "policy=cheapest";
    policy.engine_revision = 3;
    house.tell(at_s(2'000), std::move(policy));
    CHECK(built(house, directory.path(), "SELECT sequence, engine_revision, text FROM policies") ==
          Rows{"5|3|policy=cheapest"});
  }

  TEST_CASE("the readings of each local day are counted by their quality") {
    const testing::MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_site(at_s(0));
    const auto read = [&](std::int64_t second, fb::Quality quality) {
      fb::ReadingRecordedT reading;
      reading.quality = quality;
      house.tell(at_s(second), reading);
    };
    read(60, fb::Quality::good);
    read(120, fb::Quality::partial);
    read(180, fb::Quality::implausible);
    read(240, fb::Quality::good);
    read(22 * 3'600, fb::Quality::good);  // midnight in Warsaw
    CHECK(built(house, directory.path(),
                "SELECT date, good, partial, implausible FROM data_quality") ==
          Rows{"2025-10-01|2|1|1", "2025-10-02|1|0|0"});
  }

  TEST_CASE("a day has its figures and its score, however the log was cut") {
    const testing::MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(120);  // from 02:00 in Warsaw
    house.tell_reading(at_s(4 * 3'600));
    house.tell_reading(at_s(4 * 3'600 + 60));
    // Two hours of silence; the last reading of each quarter of an hour tells what came in it.
    const std::string sql =
        "SELECT date, good, expected_s, covered_s, gaps, longest_gap_s, longest_gap_at_us, score, "
        "worst, completeness_percent, soc_mwh, price_slots FROM data_quality";
    const Rows whole{"2025-10-01|122|14340|7140|1|7200|" + std::to_string(to_us(at_s(2 * 3'600))) +
                     "|50|readings|49.79|0|0"};
    CHECK(built(house, directory.path(), sql) == whole);
    LiveOptions options;
    options.data = directory / "data";
    options.batch_events_max = 7;
    LiveProjections live(house.log(), options);
    must(live.start());
    must(live.catch_up());
    must(live.settle());
    CHECK(SqliteReader(options.data / sqlite_file_name).rows(sql) == whole);
  }

  TEST_CASE("a change is found by its record or by its id, the newest, and ends once") {
    const testing::MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_site(at_s(0));
    Id128 id;
    id.bytes.fill(0xab);
    const auto start = [&](std::int64_t second, const char* verb, bool named) {
      fb::ChangeStartedT fact;
      fact.verb = verb;
      if (named) fact.change = std::make_unique<fb::Id128>(to_fb(id));
      if (named) fact.arguments = "--yes";
      return house.tell(at_s(second), std::move(fact));
    };
    const auto finish = [&](std::int64_t second, std::uint64_t started, fb::Result result) {
      fb::ChangeFinishedT fact;
      fact.started = started;
      if (started == 0) fact.change = std::make_unique<fb::Id128>(to_fb(id));
      fact.result = result;
      fact.detail = "as it went";
      house.tell(at_s(second), std::move(fact));
    };
    const Sequence maintain = start(1, "maintain daily", false);
    start(2, "rollout deploy", true);
    start(3, "rollout deploy", true);
    finish(4, 0, fb::Result::succeeded);
    finish(5, 0, fb::Result::failed);  // of the same, which is over
    finish(6, maintain.value, fb::Result::cancelled);
    finish(7, 99, fb::Result::failed);  // of one that this log does not have
    CHECK(built(house, directory.path(),
                "SELECT sequence, id, verb, arguments, started, finished, finished_with, result, "
                "detail FROM changes") ==
          Rows{"2|NULL|maintain daily|NULL|2025-10-01T00:00:01Z|2025-10-01T00:00:06Z|7|cancelled|"
               "as it went",
               "3|abababababababababababababababab|rollout deploy|--yes|2025-10-01T00:00:02Z|NULL|"
               "NULL|NULL|NULL",
               "4|abababababababababababababababab|rollout deploy|--yes|2025-10-01T00:00:03Z|"
               "2025-10-01T00:00:04Z|5|succeeded|as it went"});
  }

  TEST_CASE("a backup is one row with its last drill; one drilled unseen gets a row of its own") {
    const testing::MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_site(at_s(0));
    const auto drill = [&](std::int64_t second, const char* backup, std::uint64_t differences) {
      fb::BackupDrilledT fact;
      fact.backup = backup;
      fact.result = differences == 0 ? fb::Result::succeeded : fb::Result::failed;
      fact.took_ms = 120U;
      fact.differences = differences;
      house.tell(at_s(second), std::move(fact));
    };
    fb::BackupTakenT taken;
    taken.backup = "20251001T000001Z-1";
    taken.tree_size = 1;
    taken.bytes = 4'096U;
    taken.encrypted = true;
    taken.result = fb::Result::succeeded;
    house.tell(at_s(1), std::move(taken));
    fb::BackupTakenT failed;
    failed.backup = "/media/usb";
    failed.incremental = true;
    failed.result = fb::Result::failed;
    failed.detail = "no space";
    house.tell(at_s(2), failed);
    house.tell(at_s(3), failed);
    drill(4, "20251001T000001Z-1", 2);
    drill(5, "20251001T000001Z-1", 0);
    drill(6, "of the house before", 0);
    drill(7, "of the house before", 1);
    CHECK(built(house, directory.path(),
                "SELECT sequence, id, taken_at, tree_size, size, encrypted, incremental, result, "
                "detail FROM backups") ==
          Rows{"2|20251001T000001Z-1|2025-10-01T00:00:01Z|1|4096|1|0|succeeded|NULL",
               "3|/media/usb|2025-10-01T00:00:02Z|0|NULL|0|1|failed|no space",
               "4|/media/usb|2025-10-01T00:00:03Z|0|NULL|0|1|failed|no space",
               "7|of the house before|NULL|NULL|NULL|NULL|NULL|NULL|NULL"});
    CHECK(
        built(house, directory.path(),
              "SELECT sequence, drilled, drilled_at, drill_result, took_ms, differences FROM "
              "backups WHERE drilled IS NOT NULL") ==
        Rows{"2|6|2025-10-01T00:00:05Z|succeeded|120|0", "7|8|2025-10-01T00:00:07Z|failed|120|1"});
  }

  TEST_CASE("what the daemon measured of itself is one row each, unknown as NULL") {
    const testing::MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_site(at_s(0));
    fb::SystemMeasuredT fact;
    fact.resident_bytes = 1U;
    fact.anonymous_bytes = 2U;
    fact.cpu_ms = 3U;
    fact.bytes_written = 4U;
    fact.disk_free_bytes = 5U;
    fact.log_bytes = 6U;
    fact.commit_p50_us = 7U;
    fact.commit_p99_us = 8U;
    fact.poll_p99_ms = 9U;
    fact.register_writes_today = 10U;
    fact.uptime_s = 11U;
    house.tell(at_s(60), fact);
    house.tell(at_s(3'660), fb::SystemMeasuredT());
    CHECK(built(house, directory.path(),
                "SELECT sequence, time, resident_bytes, anonymous_bytes, cpu_ms, bytes_written, "
                "disk_free_bytes, log_bytes, commit_p50_us, commit_p99_us, poll_p99_ms, "
                "register_writes_today, uptime_s FROM system_stats") ==
          Rows{"2|2025-10-01T00:01:00Z|1|2|3|4|5|6|7|8|9|10|11",
               "3|2025-10-01T01:01:00Z|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL"});
  }

  TEST_CASE("no query of an owner or an audit reads a whole table") {
    const testing::MemoryDirectory directory;
    HouseLog house(directory / "log");
    house.tell_minutes(5);
    for (const char* sql :
         {"SELECT * FROM commands WHERE time BETWEEN 'a' AND 'b' ORDER BY time",
          "SELECT * FROM commands WHERE decision = 7", "SELECT * FROM commands WHERE sequence = 7",
          "SELECT * FROM faults WHERE fault = 'grid_voltage' AND cleared IS NULL",
          "SELECT * FROM alerts WHERE sequence = 7", "SELECT * FROM policies WHERE digest = 'a'",
          "SELECT * FROM sessions_measured WHERE kind = 'selling' AND session = 'a'",
          "SELECT * FROM sessions_measured WHERE started BETWEEN 'a' AND 'b'",
          "SELECT * FROM changes WHERE id = 'a'",
          "SELECT * FROM changes WHERE started BETWEEN 'a' AND 'b'",
          "SELECT * FROM backups WHERE id = 'a'",
          "SELECT * FROM system_stats WHERE time BETWEEN 'a' AND 'b'",
          "SELECT * FROM data_quality WHERE date = '2025-10-01'"}) {
      CAPTURE(sql);
      for (const std::string& step :
           built(house, directory.path(), std::string("EXPLAIN QUERY PLAN ") + sql))
        CHECK(step.find("SCAN") == std::string::npos);
    }
  }
}

}  // namespace
}  // namespace wattledger::projections
