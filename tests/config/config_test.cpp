#include "coordinator/config/config.hpp"

#include <doctest/doctest.h>

#include "coordinator/config/keys.hpp"
#include "coordinator/sources/parse/decimal.hpp"

using namespace wattledger;
using namespace wattledger::config;

namespace {
Config parsed(const std::string& yaml) {
  const auto result = parse(yaml, "house.yaml");
  if (!result) FAIL(result.error().line());
  return *result;
}
}  // namespace

TEST_SUITE("config/parse") {
  TEST_CASE("what is not said keeps its default, and the default tariff brings its zones") {
    const Config config = parsed("environment: test\n");
    CHECK(config.data == "wattledger-data");
    CHECK(config.control_mode == fb::ControlMode::advise);
    CHECK(config.policy.battery_capacity == MilliwattHours(10'000'000));
    CHECK(config.policy.tariff == "g12");
    CHECK(config.policy.tariff_zones == fold::g12_zones());
    CHECK(config.policy.tariff_component == PriceE8(8'920'000));
  }

  TEST_CASE("decimals are exact and units are turned into ours") {
    const Config config = parsed(
        "battery: {capacity_kwh: 10.24, min_soc_pct: 12.5}\n"
        "policy: {max_charge_price: 0.29999999, horizon_h: 36}\n"
        "safety: {grid_voltage_max_v: 252.999}\n"
        "tariff: {component: -0.0892}\n"
        "inverter: {timeout_ms: 250}\n"
        "logging: {max_mb: 3}\n"
        "site: {latitude: 52.2297, longitude: -0.5}\n");
    CHECK(config.policy.battery_capacity == MilliwattHours(10'240'000));
    CHECK(config.policy.soc_min == BasisPoints(1'250));
    CHECK(config.policy.charge_price_max == PriceE8(29'999'999));
    CHECK(config.policy.horizon == std::chrono::hours(36));
    CHECK(config.policy.grid_voltage_max == Millivolts(252'999));
    CHECK(config.policy.tariff_component == PriceE8(-8'920'000));
    CHECK(config.inverter.timeout == std::chrono::milliseconds(250));
    CHECK(config.logging.max_bytes == 3U * 1024U * 1024U);
    CHECK(*config.site.latitude == doctest::Approx(52.2297));
    CHECK(*config.site.longitude == doctest::Approx(-0.5));
  }

  TEST_CASE(
      "the control mode is a word, plain or quoted, also where YAML 1.1 would see a boolean") {
    CHECK(parsed("control: {mode: off}").control_mode == fb::ControlMode::off);
    CHECK(parsed("control: {mode: on}").control_mode == fb::ControlMode::on);
    CHECK(parsed("control: {mode: \"off\"}").control_mode == fb::ControlMode::off);
    CHECK(parsed("control: {mode: 'on'}").control_mode == fb::ControlMode::on);
    CHECK(parsed("control: {mode: advise}").control_mode == fb::ControlMode::advise);
  }

  TEST_CASE("UDP has its own default port") {
    CHECK(parse("inverter: {transport: udp}", "h.yaml")->inverter.port == 8899);
    CHECK(parse("inverter: {port: 502, transport: udp}", "h.yaml")->inverter.port == 502);
    CHECK(parse("inverter: {transport: tcp}", "h.yaml")->inverter.port == 502);
    const auto serial =
        parse("inverter: {transport: serial, device: /dev/ttyUSB0, baud: 19200}", "h.yaml");
    REQUIRE(serial);
    CHECK(serial->inverter.device == "/dev/ttyUSB0");
    CHECK(serial->inverter.baud == 19'200);
    CHECK(differing_keys(*serial, parsed("environment: production")) ==
          std::vector<KeyChange>{{"inverter.transport", "serial", "tcp"},
                                 {"inverter.device", "/dev/ttyUSB0", ""},
                                 {"inverter.baud", "19200", "9600"}});
  }

  TEST_CASE("what differs in a tariff's lists is told by how many members they have") {
    const std::string zones =
        "tariff:\n  name: mine\n  zones:\n    - {name: a, price: 0.1, hours: [0-12]}\n";
    const Config one = parsed(zones + "    - {name: b, price: 0.2, hours: [12-0]}\n");
    const Config other = parsed(zones + "    - {name: b, price: 0.3, hours: [12-0]}\n");
    CHECK(differing_keys(one, other) ==
          std::vector<KeyChange>{{"tariff.zones", "2", "2, not the same"}});
    CHECK(differing_keys(one, one).empty());
    CHECK(differing_keys(parsed("tariff: {name: g11}"), parsed("tariff: {name: g12}")) ==
          std::vector<KeyChange>{{"tariff.name", "g11", "g12"}});
  }

  TEST_CASE("a language is given, or left to the environment of who asks") {
    CHECK_FALSE(parsed("site: {name: home}").language);
    CHECK(parsed("language: pl").language == fold::Language::polish);
    CHECK(parsed("language: en").language == fold::Language::english);
    const auto wrong = parse("language: polish", "h.yaml");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().line() ==
          "h.yaml:1: language: \"polish\" is no language of this program; write en or pl");
  }

  TEST_CASE("selling that the policy never asks for is told as without meaning") {
    CHECK(parsed("selling: {enabled: true}\npolicy: {name: cheapest}").without_meaning ==
          std::vector<std::string>{"selling.enabled"});
    CHECK(parsed("selling: {enabled: true}\npolicy: {name: tiered}").without_meaning.empty());
    CHECK(parsed("selling: {enabled: false}\npolicy: {name: cheapest}").without_meaning.empty());
  }

  TEST_CASE("a section with every line commented out says nothing") {
    CHECK(parsed("battery:\n  # capacity_kwh: 5\ncontrol:\n  mode: on\n").control_mode ==
          fb::ControlMode::on);
  }

  TEST_CASE("the currency of prices is the policy's currency") {
    const Config config = parsed("prices: {currency: EUR}");
    CHECK(config.prices.currency == "EUR");
    CHECK(config.policy.currency == "EUR");
  }

  TEST_CASE("relative paths are relative to the file's directory, absolute ones stay") {
    const auto config = parse(
        "data: state\nprices: {file: p.csv}\nprojections: {sqlite: {path: /srv/x.db}}\nlogging: "
        "{file: l.log}\n",
        "/etc/wattledger/house.yaml");
    REQUIRE(config);
    CHECK(config->data == "/etc/wattledger/state");
    CHECK(config->prices.file == "/etc/wattledger/p.csv");
    CHECK(config->sqlite.path == "/srv/x.db");
    CHECK(config->logging.file == "/etc/wattledger/l.log");
  }

  TEST_CASE("the legacy data_storage section gives the playbook's modes, its other keys nothing") {
    const auto full = parse(
        "data_storage:\n"
        "  file_storage:\n"
        "    enabled: true\n"
        "    energy_data_dir: \"/opt/goodwe/out/energy_data\"\n"
        "    state_dir: /opt/goodwe/out\n"
        "    retention_days: 7\n"
        "  database_storage:\n"
        "    enabled: false\n"
        "    sqlite:\n"
        "      path: /opt/goodwe/data/goodwe_energy.db\n"
        "      connection_pool_size: 5\n"
        "      timeout: 30.0\n"
        "      max_retries: 3\n"
        "      retry_delay: 0.1\n",
        "c.yaml");
    if (!full) FAIL(full.error().line());
    CHECK(full->json.enabled);
    CHECK(!full->sqlite.enabled);
    CHECK(full->sqlite.path == "/opt/goodwe/data/goodwe_energy.db");
    CHECK(full->without_meaning.size() == 7);
    CHECK(full->without_meaning.front() == "data_storage.file_storage.energy_data_dir");

    const auto database = parse(
        "data_storage: {file_storage: {enabled: false}, database_storage: {enabled: true}}", "c");
    REQUIRE(database);
    CHECK(!database->json.enabled);
    CHECK(database->sqlite.enabled);
    CHECK(database->without_meaning.empty());
    CHECK(parse("data_storage:\n", "c"));
  }

  TEST_CASE("Windows line ends, a byte order mark and comments do not matter") {
    CHECK(parsed("\xEF\xBB\xBF# a comment\r\ncontrol:\r\n  mode: off\r\n").control_mode ==
          fb::ControlMode::off);
  }

  TEST_CASE("what was parsed is a policy that its canonical text gives back") {
    const Config config = parsed(
        "tariff:\n  name: mine\n  zones:\n    - {name: T1, months: 10-3, weekdays: mon-fri, hours: "
        "[7-13, 15-22], "
        "price: 0.3566}\n    - {name: T2, price: 0.0749}\nbattery: {capacity_kwh: 7.7}\n");
    const auto back = fold::parse_policy(fold::render_policy(config.policy));
    REQUIRE(back);
    CHECK(*back == config.policy);
  }

  TEST_CASE("every number is taken at both ends of its range and refused beyond") {
    for (const ScalarKey& key : scalar_keys()) {
      const std::size_t to = key.range.find(" to ");
      if (to == std::string::npos) continue;
      CAPTURE(key.path);
      const std::string low = key.range.substr(0, to);
      const std::string high = key.range.substr(to + 4);
      for (const std::string& end : {low, high}) {
        Config config;
        CHECK(key.take(end, config));
        CHECK(key.show(config) == end);
      }
      Config config;
      CHECK_FALSE(key.take(high + "0000", config));
      CHECK_FALSE(key.take(low.front() == '-' ? low + "0000" : "-1", config));
      CHECK(key.show(config) == key.show(Config()));
    }
  }

  TEST_CASE("whatever is accepted is a policy that its canonical text gives back") {
    std::size_t accepted = 0;
    for (const ScalarKey& key : scalar_keys()) {
      const std::size_t to = key.range.find(" to ");
      const std::size_t dot = key.path.find('.');
      if (to == std::string::npos || key.path.find('.', dot + 1) != std::string::npos) continue;
      for (const std::string& end : {key.range.substr(0, to), key.range.substr(to + 4)}) {
        const auto config =
            parse(key.path.substr(0, dot) + ": {" + key.path.substr(dot + 1) + ": " + end + "}",
                  "e.yaml");
        if (!config) continue;  // some ends cross another key's default
        CAPTURE(key.path);
        CAPTURE(end);
        const auto back = fold::parse_policy(fold::render_policy(config->policy));
        REQUIRE(back);
        CHECK(*back == config->policy);
        ++accepted;
      }
    }
    CHECK(accepted > 40);
  }
}

TEST_SUITE("config/decimal") {
  using sources::decimal_text;
  using sources::DecimalTrouble;
  using sources::Digits;
  using sources::parse_decimal;

  TEST_CASE("text becomes the exact count") {
    struct Row {
      std::string text;
      int places;
      std::int64_t count;
    };
    for (const Row& row : {Row{"0.0892", 8, 8'920'000},
                           {"-12.5", 2, -1'250},
                           {"3", 0, 3},
                           {".5", 1, 5},
                           {"5.", 1, 50},
                           {"+0.10", 1, 1},
                           {"1e-3", 3, 1},
                           {"1.25E2", 0, 125},
                           {"000", 3, 0},
                           {"-0", 3, 0},
                           {"0.1000000000000000000000", 1, 1},
                           {"0e30", 0, 0}}) {
      CAPTURE(row.text);
      const auto decimal = parse_decimal(row.text, row.places);
      CHECK(!decimal.trouble);
      CHECK(decimal.count == row.count);
    }
  }

  TEST_CASE("what is no number, has too many digits or is too large says so") {
    for (const std::string text : {"", "-", ".", "1.2.3", "NaN", "nan", "inf", "0x10", "1,5", " 1",
                                   "1 ", "1e", "1e99", "--1"}) {
      CAPTURE(text);
      CHECK(parse_decimal(text, 3).trouble == DecimalTrouble::not_a_number);
    }
    CHECK(parse_decimal("0.0001", 3).trouble == DecimalTrouble::too_many_digits);
    CHECK(parse_decimal("1e-9", 3).trouble == DecimalTrouble::too_many_digits);
    CHECK(parse_decimal("9223372036854775808", 0).trouble == DecimalTrouble::too_large);
    CHECK(parse_decimal("1e30", 8).trouble == DecimalTrouble::too_large);
  }

  TEST_CASE("rounding is half away from zero") {
    CHECK(parse_decimal("0.0015", 3, Digits::rounded).count == 2);
    CHECK(parse_decimal("-0.0015", 3, Digits::rounded).count == -2);
    CHECK(parse_decimal("0.00149999", 3, Digits::rounded).count == 1);
    CHECK(parse_decimal("5e-4", 3, Digits::rounded).count == 1);
    CHECK(parse_decimal("5e-9", 3, Digits::rounded).count == 0);
  }

  TEST_CASE("counts become the shortest text") {
    CHECK(decimal_text(0, 0) == "0");
    CHECK(decimal_text(0, 8) == "0");
    CHECK(decimal_text(-1, 8) == "-0.00000001");
    CHECK(decimal_text(12'500, 3) == "12.5");
    CHECK(decimal_text(1'000, 3) == "1");
    CHECK(decimal_text(-100, 0) == "-100");
    CHECK(decimal_text(120, 1) == "12");
  }
}
