// What becomes of each key of a file: ours, the legacy one's, and neither's.
#include "coordinator/config/check.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "coordinator/config/config.hpp"

using namespace wattledger;
using config::CheckedKey;
using config::KeyFate;

namespace {

std::vector<CheckedKey> checked(const std::string& yaml) {
  auto keys = config::check_keys(yaml, "house.yaml");
  REQUIRE_MESSAGE(keys.has_value(), keys.error().line());
  return *std::move(keys);
}

CheckedKey only(const std::string& yaml) {
  const auto keys = checked(yaml);
  REQUIRE(keys.size() == 1);
  return keys.front();
}

const CheckedKey& of(const std::vector<CheckedKey>& keys, const std::string& path) {
  for (const CheckedKey& each : keys)
    if (each.path == path) return each;
  FAIL(path << " is not told");
  return keys.front();
}

}  // namespace

TEST_SUITE("config/check") {
  TEST_CASE("a key of ours is used, with its value as it was understood") {
    const CheckedKey key = only("battery:\n  capacity_kwh: 12.50\n");
    CHECK(key.line == 2);
    CHECK(key.path == "battery.capacity_kwh");
    CHECK(key.fate == KeyFate::used);
    CHECK(key.says == "12.5");
  }

  TEST_CASE("everything that is wrong is told, each with its line and what to do") {
    const auto keys = checked(
        "battery:\n  min_soc: 5\n  target_soc_pct: 500\n  capacity_kwh:\n"
        "control: on\nbattery.min_soc_pct: 5\n"
        "site:\n  name: home\n  name: house\n");
    REQUIRE(keys.size() == 7);
    CHECK(of(keys, "battery.min_soc").says == "not a key of the configuration");
    CHECK(of(keys, "battery.min_soc").remedy == "did you mean \"battery.min_soc_pct\"?");
    CHECK(of(keys, "battery.target_soc_pct").says == "\"500\" is out of range");
    CHECK(of(keys, "battery.target_soc_pct").remedy == "write a number from 0 to 100");
    CHECK(of(keys, "battery.capacity_kwh").says == "has no value");
    CHECK(of(keys, "control").says == "a section, not a value");
    CHECK(of(keys, "battery.min_soc_pct").fate == KeyFate::wrong);
    CHECK(keys[5].fate == KeyFate::used);
    CHECK(keys[6].line == 9);
    CHECK(keys[6].says == "given twice, first in line 8");
  }

  TEST_CASE("a key that only together with another is wrong has that verdict, and no second one") {
    const auto keys = checked("battery:\n  min_soc_pct: 50\n  target_soc_pct: 40\n");
    REQUIRE(keys.size() == 2);
    CHECK(keys[0].fate == KeyFate::used);
    CHECK(keys[1].fate == KeyFate::wrong);
    CHECK(keys[1].line == 3);
    CHECK(keys[1].path == "battery.target_soc_pct");
    CHECK(keys[1].says.rfind("battery.min_soc_pct (50) is not below", 0) == 0);
  }

  TEST_CASE("all that is wrong is told, also what only keys together get wrong") {
    const auto keys = checked(
        "battery:\n  min_soc_pct: 50\n  target_soc_pct: 40\n  capacity_kwh: much\n"
        "tiered:\n  critical_soc_pct: 60\n"
        "cadence:\n  slot_s: 700\n"
        "sources: {weather: open-meteo}\n");
    REQUIRE(keys.size() == 6);
    CHECK(of(keys, "battery.min_soc_pct").fate == KeyFate::used);
    for (const char* path : {"battery.target_soc_pct", "battery.capacity_kwh",
                             "tiered.critical_soc_pct", "cadence.slot_s", "sources.weather"}) {
      CAPTURE(path);
      CHECK(of(keys, path).fate == KeyFate::wrong);
    }
    CHECK(of(keys, "tiered.critical_soc_pct").says ==
          "tiered.critical_soc_pct (60) is not below tiered.middle_soc_pct (50)");
  }

  TEST_CASE("a key that is wrong by itself is not held against others") {
    const auto keys = checked(
        "battery: {min_soc_pct: 95, target_soc_pct: high}\n"
        "tariff: {name: g99, zones: 5}\nsite: {latitude: x, longitude: 21}\n");
    std::size_t wrong = 0;
    for (const CheckedKey& each : keys) wrong += each.fate == KeyFate::wrong ? 1 : 0;
    CHECK(wrong == 3);
    CHECK(of(keys, "battery.min_soc_pct").fate == KeyFate::used);
  }

  TEST_CASE("two keys that set one thing are told once each") {
    const auto keys = checked("inverter:\n  ip_address: a\n  host: b\n");
    REQUIRE(keys.size() == 2);
    CHECK(of(keys, "inverter.ip_address").fate == KeyFate::mapped);
    CHECK(of(keys, "inverter.host").fate == KeyFate::wrong);
  }

  TEST_CASE("a root whose key is no word is told once") {
    const auto keys = checked("[a, b]: 1\nsite: {name: home}\n");
    REQUIRE(keys.size() == 2);
    CHECK(keys[0].fate == KeyFate::wrong);
    CHECK(keys[1].fate == KeyFate::used);
  }

  TEST_CASE("selling beside the policy that never sells is told as ignored") {
    const auto keys = checked("selling: {enabled: true}\npolicy: {name: cheapest}\n");
    CHECK(of(keys, "selling.enabled").fate == KeyFate::ignored);
    CHECK(of(keys, "selling.enabled").says == "policy.name is cheapest, which never sells");
    const auto legacy = checked("battery_selling: {enabled: true}\npolicy: {name: cheapest}\n");
    CHECK(of(legacy, "battery_selling.enabled").fate == KeyFate::ignored);
    CHECK(of(checked("selling: {enabled: true}\n"), "selling.enabled").fate == KeyFate::used);
  }

  TEST_CASE(
      "a key of the legacy file is mapped to ours, in our units, or ignored, with the reason") {
    struct Row {
      const char* yaml;
      KeyFate fate;
      const char* says;
    };
    const std::vector<Row> rows = {
        {"system: {timezone: Europe/London}", KeyFate::mapped, "site.timezone = Europe/London"},
        {"inverter: {comm_addr: 0xf7}", KeyFate::mapped, "inverter.unit = 247"},
        {"inverter: {timeout: 1}", KeyFate::mapped, "inverter.timeout_ms = 1000"},
        {"inverter: {timeout: 0.25}", KeyFate::mapped, "inverter.timeout_ms = 250"},
        {"inverter: {family: ET}", KeyFate::ignored, "the inverter tells it by itself"},
        {"inverter: {retries: 3}", KeyFate::used, "3"},
        {"logging: {level: WARNING}", KeyFate::used, "warn"},
        {"battery_management: {capacity_kwh: 20}", KeyFate::mapped, "battery.capacity_kwh = 20"},
        {"battery_management: {bms_integration: true}", KeyFate::ignored,
         "no rule of this program asks for it"},
        {"battery_management: {voltage_range: {min: 320.0}}", KeyFate::ignored,
         "no rule of this program asks for it"},
        {"timing_awareness: {grid_charging_efficiency: 0.90}", KeyFate::mapped,
         "battery.charge_efficiency_pct = 90"},
        {"timing_awareness: {pv_capacity_kw: 10.0}", KeyFate::mapped, "pv.peak_power_w = 10000"},
        {"coordinator: {emergency_stop_conditions: {grid_voltage_max: 250.0}}", KeyFate::mapped,
         "safety.grid_voltage_max_v = 250"},
        {"battery_selling: {enabled: false}", KeyFate::mapped, "selling.enabled = false"},
        {"web_server: {port: 8080}", KeyFate::ignored, "this program serves no web pages"},
        {"safety: {max_battery_temp: 50}", KeyFate::ignored,
         "coordinator.emergency_stop_conditions says it"},
        {"inverter: {comm_addr: 0xzz}", KeyFate::wrong, "\"0xzz\" is not a number"},
        {"inverter: {timeout: fast}", KeyFate::wrong, "\"fast\" is not a number"},
        {"timing_awareness: {grid_charging_efficiency: 0.1}", KeyFate::wrong,
         "\"10\" is out of range"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.yaml);
      const CheckedKey key = only(row.yaml);
      CHECK(key.fate == row.fate);
      CHECK(key.says == row.says);
      // The daemon reads it as it is told here.
      CHECK(config::parse(row.yaml, "house.yaml").has_value() == (row.fate != KeyFate::wrong));
    }
  }

  TEST_CASE("a legacy tariff is told key by key") {
    const auto keys = checked(
        "electricity_tariff:\n  tariff_type: g11\n  sc_component_pln_kwh: 0.0892\n"
        "  distribution_pricing:\n    g11:\n      type: static\n      price: 0.3125\n"
        "      note: one zone\n");
    CHECK(of(keys, "electricity_tariff.tariff_type").says == "tariff.name");
    CHECK(of(keys, "electricity_tariff.tariff_type").fate == KeyFate::mapped);
    CHECK(of(keys, "electricity_tariff.sc_component_pln_kwh").says == "tariff.component");
    CHECK(of(keys, "electricity_tariff.distribution_pricing.g11.price").says == "tariff.zones");
    CHECK(of(keys, "electricity_tariff.distribution_pricing.g11.note").fate == KeyFate::ignored);
    CHECK(of(keys, "electricity_tariff.distribution_pricing.g11.note").line == 8);
    const CheckedKey wrong =
        only("electricity_tariff:\n  distribution_pricing: {g11: {type: x}}\n");
    CHECK(wrong.fate == KeyFate::wrong);
    CHECK(wrong.line == 2);
  }

  TEST_CASE("the legacy inverter is spoken to over UDP, unless the file says otherwise") {
    const auto legacy = config::parse("inverter: {ip_address: 192.168.1.5, port: 8899}", "h.yaml");
    REQUIRE(legacy.has_value());
    CHECK(legacy->inverter.transport == inverter::Transport::udp);
    CHECK(legacy->inverter.host == "192.168.1.5");
    const auto tcp = config::parse("inverter: {ip_address: 192.168.1.5, transport: tcp}", "h.yaml");
    REQUIRE(tcp.has_value());
    CHECK(tcp->inverter.transport == inverter::Transport::tcp);
    CHECK_FALSE(config::parse("inverter: {ip_address: a, host: b}", "h.yaml").has_value());
  }

  TEST_CASE("a text that is no configuration at all is an error") {
    for (const char* text : {"- a\n- b\n", "{", "a: [1\n"}) {
      CAPTURE(text);
      CHECK_FALSE(config::check_keys(text, "house.yaml").has_value());
    }
  }
}
