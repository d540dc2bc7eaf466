// The README's table is what people write by: it lists every key, and every key it lists is taken.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "coordinator/config/config.hpp"
#include "coordinator/config/keys.hpp"

using namespace wattledger;
using namespace wattledger::config;

namespace {

struct Row {
  std::string unit, fallback, range;
};

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" `");
  return first == std::string::npos ? ""
                                    : text.substr(first, text.find_last_not_of(" `") - first + 1);
}

// Rows `| key | unit | default | range | meaning |`.
std::map<std::string, Row> readme_rows() {
  std::ifstream readme(WATTLEDGER_CONFIG_DIR "/README.md");
  std::map<std::string, Row> rows;
  for (std::string line; std::getline(readme, line);) {
    if (line.rfind("| `", 0) != 0) continue;
    std::vector<std::string> cells;
    std::istringstream stream(line.substr(1));
    for (std::string cell; std::getline(stream, cell, '|');) cells.push_back(trimmed(cell));
    REQUIRE(cells.size() == 5);
    CHECK_MESSAGE(rows.emplace(cells[0], Row{cells[1], cells[2], cells[3]}).second, cells[0]);
    CHECK_MESSAGE(!cells[4].empty(), cells[0]);
  }
  return rows;
}

// "a.b.c: v" as YAML.
std::string as_yaml(const std::string& path, const std::string& value) {
  std::string yaml, indent;
  std::size_t from = 0;
  for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', from)) {
    yaml += indent + path.substr(from, dot - from) + ":\n";
    indent += "  ";
    from = dot + 1;
  }
  return yaml + indent + path.substr(from) + ": " + value + "\n";
}

}  // namespace

TEST_SUITE("config/readme") {
  TEST_CASE("the README lists every key with its unit, default and range") {
    auto rows = readme_rows();
    const Config defaults;
    for (const ScalarKey& key : scalar_keys()) {
      CAPTURE(key.path);
      REQUIRE(rows.count(key.path) == 1);
      CHECK(rows[key.path].unit == key.unit);
      CHECK(rows[key.path].fallback == key.show(defaults));
      CHECK(rows[key.path].range == key.range);
      rows.erase(key.path);
    }
    for (const std::string& field : zone_fields())
      CHECK(rows.erase("tariff.zones[]." + field) == 1);
    for (const std::string& field : component_fields())
      CHECK(rows.erase("tariff.components[]." + field) == 1);
    for (const std::string& field : receiver_fields()) CHECK(rows.erase("alerts[]." + field) == 1);
    CHECK(rows.erase("tariff.holidays") == 1);
    CHECK(rows.erase("changes.windows") == 1);
    for (const auto& [path, row] : rows) FAIL_CHECK("not a key: " << path);
  }

  TEST_CASE("every key that the README lists is accepted in a configuration") {
    for (const auto& [listed, row] : readme_rows()) {
      const std::string& path = listed;  // clang 14 captures no structured binding
      if (path.find("[].") != std::string::npos) continue;
      CAPTURE(path);
      std::string value = row.fallback.empty() ? "\"\"" : row.fallback;
      std::string yaml = as_yaml(path, value);
      if (path == "site.latitude" || path == "site.longitude")
        yaml = "site:\n  latitude: 1\n  longitude: 2\n";
      if (path == "inverter.device" || path == "inverter.baud")
        yaml = "inverter: {transport: serial, device: /dev/ttyUSB0, baud: 9600}";
      if (path == "prices.fixed") yaml = "prices: {fixed: 0}";
      if (path == "tariff.feed_in_price") yaml = "tariff: {feed_in: fixed, feed_in_price: 0}";
      const auto config = parse(yaml, "readme.yaml");
      if (!config) FAIL_CHECK(config.error().line());
    }
    CHECK(
        parse("tariff: {name: mine, zones: [{name: T1, months: 1-3, weekdays: mon, hours: 1-2, "
              "peak_hours: unknown, price: 1}], components: [{name: sc, price: 1}]}",
              "r.yaml"));
    CHECK(
        parse("alerts:\n"
              "  - {name: a, conditions: [disk_space, clock], command: logger x, least: info}\n"
              "  - {name: b, webhook: 'https://example.org/x', secret_file: t}\n"
              "  - {name: c, mqtt: 'mqtt://house@example.org:1883/a/b', secret_file: p}\n",
              "r.yaml"));
  }

  TEST_CASE("the example is accepted, names every section, and shows the defaults") {
    const std::filesystem::path file = WATTLEDGER_CONFIG_DIR "/example.yaml";
    const auto example = load(file);
    if (!example) FAIL(example.error().line());
    const std::set<std::string> not_defaults{"data", "inverter.host", "site.latitude",
                                             "site.longitude"};
    std::ifstream stream(file);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    const Config defaults;
    for (const ScalarKey& key : scalar_keys()) {
      CAPTURE(key.path);
      CHECK(text.find(key.path.substr(0, key.path.find('.')) + ":") != std::string::npos);
      if (not_defaults.count(key.path) == 0) CHECK(key.show(*example) == key.show(defaults));
    }
    CHECK(example->data == file.parent_path() / "wattledger-data");
    CHECK(text.find("# file: prices.csv") != std::string::npos);
  }
}
