#include <csignal>

#include "tests/legacy_import/move.hpp"
#include "tests/support/places.hpp"
#include "tests/support/preloaded.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_CASE(
    "the sample of the older system comes back to the letter, and a second import adds nothing") {
  const fs::path sample = shared_data() / "legacy_sample";
  if (!fs::exists(sample)) {
    MESSAGE("skipped: no sample at " << sample.string());
    return;
  }
  const Move move;
  fs::copy(sample, move.old(), fs::copy_options::recursive);
  const ToolRun first = move.import();
  INFO(first.err);
  REQUIRE(first.code == 0);
  const auto report = Move::report(first);
  std::ifstream in(sample / "EXPECTED.json");
  const auto expected = nlohmann::json::parse(in);
  for (const char* table :
       {"energy_data", "system_state", "coordinator_decisions", "charging_sessions",
        "battery_selling_sessions", "price_forecasts", "pv_forecasts", "weather_data"})
    CHECK(report["sources"][table]["found"] == expected[table]);
  CHECK(report["rejected"] == 0);
  CHECK(report["left_aside"].empty());

  const ToolRun verified = move.verify();
  INFO(verified.out);
  CHECK(verified.code == 0);
  const auto compared = verified.json_lines().at(0);
  CHECK(compared["differences"] == 0);
  CHECK(compared["byte_equal"] == compared["files"]);

  const auto before = move.imported();
  const auto again = Move::report(move.import());
  CHECK(again["total"]["already_there"] == again["total"]["found"]);
  CHECK(again["first"].is_null());
  CHECK(move.imported() == before);
}

TEST_CASE("a table's row and a file's record of the same fact are one event, with both origins") {
  const Move move;
  make_old_house(move.old(), {});
  const auto report = Move::report(move.import());
  CHECK(report["total"]["found"] == 2 * (288 + 96));
  CHECK(report["total"]["imported"] == 288 + 96);
  CHECK(report["total"]["merged"] == 288 + 96);
  CHECK(report["doubtful"] == 0);
  CHECK(move.imported().size() == 288 + 96);
  CHECK(move.verify().code == 0);
  CHECK(move.live("SELECT count(*) FROM energy_data") == "288");
  CHECK(move.live("SELECT count(*) FROM coordinator_decisions") == "96");
  const auto decisions = move.run({"audit", "list"}).json_lines();
  REQUIRE(decisions.size() == 96);
  const auto remade = move.run({"audit", "verify"});
  CHECK(remade.code == 0);
  CHECK(remade.json_lines().at(0)["imported"] == 96);
  CHECK(remade.json_lines().at(0)["findings"].empty());
  CHECK(decisions[0]["reason"] == "Imported: cheap enough, \u017c\u00f3\u0142w");
  CHECK(decisions[0]["outcome"] == "imported");
  const auto told = move.run({"audit", "explain", decisions[0]["sequence"].dump()}).json_lines();
  REQUIRE(told.size() == 1);
  CHECK(told[0]["imported"] == true);
  CHECK(told[0]["remade"].is_null());
}

TEST_CASE("where only files tell, the tables have the rows all the same") {
  const Move move;
  make_old_house(move.old(), {.database = false});
  CHECK(move.import().code == 0);
  CHECK(move.live("SELECT count(*) FROM energy_data WHERE tariff_zone = 'T2'") == "288");
  CHECK(move.live("SELECT count(*) FROM coordinator_decisions WHERE action = 'charge'") == "20");
  CHECK(move.verify().code == 0);
}

TEST_CASE("files are known by what they hold, whatever they are called") {
  const Move move;
  move.write("out/energy_data/copy of monday.json", "[" + energy("2025-12-01T10:00:00") + "]");
  move.write("out/notes.json", "{\"mine\": true}");
  const ToolRun run = move.import();
  const auto report = Move::report(run);
  CHECK(report["total"]["imported"] == 1);
  CHECK(report["left_aside"] == nlohmann::json{"out/notes.json"});
  CHECK(move.live("SELECT timestamp FROM energy_data") == "2025-12-01T10:00:00");
}

TEST_CASE("the repeated hour of autumn is told by the order of the records") {
  const Move move;
  move.write("out/energy_data/energy_data_2025-10-26.json",
             "[" + energy("2025-10-26T02:30:00") + ", " + energy("2025-10-26T02:50:00") + ", " +
                 energy("2025-10-26T02:10:00") + ", " + energy("2025-10-26T03:10:00") + "]");
  CHECK(move.import().code == 0);
  std::vector<std::string> times;
  for (const std::string& each : move.imported()) {
    const auto event = nlohmann::json::parse(each);
    times.push_back(
        utc_text(utc_from_us(event["occurred_at_us"].get<std::int64_t>())).substr(11, 5));
  }
  CHECK(times == std::vector<std::string>{"00:30", "00:50", "01:10", "02:10"});
  CHECK(move.verify().code == 0);
}

TEST_CASE("a dry run writes nothing and says what would be") {
  const Move move;
  make_old_house(move.old(), {});
  const ToolRun run = move.import({"--dry-run", "--report", (move.old() / "report.html").string()});
  CHECK(run.code == 0);
  CHECK(Move::report(run)["total"]["imported"] == 288 + 96);
  CHECK(!fs::exists(move.data()));
  CHECK(text_of_file(move.old() / "report.html").find("<td>288<td>288") != std::string::npos);
}

TEST_CASE("a source is not changed, nor is anything made beside it") {
  const Move move;
  make_old_house(move.old(), {});
  const auto tree = [&] {
    std::vector<std::string> names;
    for (const auto& each : fs::recursive_directory_iterator(move.old())) {
      std::string line = each.path().string();
      if (each.is_regular_file())
        line += " " + std::to_string(std::hash<std::string>()(text_of_file(each.path())));
      names.push_back(line);
    }
    std::sort(names.begin(), names.end());
    return names;
  };
  const auto before = tree();
  CHECK(move.import().code == 0);
  CHECK(move.verify().code == 0);
  CHECK(tree() == before);
}

TEST_CASE("a killed import goes on where its last commit ended, and nothing is twice") {
  const Move whole;
  // More than the two commits of 10 000 that may be under way: the first never has all.
  const OldHouse house{.readings = 20'500, .every_s = 60};
  make_old_house(whole.old(), house);
  CHECK(whole.import().code == 0);
#ifdef WATTLEDGER_SANITIZED
  const std::vector<int> changes{10};  // each takes long there
#else
  const std::vector<int> changes{1, 10, 12};
#endif
  bool some_committed = false;
  for (const int at : changes) {
    CAPTURE(at);
    const Move cut;
    make_old_house(cut.old(), house);
    std::vector<std::string> words{"--data", cut.data().string(), "import",
                                   "legacy", "--timezone",        "Europe/Warsaw"};
    const auto from = cut.sources();
    words.insert(words.end(), from.begin(), from.end());
    const Ran ran = run_preloaded(WATTLEDGER_KILLER,
                                  {"WATTLEDGER_KILL_UNDER=" + (cut.data() / "log").string(),
                                   "WATTLEDGER_KILL_AT=" + std::to_string(at)},
                                  WATTLEDGER_TOOL, words);
    CHECK((ran.code == 128 + SIGKILL || ran.code == 0));
    const auto before = fs::exists(cut.data() / "log" / "data.mdb") ? cut.imported().size() : 0;
    some_committed = some_committed || (before > 0 && before < whole.imported().size());
    CHECK(cut.import().code == 0);
    CHECK(cut.imported() == whole.imported());
    CHECK(cut.live("SELECT count(*) FROM energy_data") == "20500");
    CHECK(cut.verify().code == 0);
  }
  CHECK(some_committed);
}

TEST_CASE("the database after the files adds what it knows, and no fact twice") {
  const Move move;
  make_old_house(move.old(), {});
  CHECK(move.run({"import", "legacy", "--timezone", "Europe/Warsaw", "--out",
                  (move.old() / "out").string()})
            .code == 0);
  CHECK(move.live("SELECT min(id) > 1000000000 FROM coordinator_decisions") == "1");
  const auto second = Move::report(move.run(
      {"import", "legacy", "--timezone", "Europe/Warsaw", "--db", move.database().string()}));
  CHECK(second["doubtful"] == 0);
  CHECK(move.live("SELECT count(*) FROM coordinator_decisions") == "96");
  CHECK(move.live("SELECT max(id) FROM coordinator_decisions") == "96");
  CHECK(move.live("SELECT count(*) FROM energy_data") == "288");
  CHECK(move.run({"audit", "list"}).json_lines().size() == 96);
  CHECK(move.verify().code == 0);
}

TEST_CASE("originals are moved with a manifest once the log gives them back, and not before") {
  const Move move;
  make_old_house(move.old(), {.readings = 12});
  const auto archive = [&] {
    std::vector<std::string> words{"import", "archive-originals", "--into",
                                   (move.old() / "kept").string()};
    const auto from = move.sources();
    words.insert(words.end(), from.begin(), from.end());
    return move.run(words);
  };
  CHECK(move.run({"import", "legacy", "--timezone", "Europe/Warsaw", "--db",
                  move.database().string()})
            .code == 0);
  const ToolRun early = archive();  // the files are not in the log yet
  CHECK(early.code == 1);
  CHECK(!fs::exists(move.old() / "kept"));
  CHECK(fs::exists(move.database()));

  CHECK(move.import().code == 0);
  const ToolRun moved = archive();
  INFO(moved.err);
  CHECK(moved.code == 0);
  const fs::path folder = moved.json_lines().at(0)["folder"].get<std::string>();
  CHECK(!fs::exists(move.database()));
  CHECK(fs::exists(folder / "goodwe_energy.db"));
  CHECK(fs::exists(folder / "out" / "energy_data" / "energy_data_2025-12-01.json"));
  std::ifstream in(folder / "manifest.json");
  const auto manifest = nlohmann::json::parse(in);
  CHECK(manifest["files"].size() == 3);
  CHECK(manifest["files"][0]["sha256"].get<std::string>().size() == 64);
}

TEST_CASE("arrays come back in their order, however long, and empty ones are no difference") {
  const Move move;
  std::string summaries;
  for (int i = 0; i < 12; ++i)
    summaries += (i == 0 ? "[\n  {\n" : ",\n  {\n") + std::string("    \"date\": \"2025-10-") +
                 std::to_string(10 + i) + "\",\n    \"total_revenue_pln\": " + std::to_string(i) +
                 "\n  }";
  move.write("out/battery_selling_analytics/daily_summaries.json", summaries + "\n]");
  move.write("out/battery_selling_analytics/session_records.json", "[]");
  move.write("data/price_history.json", "[]");
  CHECK(move.import().code == 0);
  const ToolRun verified = move.verify();
  CHECK(verified.code == 0);
  CHECK(verified.json_lines().at(0)["byte_equal"] == 2);
}

TEST_CASE("a session that is planned for later is taken") {
  const Move move;
  move.write("out/charging_schedule_2999-01-05.json",
             "{\"session_id\": \"29990105_1\", \"start_time\": \"2999-01-05T13:00:00\", "
             "\"energy_kwh\": 6.0, \"status\": \"planned\"}");
  CHECK(move.import().code == 0);
  CHECK(move.live("SELECT start_time FROM charging_sessions") == "2999-01-05T13:00:00");
  CHECK(move.verify().code == 0);
}

TEST_CASE("records of other files go where the older system would have put them, copies nowhere") {
  const Move move;
  const std::string element = energy("2025-12-01T10:00:00");
  move.write("out/energy_data/energy_data_2025-12-01.json",
             "[\n  {\n    \"timestamp\": "
             "\"2025-12-01T10:00:00\",\n    \"battery_soc\": 50.0\n  }\n]");
  move.write("out/backup/energy_data_2025-12-01.json", "[" + element + "]");
  move.write("out/later.json",
             energy("2025-12-02T10:00:00") + "\n" + energy("2025-12-02T11:00:00") + "\n");
  const auto report = Move::report(move.import());
  CHECK(report["total"]["imported"] == 3);
  CHECK(report["total"]["merged"] == 1);
  const ToolRun verified = move.verify();
  INFO(verified.out);
  CHECK(verified.code == 0);
  CHECK(verified.json_lines().at(0)["byte_equal"] == 1);
}

TEST_CASE("what the tables alone say of a decision is in its event") {
  const Move move;
  make_old_house(move.old(), {.files = false});
  CHECK(move.import().code == 0);
  const auto events = move.imported();
  CHECK(std::count_if(events.begin(), events.end(), [](const std::string& event) {
          return event.find("expected_energy_mwh") != std::string::npos &&
                 event.find("price_e8") != std::string::npos;
        }) >= 15);
}

TEST_CASE("units of earlier eras become this log's, what stood there stays") {
  const Move move;
  move.write(
      "out/charging_decision_20251005.json",
      "{\"timestamp\": \"2025-10-05T10:00:00\", \"action\": \"charge\", \"energy_kwh\": 2.0, "
      "\"estimated_cost_pln\": 0.0008, \"current_price\": 400.0}\n"
      "{\"timestamp\": \"2025-10-05T10:15:00\", \"action\": \"dance\"}\n");
  const ToolRun run = move.import();
  const auto report = Move::report(run);
  CHECK(tells(report, "action is \"dance\""));
  const auto event = nlohmann::json::parse(move.imported().at(0));
  CHECK(event["fact"]["price_e8"] == 40'000'000);
  CHECK(event["fact"]["expected_cost_e8"] == 80'000'000);
  CHECK(move.verify().code == 0);
}

TEST_CASE("two databases with the same ids are both in the tables") {
  const Move first;
  make_old_house(first.old(), {.files = false});
  CHECK(first.import().code == 0);
  const MemoryDirectory other;
  make_old_house(other.path(), {.first = "2026-02-01T00:00:00", .seed = 2, .files = false});
  const ToolRun run = first.run({"import", "legacy", "--timezone", "Europe/Warsaw", "--db",
                                 (other / "data" / "goodwe_energy.db").string()});
  CHECK(run.code == 0);
  CHECK(tells(Move::report(run), "its id is an earlier import's row's"));
  CHECK(first.live("SELECT count(*) FROM coordinator_decisions") == "192");
}

TEST_CASE("an import that gives everything back can be moved into segments at once") {
  const Move move;
  make_old_house(move.old(), {.readings = 6'000, .every_s = 60, .decision_every_s = 3'600});
  const ToolRun run = move.import({"--archive"});
  INFO(run.err);
  REQUIRE(run.code == 0);
  // Of 6102 records the newest 4096 stay, and what fills no step of 256.
  CHECK(move.run({"log", "stat"}).json_lines().at(0)["first"] == 1'793);
  CHECK(move.verify().code == 0);
  CHECK(move.import().code == 0);
}

TEST_CASE("an import that does not give everything back stays in the log's file") {
  const Move move;
  make_old_house(move.old(), {.readings = 6'000, .every_s = 60, .decision_every_s = 3'600});
  move.write("out/energy_data/energy_data_2026-02-01.json", "[{\"battery_soc\": 50}]");
  const ToolRun run = move.import({"--archive"});
  CHECK(run.code == 1);
  CHECK(run.err.find("does not give everything back (1 difference") != std::string::npos);
  CHECK(!fs::exists(move.data() / "log" / "segments"));
}

TEST_CASE("what was imported of a range of time is verified within it") {
  const Move move;
  make_old_house(move.old(), {.readings = 3 * 288});
  const std::vector<std::string> range{"--since", "2025-12-02", "--until", "2025-12-03"};
  CHECK(Move::report(move.import(range))["total"]["imported"] == 288 + 96);
  const auto all = move.verify();
  CHECK(all.code == 1);
  const auto table = all.json_lines().at(0)["tables"]["energy_data"];
  CHECK(table["rows"] == 3 * 288);
  CHECK(table["missing"] == 2 * 288);
  const auto within = move.verify(range);
  INFO(within.out);
  CHECK(within.code == 0);
  CHECK(within.json_lines().at(0)["tables"]["energy_data"]["rows"] == 288);
  CHECK(move.verify({"--since", "2025-12-03", "--until", "2025-12-02"}).code == 2);
}

TEST_CASE("an import's zone shows its times, and is the next import's") {
  const Move move;
  move.write("out/energy_data/energy_data_2025-12-01.json",
             "[" + energy("2025-12-01T10:00:00") + "]");
  REQUIRE(move.import().code == 0);
  const auto decisions = run_tool({"--data", move.data().string(), "log", "cat", "2"}, move.old());
  CHECK(decisions.out.find("2025-12-01 10:00:00") != std::string::npos);
  move.write("out/energy_data/energy_data_2025-12-02.json",
             "[" + energy("2025-12-02T10:00:00") + "]");
  const auto again =
      Move::report(move.run({"import", "legacy", "--out", (move.old() / "out").string()}));
  CHECK(again["total"]["imported"] == 1);
  CHECK(again["total"]["already_there"] == 1);
  CHECK(again["zone"] == "Europe/Warsaw");
  CHECK(again["period"] == "2025-12-01 10:00:00+01:00 to 2025-12-02 10:00:00+01:00");
  const auto other = move.run(
      {"import", "legacy", "--timezone", "Europe/London", "--out", (move.old() / "out").string()});
  CHECK(other.code == 2);
  CHECK(other.err.find("give --timezone Europe/Warsaw") != std::string::npos);
}

TEST_CASE("a record that was changed since is kept beside what it said, and told") {
  const Move move;
  const std::string file = "out/energy_data/energy_data_2025-12-01.json";
  move.write(file, "[" + energy("2025-12-01T10:00:00") + "]");
  REQUIRE(move.import().code == 0);
  move.write(file, "[" + energy("2025-12-01T10:00:00", "\"battery_soc\": 99.0") + "]");
  const auto again = Move::report(move.import());
  CHECK(again["doubtful"] == 1);
  CHECK(tells(again, "battery_soc is 99.0 here and 50.0 in record 2 of the log"));
}
