// wattledger inverter, asked of a simulated one.
#include <doctest/doctest.h>

#include <fstream>

#include "replay/inverter/address.hpp"
#include "tests/replay/house_log.hpp"
#include "tests/replay/station.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using Station = ToolStation;

TEST_SUITE("replay/inverter") {
  TEST_CASE("registers prints the whole map, or one block of it") {
    const MemoryDirectory home;
    const auto all = run_tool({"--format", "json", "inverter", "registers"}, home.path());
    CHECK(all.code == 0);
    CHECK(all.json_lines().size() > 300);
    const auto battery =
        run_tool({"--format", "json", "inverter", "registers", "--block", "battery"}, home.path())
            .json_lines();
    REQUIRE(battery.size() == 24);
    CHECK(battery[7]["name"] == "battery_soc");
    CHECK(battery[7]["address"] == 37007);
    CHECK(battery[7]["unit"] == "%");
    const auto wrong = run_tool({"inverter", "registers", "--block", "batery"}, home.path());
    CHECK(wrong.code == 2);
    CHECK(wrong.err.find("battery2_power") != std::string::npos);
  }

  TEST_CASE("read prints every sensor with its unit") {
    const Station station;
    const ToolRun run = station.ask({"inverter", "read"});
    INFO(run.err);
    REQUIRE(run.code == 0);
    CHECK(run.out.find("rated_power") != std::string::npos);
    const auto json = station.ask({"--format", "json", "inverter", "read"}).json_lines().at(0);
    CHECK(json["ppv"]["value"] == 3'000);
    CHECK(json["ppv"]["unit"] == "W");
    CHECK(json["battery_soc"]["value"] == 50);
    CHECK(json["meter_e_total_imp"]["unit"] == "kWh");
    CHECK_FALSE(json.contains("vpv3"));
    const auto settings =
        station.ask({"--format", "json", "inverter", "read", "--block", "settings_arm19"});
    CHECK(settings.json_lines().at(0)["eco_mode_1"]["value"] == "unused");
  }

  TEST_CASE("watch reads as often as it is asked to") {
    const Station station;
    const auto run = station.ask({"--format", "json", "inverter", "watch", "--times", "1"});
    CHECK(run.code == 0);
    CHECK(run.json_lines().size() == 1);
  }

  TEST_CASE("simulate says where it listens, and what it cannot be") {
    const MemoryDirectory home;
    const auto run = run_tool({"inverter", "simulate", "--listen", "127.0.0.1:0", "--udp", "0",
                               "--profile", "eh", "--start", "2025-10-01T08:00:00Z", "--timezone",
                               "Europe/Warsaw", "--fault", "split", "--seconds", "0"},
                              home.path());
    CHECK(run.code == 0);
    REQUIRE(run.lines().size() == 4);
    CHECK(run.lines()[0].find("single-phase EH of 6 kW") != std::string::npos);
    CHECK(run.lines()[1].starts_with("Modbus/TCP on 127.0.0.1:"));
    CHECK(run.lines()[1].find(", UDP on 127.0.0.1:") != std::string::npos);
    CHECK(run.lines()[2].starts_with("it is 2025-10-01 10:00:00+02:00 there"));
    CHECK(run.lines()[3] == "split begins");
    const std::vector<std::vector<std::string>> wrong{{"--profile", "toaster"},
                                                      {"--listen", "here"},
                                                      {"--listen", "127.0.0.1:70000"},
                                                      {"--listen", "roof:0"},
                                                      {"--udp", "70000"},
                                                      {"--unit", "0"},
                                                      {"--speed", "0"},
                                                      {"--soc", "101"},
                                                      {"--start", "soon"},
                                                      {"--timezone", "Mars/North"},
                                                      {"--battery-wh", "0"}};
    for (const auto& words : wrong) {
      std::vector<std::string> arguments{"inverter", "simulate", "--seconds", "0"};
      arguments.insert(arguments.end(), words.begin(), words.end());
      const auto refused = run_tool(arguments, home.path());
      CAPTURE(words[1]);
      CHECK(refused.code == 2);
      CHECK(refused.one_error_line());
    }
    const auto fault = run_tool(
        {"inverter", "simulate", "--listen", "127.0.0.1:0", "--seconds", "0", "--fault", "rain"},
        home.path());
    CHECK(fault.code == 3);
    CHECK(fault.err.find("over-temperature") != std::string::npos);
  }

  TEST_CASE("where a daemon polls, its last reading is shown") {
    HouseDirectory house;
    house.begin();
    house.close();
    const auto lock = log::WriterLock::take(house.data() / "log", "wattledgerd");
    REQUIRE(lock);
    const auto ask = [&] {
      return run_tool({"--data", house.data().string(), "inverter", "read"}, house.data());
    };
    const auto before = ask();
    CHECK(before.code == 3);
    CHECK(before.err.find("has not read the inverter yet") != std::string::npos);
    HouseDirectory read;
    read.begin();
    read.reading(60, 4'300);
    read.close();
    const auto held = log::WriterLock::take(read.data() / "log", "wattledgerd");
    REQUIRE(held);
    const auto last = run_tool({"--data", read.data().string(), "inverter", "read"}, read.data());
    CHECK(last.code == 0);
    CHECK(last.out.find("battery_soc_bp") != std::string::npos);
    CHECK(last.out.find("4300") != std::string::npos);
    const auto block = run_tool(
        {"--data", read.data().string(), "inverter", "read", "--block", "settings"}, read.data());
    CHECK(block.code == 3);
    CHECK(block.err.find("has no blocks; leave out --block") != std::string::npos);
    // The configuration's own inverter, named again, is polled no less.
    const auto config = read.data() / "house.yaml";
    std::ofstream(config) << "data: " << read.data().string()
                          << "\ninverter: {host: 127.0.0.1, port: 1}\n";
    const auto named = run_tool(
        {"--config", config.string(), "inverter", "read", "--host", "127.0.0.1", "--port", "1"},
        read.data());
    CHECK(named.code == 0);
    CHECK(named.out.find("battery_soc_bp") != std::string::npos);
    CHECK(last.err.find("of 2025-10-01 02:01:00+02:00; --direct asks") != std::string::npos);
    CHECK(run_tool({"--data", read.data().string(), "inverter", "read", "--direct"}, read.data())
              .code == 2);  // which inverter was not said
  }

  TEST_CASE("wrong input is one line") {
    const Station station;
    const MemoryDirectory home;
    const auto nobody = run_tool({"inverter", "read"}, home.path());
    CHECK(nobody.code == 2);
    CHECK(nobody.err.find("--host") != std::string::npos);
    CHECK(station.ask({"inverter", "read", "--unit", "300"}).code == 2);
    CHECK(station.ask({"inverter", "read", "--block", "nothing"}).code == 2);
    const auto none = station.ask({"inverter", "read", "--block", "battery2"});
    CHECK(none.code == 3);
    CHECK(none.err.find("has no block battery2") != std::string::npos);
    // One way to the inverter, not two.
    for (const std::vector<std::string>& both :
         std::vector<std::vector<std::string>>{{"--udp", "--serial", "/dev/null"},
                                               {"--host", "127.0.0.1", "--serial", "/dev/null"},
                                               {"--serial", "/dev/null", "--port", "502"},
                                               {"--host", "127.0.0.1", "--baud", "9600"},
                                               {"--serial", "/dev/null", "--baud", "9601"},
                                               {"--udp"}}) {
      std::vector<std::string> words{"inverter", "read"};
      words.insert(words.end(), both.begin(), both.end());
      const auto run = run_tool(words, home.path());
      CHECK(run.code == 2);
      CHECK(run.one_error_line());
    }
    const auto refused =
        run_tool({"inverter", "read", "--host", "127.0.0.1", "--port", "1"}, home.path());
    CHECK(refused.code == 3);
    CHECK(refused.one_error_line());
    const auto no_device =
        run_tool({"inverter", "read", "--serial", (home.path() / "tty").string()}, home.path());
    CHECK(no_device.code == 3);
    CHECK(no_device.one_error_line());
    CHECK(no_device.err.find("at 9600 baud: cannot connect: No such file") != std::string::npos);
  }

  TEST_CASE("an address on the command line stands above the configuration's") {
    const MemoryDirectory home;
    using inverter::Transport;
    using tool::Address;
    const auto asked = [&](const std::string& yaml, const Address& address) {
      tool::Invocation invocation;
      if (!yaml.empty()) {
        invocation.config = (home.path() / "house.yaml").string();
        std::ofstream(invocation.config) << "inverter: {" << yaml << "}\n";
      }
      const auto options = tool::options_of(invocation, address);
      REQUIRE_MESSAGE(options.has_value(), options.error().line());
      return *options;
    };
    Address host;
    host.host = "10.0.0.9";
    Address udp = host;
    udp.udp = true;
    Address line;
    line.serial = "/dev/ttyS1";
    CHECK(asked("", host).transport == Transport::tcp);
    CHECK(asked("", host).port == 502);
    CHECK(asked("", udp).transport == Transport::udp);
    CHECK(asked("", udp).port == 8899);
    CHECK(asked("port: 1502", udp).port == 8899);
    CHECK(asked("transport: udp, port: 9000", host).transport == Transport::udp);
    CHECK(asked("transport: udp, port: 9000", udp).port == 9000);
    udp.port = 1899;
    CHECK(asked("", udp).port == 1899);
    CHECK(asked("host: 10.0.0.1", line).transport == Transport::serial);
    CHECK(asked("host: 10.0.0.1", line).device == "/dev/ttyS1");
    CHECK(asked("transport: serial, device: /dev/ttyS2, baud: 4800", host).transport ==
          Transport::tcp);
    Address baud;
    baud.baud = 19'200;
    CHECK(asked("transport: serial, device: /dev/ttyS2", baud).baud == 19'200);
  }
}
