// Dongles on the network, and the zone of this machine: what setup finds by itself.
#include "replay/inverter/discovery.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "replay/inverter/machine_zone.hpp"
#include "tests/replay/setup_station.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_SUITE("replay/setup/discovery") {
  TEST_CASE("an answer is an address, a number and a name, and nothing else is one") {
    using tool::dongle_of;
    const auto dongle = dongle_of("192.168.1.14,ACCF23123456,Solar-WiFi1\r\n", "192.168.1.15");
    REQUIRE(dongle.has_value());
    CHECK(*dongle == tool::Dongle{"192.168.1.15", "ACCF23123456", "Solar-WiFi1"});
    CHECK(dongle_of("10.0.0.1,,", "10.0.0.1").has_value());
    for (const char* wrong : {"", "WIFIKIT-214028-READ", "10.0.0.1", "10.0.0.1,AC", "roof,AC,name",
                              "10.0.0.300,AC,name", ",,"})
      CHECK_FALSE(dongle_of(wrong, "10.0.0.1").has_value());
    CHECK(dongle_of("10.0.0.1,AC,\x1b[2J\xff" + std::string(500, 'n'), "")->name.size() <= 40);
    CHECK(dongle_of("10.0.0.1,AC,\x1b[2J", "")->name == "[2J");
  }

  TEST_CASE("an answer that comes twice is one dongle, and waiting ends when all have answered") {
    const UdpParrot dongle("127.0.0.1,ACCF23AABBCC,one");
    const auto target = tool::discovery_target(dongle.place());
    REQUIRE(target.has_value());
    const auto found = tool::discover({*target, *target}, std::chrono::minutes(10));
    REQUIRE(found.has_value());
    CHECK(found->size() == 1);
  }

  TEST_CASE("every network's broadcast is asked, the limited one first") {
    const auto targets = tool::broadcast_targets();
    REQUIRE_FALSE(targets.empty());
    CHECK(targets[0] == tool::DiscoveryTarget{"255.255.255.255", 48'899, true});
    CHECK(tool::discovery_target("255.255.255.255")->broadcast);
    CHECK(tool::discovery_target("10.0.0.1")->port == 48'899);
    CHECK_FALSE(tool::discover({}, std::chrono::milliseconds(1)).has_value());
  }

  TEST_CASE("the machine's zone is what TZ names, else where the link leads, else Debian's file") {
    const MemoryDirectory home;
    tool::ZoneSources sources{nullptr, home / "localtime", home / "timezone"};
    CHECK(tool::machine_zone(sources) == "");
    std::ofstream(sources.timezone) << "Asia/Tokyo\n";
    CHECK(tool::machine_zone(sources) == "Asia/Tokyo");
    std::filesystem::create_symlink("/usr/share/zoneinfo/posix/Europe/Warsaw", home / "mine");
    std::filesystem::create_symlink("mine", sources.localtime);
    CHECK(tool::machine_zone(sources) == "Europe/Warsaw");
    const std::pair<const char*, const char*> rows[] = {
        {"", "UTC"},
        {"UTC", "UTC"},
        {":Europe/Berlin", "Europe/Berlin"},
        {"Etc/GMT-1", "Etc/GMT-1"},
        {"/usr/share/zoneinfo/right/Europe/Paris", "Europe/Paris"},
        {"CET-1CEST", ""},
        {"CET-1CEST,M3.5.0,M10.5.0/3", ""},
        {"/home/me/zone", ""}};
    for (const auto& row : rows) {
      CAPTURE(row.first);
      sources.tz = row.first;
      CHECK(tool::machine_zone(sources) == row.second);
    }
  }
}
