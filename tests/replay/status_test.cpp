#include "coordinator/control/status.hpp"

#include <doctest/doctest.h>

#include "replay/house/screen.hpp"
#include "tests/replay/house_log.hpp"
#include "tests/replay/tool.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

control::StatusExtras extras_of_a_running_daemon() {
  control::StatusExtras extras;
  extras.running = true;
  extras.version = "0.1.0";
  extras.data = "/data";
  extras.log.bytes[15] = 7;
  extras.head = Sequence{9};
  extras.projections = {{"sqlite", "behind", Sequence{7}, ""}};
  return extras;
}

}  // namespace

TEST_SUITE("replay/status") {
  TEST_CASE("the screen of a house that charges") {
    HouseDirectory house;
    house.begin();
    house.reading(60, 6'400);
    house.decide(60);
    fb::CommandConfirmedT confirmed;
    confirmed.mode = fb::InverterMode::charge;
    confirmed.until_us = to_us(at_s(3'600));
    house.add(65, std::move(confirmed));
    fb::FaultRaisedT fault;
    fault.fault = fb::Fault::inverter_silent;
    fault.detail = "no answer for 60 s";
    house.add(66, std::move(fault));
    control::StatusExtras extras = extras_of_a_running_daemon();
    extras.warnings = {"the disk of /data/log has 100 MiB left"};
    const std::string json = control::status_json(house.state(), at_s(72), extras);
    const std::string screen = value(tool::status_screen(json));
    INFO(screen);
    // The reason's own words are the fold's to test.
    const std::size_t why = screen.find("Why          ");
    REQUIRE(why != std::string::npos);
    CHECK(screen.substr(0, why) ==
          "home, control advise (nothing is written to the inverter), 2025-10-01 02:01:12+02:00\n"
          "wattledgerd 0.1.0 is running on /data\n"
          "\n"
          "Battery      64.0 %, charging 3000 W, 21.5 °C\n"
          "Sun          1250 W\n"
          "House        830 W\n"
          "Grid         importing 2580 W\n"
          "Reading      the last recorded one, of 02:01, 12 s ago\n"
          "Price        0.2641 PLN/kWh (zone T2), 0.5458 from 07:00\n"
          "\n"
          "Decision     charge 5000 W to 90.0 % until 02:45 (cheapest_slots, 02:01, record 7)\n");
    const std::size_t next = screen.find("Next change");
    REQUIRE(next != std::string::npos);
    CHECK(screen.substr(next) ==
          "Next change  02:45 self_use\n"
          "Forecasts    load 8.0 kWh a day, spread evenly: nothing is forecast yet\n"
          "             sun none: nothing is forecast\n"
          "Inverter     mode charge, confirmed 02:01, ends by itself 03:00\n"
          "Contact      12 s ago\n"
          "Override     none\n"
          "Faults       inverter_silent since 02:01: no answer for 60 s\n"
          "Warning      the disk of /data/log has 100 MiB left\n"
          "\n"
          "Projections  sqlite behind at 7, 2 records behind\n"
          "Log          9 records, 00000000000000000000000000000007");
  }

  TEST_CASE(
      "the plan ahead is a sentence and a chart of at most 80 columns; it says what it stands on") {
    HouseDirectory house;
    house.begin();
    house.reading(60, 6'400);
    fb::LoadForecastIssuedT load;
    load.provider = "wattledger";
    load.model = "the default profile and 2 days of the house";
    load.issued_at_us = to_us(at_s(60));
    auto series = std::make_unique<fb::SeriesT>();
    series->start_us = to_us(at_s(0));
    series->step_s = 900;
    series->values.assign(96, 500);
    load.power_w.push_back(std::move(series));
    house.add(61, std::move(load));
    fb::PlanAdoptedT plan;
    plan.policy = house.state().policy->settings.policy;
    plan.start_us = to_us(at_s(0));
    plan.step_s = 900;
    plan.expected_saving_e8 = 321'000'000;
    for (int i = 0; i < 96; ++i) {
      const bool charges = i >= 8 && i < 18;
      plan.actions.push_back(charges ? fb::Action::charge : fb::Action::self_use);
      plan.battery_power_w.push_back(charges ? -3'000 : 400);
      plan.soc_end_bp.push_back(static_cast<std::uint16_t>(i < 8    ? 4'000 - i * 50
                                                           : i < 18 ? 3'600 + (i - 7) * 440
                                                                    : 8'000 - (i - 17) * 50));
      plan.price_e8.push_back(i < 20 ? 30'000'000 : 30'000'000 + (i - 20) * 2'000'000);
    }
    house.add(62, fb::PlanAdoptedT(plan));
    control::StatusExtras extras = extras_of_a_running_daemon();
    extras.plan = &plan;
    extras.load_model = "the default profile and 2 days of the house";
    const std::string json = control::status_json(house.state(), at_s(3'600), extras);
    const std::string screen = value(tool::status_screen(json));
    INFO(screen);
    const std::size_t start = screen.find("Plan         ");
    REQUIRE(start != std::string::npos);
    CHECK(
        screen.substr(start, screen.find("Forecasts") - start) ==
        "Plan         Until tomorrow 02:00: charging 04:00-06:30 to 80 %, serving the house else; "
        "saves about 3.21 PLN.\n"
        "             price  ▁▁▁▁▁▁▁▁▁▁▁▁▁▂▂▂▂▂▃▃▃▃▄▄▄▄▄▅▅▅▅▅▆▆▆▆▇▇▇▇▇█████\n"
        "             charge ▁▁▂▃▅▇███████▇▇▇▇▇▆▆▆▆▆▅▅▅▅▅▅▄▄▄▄▄▃▃▃▃▃▂▂▂▂▂▂▁\n"
        "             plan   ..+++++.......................................\n"
        "             hour         06          12          18          00\n"
        "             price 0.30 to 1.79 PLN, charge 37 to 79 %\n"
        "             + charge, = hold, - sell, . serve the house\n");
    const auto status = nlohmann::json::parse(json);
    CHECK(status["plan"]["action"].size() == 92);
    CHECK(status["plan"]["at"][0] == "2025-10-01T03:00:00+02:00");
    CHECK(status["plan"]["soc_pct"][13] == 80.0);
    CHECK(status["forecasts"]["load"]["stands_on"] == extras.load_model);
    CHECK(status["forecasts"]["pv"].is_null());
    CHECK(screen.find("\nForecasts    load by the default profile and 2 days of the house\n"
                      "             sun none: nothing is forecast\n") != std::string::npos);
    // A plan of another policy than the one in force, or one that is over, is not shown.
    CHECK(nlohmann::json::parse(control::status_json(house.state(), at_s(86'400), extras))["plan"]
              .is_null());
    extras.plan = nullptr;
    CHECK(value(tool::status_screen(control::status_json(house.state(), at_s(3'600), extras)))
              .find("Plan ") == std::string::npos);
  }

  TEST_CASE("what is not known is said as unknown, never as a number") {
    const std::string json = control::status_json(fold::State{}, at_s(0), {});
    const auto status = nlohmann::json::parse(json);
    CHECK(status["last_reading"].is_null());
    CHECK(status["price"]["now"].is_null());
    CHECK(status["decision"].is_null());
    CHECK(status["inverter"]["mode"].is_null());
    CHECK(status["last_contact_s"].is_null());
    CHECK(value(tool::status_screen(json)) ==
          "house without a name, control unknown, 2025-10-01 00:00:00+00:00\n"
          "no daemon is running; this is what the log in  knows\n"
          "\n"
          "Battery      unknown: no reading yet\n"
          "Price        unknown\n"
          "\n"
          "Decision     none yet\n"
          "Next change  none known\n"
          "Inverter     mode unknown\n"
          "Contact      unknown\n"
          "Override     none\n"
          "Faults       none\n"
          "\n"
          "Projections  none\n"
          "Log          0 records, 00000000000000000000000000000000");
  }

  TEST_CASE("a daemon that holds the log and does not answer is not called no daemon") {
    HouseDirectory house;
    house.begin();
    house.close();
    const auto lock = log::WriterLock::take(house.data() / "log", "wattledgerd");
    REQUIRE(lock.has_value());
    const ToolRun text = run_tool({"--data", house.data().string(), "status"});
    INFO(text.out << text.err);
    CHECK(text.code == 0);
    CHECK(text.err.empty());
    CHECK(text.out.find("\nwattledgerd, process ") != std::string::npos);
    CHECK(text.out.find(" holds the log and does not answer yet\n") != std::string::npos);
    CHECK(text.out.find("no daemon is running") == std::string::npos);
    const auto json =
        run_tool({"--data", house.data().string(), "--format", "json", "status"}).json_lines();
    REQUIRE(json.size() == 1);
    CHECK(json[0]["running"] == false);
    CHECK(json[0]["holder"].get<std::string>().rfind("wattledgerd, process ", 0) == 0);
    const ToolRun reload = run_tool({"--data", house.data().string(), "reload"});
    CHECK(reload.code == 3);
    CHECK(reload.one_error_line());
    CHECK(reload.err.find("does not answer") != std::string::npos);
  }

  TEST_CASE("without a daemon status folds the log and says so") {
    HouseDirectory house;
    house.begin();
    house.reading(60, 6'400);
    house.decide(60);
    house.close();
    const ToolRun text = run_tool({"--data", house.data().string(), "status"});
    INFO(text.out << text.err);
    CHECK(text.code == 0);
    CHECK(text.err.empty());
    CHECK(text.out.find("no daemon is running") != std::string::npos);
    const auto json =
        run_tool({"--data", house.data().string(), "--format", "json", "status"}).json_lines();
    REQUIRE(json.size() == 1);
    CHECK(json[0]["running"] == false);
    CHECK(json[0]["holder"].is_null());
    CHECK(json[0]["last_reading"]["soc_pct"] == 64.0);
    CHECK(json[0]["decision"]["action"] == "charge");
    CHECK(json[0]["projections"][0]["standing"] == "empty");
    CHECK(json[0]["log"]["head"] == 7);
  }

  TEST_CASE("a log that is held by somebody who does not answer is shown with that remark") {
    HouseDirectory house;
    house.begin();
    const ToolRun run = run_tool({"--data", house.data().string(), "status"});
    CHECK(run.code == 0);
    CHECK(run.out.find("test, process ") != std::string::npos);
  }
}
