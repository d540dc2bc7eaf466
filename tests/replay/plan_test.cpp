// wattledger plan as its users meet it: a file, no data directory, an empty place.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/replay/tool.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace wattledger::testing;

namespace {

// Three hours: buy at 0.2, serve at 1; 10 kWh, lossless but for `eff_charge`.
nlohmann::json three_hours() {
  return nlohmann::json::parse(R"({
    "name": "three hours", "currency": "PLN", "step_minutes": 60,
    "import_price": [0.2, 1, 1], "export_price": [0.1, 0.1, 0.1],
    "pv_kwh": [0, 0, 0.5], "load_kwh": [1, 1, 2],
    "battery": {"capacity_kwh": 10, "soc0": 0.1, "soc_min": 0.1, "charge_kw": 4, "discharge_kw": 2,
                "eff_charge": 0.8, "eff_discharge": 1}})");
}

class Place {
 public:
  ToolRun plan(const nlohmann::json& problem, const std::vector<std::string>& more = {}) {
    std::ofstream(directory_.path() / "problem.json") << problem.dump();
    std::vector<std::string> words{"plan", "problem.json"};
    words.insert(words.end(), more.begin(), more.end());
    return run_tool(words, directory_.path());
  }

 private:
  TemporaryDirectory directory_;
};

}  // namespace

TEST_SUITE("replay/plan") {
  TEST_CASE("the plan as JSON, in the examples' form") {
    Place place;
    const ToolRun run = place.plan(three_hours(), {"--format", "json"});
    CHECK(run.code == 0);
    CHECK(run.err.empty());
    CHECK(run.out ==
          R"({"name":"three hours","status":"optimal","total_cost":0.825,"no_battery_cost":2.7,)"
          R"("self_consumption_cost":2.7,"max_saving_vs_no_battery":1.875,)"
          R"("value_of_stored_kwh":0.25,"value_of_one_more_kwh":0.25,"value_of_one_less_kwh":null,)"
          R"("schedule":{"charge_kwh":[3.125,0.0,0.0],"discharge_kwh":[0.0,1.0,1.5],)"
          R"("import_kwh":[4.125,0.0,0.0],"export_kwh":[0.0,0.0,0.0],"curtail_kwh":[0.0,0.0,0.0],)"
          R"("stored_kwh":[1.0,3.5,2.5,1.0]}})"
          "\n");
  }

  TEST_CASE("and for people") {
    Place place;
    const ToolRun run = place.plan(three_hours());
    CHECK(run.code == 0);
    CHECK(run.out ==
          "problem           three hours\n"
          "slots             3 of 60 min\n"
          "plan              optimal\n"
          "cost              0.825 PLN\n"
          "without battery   2.7 PLN\n"
          "self-consumption  2.7 PLN\n"
          "one kWh more      0.25 PLN\n"
          "one kWh less      -\n"
          "\n"
          " slot   after     import     export     load       pv   battery      grid  curtail   "
          "stored\n"
          "    0    0:00    0.20000    0.10000   1.0000   0.0000   -3.1250   -4.1250   0.0000   "
          "3.5000\n"
          "    1    1:00    1.00000    0.10000   1.0000   0.0000    1.0000    0.0000   0.0000   "
          "2.5000\n"
          "    2    2:00    1.00000    0.10000   2.0000   0.5000    1.5000    0.0000   0.0000   "
          "1.0000\n"
          "\n"
          "prices per kWh, the rest in kWh of the slot; battery: + gives, - takes; grid: + export, "
          "- import; stored: at its end\n");
  }

  TEST_CASE("where there is no plan the slot and the limit are named, exit code 1") {
    Place place;
    auto problem = three_hours();
    problem["grid"] = {{"import_kw", 1.05}};
    const ToolRun run = place.plan(problem, {"--format", "json"});
    CHECK(run.code == 1);
    CHECK(run.out == "{\"status\":\"infeasible\",\"slot\":2,\"limit\":\"import_limit\"}\n");
    CHECK(run.one_error_line());
    CHECK(
        run.err.find("problem.json: infeasible at slot 2 (2:00 after the start), import_limit: ") !=
        std::string::npos);
  }

  TEST_CASE("wrong input is one line and exit code 2") {
    Place place;
    auto problem = three_hours();
    problem["battery"]["soc0"] = 10;
    const ToolRun wrong = place.plan(problem);
    CHECK(wrong.code == 2);
    CHECK(wrong.out.empty());
    CHECK(wrong.one_error_line());
    CHECK(wrong.err ==
          "wattledger: problem.json: battery.soc0 is \"10\"; write a fraction from 0 to 1\n");
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"plan"}, {"plan", "nowhere.json"}, {"plan", "."}}) {
      const ToolRun run = run_tool(words);
      CHECK(run.code == 2);
      CHECK(run.one_error_line());
    }
  }
}
