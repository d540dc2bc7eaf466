// Our tables of what the house did and what happened to it, from events to SQL.
#include <doctest/doctest.h>

#include <string>
#include <vector>

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
