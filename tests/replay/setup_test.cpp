// wattledger setup, the real binary, on simulated inverters and dongles.
#include <doctest/doctest.h>

#include <fstream>

#include "coordinator/config/config.hpp"
#include "replay/inverter/setup_file.hpp"
#include "tests/replay/setup_station.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using inverter::Transport;

TEST_SUITE("replay/setup") {
  TEST_CASE("a host alone is tried over Modbus/TCP, and the file says what was found") {
    struct Row {
      const char* profile;
      const char* inverter;
      const char* control;
    };
    const Row rows[] = {
        {"et", "GW10K-ET 9010KETU00SIM002, 10000 W, three-phase", "eco groups v2, fast charging"},
        {"et-old", "GW10K-ET 9010KETU00SIM003, 10000 W, three-phase", "eco groups v1"},
        {"eh", "GW6000-EH 96000EHU00SIM004, 6000 W, single-phase", "eco groups v1"},
        {"et-745", "Inverter     9015KETT00SIM005, 15000 W, 745 platform", "TOU switch off"},
        {"et-25k", "25000 W, 745 platform, three-phase, two batteries", "eco groups v2"}};
    for (const Row& row : rows) {
      CAPTURE(row.profile);
      const Station station(unit_of(row.profile));
      const ToolRun run = station.set_up({"--host", "127.0.0.1", "--ports", station.ports()});
      INFO(run.err);
      REQUIRE(run.code == 0);
      INFO(run.out);
      CHECK(run.err.empty());
      CHECK(has(run.out, row.inverter));
      CHECK(has(run.out, row.control));
      CHECK(has(run.out, "Answers      127.0.0.1, Modbus/TCP on port "));
      CHECK(has(run.out, "Work mode    general"));
      CHECK(has(run.out, "Battery      50.0 %"));
      CHECK(has(run.out, "House        1000 W"));
      CHECK(has(run.out,
                "\nIn advise mode wattledger reads, decides and records, and writes "
                "nothing to the inverter:\n"
                "  start:  wattledgerd --config house.yaml\n"
                "  look:   wattledger --config house.yaml status\n"));
      const auto config = config::load(station.file());
      REQUIRE_MESSAGE(config.has_value(), config.error().line());
      CHECK(config->inverter.transport == Transport::tcp);
      CHECK(config->inverter.host == "127.0.0.1");
      CHECK(config->inverter.port == station.server->port());
      CHECK(config->inverter.unit == 247);
      CHECK(config->site.timezone == "UTC");
      CHECK(config->control_mode == fb::ControlMode::advise);
      CHECK(config->data == station.home / "wattledger-data");
    }
  }

  TEST_CASE("nothing is ever written to the inverter") {
    for (const simulator::Profile& profile : simulator::profiles()) {
      const Station station(unit_of(std::string(profile.name).c_str()));
      CHECK(station.set_up({"--host", "127.0.0.1", "--ports", station.ports()}).code == 0);
      CHECK(station.server->requests() > 0);
      CHECK(station.server->writes_seen().empty());
    }
  }

  TEST_CASE("where Modbus/TCP does not answer, UDP is tried, and the file says so") {
    const Station station;
    const std::string udp = std::to_string(station.server->udp_port());
    const ToolRun run = station.set_up({"--host", "127.0.0.1", "--ports", "1," + udp});
    INFO(run.err);
    REQUIRE(run.code == 0);
    CHECK(has(run.out, "Modbus over UDP on port " + udp + ", unit 247"));
    const auto config = config::load(station.file());
    REQUIRE(config.has_value());
    CHECK(config->inverter.transport == Transport::udp);
    CHECK(std::to_string(config->inverter.port) == udp);
    CHECK(station.server->writes_seen().empty());
  }

  TEST_CASE("options that name one way have only that tried") {
    const Station station;
    const std::string tcp = std::to_string(station.server->port());
    const std::string udp = std::to_string(station.server->udp_port());
    CHECK(station.set_up({"--host", "127.0.0.1", "--port", tcp}).code == 0);
    CHECK(station.set_up({"--host", "127.0.0.1", "--udp", "--port", udp, "--output", "udp.yaml"})
              .code == 0);
    CHECK(has(text_of(station.home / "udp.yaml"), "transport: udp"));
    const auto other =
        station.set_up({"--host", "127.0.0.1", "--port", "1", "--output", "other.yaml"});
    CHECK(other.code == 3);
    CHECK(other.one_error_line());
    CHECK_FALSE(has(other.err, "UDP"));
  }

  TEST_CASE("nobody at the address: one line with what became of each way") {
    const Station station;
    const auto run = station.set_up({"--host", "127.0.0.1", "--ports", "1,1"});
    CHECK(run.code == 3);
    CHECK(run.one_error_line());
    CHECK(has(run.err, "no GoodWe ET or EH answers at 127.0.0.1 (Modbus/TCP on port 1: "));
    CHECK(has(run.err, "; Modbus over UDP on port 1: "));
    CHECK(has(run.err, "SolarGo"));
    CHECK_FALSE(std::filesystem::exists(station.file()));
  }

  TEST_CASE("without an address the network is asked, and the one inverter there taken") {
    const Station station;
    const UdpParrot dongle("10.10.100.254,ACCF23AABBCC,WLAN-dongle");
    const auto run = station.set_up(
        {"--discover", dongle.place(), "--wait-ms", "20000", "--ports", station.ports()});
    INFO(run.err);
    REQUIRE(run.code == 0);
    // Whom the answer came from counts, not the address that the dongle believes to have.
    CHECK(has(text_of(station.file()), "host: '127.0.0.1'"));
    CHECK(station.server->writes_seen().empty());
  }

  TEST_CASE("several inverters are listed, and none is chosen for the owner") {
    const Station one;
    const Station other(unit_of("eh"),
                        {.address = "127.0.0.2", .port = one.server->port(), .udp_port = 0});
    const UdpParrot first("127.0.0.1,ACCF23AABBCC,one");
    const UdpParrot second("127.0.0.2,ACCF23AABBCD,two", "127.0.0.2");
    const auto run = one.set_up({"--discover", first.place(), "--discover", second.place(),
                                 "--wait-ms", "20000", "--ports", one.ports()});
    CHECK(run.code == 2);
    CHECK(run.one_error_line());
    CHECK(has(run.err, "2 inverters answer: "));
    CHECK(has(run.err, "127.0.0.1 (GW10K-ET 9010KETU00SIM002, Modbus/TCP on port "));
    CHECK(has(run.err, "127.0.0.2 (GW6000-EH 96000EHU00SIM004, "));
    CHECK(has(run.err, "say which with --host ADDRESS"));
    CHECK_FALSE(std::filesystem::exists(one.file()));
  }

  TEST_CASE("a dongle without an inverter of ours behind it is passed over") {
    const Station station;
    const UdpParrot ours("127.0.0.1,ACCF23AABBCC,ours");
    const UdpParrot foreign("127.0.0.3,ACCF23AABBCE,1712345678", "127.0.0.3");
    CHECK(station
              .set_up({"--discover", foreign.place(), "--discover", ours.place(), "--wait-ms",
                       "20000", "--ports", station.ports()})
              .code == 0);
    const auto alone = station.set_up({"--discover", foreign.place(), "--wait-ms", "20000",
                                       "--ports", station.ports(), "--output", "b.yaml"});
    CHECK(alone.code == 3);
    CHECK(alone.one_error_line());
    CHECK(has(alone.err, "behind the dongles found: 127.0.0.3 (1712345678)"));
  }

  TEST_CASE("nobody on the network: one line with what to do") {
    const Station station;
    const UdpParrot noise("hello");
    const auto run = station.set_up({"--discover", noise.place(), "--wait-ms", "50"});
    CHECK(run.code == 3);
    CHECK(run.one_error_line());
    CHECK(has(run.err, "(asked 127.0.0.1); look for its dongle in the router and give --host"));
    CHECK(has(run.err, "SolarGo"));
  }

  TEST_CASE("a file that is there stays as it is, before anybody is asked; --force replaces it") {
    const Station station;
    std::ofstream(station.file()) << "mine\n";
    const std::vector<std::string> words{"--host", "127.0.0.1", "--ports", station.ports()};
    const auto refused = station.set_up(words);
    CHECK(refused.code == 3);
    CHECK(refused.one_error_line());
    CHECK(has(refused.err, "house.yaml is there already; --force replaces it"));
    CHECK(text_of(station.file()) == "mine\n");
    CHECK(station.server->requests() == 0);
    auto forced = words;
    forced.emplace_back("--force");
    CHECK(station.set_up(forced).code == 0);
    CHECK(config::load(station.file()).has_value());
    // The house stays where it is.
    std::ofstream(station.file()) << "data: /var/lib/wattledger\n";
    CHECK(station.set_up(forced).code == 0);
    CHECK(config::load(station.file())->data == "/var/lib/wattledger");
    const std::filesystem::directory_iterator left(station.home.path());
    CHECK(std::distance(begin(left), end(left)) == 1);  // no draft
  }

  TEST_CASE("a file that came meanwhile is not replaced either") {
    const Station station;
    const std::string text = tool::setup_yaml(station.survey(), {});
    CHECK(tool::check_place(station.file(), false).has_value());
    std::ofstream(station.file()) << "mine\n";
    const auto written = tool::write_setup(station.file(), text, false);
    REQUIRE_FALSE(written.has_value());
    CHECK(written.error().kind == ErrorKind::conflict);
    CHECK(text_of(station.file()) == "mine\n");
  }

  TEST_CASE("a text that would not load never gets the file's name") {
    const MemoryDirectory home;
    const auto written = tool::write_setup(home / "house.yaml", "control: {mode: perhaps}\n", true);
    REQUIRE_FALSE(written.has_value());
    CHECK(std::filesystem::is_empty(home.path()));
  }

  TEST_CASE("--format json is one object with the same") {
    const Station station;
    const auto run = run_tool(
        {"--format", "json", "--data", "elsewhere", "setup", "--host", "127.0.0.1", "--ports",
         station.ports(), "--timezone", "Europe/Warsaw", "--output", "my house.yaml"},
        station.home.path());
    INFO(run.err);
    REQUIRE(run.code == 0);
    REQUIRE(run.json_lines().size() == 1);
    const auto json = run.json_lines()[0];
    CHECK(json["inverter"]["serial"] == "9010KETU00SIM002");
    CHECK(json["inverter"]["rated_power_w"] == 10'000);
    CHECK(json["inverter"]["transport"] == "tcp");
    CHECK(json["inverter"]["eco_groups"] == "v2");
    CHECK(json["inverter"]["work_mode"] == "general");
    CHECK(json["reading"]["soc_pct"] == 50.0);
    CHECK(json["reading"]["load_w"] == 1'000);
    CHECK(json["timezone"] == "Europe/Warsaw");
    CHECK(json["control_mode"] == "advise");
    CHECK(json["outlook"]["rule"] == "no_price");
    CHECK(json["next"]["look"] == "wattledger --config 'my house.yaml' status");
    const auto config = config::load(station.home / "my house.yaml");
    REQUIRE(config.has_value());
    CHECK(config->data == std::filesystem::canonical(station.home.path()) / "elsewhere");
  }

  TEST_CASE("wrong input is one line, and nothing is asked or written") {
    const Station station;
    struct Wrong {
      std::vector<std::string> words;
      int code;
      const char* says;
    };
    const Wrong table[] = {
        {{"--host", "127.0.0.1", "--serial", "/dev/null"}, 2, "give the one or the others"},
        {{"--host", "127.0.0.1", "--ports", "502"}, 2, "such as 502,8899"},
        {{"--host", "127.0.0.1", "--ports", "0,8899"}, 2, "such as 502,8899"},
        {{"--host", "127.0.0.1", "--ports", "502,88990"}, 2, "such as 502,8899"},
        {{"--host", "127.0.0.1", "--ports", "5,6", "--udp"}, 2, "names one way"},
        {{"--host", "127.0.0.1", "--port", "0"}, 2, "--port is none"},
        {{"--unit", "300"}, 2, "--unit is none"},
        {{"--baud", "9600"}, 2, "--baud, and the inverter is on the network"},
        {{"--host", "127.0.0.1", "--discover", "127.0.0.1"}, 2, "address is known"},
        {{"--discover", "router"}, 2, "is no ADDRESS[:PORT]"},
        {{"--discover", "127.0.0.1:0"}, 2, "is no ADDRESS[:PORT]"},
        {{"--wait-ms", "0"}, 2, "is no count"},
        {{"--wait-ms", "60001"}, 2, "from 1 to 60000"},
        {{"--timezone", "Europe/Warsw"}, 2, "did you mean \"Europe/Warsaw\"?"},
        {{"--output", ""}, 2, "nothing stands behind it"},
        {{"--config", "house.yaml"}, 2, "give --output FILE"},
        {{"--output", "none/house.yaml"}, 3, "there is no directory none"},
        {{"--output", ".", "--force"}, 3, "is a directory"},
    };
    for (const Wrong& wrong : table) {
      std::vector<std::string> words{"setup"};
      words.insert(words.end(), wrong.words.begin(), wrong.words.end());
      const auto run = run_tool(words, station.home.path());
      INFO(wrong.says << ": " << run.err);
      CHECK(run.code == wrong.code);
      CHECK(run.one_error_line());
      CHECK(has(run.err, wrong.says));
      CHECK(run.out.empty());
    }
    CHECK(station.server->requests() == 0);
    CHECK(std::filesystem::is_empty(station.home.path()));
  }
}
