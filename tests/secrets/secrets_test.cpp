// What is secret stays so: planted in the environment and in files, used by a running daemon, and
// then looked for in everything that it and the tool said or wrote.
#include <sys/stat.h>

#include <cstdlib>
#include <map>

#include "tests/fetch/web_server.hpp"
#include "tests/simulation/real_house.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

const std::map<std::string, std::string> secrets = {
    {"webhook's address", "h00k-in-the-path"},     {"webhook's user", "h00k-pa55word"},
    {"webhook's token", "bearer-t0ken"},           {"broker's user", "mqtt-u5er"},
    {"broker's password", "mqtt-pa55word"},        {"command", "c0mmand-secret"},
    {"ENTSO-E's token", "ents0e-t0ken"},           {"mirror's password", "mirr0r-pa55word"},
    {"another mirror's", "0ther-mirr0r-pa55word"},
};
const std::string& secret(const char* of) { return secrets.at(of); }

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Everything that was said or written, by where.
class Witness {
 public:
  void heard(const std::string& where, const std::string& text) { said_.emplace_back(where, text); }
  std::size_t read_all(const std::filesystem::path& directory) {
    std::size_t files = 0;
    for (const auto& each : std::filesystem::recursive_directory_iterator(directory))
      if (each.is_regular_file() && ++files != 0) heard(each.path().string(), bytes_of(each));
    return files;
  }
  void finds_no(const std::string& what, const std::string& hidden) const {
    REQUIRE_FALSE(hidden.empty());
    for (const auto& each : said_) {
      const bool found = each.second.find(hidden) != std::string::npos;
      CHECK_MESSAGE(!found, what << " stands in " << each.first);
    }
  }
  [[nodiscard]] bool knows(const std::string& text) const {
    return std::any_of(said_.begin(), said_.end(), [&](const auto& each) {
      return each.second.find(text) != std::string::npos;
    });
  }

 private:
  std::vector<std::pair<std::string, std::string>> said_;
};

// A house whose every secret is in its place.
struct House {
  TemporaryDirectory home;
  WebServer server;
  std::filesystem::path data = home / "data";
  std::filesystem::path config;
  std::string backup_key;
  Witness witness;

  House() {
    const std::string origin = "127.0.0.1:" + std::to_string(server.port());
    keep("token", secret("webhook's token"));
    keep("password", secret("broker's password"));
    keep("entsoe", secret("ENTSO-E's token"));
    say("HOOK",
        "http://x:" + secret("webhook's user") + "@" + origin + "/" + secret("webhook's address"));
    say("BROKER_USER", secret("broker's user"));
    say("MIRROR", "http://x:" + secret("mirror's password") + "@" + origin);
    say("OTHER_MIRROR", "http://x:" + secret("another mirror's") + "@" + origin);
    const auto made = tool({"backup", "key", "new", (home / "backup.key").string()});
    REQUIRE_MESSAGE(made.code == 0, made.err);
    backup_key = bytes_of(home / "backup.key");
    REQUIRE(backup_key.size() > 40);
    backup_key = backup_key.substr(backup_key.size() - 24, 20);
  }

  void keep(const char* file, const std::string& text) {
    std::ofstream(home / file) << text << "\n";
    REQUIRE(::chmod((home / file).c_str(), 0600) == 0);
  }
  static void say(const std::string& variable, const std::string& value) {
    REQUIRE(::setenv(("WATTLEDGER_TEST_" + variable).c_str(), value.c_str(), 1) == 0);
  }
  void configure(std::uint16_t inverter, const std::string& mirror) {
    config = write_config(
        home.path(), inverter, "advise",
        "prices: {currency: EUR}\n"
        "sources: {prices: entsoe, bidding_zone: 10YPL-AREA-----S, entsoe_token_file: entsoe,\n"
        "          mirror: \"${WATTLEDGER_TEST_" +
            mirror +
            "}\"}\n"
            "tariff: {name: none, component: 0}\n"
            "backup: {key_file: backup.key}\n"
            "health: {disk_free_min_mb: 1000000}\n"
            "alerts:\n"
            "  - {name: hook, webhook: \"${WATTLEDGER_TEST_HOOK}\", secret_file: token}\n"
            "  - {name: broker, mqtt: \"mqtt://${WATTLEDGER_TEST_BROKER_USER}@127.0.0.1:1/a\",\n"
            "     secret_file: password}\n"
            "  - {name: run, command: \"echo " +
            secret("command") + "; exit 3\"}\n");
  }
  // How often the mirror was asked.
  [[nodiscard]] std::ptrdiff_t asked() const {
    const auto requests = server.requests();
    return std::count_if(requests.begin(), requests.end(),
                         [](const std::string& each) { return each.rfind("GET ", 0) == 0; });
  }
  // The tool with its configuration; what it says is remembered.
  Ran tool(std::vector<std::string> words) {
    if (!config.empty()) words.insert(words.begin(), {"--config", config.string()});
    std::string line = "wattledger";
    for (const std::string& word : words) line += " " + word;
    Ran ran = run(WATTLEDGER_TOOL, words);
    witness.heard("stdout of " + line, ran.out);
    witness.heard("stderr of " + line, ran.err);
    return ran;
  }
};

}  // namespace

TEST_SUITE("secrets") {
  TEST_CASE_FIXTURE(House, "no secret is printed, logged, projected, backed up or in an event") {
    simulator::House lived{{}, simulator::HouseYear::generate(1), wall_clock()};
    const auto inverter = simulator::ModbusServer::start(lived, 0);
    REQUIRE_MESSAGE(inverter.has_value(), inverter.error().line());
    configure((*inverter)->port(), "MIRROR");
    server.answers_with("/" + secret("webhook's address"), "503 Service Unavailable",
                        secret("webhook's token"));
    Program daemon(WATTLEDGERD, {"--config", config.string()}, home.path());
    REQUIRE(wait_for(daemon, data, Kind::AlertRaised));
    // What is asked and refused again and again becomes an outage in the log, and is shown.
    for (int round = 0; round < 5 && !daemon.ended(); ++round) {
      const std::ptrdiff_t before = asked();
      CHECK(tool({"inputs", "fetch"}).code == 0);
      while (asked() == before && !daemon.ended()) std::this_thread::yield();
    }
    REQUIRE(wait_for(daemon, data, Kind::SourceFailed));
    CHECK(tool({"config", "check", config.string()}).code == 0);
    CHECK(tool({"status"}).code == 0);
    CHECK(tool({"status", "--format", "json"}).code == 0);
    CHECK(tool({"alerts", "list"}).out.find("disk_space") != std::string::npos);
    CHECK(tool({"alerts", "test", "hook"}).code == 1);
    CHECK(tool({"alerts", "test", "broker"}).code == 1);
    CHECK(tool({"alerts", "test", "run"}).code == 1);
    configure((*inverter)->port(), "OTHER_MIRROR");
    const Ran reloaded = tool({"reload"});
    CHECK(reloaded.out.find("sources.mirror: (from the environment) -> (from the environment)") !=
          std::string::npos);
    CHECK(tool({"backup", "create", "--key-file", (home / "backup.key").string(), "--encrypt"})
              .code == 0);
    CHECK(tool({"log", "cat"}).code == 0);
    CHECK(tool({"log", "cat", "--format", "json"}).code == 0);
    CHECK(daemon.kill(SIGTERM) == 0);
    witness.heard("wattledgerd's stdout", daemon.out());
    witness.heard("wattledgerd's stderr", daemon.err());
    CHECK(witness.read_all(data) > 5);

    // They were used: else nothing was tried here.
    std::string sent;
    for (const std::string& request : server.requests()) sent += request;
    CHECK(sent.find("Authorization: Bearer " + secret("webhook's token")) != std::string::npos);
    CHECK(sent.find("securityToken=" + secret("ENTSO-E's token")) != std::string::npos);
    CHECK(witness.knows("alerts: hook was not told: the webhook answered HTTP 503"));
    CHECK(witness.knows("alerts: broker was not told"));
    CHECK(witness.knows("alerts: run was not told: the command ended with 3"));

    for (const auto& [what, hidden] : secrets) witness.finds_no(what, hidden);
    witness.finds_no("the backup's key", backup_key);
  }

  TEST_CASE_FIXTURE(House, "what is wrong with a secret is told without it") {
    configure(1, "MIRROR");
    std::filesystem::permissions(home / "token", std::filesystem::perms(0644));
    const Ran open = tool({"alerts", "test", "hook"});
    CHECK(open.code == 1);
    CHECK(open.out.find("chmod 600 " + (home / "token").string()) != std::string::npos);
    REQUIRE(::unsetenv("WATTLEDGER_TEST_HOOK") == 0);
    const Ran unset = tool({"alerts", "test", "hook"});
    CHECK(unset.code == 3);
    CHECK(unset.err.find("house.yaml:14: alerts[1].webhook: the environment variable "
                         "WATTLEDGER_TEST_HOOK is not set") != std::string::npos);
    for (const auto& [what, hidden] : secrets) witness.finds_no(what, hidden);
  }
}
