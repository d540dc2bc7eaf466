// What setup learns of an inverter, what it remarks on, and the file that it makes of that.
#include <doctest/doctest.h>

#include <sstream>

#include "coordinator/config/config.hpp"
#include "replay/inverter/setup_file.hpp"
#include "replay/inverter/unit_survey.hpp"
#include "tests/replay/setup_station.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using inverter::ModbusOptions;
using inverter::Transport;

namespace {

config::Config defaults() { return config::parse("site: {}", "x").value(); }

std::string all_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace

TEST_SUITE("replay/setup/survey") {
  TEST_CASE("a sound unit whose clock is right is remarked on in nothing") {
    for (const simulator::Profile& profile : simulator::profiles()) {
      CAPTURE(profile.name);
      const Station station(unit_of(std::string(profile.name).c_str()));
      const auto found = station.survey();
      const std::string remarks = all_of(tool::remarks_on(found, "UTC"));
      CHECK(remarks == "");
      CHECK(found.mode == fb::InverterMode::general);
      CHECK(found.own_unit == 247);
      CHECK(found.floor_percent == 10);
    }
  }

  TEST_CASE("what is amiss is remarked on") {
    simulator::HouseOptions bare = unit_of("et");
    bare.has_meter = false;
    simulator::ServerOptions where;
    where.unit = 245;
    Station station(bare, where);
    station.house.shift_clock(std::chrono::seconds(200));
    ModbusOptions options = station.options();
    options.unit = 245;
    auto found = tool::survey(options, station.house.now(), {});
    REQUIRE(found.has_value());
    found->own_unit = 245;
    const std::string remarks = all_of(tool::remarks_on(*found, "UTC"));
    CHECK(has(remarks, "there is no meter"));
    CHECK(has(remarks, "clock is 3 min ahead of the time in UTC: set it"));
    CHECK(has(remarks, "its unit number is 245, where GoodWe's apps expect 247"));
  }

  TEST_CASE("a clock that is off by whole quarters of an hour may be right, in another zone") {
    Station station;
    station.house.shift_clock(std::chrono::seconds(-7'170));
    CHECK(has(all_of(tool::remarks_on(station.survey(), "UTC")),
              "behind the time in UTC: if the house is in another zone, say so with --timezone"));
    station.house.shift_clock(std::chrono::seconds(7'170 - 119));
    CHECK(tool::remarks_on(station.survey(), "UTC").empty());
  }

  TEST_CASE("what the registers tell that no simulator shows is remarked on, too") {
    const Station station;
    tool::Survey found = station.survey();
    found.has_battery = false;
    found.diagnoses = 1U << 10U | 1U << 1U;  // the meter reversed; a low battery, which is weather
    found.own_unit = 245;
    found.controls.work_mode = inverter::work_mode_eco;
    found.controls.groups = inverter::GroupKind::none;
    found.reading.inverter_error = 1U << 13U;
    const std::string remarks = all_of(tool::remarks_on(found, "UTC"));
    CHECK(has(remarks, "there is no battery"));
    CHECK(has(remarks, "the inverter itself says: meter connection reversed\n"));
    CHECK(has(remarks, "its own unit number is 245"));
    CHECK(has(remarks, "not in general mode"));
    CHECK(has(remarks, "it can be told to charge, not to hold or to sell"));
    CHECK(has(remarks, "over-temperature"));
  }

  TEST_CASE("settings that a unit keeps to itself are left out") {
    const Station station;
    CHECK(has(tool::setup_yaml(station.survey(), {}), "The inverter's own settings: "));
    station.server->be_silent_about(45'127, 45'358);
    const auto found = station.survey();
    CHECK_FALSE(found.battery.has_value());
    CHECK_FALSE(found.own_unit.has_value());
    CHECK_FALSE(has(tool::setup_yaml(found, {}), "The inverter's own settings: "));
  }

  TEST_CASE("the outlook is the policy's own decision on what was read") {
    const Station station;
    const fold::PolicySettings settings;
    const UtcTime now = station.house.now();
    fb::ReadingRecordedT reading = station.survey().reading;
    auto ahead = tool::outlook(reading, settings, now);
    REQUIRE(ahead.has_value());
    CHECK(ahead->rule == fb::Rule::no_price);
    CHECK(ahead->faults.empty());
    reading.battery_soc_bp = 300;
    ahead = tool::outlook(reading, settings, now);
    CHECK(ahead->action == fb::Action::charge);
    CHECK(ahead->rule == fb::Rule::emergency_charge);
    reading.battery_voltage_mv = 52'000;  // a low-voltage battery, by limits for a high one
    ahead = tool::outlook(reading, settings, now);
    CHECK(ahead->rule == fb::Rule::latched_safety);
    REQUIRE(ahead->faults.size() == 1);
    CHECK(ahead->faults[0] == "battery_voltage (battery voltage, mV: 52000, limit 320000)");
  }

  TEST_CASE("the file loads whatever the inverter calls itself, and a line is a line") {
    const Station station;
    tool::Survey found = station.survey();
    found.device.model = "GW\n  mode: on";
    found.options.transport = Transport::serial;
    found.options.device = "/dev/o'clock: #1";
    found.options.baud = 19'200;
    const auto config =
        config::parse(tool::setup_yaml(found, {"Europe/Warsaw", "a\nremark", "/d: 'x' #"}), "x");
    REQUIRE_MESSAGE(config.has_value(), config.error().line());
    CHECK(config->control_mode == fb::ControlMode::advise);
    CHECK(config->inverter.transport == Transport::serial);
    CHECK(config->inverter.device == "/dev/o'clock: #1");
    CHECK(config->inverter.baud == 19'200);
    CHECK(config->data == "/d: 'x' #");
    CHECK(config->policy == defaults().policy);  // nothing made up
  }

  TEST_CASE("every key that the file offers as a comment is one, with its default") {
    const Station station;
    std::istringstream lines(tool::setup_yaml(station.survey(), {}));
    std::string uncommented;
    for (std::string line; std::getline(lines, line);)
      uncommented += (line.rfind("  # ", 0) == 0 ? "  " + line.substr(4) : line) + "\n";
    CHECK(has(uncommented, "\n  capacity_kwh: 10\n"));
    const auto config = config::parse(uncommented, "x");
    REQUIRE_MESSAGE(config.has_value(), config.error().line());
    CHECK(config->prices.file.filename() == "prices.csv");
    CHECK(config->policy == defaults().policy);
  }
}
