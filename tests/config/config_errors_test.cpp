#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "coordinator/config/config.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::config;

namespace {

struct Wrong {
  std::string name;
  const char* yaml;
  const char* begins;  // of the error's line
  const char* holds;
};

const Wrong wrongs[] = {
    {"unknown section", "batery:\n  capacity_kwh: 5\n", "h.yaml:1: batery is not a key",
     "did you mean \"battery\"?"},
    {"unknown key", "battery:\n  capacity_kwh: 5\n  min_soc: 5\n",
     "h.yaml:3: battery.min_soc is not a key", "did you mean \"battery.min_soc_pct\"?"},
    {"right key, wrong section", "policy:\n  min_soc_pct: 5\n",
     "h.yaml:2: policy.min_soc_pct is not", "did you mean \"battery.min_soc_pct\"?"},
    {"nothing near", "zzzzzzzz: 1\n", "h.yaml:1: zzzzzzzz is not",
     "known here: data, environment, language, site"},
    {"dotted key", "battery.capacity_kwh: 5\n", "h.yaml:1: battery.capacity_kwh is not", ""},
    {"two levels", "projections:\n  sqlite:\n    enable: true\n",
     "h.yaml:3: projections.sqlite.enable is not", "\"projections.sqlite.enabled\""},
    {"duplicate key", "battery:\n  capacity_kwh: 5\n  capacity_kwh: 6\n",
     "h.yaml:3: battery.capacity_kwh is given twice", "line 2"},
    {"duplicate section", "site: {name: a}\ncontrol: {}\nsite: {name: b}\n",
     "h.yaml:3: site is given twice", "line 1"},
    {"text for a number", "battery:\n  capacity_kwh: big\n",
     "h.yaml:2: battery.capacity_kwh: \"big\" is not a number", "from 0.1 to 1000"},
    {"NaN", "battery: {capacity_kwh: .nan}",
     "h.yaml:1: battery.capacity_kwh: \".nan\" is not a number", ""},
    {"infinity", "policy: {max_charge_price: .inf}",
     "h.yaml:1: policy.max_charge_price: \".inf\" is not", ""},
    {"comma", "tariff: {component: \"0,08\"}",
     "h.yaml:1: tariff.component: \"0,08\" is not a number", ""},
    {"too many decimals", "tariff: {component: 0.123456789}", "h.yaml:1: tariff.component",
     "at most 8 decimals"},
    {"decimals of a whole number", "inverter: {port: 502.5}", "h.yaml:1: inverter.port",
     "write a whole number"},
    {"below range", "inverter: {port: 0}", "h.yaml:1: inverter.port: \"0\" is out of range",
     "1 to 65535"},
    {"above range", "inverter: {unit: 248}", "h.yaml:1: inverter.unit: \"248\" is out of range",
     "1 to 247"},
    {"far above", "inverter: {port: 99999999999999999999}", "h.yaml:1: inverter.port",
     "out of range"},
    {"list for a value", "inverter: {port: [502]}", "h.yaml:1: inverter.port holds a list", ""},
    {"value for a section", "battery: 10\n", "h.yaml:1: battery is a section, not a value", ""},
    {"no value", "site:\n  name:\ncontrol: {}\n", "h.yaml:2: site.name has no value",
     "remove the line"},
    {"quote left open", "data: d\nsite:\n  name: \"home\ncontrol:\n  mode: on\n",
     "h.yaml:3: not YAML: a quote is never closed", "close it"},
    {"single quote left open", "site:\n  name: 'mother''s\ncontrol:\n  mode: on\n",
     "h.yaml:2: not YAML: a quote is never closed", ""},
    {"quote left open in a key", "\"site:\n  name: home\n", "h.yaml:1: not YAML", ""},
    {"empty text", "site: {name: \"\"}", "h.yaml:1: site.name: \"\" is empty", ""},
    {"line break in a text", "site: {name: \"a\\nb\"}", "h.yaml:1: site.name",
     "control characters"},
    {"boolean for a mode", "control: {mode: true}",
     "h.yaml:1: control.mode: \"true\" is not one of", "advise"},
    {"mode misspelt", "control: {mode: advice}", "h.yaml:1: control.mode",
     "did you mean \"advise\"?"},
    {"yes for a boolean", "projections: {json: {enabled: yes}}",
     "h.yaml:1: projections.json.enabled", "false, true"},
    {"a fixed price and a file", "prices:\n  file: a.csv\n  fixed: 0.6\n",
     "h.yaml:3: prices.fixed: stands beside prices.file", "keep one of the two"},
    {"a fixed price and a source", "sources: {prices: pse}\nprices: {fixed: 0.6}\n",
     "h.yaml:2: prices.fixed: stands beside sources.prices", "keep one of the two"},
    {"unknown policy", "policy: {name: greedy}", "h.yaml:1: policy.name", "write cheapest"},
    {"unknown schema", "projections: {sqlite: {schema: 6}}", "h.yaml:1: projections.sqlite.schema",
     ""},
    {"a storage key in both words",
     "data_storage:\n  file_storage:\n    enabled: true\nprojections:\n  json:\n    enabled: "
     "true\n",
     "h.yaml:6: projections.json.enabled is given twice, first in line 3", ""},
    {"a storage key in both words, the other way round",
     "projections:\n  json:\n    enabled: true\ndata_storage:\n  file_storage:\n    enabled: "
     "true\n",
     "h.yaml:6: data_storage.file_storage.enabled and projections.json.enabled in line 3",
     "keep one"},
    {"a legacy path that hangs on the working directory",
     "data_storage: {database_storage: {sqlite: {path: data/goodwe_energy.db}}}",
     "h.yaml:1: data_storage.database_storage.sqlite.path: \"data/goodwe_energy.db\"",
     "write the whole path"},
    {"a legacy key misspelt", "data_storage: {file_storage: {enable: true}}",
     "h.yaml:1: data_storage.file_storage.enable is not a key",
     "data_storage.file_storage.enabled"},
    {"a legacy value", "data_storage: {file_storage: {enabled: maybe}}",
     "h.yaml:1: data_storage.file_storage.enabled: \"maybe\" is not one of", "false, true"},
    {"unknown level", "logging: {level: loud}", "h.yaml:1: logging.level", "trace, debug"},
    {"currency", "prices: {currency: zl}", "h.yaml:1: prices.currency", "PLN"},
    {"host", "inverter: {host: \"http://x\"}", "h.yaml:1: inverter.host", "not a host name"},
    {"unknown transport", "inverter: {transport: rtu}",
     "h.yaml:1: inverter.transport: \"rtu\" is not one of", "tcp"},
    {"serial without a device", "inverter:\n  transport: serial\n",
     "h.yaml:2: inverter.transport: serial, and no inverter.device", "/dev/ttyUSB0"},
    {"serial with a host",
     "inverter:\n  transport: serial\n  device: /dev/ttyUSB0\n  host: 10.0.0.2\n",
     "h.yaml:4: inverter.host: means nothing where inverter.transport is serial",
     "remove the line"},
    {"serial with a port", "inverter:\n  port: 502\n  device: /dev/ttyUSB0\n  transport: serial\n",
     "h.yaml:2: inverter.port: means nothing where inverter.transport is serial", "tcp or udp"},
    {"a device without serial", "inverter:\n  device: /dev/ttyUSB0\n",
     "h.yaml:2: inverter.device: means nothing where inverter.transport is tcp",
     "inverter.transport: serial"},
    {"a baud rate over UDP", "inverter: {transport: udp, baud: 9600}",
     "h.yaml:1: inverter.baud: means nothing where inverter.transport is udp", ""},
    {"a device that is no path", "inverter: {transport: serial, device: ttyUSB0}",
     "h.yaml:1: inverter.device: \"ttyUSB0\" is no whole path", "/dev/ttyUSB0"},
    {"a baud rate that no line has", "inverter: {transport: serial, device: /dev/x, baud: 9601}",
     "h.yaml:1: inverter.baud: \"9601\" is not one of its numbers", "4800, 9600, 19200"},
    {"unknown zone of time", "site:\n  name: x\n  timezone: Europe/Warsav\n",
     "h.yaml:3: site.timezone", "did you mean \"Europe/Warsaw\"?"},
    {"unknown tariff", "tariff: {name: g12v}", "h.yaml:1: tariff.name: \"g12v\" is not a tariff",
     "did you mean"},
    {"zones of a named tariff", "tariff:\n  name: g12\n  zones: [{name: T1, price: 1}]\n",
     "h.yaml:3: tariff.zones", "brings its own zones"},
    {"zones of the default tariff", "tariff: {zones: [{name: T1, price: 1}]}",
     "h.yaml:1: tariff.zones", "name of your own"},
    {"no zones", "tariff:\n  name: mine\n  zones: []\n",
     "h.yaml:3: tariff.zones is not a list of 1 to 32", ""},
    {"zone without price", "tariff: {name: m, zones: [{name: T1}]}",
     "h.yaml:1: tariff.zones[1] has no price", ""},
    {"zone's unknown field", "tariff: {name: m, zones: [{name: T1, prize: 1}]}",
     "h.yaml:1: tariff.zones[1].prize is not", "did you mean \"price\"?"},
    {"zone's field twice", "tariff: {name: m, zones: [{name: T1, name: T2, price: 1}]}",
     "h.yaml:1: tariff.zones[1].name is given twice", ""},
    {"zone's hours",
     "tariff: {name: m, zones: [{name: T1, price: 1}, {name: T2, price: 1, hours: 7-25}]}",
     "h.yaml:1: tariff.zones[2].hours \"7-25\" is not understood", "7-13"},
    {"a zone's peak hours", "tariff: {name: m, zones: [{name: T1, price: 1, peak_hours: 4}]}",
     "h.yaml:1: tariff.zones[1].peak_hours \"4\" is not understood", "unknown"},
    {"no zone for an unknown code",
     "tariff:\n  name: m\n  zones:\n    - {name: T1, price: 1, peak_hours: 0-3}\n",
     "h.yaml:4: tariff.zones: no zone holds while the peak-hours code is unknown", "unknown"},
    {"a range with holidays",
     "tariff: {name: m, zones: [{name: T1, price: 1, weekdays: sat-holiday}]}",
     "h.yaml:1: tariff.zones[1].weekdays \"sat-holiday\" is not understood", "holiday"},
    {"no components", "tariff:\n  components: {}\n",
     "h.yaml:2: tariff.components is not a list of 1 to 32 components", "excise"},
    {"component's unknown field", "tariff:\n  components:\n    - {name: a, prize: 1}\n",
     "h.yaml:3: tariff.components[1].prize is not", "did you mean \"price\"?"},
    {"component without name", "tariff:\n  components:\n    - {price: 1}\n",
     "h.yaml:3: tariff.components[1] has no name", ""},
    {"component's price",
     "tariff:\n  components:\n    - {name: a, price: 1}\n    - {name: b, price: "
     "\"0,1\"}\n",
     "h.yaml:4: tariff.components[2].price", "is not a price"},
    {"component's name", "tariff: {components: [{name: a b, price: 1}]}",
     "h.yaml:1: tariff.components[1].name \"a b\" is not a component's name", "16 letters"},
    {"components of one name", "tariff: {components: [{name: a, price: 1}, {name: a, price: 1}]}",
     "h.yaml:1: tariff.components[2].name \"a\" is the name of another part", ""},
    {"a component called final", "tariff: {components: [{name: final, price: 1}]}",
     "h.yaml:1: tariff.components[1].name \"final\" is the name of another part", ""},
    {"components beside a component",
     "tariff:\n  component: 0.1\n  components: [{name: a, price: 1}]\n",
     "h.yaml:3: tariff.components: stands beside tariff.component", "remove the line"},
    {"VAT in words", "tariff: {vat_pct: 23%}", "h.yaml:1: tariff.vat_pct: \"23%\" is not a number",
     "from 0 to 100"},
    {"unknown rule of feed-in", "tariff: {feed_in: marked}",
     "h.yaml:1: tariff.feed_in: \"marked\" is not one of its words", "did you mean \"market\"?"},
    {"fixed feed-in without price", "tariff:\n  feed_in: fixed\n",
     "h.yaml:2: tariff.feed_in: fixed, and no tariff.feed_in_price", ""},
    {"price of no fixed feed-in", "tariff:\n  feed_in_price: 0.2\n",
     "h.yaml:2: tariff.feed_in_price: means nothing where tariff.feed_in is not fixed", ""},
    {"holidays of nowhere", "tariff: {holidays: DE}",
     "h.yaml:1: tariff.holidays: \"DE\" is neither", "PL, none"},
    {"no day", "tariff:\n  holidays:\n    - PL\n    - 2026-02-29\n",
     "h.yaml:4: tariff.holidays: \"2026-02-29\" is neither PL nor a day", ""},
    {"a day with a time", "tariff: {holidays: [2026-05-04T00:00]}",
     "h.yaml:1: tariff.holidays: \"2026-05-04T00:00\"", ""},
    {"a day of another century", "tariff: {holidays: [1926-05-04]}",
     "h.yaml:1: tariff.holidays: \"1926-05-04\"", "2000 to 2099"},
    {"none among days", "tariff: {holidays: [none, 2026-05-04]}",
     "h.yaml:1: tariff.holidays: \"none\"", ""},
    {"no holidays at all", "tariff:\n  holidays: []\n", "h.yaml:2: tariff.holidays has no value",
     "PL, none"},
    {"min above target", "battery:\n  min_soc_pct: 90\n  target_soc_pct: 80\n",
     "h.yaml:3: battery.target_soc_pct",
     "battery.min_soc_pct (90) is not below battery.target_soc_pct (80)"},
    {"min above the default target", "battery:\n  min_soc_pct: 95\n",
     "h.yaml:2: battery.min_soc_pct", "battery.target_soc_pct (90)"},
    {"a sale that would begin below its floor",
     "policy: {name: tiered}\nselling:\n  enabled: true\n  floor_soc_pct: 80\n  start_soc_pct: "
     "50\n",
     "h.yaml:5: selling.start_soc_pct",
     "lower selling.floor_soc_pct or raise selling.start_soc_pct"},
    {"emergency not below min", "battery:\n  emergency_soc_pct: 10\n",
     "h.yaml:2: battery.emergency_soc_pct", ""},
    {"emergency above its target", "battery:\n  emergency_target_soc_pct: 4\n",
     "h.yaml:2: battery.emergency_target", ""},
    {"voltages crossed", "safety:\n  battery_voltage_min_v: 500\n",
     "h.yaml:2: safety.battery_voltage_min_v", ""},
    {"temperatures crossed", "safety: {battery_temperature_max_c: -21}",
     "h.yaml:1: safety.battery_temperature_max_c", ""},
    {"charging's temperatures crossed", "safety: {charge_temperature_max_c: -1}",
     "h.yaml:1: safety.charge_temperature_max_c", ""},
    {"grid crossed", "safety: {grid_voltage_min_v: 253}", "h.yaml:1: safety.grid_voltage_min_v",
     ""},
    {"stale before recorded", "safety: {stale_after_s: 60}", "h.yaml:1: safety.stale_after_s",
     "cadence.record_s"},
    {"polls rarer than records", "cadence: {poll_s: 90}", "h.yaml:1: cadence.poll_s",
     "cadence.record_s"},
    {"slots that do not fill an hour", "cadence: {slot_s: 700}", "h.yaml:1: cadence.slot_s", "900"},
    {"forced end within a slot", "safety: {forced_end_max_min: 14}",
     "h.yaml:1: safety.forced_end_max_min", "at least 15"},
    {"two sources of prices", "prices: {file: a.csv}\nsources: {prices: pse}",
     "h.yaml:2: sources.prices", "keep one of the two"},
    {"a source in another currency", "sources: {prices: awattar-at}", "h.yaml:1: sources.prices",
     "prices.currency to EUR"},
    {"a source without its zone", "prices: {currency: EUR}\nsources: {prices: energy-charts}",
     "h.yaml:2: sources.prices", "sources.bidding_zone, as PL"},
    {"ENTSO-E without a token", "sources: {prices: entsoe, bidding_zone: 10YPL-AREA-----S}",
     "h.yaml:1: sources.prices", "sources.entsoe_token_file"},
    {"weather of nowhere", "sources: {weather: open-meteo}", "h.yaml:1: sources.weather",
     "site.latitude"},
    {"a forecast for no panels",
     "site: {latitude: 1, longitude: 2}\nsources: {pv_forecast: forecast-solar}",
     "h.yaml:2: sources.pv_forecast", "pv.peak_power_w"},
    {"a source nobody knows", "sources: {prices: psee}", "h.yaml:1: sources.prices", "pse"},
    {"a mirror without a scheme", "sources: {mirror: localhost}", "h.yaml:1: sources.mirror",
     "http://"},
    {"a time of day without its zero", "backup: {at: \"2:00\"}", "h.yaml:1: backup.at",
     "two digits each"},
    {"a time of day that no day has", "backup: {at: \"24:00\"}", "h.yaml:1: backup.at",
     "\"02:00\""},
    {"a remote that is a directory", "backup: {remote: /mnt/nas}", "h.yaml:1: backup.remote",
     "a remote of rclone"},
    {"a remote that is an option", "tiers: {remote: \"-v:\"}", "h.yaml:1: tiers.remote",
     "a remote of rclone"},
    {"tiers crossed", "tiers: {hot_days: 90}", "h.yaml:1: tiers.hot_days", "lower tiers.hot_days"},
    {"cold before warm", "tiers:\n  cold_days: 90\n", "h.yaml:2: tiers.cold_days", "raise"},
    {"latitude alone", "site: {latitude: 52}", "h.yaml:1: site.latitude", "or neither"},
    {"empty", "", "h.yaml:1: the configuration is empty", "example.yaml"},
    {"comments only", "# nothing\n", "h.yaml:1: the configuration is empty", "example.yaml"},
    {"a word", "hello", "h.yaml:1: the configuration is not a list of sections", ""},
    {"a list", "- a\n", "h.yaml:1: the configuration is not a list of sections", ""},
    {"two documents", "data: a\n---\ndata: b\n", "h.yaml:2: the document has ended", ""},
    {"bracket too many", "data: x\n]\n", "h.yaml:2:", ""},
    {"tab", "site:\n\tname: x\n", "h.yaml:2: not YAML", "spaces"},
    {"open bracket", "site: {name: x\n", "h.yaml:", "not YAML"},
    {"a key that is a list", "[a, b]: 1\n", "h.yaml:1:", "not a word"},
    {"merge key", "site: &s {name: x}\ncontrol: {<<: *s}\n", "h.yaml:2: control.<< is not a key",
     ""},
    {"undefined alias", "site: *x\n", "h.yaml:1: not YAML", ""},
};

}  // namespace

TEST_SUITE("config/errors") {
  TEST_CASE("wrong input gets one clear line: file, line, the key's full path, and what to do") {
    for (const Wrong& wrong : wrongs) {
      CAPTURE(wrong.name);
      const auto result = parse(wrong.yaml, "h.yaml");
      REQUIRE_FALSE(result);
      const std::string line = result.error().line();
      CAPTURE(line);
      CHECK(line.rfind(wrong.begins, 0) == 0);
      CHECK(line.find(wrong.holds) != std::string::npos);
      CHECK(line.find('\n') == std::string::npos);
      CHECK_FALSE(result.error().remedy.empty());
      CHECK(result.error().kind == ErrorKind::invalid_input);
    }
  }

  TEST_CASE("files that are missing, directories, unreadable, binary or huge") {
    testing::TemporaryDirectory directory;
    const auto missing = load(directory / "none.yaml");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind == ErrorKind::not_found);
    CHECK(missing.error().line().find("none.yaml does not exist") != std::string::npos);

    const auto is_directory = load(directory.path());
    REQUIRE_FALSE(is_directory);
    CHECK(is_directory.error().what.find("is a directory") != std::string::npos);

    std::ofstream(directory / "binary.yaml", std::ios::binary) << std::string("a\0b", 3);
    const auto binary = load(directory / "binary.yaml");
    REQUIRE_FALSE(binary);
    CHECK(binary.error().what.find("binary") != std::string::npos);

    std::ofstream(directory / "huge.yaml") << std::string(3U << 20U, '#');
    const auto huge = load(directory / "huge.yaml");
    REQUIRE_FALSE(huge);
    CHECK(huge.error().what.find("1 MiB") != std::string::npos);

    const auto under_a_file = load(directory / "huge.yaml" / "x.yaml");
    REQUIRE_FALSE(under_a_file);

    std::ofstream(directory / "locked.yaml") << "data: x\n";
    ::chmod((directory / "locked.yaml").c_str(), 0);
    if (::geteuid() == 0) {
      MESSAGE("the superuser reads every file: the unreadable one is left out");
      return;
    }
    const auto locked = load(directory / "locked.yaml");
    REQUIRE_FALSE(locked);
    CHECK(locked.error().kind == ErrorKind::io);
  }

  TEST_CASE("an alias of aliases does not blow up") {
    std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 9; ++i) {
      const std::string before = "*a" + std::to_string(i - 1);
      yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
      for (int j = 0; j < 10; ++j) yaml += (j == 0 ? "" : ", ") + before;
      yaml += "]\n";
    }
    const auto result = parse(yaml, "h.yaml");
    REQUIRE_FALSE(result);
    CHECK(result.error().what.find("more levels or entries") != std::string::npos);
  }

  TEST_CASE("any text parses or is refused with its place, and never throws") {
    CHECK(rc::check("random text", [](const std::string& text) {
      const auto result = parse(text, "h.yaml");
      const bool sound = result.has_value() || result.error().what.rfind("h.yaml:", 0) == 0;
      RC_ASSERT(sound);
    }));
    CHECK(rc::check("random lines from our alphabet", [] {
      const auto pieces =
          *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
              "battery", ":", " ", "\n", "  ", "- ", "{", "}", "[", "]", "capacity_kwh", "5", "&a",
              "*a", "\"", "tariff", "zones", "name", ",", "|", ">", "!!int", "? ", "#", "---\n",
              "\t", "~"));
      std::string text;
      for (const std::string& piece : pieces) text += piece;
      const auto result = parse(text, "h.yaml");
      const bool sound = result.has_value() || result.error().what.rfind("h.yaml:", 0) == 0;
      RC_ASSERT(sound);
    }));
  }
}
