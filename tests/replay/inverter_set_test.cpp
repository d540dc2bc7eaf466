// wattledger inverter set and release, on a simulated inverter: 2025-10-01 08:00 by its clock, a
// Wednesday.
#include <doctest/doctest.h>

#include "coordinator/simulator/simulator.hpp"
#include "tests/replay/house_log.hpp"
#include "tests/replay/station.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

using Lines = std::vector<std::string>;

struct Station : ToolStation {
  [[nodiscard]] ToolRun set(std::vector<std::string> words) const {
    words.insert(words.begin(), {"inverter", "set"});
    words.emplace_back("--yes");
    return ask(words);
  }
  [[nodiscard]] Lines written() const { return server->writes_seen(); }
};

// A log with the settings that a daemon found: those of the simulated inverter, general mode.
fb::InverterSettingsFoundT found_settings(const std::string& serial) {
  fb::InverterSettingsFoundT found;
  found.model = "GW10K-ET";
  found.serial = serial;
  const auto add = [&](std::uint16_t address, std::vector<std::uint16_t> words) {
    auto run = std::make_unique<fb::RegisterWordsT>();
    run->address = address;
    run->words = std::move(words);
    found.settings.push_back(std::move(run));
  };
  add(45356, {10});
  add(47000, {0});
  add(47509, {0, 10'000, 1, 0});
  std::vector<std::uint16_t> fast = {0, 100};
  for (int i = 0; i < 4; ++i) fast.insert(fast.end(), {0x3000, 0x3000, 0, 100, 100, 0});
  add(47545, fast);
  return found;
}

}  // namespace

TEST_SUITE("replay/inverter set") {
  TEST_CASE("what would be written is shown, and nobody's consent is asked for") {
    const Station station;
    const ToolRun run = station.ask({"inverter", "set", "export-limit", "5000"});
    CHECK(run.code == 2);
    CHECK(run.one_error_line());
    CHECK(run.err.find("set the export limit, and nobody is at the terminal to agree; add --yes") !=
          std::string::npos);
    REQUIRE(run.lines().size() == 3);
    CHECK(run.lines()[0] == "GW10K-ET 9010KETU00SIM001 would be written:");
    CHECK(run.lines()[1] == "  47510  grid_export_limit  2710 -> 1388  10000 W -> 5000 W");
    CHECK(run.lines()[2] == "  47509  grid_export        0000 -> 0001  off -> on");
    CHECK(station.written().empty());
  }

  TEST_CASE("the export limit before its switch; off leaves its watts") {
    const Station station;
    const ToolRun run = station.set({"export-limit", "5000"});
    CHECK_MESSAGE(run.code == 0, run.err);
    CHECK(run.lines().back() ==
          "written and read back: at most 5000 W go out at the grid connection");
    CHECK(station.set({"export-limit", "off"}).code == 0);
    CHECK(station.written() == Lines{"FC6 47510=1388", "FC6 47509=0001", "FC6 47509=0000"});
  }

  TEST_CASE("the depth of discharge is kept as what stays") {
    const Station station;
    const ToolRun run = station.set({"dod", "80"});
    CHECK_MESSAGE(run.code == 0, run.err);
    CHECK(run.out.find("45356  battery_discharge_depth  000a -> 0014  10 % stay -> 20 % stay") !=
          std::string::npos);
    CHECK(station.written() == Lines{"FC6 45356=0014"});
  }

  TEST_CASE("general mode takes the window of a forced mode away, and writes no more without one") {
    const Station station;
    REQUIRE(station.set({"mode", "eco-discharge", "--power", "3000", "--for", "30"}).code == 0);
    const std::size_t before = station.written().size();
    const ToolRun run = station.set({"mode", "general"});
    CHECK_MESSAGE(run.code == 0, run.err);
    Lines written = station.written();
    written.erase(written.begin(), written.begin() + static_cast<std::ptrdiff_t>(before));
    REQUIRE(written.size() == 4);
    CHECK(written[0] == "FC6 47000=0000");
    CHECK(written[3].find("FC6 47549=00") == 0);
    REQUIRE(station.set({"mode", "general"}).code == 0);
    CHECK(station.written().size() == before + 4 + 3);
  }

  TEST_CASE("a value that one would hardly want is said to be so, and may be written") {
    struct Row {
      std::vector<std::string> words;
      const char* said;
    };
    const Row rows[] = {
        {{"export-limit", "12000"}, "more than the 10000 W that this inverter can give"},
        {{"export-limit", "-500"}, "at least 500 W are to come in from the grid"},
        {{"dod", "100"}, "nothing will stay in the battery"},
        {{"dod", "0"}, "will give nothing while the grid is there"},
        {{"charge", "--to", "50"}, "the battery is at 50 % already"}};
    for (const Row& row : rows) {
      CAPTURE(row.said);
      const Station station;
      const ToolRun run = station.set(row.words);
      CHECK_MESSAGE(run.code == 0, run.err);
      CHECK(run.err.find(row.said) != std::string::npos);
    }
    const Station station;
    CHECK(station.set({"export-limit", "5000"}).err.find("limits nothing") == std::string::npos);
  }

  TEST_CASE("work modes are the reference client's writes") {
    struct Row {
      const char* mode;
      Lines written;
    };
    const Row rows[] = {
        {"general", {"FC6 47000=0000", "FC16 47511=0001 0000", "FC6 47533=0001"}},
        {"backup", {"FC6 47000=0002", "FC16 47511=0001 0000", "FC6 47533=0001"}},
        {"peak-shaving", {"FC6 47000=0004", "FC16 47511=0001 0000", "FC6 47533=0001"}},
        {"eco", {"FC6 47000=0003", "FC16 47511=0001 0000"}},
        {"off-grid",
         {"FC6 47000=0001", "FC16 47511=0007 0000", "FC6 45252=0001", "FC6 45248=0004",
          "FC6 47533=0001"}}};
    for (const Row& row : rows) {
      CAPTURE(row.mode);
      const Station station;
      const ToolRun run = station.set({"mode", row.mode});
      CHECK_MESSAGE(run.code == 0, run.err);
      CHECK(station.written() == row.written);
    }
  }

  TEST_CASE("a forced mode ends by the inverter's own clock, whatever the computer's") {
    const Station station;
    const ToolRun run =
        station.set({"mode", "eco-discharge", "--power", "3000", "--to", "40", "--for", "30"});
    CHECK_MESSAGE(run.code == 0, run.err);
    CHECK(run.out.find("unused -> 07:55-08:30 discharge 30 % to 40 %, Wed") != std::string::npos);
    CHECK(
        run.lines().back() ==
        "written and read back: it discharges down to 40 %, at the longest until 08:30 by the "
        "inverter's own clock; then it serves the house by itself, until the same time next week: "
        "inverter set mode general ends that too");
    CHECK(station.written() == Lines{"FC16 47547=0737 081e ff08 001e 0028 0000", "FC6 47555=0000",
                                     "FC6 47561=0000", "FC6 47567=0000", "FC6 47000=0003",
                                     "FC16 47511=0001 0000"});
    CHECK(station.house.battery_power() == Watts(3'000));
  }

  TEST_CASE("a discharge goes to the depth that the owner set, unless told otherwise") {
    const Station station;
    CHECK(station.set({"mode", "eco-discharge"}).code == 0);
    CHECK(station.written().front() == "FC16 47547=0737 0900 ff08 0064 000a 0000");
  }

  TEST_CASE("a charge writes only what differs") {
    const Station station;
    const ToolRun run = station.set({"charge", "--power", "4000", "--to", "80", "--for", "45"});
    CHECK_MESSAGE(run.code == 0, run.err);
    CHECK(station.written() == Lines{"FC16 47547=0737 082d ff08 ffd8 0050 0000", "FC6 47000=0003"});
    CHECK(station.house.battery_power() == Watts(-4'000));
    const ToolRun again = station.set({"charge", "--power", "4000", "--to", "80", "--for", "45"});
    CHECK(again.code == 0);
    CHECK(again.out.find("nothing to write, it stands so already") != std::string::npos);
    CHECK(station.written().size() == 2);
  }

  TEST_CASE("as JSON, the words before and after") {
    const Station station;
    const auto json =
        station.ask({"--format", "json", "inverter", "set", "mode", "general", "--yes"})
            .json_lines()
            .at(0)["written"];
    REQUIRE(json.size() == 4);
    CHECK(json[0]["address"] == 47000);
    CHECK(json[0]["name"] == "work_mode");
    CHECK(json[0]["before"] == nlohmann::json{0});
    CHECK(json[3]["name"] == "clear_battery_mode_param");
    CHECK(json[3]["before"].is_null());
  }

  TEST_CASE("what is not applied is told with its register") {
    const Station station;
    station.server->misbehave(simulator::Misbehaviour::ignore_writes);
    const ToolRun run = station.set({"dod", "80"});
    CHECK(run.code == 3);
    CHECK(run.one_error_line());
    CHECK(run.err.find("register 45356 reads 000a, wished 0014") != std::string::npos);
  }

  TEST_CASE("where a daemon polls, forced modes are overrides and the rest is refused") {
    HouseDirectory house;
    house.begin();
    house.close();
    const auto override_of = [&](std::vector<std::string> words) {
      words.insert(words.begin(), {"inverter", "set"});
      return on(house, words);
    };
    {
      const auto lock = log::WriterLock::take(house.data() / "log", "wattledgerd");
      REQUIRE(lock);
      // This one holds the log and does not answer; that it was asked is what is seen here.
      const ToolRun run = override_of({"charge", "--power", "4000", "--to", "80", "--for", "45"});
      CHECK(run.code == 3);
      CHECK(
          run.err.find("many dongles serve one client: this goes through the daemon, as wattledger "
                       "override charge --until +45m --soc 80 --power 4000") != std::string::npos);
      CHECK(run.err.find("does not answer") != std::string::npos);
      CHECK(override_of({"mode", "eco-discharge"}).err.find("as wattledger override sell") !=
            std::string::npos);
      CHECK(override_of({"mode", "general"}).err.find("as wattledger override auto") !=
            std::string::npos);
      for (const Lines& words :
           {Lines{"mode", "backup"}, Lines{"export-limit", "off"}, Lines{"dod", "80"}}) {
        const ToolRun refused = override_of(words);
        CHECK(refused.code == 3);
        CHECK(refused.one_error_line());
        CHECK(refused.err.find("stop the daemon first, or give --direct") != std::string::npos);
      }
      const ToolRun direct = override_of({"dod", "80", "--direct"});
      CHECK(direct.err.find("which inverter was not said") != std::string::npos);
    }
  }

  TEST_CASE("wrong input is one line with what to write instead") {
    const Station station;
    struct Row {
      Lines words;
      const char* says;
    };
    const Row rows[] = {{{"mode", "ecco"}, "did you mean \"eco\"?"},
                        {{"mode"}, "mode"},
                        {{"mode", "backup", "--for", "10"}, "leave out --power, --to and --for"},
                        {{"mode", "eco-charge", "--for", "61"}, "1 to 60 minutes"},
                        {{"mode", "eco-charge", "--to", "101"}, "0 to 100"},
                        {{"charge", "--power", "0"}, "without a sign"},
                        {{"export-limit", "much"}, "write watts, as 5000, or off"},
                        {{"export-limit", "40000"}, "-32768 to 32767"},
                        {{"dod", "101"}, "0 to 100"},
                        {{"dod", "80 %"}, "write percent"},
                        {{"dpd", "80"}, "did you mean \"dod\"?"}};
    for (const Row& row : rows) {
      CAPTURE(row.words.back());
      const ToolRun run = station.set(row.words);
      CHECK(run.code == 2);
      CHECK(run.one_error_line());
      CHECK_MESSAGE(run.err.find(row.says) != std::string::npos, run.err);
    }
    CHECK(station.written().empty());
    const ToolRun foreign = station.set({"mode", "self-use"});
    CHECK(foreign.code == 3);
    CHECK(foreign.err.find("745 platform only") != std::string::npos);
  }
}

TEST_SUITE("replay/inverter release") {
  TEST_CASE("the settings found are put back, and only what differs is written") {
    const Station station;
    HouseDirectory house;
    house.begin();
    house.add(60, found_settings("9010KETU00SIM001"));
    house.close();
    const auto release = [&](const Lines& more) {
      Lines words = {"--data", house.data().string(), "inverter", "release"};
      words.insert(words.end(), more.begin(), more.end());
      return station.ask(words);
    };
    REQUIRE(station.set({"charge", "--power", "4000", "--to", "80", "--for", "45"}).code == 0);
    REQUIRE(station.set({"dod", "50"}).code == 0);
    CHECK(release({}).code == 2);  // nobody to ask
    CHECK(station.written().size() == 3);
    const ToolRun run = release({"--yes"});
    CHECK_MESSAGE(run.code == 0, run.err);
    CHECK(run.out.find("-> unused") != std::string::npos);
    CHECK(run.lines().back().find("settings found 2025-10-01 02:01:00+02:00 stand again") !=
          std::string::npos);
    const Lines written = station.written();
    CHECK(Lines(written.begin() + 3, written.end()) ==
          Lines{"FC6 47000=0000", "FC16 47547=3000 3000 0000 0064 0064 0000", "FC6 45356=000a",
                "FC6 47533=0001"});
    CHECK_FALSE(station.house.in_forced_mode());
    CHECK(release({"--yes"}).out.find("nothing to write") != std::string::npos);
  }

  TEST_CASE("another inverter, a running daemon, a log without settings: nothing is written") {
    const Station station;
    HouseDirectory house;
    house.begin();
    house.add(60, found_settings("9010KETU00OTHER1"));
    house.close();
    const auto release = [&] {
      return station.ask({"--data", house.data().string(), "inverter", "release", "--yes"});
    };
    const ToolRun other = release();
    CHECK(other.code == 3);
    CHECK(other.err.find("are of inverter 9010KETU00OTHER1, and 9010KETU00SIM001 is another") !=
          std::string::npos);
    {
      const auto lock = log::WriterLock::take(house.data() / "log", "wattledgerd");
      REQUIRE(lock);
      const ToolRun held = release();
      CHECK(held.code == 3);
      CHECK(held.err.find("stop the daemon first") != std::string::npos);
    }
    HouseDirectory bare;
    bare.begin();
    bare.close();
    const ToolRun none =
        station.ask({"--data", bare.data().string(), "inverter", "release", "--yes"});
    CHECK(none.code == 3);
    CHECK(none.err.find("no settings to put back") != std::string::npos);
    CHECK(station.written().empty());
  }
}
