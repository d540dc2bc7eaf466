#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "log/reader.hpp"
#include "log/snapshot.hpp"
#include "projections/sqlite/sqlite_handle.hpp"
#include "tests/legacy_import/old_house.hpp"
#include "tests/replay/tool.hpp"
#include "tests/support/places.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::testing;
namespace fs = std::filesystem;
namespace sqlite = projections::sqlite;

namespace {

// An older installation beside a data directory of ours.
class Move {
 public:
  [[nodiscard]] fs::path old() const { return home_ / "old"; }
  [[nodiscard]] fs::path data() const { return home_ / "house"; }
  [[nodiscard]] fs::path database() const { return old() / "data" / "goodwe_energy.db"; }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((old() / name).parent_path());
    std::ofstream(old() / name, std::ios::binary) << text;
  }

  // What there is of the three sources.
  [[nodiscard]] std::vector<std::string> sources() const {
    std::vector<std::string> words;
    if (fs::exists(database())) words.insert(words.end(), {"--db", database().string()});
    if (fs::exists(old() / "out")) words.insert(words.end(), {"--out", (old() / "out").string()});
    if (fs::exists(old() / "data"))
      words.insert(words.end(), {"--state", (old() / "data").string()});
    return words;
  }
  ToolRun import(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"import", "legacy", "--timezone", "Europe/Warsaw"};
    const auto from = sources();
    words.insert(words.end(), from.begin(), from.end());
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  ToolRun verify() const {
    std::vector<std::string> words{"import", "verify"};
    const auto from = sources();
    words.insert(words.end(), from.begin(), from.end());
    return run(words);
  }
  [[nodiscard]] ToolRun run(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--data", data().string(), "--format", "json"});
    return run_tool(words, home_.path());
  }
  // The import's report, the first object of its output.
  static nlohmann::json report(const ToolRun& run) {
    INFO(run.err);
    std::istringstream in(run.out);
    nlohmann::json json;
    in >> json;
    return json;
  }

  // Facts and origins of the log's imported events, in their order.
  [[nodiscard]] std::vector<std::string> imported() const {
    const auto log = log::Log::open(data() / "log");
    REQUIRE(log);
    const auto snapshot = log->snapshot();
    REQUIRE(snapshot);
    std::vector<std::string> events;
    REQUIRE(snapshot->scan(snapshot->first(), snapshot->head(),
                           [&](const log::RecordView& record) -> Result<bool> {
                             if (record.event.event().origins() != nullptr)
                               events.push_back(event_json(record.event));
                             return true;
                           }));
    return events;
  }

  [[nodiscard]] std::string live(const std::string& sql) const {
    auto file = sqlite::Connection::open(data() / "goodwe_energy.db", sqlite::Access::read_only);
    REQUIRE(file);
    const auto text = file->text(sql);
    REQUIRE(text);
    return *text;
  }

 private:
  MemoryDirectory home_;
};

std::string energy(const std::string& time, const std::string& more = "\"battery_soc\": 50.0") {
  return "{\"timestamp\": \"" + time + "\", " + more + "}";
}

bool tells(const nlohmann::json& report, const std::string& words) {
  return std::any_of(report["findings"].begin(), report["findings"].end(),
                     [&](const nlohmann::json& each) {
                       return each["what"].get<std::string>().find(words) != std::string::npos;
                     });
}

}  // namespace

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
}

TEST_CASE("where only files tell, the tables have the rows all the same") {
  const Move move;
  make_old_house(move.old(), {.database = false});
  CHECK(move.import().code == 0);
  CHECK(move.live("SELECT count(*) FROM energy_data WHERE tariff_zone = 'T2'") == "288");
  CHECK(move.live("SELECT count(*) FROM coordinator_decisions WHERE action = 'charge'") == "20");
  CHECK(move.verify().code == 0);
}

TEST_CASE("a conflict is told, the table counts, and what the file said is kept") {
  const Move move;
  make_old_house(move.old(), {.readings = 1, .files = false});
  move.write("out/energy_data/energy_data_2025-12-01.json",
             "[\n  " + energy("2025-12-01T00:00:00.250000", "\"battery_soc\": -1.5") + "\n]");
  const auto report = Move::report(move.import());
  CHECK(tells(report, "battery_soc is -1.5 here and "));
  CHECK(move.live("SELECT battery_soc > 0 FROM energy_data") == "1");
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

TEST_CASE(
    "wrong input is one line with its place; the rest is imported and the exit code says so") {
  const Move move;
  struct Case {
    std::string text, told;
  };
  const std::string good = energy("2025-12-01T10:00:00");
  const std::vector<Case> cases{
      {"[" + good + ", {\"timestamp\": \"2025-12-01T10:05:00\", \"batt", "the array is cut short"},
      {"[" + good + ", {\"timestamp\": 01}]", "no JSON at byte"},
      {"[" + good + ", {\"x\": \"\xFF\"}]", "no JSON at byte"},
      {"[" + good + ", [1, 2]]", "no JSON object"},
      {"[" + good + ", " + energy("2025-02-30T10:00:00") + "]", "is no time"},
      {"[" + good + ", " + energy("soon") + "]", "is no time"},
      {"[" + good + ", " + energy("2999-01-01T00:00:00") + "]", "in the future"},
      {"[" + good + ", " + energy("1899-01-01T00:00:00") + "]", "before the year 2000"},
      {"[" + good + ", {\"timestamp\": \"2025-12-01T11:00:00\", \"z\": 1}]",
       "no record that the older system wrote"}};
  for (const Case& each : cases) {
    CAPTURE(each.text);
    const Move wrong;
    wrong.write("out/energy_data/energy_data_2025-12-01.json", each.text);
    const ToolRun run = wrong.import();
    CHECK(run.code == 1);
    const auto report = Move::report(run);
    CHECK(report["total"]["imported"] == 1);
    CHECK(report["total"]["rejected"] == 1);
    CHECK(tells(report, each.told));
  }
}

TEST_CASE("doubtful values are told and kept as they stood") {
  const Move move;
  move.write("out/energy_data/energy_data_2026-03-29.json",
             "[" + energy("2026-03-29T02:30:00") + ", " +
                 energy("2026-03-29T05:00:00", "\"pv_power\": -5, \"battery_soc\": 400") + ", " +
                 energy("2026-03-29T06:00:00", "\"pv_power\": NaN") + ", " +
                 energy("2026-03-29T07:00:00", "\"pv_power\": 1, \"pv_power\": 2") + "]");
  const ToolRun run = move.import();
  CHECK(run.code == 0);
  const auto report = Move::report(run);
  CHECK(tells(report, "was skipped when the clocks went forward"));
  CHECK(tells(report, "pv_power is -5, which no house has"));
  CHECK(tells(report, "battery_soc is 400, which no house has"));
  CHECK(tells(report, "holds NaN or Infinity"));
  CHECK(report["total"]["kept_whole"] == 1);  // a key twice
  CHECK(move.verify().code == 0);
}

TEST_CASE(
    "a database that is corrupt, newer or a wattledger's own is one line, the files are imported") {
  const auto told = [](const Move& move, const std::string& words) {
    move.write("out/energy_data/energy_data_2025-12-01.json",
               "[" + energy("2025-12-01T10:00:00") + "]");
    const ToolRun run = move.import();
    CHECK(run.code == 1);
    const auto report = Move::report(run);
    CHECK(report["total"]["imported"] == 1);
    CHECK(tells(report, words));
  };
  {
    const Move move;
    move.write("data/goodwe_energy.db", std::string(8'192, 'x'));
    told(move, "not a database");
  }
  {
    const Move move;
    make_old_house(move.old(), {.readings = 1, .files = false});
    auto file = sqlite::Connection::open(move.database(), sqlite::Access::read_write);
    REQUIRE(file);
    REQUIRE(file->execute("INSERT INTO schema_version(version) VALUES (9)"));
    told(move, "schema version 9");
  }
  {
    const Move move;
    make_old_house(move.old(), {.readings = 1, .files = false});
    auto file = sqlite::Connection::open(move.database(), sqlite::Access::read_write);
    REQUIRE(file);
    REQUIRE(file->execute("CREATE TABLE projection_checkpoint(projection TEXT)"));
    told(move, "wattledger's own projection");
  }
}

TEST_CASE("a dry run writes nothing and says what would be") {
  const Move move;
  make_old_house(move.old(), {});
  const ToolRun run = move.import({"--dry-run", "--report", "report.html"});
  CHECK(run.code == 0);
  CHECK(Move::report(run)["total"]["imported"] == 288 + 96);
  CHECK(!fs::exists(move.data()));
}

TEST_CASE("a time without a zone is asked for, and sources that are not there are named") {
  const Move move;
  make_old_house(move.old(), {.readings = 1});
  const ToolRun no_zone = move.run({"import", "legacy", "--db", move.database().string()});
  CHECK(no_zone.code == 2);
  CHECK(no_zone.err.find("--timezone") != std::string::npos);
  const ToolRun gone =
      move.run({"import", "legacy", "--timezone", "Europe/Warsaw", "--out", "/nowhere"});
  CHECK(gone.code == 3);
  CHECK(gone.one_error_line());
  CHECK(move.run({"import", "legacy"}).code == 2);
}

TEST_CASE("a source is not changed, nor is anything made beside it") {
  const Move move;
  make_old_house(move.old(), {});
  const auto tree = [&] {
    std::vector<std::string> names;
    for (const auto& each : fs::recursive_directory_iterator(move.old())) {
      std::string line = each.path().string();
      if (each.is_regular_file()) {
        std::ifstream in(each.path(), std::ios::binary);
        std::stringstream text;
        text << in.rdbuf();
        line += " " + std::to_string(std::hash<std::string>()(text.str()));
      }
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

TEST_CASE("an import that was cut off goes on where its last commit ended") {
  const Move whole;
  const OldHouse house{.readings = 24'000, .every_s = 60};
  make_old_house(whole.old(), house);
  CHECK(whole.import().code == 0);

  // The first part of the same, as a killed import leaves it: a batch without an end.
  const Move cut;
  make_old_house(cut.old(), house);
  CHECK(cut.import({"--until", "2025-12-08"}).code == 0);
  CHECK(cut.import().code == 0);
  CHECK(cut.imported() == whole.imported());
}

TEST_CASE("the database after the files adds what it knows, and no fact twice") {
  const Move move;
  make_old_house(move.old(), {});
  CHECK(move.run({"import", "legacy", "--timezone", "Europe/Warsaw", "--out",
                  (move.old() / "out").string()})
            .code == 0);
  CHECK(move.live("SELECT min(id) > 1000000000 FROM coordinator_decisions") == "1");
  CHECK(move.run({"import", "legacy", "--timezone", "Europe/Warsaw", "--db",
                  move.database().string()})
            .code == 0);
  CHECK(move.live("SELECT count(*) FROM coordinator_decisions") == "96");
  CHECK(move.live("SELECT max(id) FROM coordinator_decisions") == "96");
  CHECK(move.live("SELECT count(*) FROM energy_data") == "288");
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
