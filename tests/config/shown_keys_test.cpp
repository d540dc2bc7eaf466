#include "coordinator/config/shown_keys.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace wattledger;
using namespace wattledger::config;

TEST_SUITE("config/shown_keys") {
  TEST_CASE("numbers and words to choose from are plain; what an owner writes freely is not") {
    const auto config = parse(
        "site: {name: Our House, timezone: Europe/Berlin, latitude: 52.1, longitude: 13.4}\n"
        "inverter: {host: attic.lan, transport: udp, port: 8899}\n"
        "battery: {capacity_kwh: 11.5}\n"
        "prices: {currency: EUR}\n"
        "selling: {enabled: true}\n"
        "backup: {to: /media/anna/usb, at: \"03:15\"}\n"
        "sources: {mirror: \"https://mirror.example\"}\n",
        "/h/house.yaml");
    if (!config) FAIL(config.error().line());
    std::map<std::string, bool> found;
    for (const ShownKey& key : shown_keys(*config)) {
      found[key.path] = key.plain;
      if (key.path == "battery.capacity_kwh") CHECK(key.value == "11.5");
    }
    for (const char* plain :
         {"site.timezone", "inverter.transport", "inverter.port", "battery.capacity_kwh",
          "prices.currency", "selling.enabled", "backup.at"}) {
      CAPTURE(plain);
      REQUIRE(found.count(plain) == 1);
      CHECK(found[plain]);
    }
    for (const char* free : {"site.name", "site.latitude", "site.longitude", "inverter.host",
                             "backup.to", "sources.mirror"}) {
      CAPTURE(free);
      REQUIRE(found.count(free) == 1);
      CHECK_FALSE(found[free]);
    }
    CHECK(shown_keys(Config()).empty());
  }
}
