// A problem as a file: what is read, and what each wrong one is told.
#include "replay/plan/problem_file.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace wattledger;
using policy::Energy;

namespace {

// Two quarters of a 10 kWh battery.
nlohmann::json good() {
  return nlohmann::json::parse(R"({
    "name": "two quarters", "currency": "PLN", "start": "2025-10-05T00:00:00",
    "step_minutes": 15, "steps": 2,
    "import_price": [0.123456789, -0.5], "export_price": [0.1, 1e-3],
    "pv_kwh": [0, 1.25], "load_kwh": [0.30000000000000004, 0.00000001],
    "battery": {"capacity_kwh": 10.0, "soc0": 0.5, "soc_min": 0.2, "soc_max": 1.0, "charge_kw": 5,
                "discharge_kw": 2.00000001, "eff_charge": 0.95, "eff_discharge": 0.9486832981,
                "wear_pln_per_kwh": 0.05},
    "grid": {"import_kw": 14.0, "export_kw": 0.0},
    "terminal_value_pln_per_kwh": 0.1, "allow_curtailment": false})");
}

}  // namespace

TEST_SUITE("planner/problem_file") {
  TEST_CASE("every number is read as it stands there") {
    const auto file = tool::parse_problem(good().dump(), "x.json");
    REQUIRE_MESSAGE(file.has_value(), file.error().line());
    const policy::PlanProblem& problem = file->problem;
    CHECK(file->name == "two quarters");
    CHECK(file->remarks.empty());
    REQUIRE(problem.slots.size() == 2);
    CHECK(problem.slots[0].import_price == PriceE8(12'345'679));
    CHECK(problem.slots[1].import_price == PriceE8(-50'000'000));
    CHECK(problem.slots[1].export_price == PriceE8(100'000));
    CHECK(problem.slots[0].load == Energy(30'000'000));
    CHECK(problem.slots[1].load == Energy(1));
    CHECK(problem.slots[1].pv == Energy(125'000'000));
    CHECK(problem.slots[0].charge_max == Energy(125'000'000));
    CHECK(problem.slots[0].discharge_max == Energy(50'000'000));  // to the inside
    CHECK(problem.slots[0].import_max == Energy(350'000'000));
    CHECK(problem.slots[0].export_max == Energy(0));
    CHECK(problem.start == Energy(500'000'000));
    CHECK(problem.min == Energy(200'000'000));
    CHECK(problem.max == Energy(1'000'000'000));
    CHECK(problem.charge_efficiency == policy::Efficiency(950'000'000));
    CHECK(problem.discharge_efficiency == policy::Efficiency(948'683'298));
    CHECK(problem.wear == PriceE8(5'000'000));
    CHECK(problem.terminal_value == PriceE8(10'000'000));
    CHECK_FALSE(problem.curtailment);
  }

  TEST_CASE("what may be left out has its meaning, and a bound that is no whole cell is not left") {
    auto json = good();
    for (const char* name : {"name", "currency", "start", "steps", "grid", "allow_curtailment",
                             "terminal_value_pln_per_kwh"})
      json.erase(name);
    json["battery"]["soc_min"] = 0.3333333333;
    json["battery"]["soc0"] = 0.3333333333;
    json["battery"].erase("soc_max");
    json["battery"].erase("wear_pln_per_kwh");
    json["battery"]["capacity_kwh"] = 1.00000001;
    const auto file = tool::parse_problem(json.dump(), "x.json");
    REQUIRE_MESSAGE(file.has_value(), file.error().line());
    CHECK(file->problem.curtailment);
    CHECK_FALSE(file->problem.slots[0].import_max.has_value());
    CHECK_FALSE(file->problem.slots[0].export_max.has_value());
    CHECK(file->problem.wear == PriceE8(0));
    CHECK(file->problem.min == Energy(33'333'334));
    CHECK(file->problem.start == file->problem.min);  // as it stands there: not below it
    CHECK(file->problem.max == Energy(100'000'001));
  }

  TEST_CASE("what is wrong is said in one line: what, where, what to do") {
    struct Row {
      const char* name;
      void (*change)(nlohmann::json&);
      const char* says;
    };
    using J = nlohmann::json;
    const std::vector<Row> table = {
        {"no battery", [](J& j) { j.erase("battery"); },
         "x.json: battery is missing; write battery"},
        {"battery a number", [](J& j) { j["battery"] = 10; }, "battery is no object"},
        {"no capacity", [](J& j) { j["battery"].erase("capacity_kwh"); },
         "battery.capacity_kwh is missing; write kWh from 0 to 1000"},
        {"soc in percent", [](J& j) { j["battery"]["soc0"] = 50; },
         "battery.soc0 is \"50\"; write a fraction from 0 to 1"},
        {"efficiency 0", [](J& j) { j["battery"]["eff_charge"] = 0; }, "a fraction from 0.1 to 1"},
        {"efficiency above 1", [](J& j) { j["battery"]["eff_discharge"] = 1.01; },
         "battery.eff_discharge is \"1.01\""},
        {"bounds crossed", [](J& j) { j["battery"]["soc_max"] = 0.1; },
         "battery.soc_min is above battery.soc_max"},
        {"negative wear", [](J& j) { j["battery"]["wear_pln_per_kwh"] = -0.1; }, "from 0 to 10000"},
        {"unknown price", [](J& j) { j["import_price"][1] = nullptr; },
         "import_price[1] is null; unknown is not 0"},
        {"text for a price", [](J& j) { j["export_price"][0] = "0.5"; },
         "export_price[0] is no number"},
        {"price beyond", [](J& j) { j["export_price"][0] = 10000.5; }, "from -10000 to 10000"},
        {"negative load", [](J& j) { j["load_kwh"][0] = -1; }, "load_kwh[0] is \"-1\"; write kWh"},
        {"too short", [](J& j) { j["pv_kwh"] = {1}; },
         "pv_kwh has 1 entries and import_price has 2"},
        {"no list", [](J& j) { j["load_kwh"] = 3; }, "load_kwh is no list"},
        {"no prices",
         [](J& j) {
           j["import_price"] = J::array();
           j.erase("steps");
         },
         "import_price has 0 entries"},
        {"steps differ", [](J& j) { j["steps"] = 3; }, "steps is 3 and import_price has 2"},
        {"no step", [](J& j) { j.erase("step_minutes"); }, "step_minutes is missing"},
        {"half a minute", [](J& j) { j["step_minutes"] = 0.5; }, "whole minutes from 1 to 1440"},
        {"curtailment a number", [](J& j) { j["allow_curtailment"] = 1; },
         "neither true nor false"},
        {"negative limit", [](J& j) { j["grid"]["import_kw"] = -1; }, "grid.import_kw is \"-1\""},
        {"limit null", [](J& j) { j["grid"]["export_kw"] = nullptr; }, "grid.export_kw is null"},
        {"name a number", [](J& j) { j["name"] = 1; }, "name is no text"},
    };
    for (const Row& row : table) {
      INFO(std::string(row.name));
      auto json = good();
      row.change(json);
      const auto file = tool::parse_problem(json.dump(), "x.json");
      REQUIRE_FALSE(file.has_value());
      CHECK(file.error().kind == ErrorKind::invalid_input);
      CHECK_FALSE(file.error().remedy.empty());
      CHECK_MESSAGE(file.error().line().find(row.says) != std::string::npos, file.error().line());
    }
    for (const char* text :
         {"", "[]", "{", "<html>", "{\"a\":1,\"a\":2}", "{\"step_minutes\":1e999}"}) {
      INFO(std::string(text));
      CHECK_FALSE(tool::parse_problem(text, "x.json").has_value());
    }
  }

  TEST_CASE("a key beside the problem's own is remarked on") {
    auto json = good();
    json["seed"] = 1;
    json["terminal_value"] = 1;
    const auto file = tool::parse_problem(json.dump(), "x.json");
    REQUIRE(file.has_value());
    REQUIRE(file->remarks.size() == 2);
    CHECK(file->remarks[0] == "x.json: \"seed\" is no key of a problem and is left out");
    CHECK(file->remarks[1].find("did you mean \"terminal_value_pln_per_kwh\"?") !=
          std::string::npos);
  }

  TEST_CASE("a key of the battery or the grid that is none is refused, with the near one") {
    auto json = good();
    json["grid"]["import_kwh"] = 5;
    CHECK(tool::parse_problem(json.dump(), "x.json").error().line() ==
          "x.json: grid.\"import_kwh\" is no key of a problem; did you mean \"import_kw\"?");
    json = good();
    json["battery"]["soc_mn"] = 0.1;
    CHECK(tool::parse_problem(json.dump(), "x.json").error().line() ==
          "x.json: battery.\"soc_mn\" is no key of a problem; did you mean \"soc_min\"?");
  }

  TEST_CASE("the file is called a problem, and what to do is about the file") {
    const auto broken = tool::parse_problem("{\"step_minutes\": ", "x.json");
    REQUIRE_FALSE(broken.has_value());
    CHECK(broken.error().line().find("answer") == std::string::npos);
    CHECK(broken.error().remedy == "check its quotes, commas and brackets there");
    const auto long_one = tool::parse_problem(std::string(20'000'000, ' '), "x.json");
    REQUIRE_FALSE(long_one.has_value());
    CHECK(long_one.error().line().find("answer") == std::string::npos);
    const auto deep = tool::parse_problem(std::string(40, '['), "x.json");
    REQUIRE_FALSE(deep.has_value());
    CHECK(deep.error().line().find("answer") == std::string::npos);
  }
}
