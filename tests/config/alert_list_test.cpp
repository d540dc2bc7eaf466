// Who is told of alerts, and what comes from the environment.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "coordinator/config/check.hpp"
#include "coordinator/config/config.hpp"
#include "coordinator/config/secrets.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::config;
using wattledger::testing::TemporaryDirectory;

namespace {

// A variable of the environment for one test; without a value it is not set.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    REQUIRE((value == nullptr ? ::unsetenv(name) : ::setenv(name, value, 1)) == 0);
  }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

struct Wrong {
  const char* name;
  const char* yaml;
  const char* line;  // of the error, to its end
};

const Wrong wrongs[] = {
    {"no list", "alerts: yes\n",
     "h.yaml:1: alerts is not a list of at most 16 receivers; write `- {name: phone, webhook: "
     "\"${ALERT_URL}\", least: critical}` below it"},
    {"no map", "alerts:\n  - phone\n",
     "h.yaml:2: alerts[1] is not one of the receivers; write `- {name: phone, webhook: "
     "\"${ALERT_URL}\", least: critical}`"},
    {"an unknown key", "alerts:\n  - {name: a, url: x}\n",
     "h.yaml:2: alerts[1].url is not a key of the configuration; known here: name, conditions, "
     "command, webhook, mqtt, secret_file, least"},
    {"a key twice", "alerts:\n  - name: a\n    name: b\n",
     "h.yaml:3: alerts[1].name is given twice; keep one of the two"},
    {"no name", "alerts:\n  - command: x\n",
     "h.yaml:2: alerts[1] has no name; give each receiver a name"},
    {"a name that is none", "alerts:\n  - {name: a b, command: x}\n",
     "h.yaml:2: alerts[1].name: \"a b\" is not a plain name; write at most 32 letters, digits, _ "
     "or -"},
    {"a name twice", "alerts:\n  - {name: a, command: x}\n  - {name: a, command: x}\n",
     "h.yaml:3: alerts[2].name: \"a\" is the name of another receiver; give each a name of its "
     "own"},
    {"an unknown condition",
     "alerts:\n  - {name: a, command: x, conditions: [clock, disc_space]}\n",
     "h.yaml:2: alerts[1].conditions: \"disc_space\" is no condition; did you mean "
     "\"disk_space\"?"},
    {"no conditions", "alerts:\n  - {name: a, command: x, conditions: []}\n",
     "h.yaml:2: alerts[1].conditions names none; name some, or remove the line for all"},
    {"an unknown severity", "alerts:\n  - {name: a, command: x, least: grave}\n",
     "h.yaml:2: alerts[1].least: \"grave\" is not one of its words; known here: info, warning, "
     "critical"},
    {"no way", "alerts:\n  - {name: a}\n",
     "h.yaml:2: alerts[1] says no way to tell it; give one of command, webhook and mqtt"},
    {"two ways", "alerts:\n  - {name: a, command: x, webhook: 'http://h/'}\n",
     "h.yaml:2: alerts[1] says more than one way; give one of command, webhook and mqtt"},
    {"no web address", "alerts:\n  - {name: a, webhook: example.org}\n",
     "h.yaml:2: alerts[1].webhook is no web address; write http:// or https:// and a host"},
    {"a broker without a topic", "alerts:\n  - {name: a, mqtt: 'mqtt://h/'}\n",
     "h.yaml:2: alerts[1].mqtt is no address of a broker with a topic; write mqtt://HOST/TOPIC, as "
     "mqtt://house@192.168.1.20:1883/wattledger/alerts"},
    {"a command's secret", "alerts:\n  - name: a\n    command: x\n    secret_file: t\n",
     "h.yaml:4: alerts[1].secret_file means nothing to a command; remove the line: a command reads "
     "its secrets by itself"},
    {"a password in the file", "alerts:\n  - {name: a, webhook: 'http://u:hush@h/'}\n",
     "h.yaml:2: alerts[1].webhook: a password stands in the address; take it from the environment, "
     "as ${NAME}, or from a file of mode 0600"},
    {"a token in the path",
     "alerts:\n  - {name: a, webhook: 'https://h/services/T02/xJb81kQzLm0pQw7sRt3u'}\n",
     "h.yaml:2: alerts[1].webhook: what looks like a token stands in the address; take it from the "
     "environment, as ${NAME}, or from a file of mode 0600"},
    {"a variable that is not set", "alerts:\n  - name: a\n    webhook: ${WATTLEDGER_TEST_NONE}\n",
     "h.yaml:3: alerts[1].webhook: the environment variable WATTLEDGER_TEST_NONE is not set; set "
     "it "
     "where the program is started (Environment= or EnvironmentFile= of a systemd unit)"},
    {"a variable with a default", "backup: {remote: '${HOME:-nas}:'}\n",
     "h.yaml:1: backup.remote: ${ is not followed by a variable's name and }; write ${NAME}, or "
     "$${ "
     "for "
     "${ itself"},
    {"a recorded key", "site:\n  name: ${HOME}\n",
     "h.yaml:2: site.name: ${ stands for the environment, which this key is not taken from: what "
     "it "
     "says is shown or recorded; write the value itself"},
};

}  // namespace

TEST_SUITE("config/alerts") {
  TEST_CASE("a token is told from a name that somebody thought up") {
    for (const char* address :
         {"https://h/x?Token=hush", "https://h/x?a=1&api_key=k#b", "https://h/p#secret=s",
          "https://api.h/bot7123456789:AAF-x1Zz_qRtBn3LkP0wVdYc8sEuHg5Ti/sendMessage",
          "https://h/hooks/550e8400-e29b-41d4-a716-446655440000",
          "https://h/Qw3rTyUiOp4sDfGhJkL1/alerts", "http://h?auth_token=hush"})
      CHECK_MESSAGE(holds_token(address), std::string(address));
    for (const char* address :
         {"https://example.org/x?a=1", "http://my-home-assistant-server-2.local:8123/api/webhook/",
          "https://ntfy.sh/wattledger-alerts-of-the-garden-house-2025", "mqtt://house@h:1883/a/b",
          "nas:xJb81kQzLm0pQw7sRt3u", "https://h/x?token=", "https://h/x?tokens=none",
          "mqtt://house@0123456789abcdef0123456789abcdef.s1.eu.hivemq.cloud:8883/alerts",
          "mqtt://192.168.1.20/homeassistant/sensor/wattledger_GW10K-ET_9010KETU227W0001/alert",
          "http://Raspberry-Pi-4-Wohnzimmer.local:8123/api/webhook/x",
          "http://nodered.local:1880/Wattledger-Alerts-Garden-House-2"})
      CHECK_MESSAGE(!holds_token(address), std::string(address));
  }

  TEST_CASE("receivers are read with all that they say") {
    const auto config = parse(
        "alerts:\n"
        "  - name: phone\n"
        "    webhook: https://example.org/x?a=1\n"
        "    secret_file: token\n"
        "    conditions: disk_space\n"
        "    least: critical\n"
        "  - {name: mail, command: 'mail -s \"${WATTLEDGER_ALERT}\" root'}\n"
        "  - {name: home, mqtt: 'mqtt://house@h:1883/a/b', least: info}\n",
        "/etc/h.yaml");
    REQUIRE_MESSAGE(config.has_value(), config.error().line());
    REQUIRE(config->alerts.size() == 3);
    const AlertReceiver phone{
        "phone",      {"disk_space"},        "", "https://example.org/x?a=1", "",
        "/etc/token", fb::Severity::critical};
    CHECK(config->alerts[0] == phone);
    CHECK(config->alerts[1].command == "mail -s \"${WATTLEDGER_ALERT}\" root");
    CHECK(config->alerts[1].least == fb::Severity::warning);
    CHECK(config->alerts[2].mqtt == "mqtt://house@h:1883/a/b");
    CHECK(config->from_environment.empty());
    CHECK(secret_paths(*config) ==
          std::vector<std::string>{"alerts[1].webhook", "alerts[2].command", "alerts[3].mqtt"});
    CHECK(parse("alerts:\n", "h.yaml")->alerts.empty());
    CHECK(parse("alerts: []\n", "h.yaml")->alerts.empty());
  }

  TEST_CASE("what is wrong is one line, with its place and what to do") {
    const Variable none("WATTLEDGER_TEST_NONE", nullptr);
    for (const Wrong& each : wrongs) {
      CAPTURE(each.name);
      const auto config = parse(each.yaml, "h.yaml");
      REQUIRE_FALSE(config.has_value());
      CHECK(config.error().line() == each.line);
      const auto checked = check_keys(each.yaml, "h.yaml");
      REQUIRE(checked.has_value());
      CHECK(std::count_if(checked->begin(), checked->end(),
                          [](const CheckedKey& key) { return key.fate == KeyFate::wrong; }) == 1);
    }
  }
}

TEST_SUITE("config/environment") {
  TEST_CASE("a key that is shown or recorded takes nothing from it") {
    const Variable set("WATTLEDGER_TEST_SET", "1");
    for (const char* key :
         {"data", "site.name", "inverter.host", "battery.capacity_kwh", "tariff.name"}) {
      CAPTURE(key);
      std::string yaml(key);
      const std::size_t dot = yaml.find('.');
      if (dot != std::string::npos) yaml.replace(dot, 1, ": {");
      yaml += ": \"${WATTLEDGER_TEST_SET}\"";
      const auto config = parse(yaml + (dot == std::string::npos ? "" : "}"), "h.yaml");
      REQUIRE_FALSE(config.has_value());
      CHECK(config.error().what.find("${ stands for the environment") != std::string::npos);
    }
  }

  TEST_CASE("a value takes what the environment says, alone or within a text") {
    const Variable user("WATTLEDGER_TEST_USER", "hush");
    const Variable port("WATTLEDGER_TEST_PORT", "1502");
    const auto config = parse(
        "backup: {key_file: \"${WATTLEDGER_TEST_USER}/key\", remote: \"nas:/a/$${b}\"}\n"
        "alerts:\n"
        "  - {name: a, webhook: \"https://x:${WATTLEDGER_TEST_USER}@h/${WATTLEDGER_TEST_PORT}\"}\n",
        "h.yaml");
    REQUIRE_MESSAGE(config.has_value(), config.error().line());
    CHECK(config->backup.key_file == "hush/key");
    CHECK(config->backup.remote == "nas:/a/${b}");
    CHECK(config->alerts.front().webhook == "https://x:hush@h/1502");
    CHECK(secret_paths(*config) ==
          std::vector<std::string>{"backup.key_file", "alerts[1].webhook"});
  }

  TEST_CASE("what came from it is shown nowhere: not by check, not as a change, not as an error") {
    const Variable secret("WATTLEDGER_TEST_HUSH", "http://u:hush@h");
    const Variable unfit("WATTLEDGER_TEST_UNFIT", "hush");
    const char* yaml =
        "sources: {mirror: \"${WATTLEDGER_TEST_HUSH}\"}\n"
        "tiers: {remote: \"${WATTLEDGER_TEST_UNFIT}\"}\n";
    const auto checked = check_keys(yaml, "h.yaml");
    REQUIRE(checked.has_value());
    REQUIRE(checked->size() == 2);
    CHECK((*checked)[0].fate == KeyFate::used);
    CHECK((*checked)[0].says == "(from the environment)");
    CHECK((*checked)[1].fate == KeyFate::wrong);
    CHECK((*checked)[1].says == "what ${WATTLEDGER_TEST_UNFIT} stands for does not fit");
    const auto wrong = parse(yaml, "h.yaml");
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error().line().find("hush") == std::string::npos);
    const auto hidden = parse("sources: {mirror: \"${WATTLEDGER_TEST_HUSH}\"}\n", "h.yaml");
    const auto without = parse("sources: {prices: none}\n", "h.yaml");
    REQUIRE((hidden && without));
    CHECK(differing_keys(*without, *hidden) ==
          std::vector<KeyChange>{{"sources.mirror", "", "(from the environment)"}});
  }

  TEST_CASE("of receivers that differ the numbers are told") {
    const auto one = parse("alerts:\n  - {name: a, command: x}\n", "h.yaml");
    const auto other = parse("alerts:\n  - {name: a, command: y}\n", "h.yaml");
    REQUIRE((one && other));
    CHECK(differing_keys(*one, *one).empty());
    CHECK(differing_keys(*one, *other) ==
          std::vector<KeyChange>{{"alerts", "1", "1, not the same"}});
  }

  TEST_CASE("who only looks at a house needs none of its daemon's variables") {
    const Variable none("WATTLEDGER_TEST_NONE", nullptr);
    const TemporaryDirectory home;
    const auto file = home / "house.yaml";
    std::ofstream(file) << "backup: {remote: '${WATTLEDGER_TEST_NONE}'}\nalerts:\n"
                           "  - {name: a, webhook: '${WATTLEDGER_TEST_NONE}'}\n";
    CHECK_FALSE(load(file).has_value());
    const auto looked = load_to_look(file);
    REQUIRE_MESSAGE(looked.has_value(), looked.error().line());
    CHECK(looked->backup.remote.empty());
    CHECK(looked->alerts.size() == 1);
    CHECK(looked->from_environment ==
          std::vector<std::string>{"backup.remote", "alerts[1].webhook"});
  }

  TEST_CASE("a variable that is empty is as one that is not set") {
    const Variable empty("WATTLEDGER_TEST_EMPTY", "");
    const auto config = parse("backup: {key_file: \"${WATTLEDGER_TEST_EMPTY}\"}\n", "h.yaml");
    REQUIRE_FALSE(config.has_value());
    CHECK(config.error().what ==
          "h.yaml:1: backup.key_file: the environment variable WATTLEDGER_TEST_EMPTY is empty");
  }
}

TEST_SUITE("config/secret file") {
  TEST_CASE("it is read where only its owner may read it; else the command mends it") {
    const TemporaryDirectory home;
    const auto file = home / "token";
    const auto none = read_secret(file);
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().kind == ErrorKind::not_found);
    std::ofstream(file) << "\n hush \nmore\n";
    for (const ::mode_t mode : {0644U, 0640U, 0604U, 0620U, 0601U}) {
      CAPTURE(mode);
      REQUIRE(::chmod(file.c_str(), mode) == 0);
      const auto open = read_secret(file);
      REQUIRE_FALSE(open.has_value());
      CHECK(open.error().line() ==
            file.string() + " may be read by others than its owner; chmod 600 " + file.string());
    }
    for (const ::mode_t mode : {0600U, 0400U}) {
      REQUIRE(::chmod(file.c_str(), mode) == 0);
      CHECK(read_secret(file) == std::string("hush"));
    }
    std::ofstream(file, std::ios::trunc) << " \n";
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
    const auto nothing = read_secret(file);
    REQUIRE_FALSE(nothing.has_value());
    CHECK(nothing.error().what == file.string() + " holds no secret");
    CHECK_FALSE(read_secret(home.path()).has_value());
  }
}
