// One key of a configuration set, all else as it was.
#include "replay/rollout/yaml_keys.hpp"

#include <doctest/doctest.h>

#include "replay/rollout/mode.hpp"

using namespace wattledger;
using namespace wattledger::tool;

namespace {

std::string set(const std::string& yaml, const char* path, const char* value) {
  const auto text = with_key(yaml, path, value);
  REQUIRE_MESSAGE(text.has_value(), text.error().line());
  return *text;
}

const std::string house =
    "# our house\n"
    "projections:\n"
    "  sqlite:\n"
    "    enabled: true  # Enable database\n"
    "    # schema: 4\n"
    "\n"
    "  json:   # for the old dashboard\n"
    "    enabled: false\n"
    "control:\n"
    "  enabled: no  # another one's\n";

}  // namespace

TEST_SUITE("rollout/yaml_keys") {
  TEST_CASE("a value changes, and not a byte beside it") {
    std::string expected = house;
    expected.replace(expected.find("true  #"), 4, "false");
    CHECK(set(house, "projections.sqlite.enabled", "false") == expected);
    CHECK(set(expected, "projections.sqlite.enabled", "true") == house);
    expected = house;
    expected.replace(expected.find("false\ncontrol"), 5, "true");
    CHECK(set(house, "projections.json.enabled", "true") == expected);
  }

  TEST_CASE("what is not there is added below the nearest section that is") {
    CHECK(set(house, "projections.sqlite.schema", "4")
              .find("  sqlite:\n    schema: 4\n    enabled") != std::string::npos);
    CHECK(set("data: x\n", "projections.json.enabled", "true") ==
          "data: x\nprojections:\n  json:\n    enabled: true\n");
    CHECK(set("a: 1\nprojections:\n  # nothing yet\nb: 2\n", "projections.json.enabled", "true") ==
          "a: 1\nprojections:\n  json:\n    enabled: true\n  # nothing yet\nb: 2\n");
    CHECK(set("a:\n", "a", "1") == "a: 1\n");
  }

  TEST_CASE("what stands in braces is left alone, and it is said what to write") {
    const auto refused = with_key("data: x\nprojections: {sqlite: {enabled: true}}\n",
                                  "projections.sqlite.enabled", "false");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().what.rfind("line 2 ", 0) == 0);
    CHECK(refused.error().remedy.find("projections.sqlite.enabled: false") != std::string::npos);
  }

  TEST_CASE("each mode is asked for, under the older system's keys where those stand there") {
    for (const Mode mode : {Mode::files, Mode::both, Mode::database}) {
      const auto ours = asking_for("site:\n  timezone: UTC\n", {mode, 4}, "house.yaml");
      REQUIRE(ours.has_value());
      const auto config = config::parse(*ours, "house.yaml");
      REQUIRE(config.has_value());
      CHECK(mode_of(*config) == mode);
      CHECK(config->sqlite.schema == 4);
    }
    const std::string theirs =
        "data_storage:\n  file_storage:\n    enabled: true\n  database_storage:\n    enabled: true "
        " "
        "# Enable database\n";
    const auto text = asking_for(theirs, {Mode::files, {}}, "house.yaml");
    REQUIRE_MESSAGE(text.has_value(), text.error().line());
    CHECK(text->find("enabled: false  # Enable database") != std::string::npos);
    CHECK(text->find("projections") == std::string::npos);
  }
}
