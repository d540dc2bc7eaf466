// wattledger decide as its users meet it: a file, and nothing else.
#include "coordinator/policy/decide.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/replay/tool.hpp"
#include "tests/support/places.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using nlohmann::json;

namespace {

// Half past two at night: cheap until four, dear after.
json night() {
  return json::parse(R"({
    "now": "2025-11-29T02:30", "timezone": "Europe/Warsaw",
    "reading": {"age_s": 20, "soc_pct": 42, "pv_w": 0, "load_w": 400, "grid_w": -400,
                "battery_w": 0, "battery_temp_c": 20, "battery_v": 400, "grid_v": 230},
    "prices": [{"start": "2025-11-29T02:00", "minutes": 120, "import": 0.40, "export": 0.30},
               {"start": "2025-11-29T04:00", "minutes": 240, "import": 0.90, "export": 0.70}],
    "policy": {"policy.name": "cheapest"}})");
}

ToolRun decide(const std::string& text, std::vector<std::string> more = {}) {
  const TemporaryDirectory place;
  std::ofstream(place / "moment.json") << text;
  std::vector<std::string> words = {"decide", "moment.json"};
  words.insert(words.end(), more.begin(), more.end());
  return run_tool(words, place.path());
}

json answer(const json& scenario, std::vector<std::string> more = {}) {
  more.insert(more.end(), {"--format", "json"});
  const ToolRun run = decide(scenario.dump(), std::move(more));
  INFO(run.err);
  REQUIRE(run.code == 0);
  const auto lines = run.json_lines();
  REQUIRE(lines.size() == 1);
  return lines.front();
}

struct WrongRow {
  const char* patch;
  const char* says;
};

void check_wrong(const std::vector<WrongRow>& rows) {
  for (const WrongRow& row : rows) {
    CAPTURE(row.patch);
    json scenario = night();
    const json patch = json::parse(row.patch);
    if (patch.contains("policy")) scenario.erase("policy");
    scenario.merge_patch(patch);
    const ToolRun run = decide(scenario.dump());
    CHECK(run.code == 2);
    CHECK(run.out.empty());
    CHECK(run.one_error_line());
    CHECK_MESSAGE(run.err.find(std::string("moment.json: ") + row.says) != std::string::npos,
                  run.err);
  }
}

}  // namespace

TEST_SUITE("replay/decide") {
  TEST_CASE("a cheap night charges, and says by what") {
    const json said = answer(night());
    CHECK(said["action"] == "charge");
    CHECK(said["rule"] == "cheapest_slots");
    CHECK(said["power_w"] == 5'000);
    CHECK(said["target_soc_pct"] == 90.0);
    CHECK(said["until"] == "2025-11-29T03:45:00+01:00");
    CHECK(said["policy"] == "cheapest");
    CHECK(said["currency"] == "PLN");
    CHECK(said["expected"]["cost"].get<double>() > 0);
    CHECK(said["expected"]["saving"].get<double>() > 0);
    CHECK(said["engine_revision"] == policy::engine_revision);
    CHECK(said["reason"].get<std::string>().rfind("Charging at 5.0 kW until 03:45 to 90 %", 0) ==
          0);
    const json& last = said["tried"].back();
    CHECK(last["rule"] == "cheapest_slots");
    CHECK(last["outcome"] == "chosen");
    CHECK(last["numbers"][0] == 40'000'000);  // final: nothing is added to it
  }

  TEST_CASE("for people") {
    json scenario = night();
    scenario["reading"]["soc_pct"] = 3;
    scenario.erase("prices");
    const ToolRun run = decide(scenario.dump());
    CHECK(run.code == 0);
    CHECK(run.err.empty());
    const std::string revision = std::to_string(policy::engine_revision);
    CHECK(run.out ==
          "at              2025-11-29 02:30:00+01:00\n"
          "action          charge\n"
          "power           5000 W\n"
          "target SOC      12 %\n"
          "until           2025-11-29 03:30:00+01:00\n"
          "rule            emergency_charge\n"
          "reason          Charging at 5.0 kW until 03:30 to 12 %: the battery is at 3 %, the "
          "emergency limit is 5 %, so it charges at any price.\n"
          "policy          cheapest, engine revision " +
              revision +
              "\n"
              "\n"
              "rules looked at       outcome    why\n"
              "data_missing          no         A reading with the state of charge is there.\n"
              "data_stale            no         The newest reading was 20 s old; up to 3 min is "
              "fresh.\n"
              "data_implausible      no         The newest reading can be true.\n"
              "latched_safety        no         No safety fault stands.\n"
              "charge_temperature    no         The battery is at 20.0 °C; it is charged from 0.0 "
              "°C to 50.0 °C.\n"
              "emergency_charge      decides    The battery is at 3.0 %, below the emergency limit "
              "of 5.0 %; the price does not matter.\n");
  }

  TEST_CASE("the rules are told in Polish too; JSON keeps their numbers") {
    const ToolRun run = decide(night().dump(), {"--language", "pl"});
    CHECK(run.code == 0);
    CHECK(run.out.find("charge_temperature    nie        Bateria ma 20,0 °C; ładuje się ją od 0,0 "
                       "°C do 50,0 °C.\n") != std::string::npos);
    CHECK(run.out.find("cheapest_slots        decyduje   0,4000 za kWh należy do ") !=
          std::string::npos);
    CHECK(answer(night(), {"--language", "pl"})["tried"] == answer(night())["tried"]);
  }

  TEST_CASE("each part of a scenario reaches the decision") {
    struct Row {
      const char* name;
      const char* patch;  // RFC 7396
      const char* action;
      const char* rule;
    };
    const std::vector<Row> rows = {
        {"no reading", R"({"reading": null})", "self_use", "data_missing"},
        {"no SOC", R"({"reading": {"soc_pct": null}})", "self_use", "data_missing"},
        {"old", R"({"reading": {"age_s": 181}})", "self_use", "data_stale"},
        {"the battery is too hot", R"({"reading": {"battery_temp_c": 53.1}})", "stop",
         "latched_safety"},
        {"its voltage is too low", R"({"reading": {"battery_v": 319.9}})", "stop",
         "latched_safety"},
        {"the grid's is too high", R"({"reading": {"grid_v": 253.001}})", "stop", "latched_safety"},
        {"a limit of the policy's own", R"({"policy": {"safety.battery_temperature_max_c": 19}})",
         "stop", "latched_safety"},
        {"a fault that stands", R"({"state": {"faults": ["inverter_error"]}})", "stop",
         "latched_safety"},
        {"a fault that is none of safety", R"({"state": {"faults": ["projection_stopped"]}})",
         "charge", "cheapest_slots"},
        {"nearly empty, no price", R"({"reading": {"soc_pct": 4}, "prices": null})", "charge",
         "emergency_charge"},
        {"full", R"({"reading": {"soc_pct": 90}})", "self_use", "battery_full"},
        {"full for this policy", R"({"policy": {"battery": {"target_soc_pct": 40}}})", "self_use",
         "battery_full"},
        {"no prices", R"({"prices": null})", "self_use", "no_price"},
        {"in the dear hours", R"({"now": "2025-11-29T05:00"})", "self_use", "serve_house"},
        {"the same instant", R"({"now": "2025-11-29T04:00:00Z"})", "self_use", "serve_house"},
        {"the same, elsewhere",
         R"({"now": "2025-11-29T02:30:00+01:00", "timezone": "Europe/London"})", "self_use",
         "no_price"},
        {"stopped a moment ago", R"({"state": {"stopped_since_min": 5}})", "self_use", "anti_flap"},
        {"stopped long ago", R"({"state": {"stopped_since_min": 15}})", "charge", "cheapest_slots"},
        {"charging into dear hours",
         R"({"now": "2025-11-29T05:00", "state": {"charging": true, "charging_since_min": 5}})",
         "charge", "anti_flap"},
        {"charging for long",
         R"({"now": "2025-11-29T05:00", "state": {"charging": true, "charging_since_min": 30}})",
         "self_use", "serve_house"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      json scenario = night();
      scenario.merge_patch(json::parse(row.patch));
      const json said = answer(scenario);
      CHECK(said["action"] == row.action);
      CHECK(said["rule"] == row.rule);
    }
  }

  TEST_CASE("--policy goes before the file's; an unknown one has its near match") {
    json scenario = night();
    scenario["policy"] = {{"policy", {{"name", "tiered"}}}};
    CHECK(answer(scenario, {"--policy", "cheapest"})["policy"] == "cheapest");
    const ToolRun run = decide(scenario.dump(), {"--policy", "cheapset"});
    CHECK(run.code == 2);
    CHECK(run.one_error_line());
    CHECK(run.err.find("policy.policy.name: \"cheapset\"") != std::string::npos);
  }

  TEST_CASE("what is wrong is one line with its path and what to do: clock, reading, prices") {
    check_wrong({
        {R"({"now": null})", "now: is missing; write a time as"},
        {R"({"now": "yesterday"})", "now: \"yesterday\" is no time"},
        {R"({"now": "1970-01-01"})", "now: lies outside the years"},
        {R"({"timezone": "Europe/Warsav"})", "timezone: \"Europe/Warsav\" is not a zone"},
        {R"({"timezone": 2})", "timezone: is no text"},
        {R"({"readings": {}})",
         "\"readings\": is not a member of a scenario; did you mean "
         "\"reading\"?"},
        {R"({"reading": []})", "reading: is no object"},
        {R"({"reading": {"soc_pc": 50}})",
         "reading.\"soc_pc\": is not a member of a scenario; did you mean \"soc_pct\"?"},
        {R"({"reading": {"soc_pct": "50"}})",
         "reading.soc_pct: is not a number; write a number "
         "from 0 to 100"},
        {R"({"reading": {"soc_pct": 101}})",
         "reading.soc_pct: 101 is out of range; write a number from 0 to 100"},
        {R"({"reading": {"soc_pct": -1}})", "reading.soc_pct: -1 is out of range"},
        {R"({"reading": {"grid_w": 1e300}})", "reading.grid_w: 1e+300 is out of range"},
        {R"({"prices": {}})", "prices: is no list"},
        {R"({"prices": [7]})", "prices[0]: is no object"},
        {R"({"prices": [{"minutes": 60, "import": 1}]})", "prices[0].start: is missing"},
        {R"({"prices": [{"start": "2025-11-29T02:00", "minutes": 0, "import": 1}]})",
         "prices[0].minutes: 0 is out of range; write a number from 1 to 1440"},
        {R"({"prices": [{"start": "2025-11-29T02:00", "minutes": 60}]})",
         "prices[0].import: is missing"},
        {R"({"prices": [{"start": "2026-11-29T02:00", "minutes": 60, "import": 1}]})",
         "prices[0].start: lies more than 31 days from now"},
        {R"({"prices": [{"start": "2025-11-29T03:00", "minutes": 60, "import": 1},
                        {"start": "2025-11-29T02:00", "minutes": 61, "import": 1}]})",
         "prices[0].start: lies in prices[1], which has not ended"},
    });
  }

  TEST_CASE("what is wrong is one line with its path and what to do: the rest") {
    check_wrong({
        {R"({"peak_hours": [{"start": "2025-11-29T02:00", "code": 4}]})",
         "peak_hours[0].code: 4 is out of range"},
        {R"({"pv_forecast": [{"start": "2025-11-29T02:00", "minutes": 15, "watts": -1}]})",
         "pv_forecast[0].watts: -1 is out of range"},
        {R"({"load_forecast": [{"start": "2025-11-29T02:00", "minutes": 1, "watts": 1},
                               {"start": "2025-11-29T12:00", "minutes": 1, "watts": 1}]})",
         "load_forecast: as equal steps of 60 s it is 601 of them"},
        {R"({"state": {"charging": "yes"}})", "state.charging: is neither true nor false"},
        {R"({"state": {"charging": true, "selling": true}})",
         "state.selling: stands beside state.charging"},
        {R"({"state": {"faults": ["grid_volts"]}})",
         "state.faults[0]: \"grid_volts\" is no fault; did you mean \"grid_voltage\"?"},
        {R"({"state": {"session": {"opened": true}}})", "state.session.\"opened\": is not a"},
        {R"({"policy": {"battery.min_soc": 5}})",
         "policy.battery.min_soc is not a key of the configuration; did you mean "
         "\"battery.min_soc_pct\"?"},
        {R"({"policy": {"battery": {"min_soc_pct": "20"}}})",
         "policy.battery.min_soc_pct: \"20\" is a text, not a number; write the number without "
         "quotes"},
        {R"({"policy": {"tiered.sessions_max": "four"}})",
         "policy.tiered.sessions_max: \"four\" is a text, not a number"},
        {R"({"policy": {"battery": {"min_soc_pct": 500}}})",
         "policy.battery.min_soc_pct: \"500\" is out of range"},
        {R"({"policy": {"battery": {"min_soc_pct": 95}}})", "policy.battery.min_soc_pct: "},
        {R"({"policy": {"battery.min_soc_pct": 5, "battery": {"min_soc_pct": 6}}})",
         "policy.battery.min_soc_pct: is given twice"},
        {R"({"policy": {"policy": "tiered"}})", "policy.policy"},
        {R"({"policy": {"tariff.name": "g12"}})",
         "policy.tariff: means nothing here, for a scenario's prices are final; remove it"},
        {R"({"policy": {"inverter": {"host": "a"}}})",
         "policy.inverter: is nothing that a decision reads"},
    });
  }

  TEST_CASE("files that are no scenarios are refused, whatever they are") {
    for (const std::string& text :
         {std::string(), std::string("{"), std::string("[]"), std::string("\xFF\xFE"),
          std::string(100'000, '['), std::string(2'000'000, ' '),
          std::string(R"({"now": "2025-11-29", "now": "2025-11-30"})"),
          R"({"now": "2025-11-29", "policy": )" + std::string(40, '[') + std::string(40, ']') +
              "}"}) {
      CAPTURE(text.substr(0, 60));
      const ToolRun run = decide(text);
      CHECK(run.code == 2);
      CHECK(run.one_error_line());
    }
    const ToolRun none = run_tool({"decide", "nowhere.json"});
    CHECK(none.code == 2);
    CHECK(none.one_error_line());
  }

  TEST_CASE("broken JSON is told by line and column, in plain words") {
    struct Row {
      const char* text;
      const char* says;
    };
    for (const Row& row : std::vector<Row>{
             {"{\n  \"now\": \"2025-11-29\",\n  \"reading\": {soc_pct: 5}\n}",
              "line 3, column 15: the JSON breaks here; check the quotes, commas and brackets "
              "there"},
             {"{\"now\": 1,}", "line 1, column 11: the JSON breaks here"},
             {"{\n\"now\": \"2025", "line 2, column 13: the JSON ends before it is whole"},
             {"", "line 1, column 1: the JSON ends before it is whole"},
             {"{\"now\": 1e999}", "it holds a number that is out of range"}}) {
      CAPTURE(row.text);
      const ToolRun run = decide(row.text);
      CHECK(run.code == 2);
      CHECK_MESSAGE(run.err.rfind(std::string("wattledger: moment.json: ") + row.says, 0) == 0,
                    run.err);
      CHECK(run.err.find("json.exception") == std::string::npos);
    }
  }

  TEST_CASE("a time that a clock change repeats or skips is remarked on, once") {
    json autumn = night();
    autumn["now"] = "2025-10-26T02:30";
    autumn["prices"] = json::parse(
        R"([{"start": "2025-10-26T02:15", "minutes": 15, "import": 0.4},
            {"start": "2025-10-26T02:30+02:00", "minutes": 60, "import": 0.4}])");
    const ToolRun repeated = decide(autumn.dump());
    CHECK(repeated.code == 0);
    CHECK(repeated.err ==
          "wattledger: moment.json: now: \"2025-10-26T02:30\" comes twice, for the clocks go back "
          "then: the first one is taken; write it with an offset to say which is meant\n");
    CHECK(repeated.out.find("2025-10-26 02:30:00+02:00") != std::string::npos);

    json spring = night();
    spring["now"] = "2026-03-29T02:30";
    spring["prices"] = json::array();
    const ToolRun skipped = decide(spring.dump());
    CHECK(skipped.err.find("\"2026-03-29T02:30\" does not exist, for the clocks go forward then: "
                           "2026-03-29T03:30:00 is taken") != std::string::npos);
    CHECK(skipped.one_error_line());
    spring["now"] = "2026-03-29T01:30:00Z";
    CHECK(decide(spring.dump()).err.empty());
  }

  TEST_CASE("a pipe is refused, not waited for") {
    const TemporaryDirectory place;
    REQUIRE(::mkfifo((place / "pipe").c_str(), 0600) == 0);
    for (const std::vector<std::string>& words : {std::vector<std::string>{"decide", "pipe"},
                                                  {"plan", "pipe"},
                                                  {"config", "check", "pipe"}}) {
      CAPTURE(words.front());
      const ToolRun run = run_tool(words, place.path());
      CHECK(run.code == 2);
      CHECK(run.err ==
            "wattledger: pipe is a pipe or a device, not a regular file; write it to a file and "
            "name that one\n");
    }
  }

  TEST_CASE("the reason is told in the language asked for; keys and words of rules stay") {
    const std::string text = night().dump();
    const auto told = [&](const std::vector<std::string>& words) {
      const ToolRun run = decide(text, words);
      CHECK(run.code == 0);
      return run.out;
    };
    CHECK(told({}).find("reason          Charging at ") != std::string::npos);
    CHECK(told({"--language", "pl"}).find("reason          Ładowanie z mocą ") !=
          std::string::npos);
    const json polish = json::parse(told({"--language", "pl", "--format", "json"}));
    CHECK(polish["reason"].get<std::string>().rfind("Ładowanie", 0) == 0);
    CHECK(polish["rule"] == "cheapest_slots");
    const ToolRun wrong = decide(text, {"--language", "polski"});
    CHECK(wrong.code == 2);
    CHECK(wrong.err == "wattledger: \"polski\" is no language of this program; write en or pl\n");
  }

  TEST_CASE("without --language the configuration's goes before the locale's, first set wins") {
    const TemporaryDirectory place;
    std::ofstream(place / "moment.json") << night().dump();
    std::ofstream(place / "pl.yaml") << "language: pl\n";
    std::ofstream(place / "en.yaml") << "language: en\n";
    std::ofstream(place / "none.yaml") << "site: {name: home}\n";
    const auto polish = [&](const std::vector<std::string>& more, const Environment& environment) {
      std::vector<std::string> words = {"decide", "moment.json"};
      words.insert(words.end(), more.begin(), more.end());
      const ToolRun run = run_tool(words, place.path(), {}, environment);
      CHECK(run.code == 0);
      return run.out.find("Ładowanie") != std::string::npos;
    };
    CHECK(polish({}, {{"LANG", "pl_PL.UTF-8"}}));
    CHECK(polish({}, {{"LANG", "pl"}}));
    CHECK_FALSE(polish({}, {{"LANG", "plt_MG.UTF-8"}}));
    CHECK_FALSE(polish({}, {{"LC_ALL", "C"}, {"LANG", "pl_PL.UTF-8"}}));
    CHECK(polish({}, {{"LC_ALL", ""}, {"LC_MESSAGES", "pl_PL"}, {"LANG", "en_US.UTF-8"}}));
    CHECK_FALSE(polish({"--language", "en"}, {{"LANG", "pl_PL.UTF-8"}}));
    CHECK(polish({"--config", "pl.yaml"}, {{"LANG", "en_US.UTF-8"}}));
    CHECK_FALSE(polish({"--config", "en.yaml"}, {{"LC_ALL", "pl_PL.UTF-8"}}));
    CHECK(polish({"--config", "none.yaml"}, {{"LC_ALL", "pl_PL.UTF-8"}}));
    CHECK_FALSE(polish({"--config", "pl.yaml", "--language", "en"}, {}));
  }

  TEST_CASE("the README's example runs") {
    const std::string example = WATTLEDGER_EXAMPLE_SCENARIO;
    const ToolRun run = run_tool({"decide", example});
    CHECK(run.code == 0);
    CHECK(run.err.empty());
    CHECK(run.out.find("action          charge\n") != std::string::npos);
  }
}
