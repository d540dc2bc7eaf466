// Health, readiness and safe mode of the real programs on a house that keeps running.
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/simulation/real_house.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using nlohmann::json;

namespace {

// A service manager's socket, in the environment of who is started meanwhile.
class ServiceManager {
 public:
  explicit ServiceManager(const std::filesystem::path& path)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.string().size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.string().size());
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "60000000", 1);
  }
  ~ServiceManager() {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::close(fd_);
  }
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;
  // All that came, each in a line of its own.
  std::string heard() const {
    std::string all = "\n";
    char text[4'096];
    for (ssize_t n = 0; (n = ::recv(fd_, text, sizeof text, 0)) >= 0;)
      all += std::string(text, static_cast<std::size_t>(n)) + "\n";
    return all;
  }

 private:
  const int fd_;
};

json item(const json& report, const std::string& name) {
  for (const json& each : report["items"])
    if (each["name"] == name) return each;
  FAIL("no item " << name);
  return {};
}

json health(const std::filesystem::path& data) {
  const Ran ran = run(WATTLEDGER_TOOL, {"--data", data.string(), "--format", "json", "health"});
  CHECK(ran.err.empty());
  json report = json::parse(ran.out);
  CHECK(ran.code == (report["overall"] == "ok" ? 0 : 1));
  const Ran restarter = run(
      WATTLEDGER_TOOL, {"--data", data.string(), "--format", "json", "health", "--allow-degraded"});
  CHECK(restarter.code == (json::parse(restarter.out)["overall"] == "failed" ? 1 : 0));
  return report;
}

}  // namespace

TEST_SUITE("simulation/health") {
  TEST_CASE(
      "a house that runs is well, tells its service manager and says the same in its file; of one "
      "that was killed the tool says that first") {
    const MemoryDirectory home;
    simulator::House house({}, simulator::HouseYear::generate(1), wall_clock());
    const auto server = std::move(*simulator::ModbusServer::start(house, 0));
    const auto config = write_config(home.path(), server->port(), "advise",
                                     "prices: {fixed: 0.5}\nhealth: {disk_free_min_mb: 0}\n");
    const auto data = home / "data";
    const ServiceManager manager(home / "notify");
    {
      Program daemon(WATTLEDGERD, {"--config", config.string()});
      REQUIRE_MESSAGE(wait_for(daemon, data, Kind::ReadingRecorded), daemon.err());
      json report = health(data);
      while (item(report, "inverter")["state"] != "ok" && !daemon.ended()) report = health(data);
      // Of the rest (disk, memory) this machine has its say.
      for (const char* name : {"daemon", "log", "projections", "inverter", "sources", "map",
                               "clock", "backup", "drill", "verify"}) {
        CAPTURE(item(report, name).dump());
        CHECK(item(report, name)["state"] == "ok");
      }
      std::ifstream file(data / "health.json");
      std::ostringstream text;
      text << file.rdbuf();
      const json written = json::parse(text.str());
      CHECK(written["items"].size() == report["items"].size());
      CHECK(written["every_s"] == 30);
      const std::string heard = manager.heard();
      CHECK(heard.find("\nREADY=1\n") != std::string::npos);
      CHECK(heard.find("\nSTATUS=control advise") != std::string::npos);
      CHECK(heard.find("\nWATCHDOG=1\n") > heard.find("\nREADY=1\n"));
      daemon.kill(SIGKILL);
    }
    CHECK(manager.heard().find("STOPPING") == std::string::npos);
    const json report = health(data);
    CHECK(report["overall"] == "failed");
    CHECK(item(report, "daemon")["detail"] == "does not run");
    CHECK(item(report, "log")["state"] == "ok");
  }

  TEST_CASE("a drill in a house's first minute compares its files, and finds no difference") {
    const MemoryDirectory home;
    simulator::House house({}, simulator::HouseYear::generate(1), wall_clock());
    const auto server = std::move(*simulator::ModbusServer::start(house, 0));
    const auto config = write_config(home.path(), server->port(), "advise",
                                     "projections: {json: {enabled: true}}\n");
    const auto data = home / "data";
    Program daemon(WATTLEDGERD, {"--config", config.string()});
    REQUIRE_MESSAGE(wait_for(daemon, data, Kind::ReadingRecorded), daemon.err());
    const auto tool = [&](std::vector<std::string> words) {
      words.insert(words.begin(), {"--config", config.string(), "backup"});
      return run(WATTLEDGER_TOOL, words);
    };
    REQUIRE(tool({"create"}).code == 0);
    const Ran drill = tool({"drill"});
    CHECK_MESSAGE(drill.code == 0, drill.out << drill.err);
    CHECK(drill.out.find("json built from it and compared") != std::string::npos);
    std::filesystem::remove_all(data / "out");
    const Ran without = tool({"drill"});
    CHECK(without.code == 1);
    CHECK_MESSAGE(without.out.find(".wattledger-manifest.json is not there") != std::string::npos,
                  without.out << without.err);
  }

  TEST_CASE("in safe mode control stays off, and reload says why") {
    const MemoryDirectory home;
    simulator::House house({}, simulator::HouseYear::generate(1), wall_clock());
    const auto server = std::move(*simulator::ModbusServer::start(house, 0));
    const auto config = write_config(home.path(), server->port(), "on");
    const auto data = home / "data";
    Program daemon(WATTLEDGERD, {"--config", config.string(), "--safe-mode"});
    REQUIRE_MESSAGE(wait_for(daemon, data, Kind::ReadingRecorded), daemon.err());
    const Ran reload = run(WATTLEDGER_TOOL, {"--data", data.string(), "reload"});
    CHECK(reload.code == 1);
    CHECK(reload.err.find("safe mode: control is off") != std::string::npos);
    const Ran status =
        run(WATTLEDGER_TOOL, {"--data", data.string(), "--format", "json", "status"});
    CHECK(json::parse(status.out)["control_mode"] == "off");
    CHECK(item(health(data), "daemon")["detail"].get<std::string>().find("safe mode") !=
          std::string::npos);
    const Ran wish = run(WATTLEDGER_TOOL, {"--data", data.string(), "override", "charge"});
    CHECK(wish.err.find("start wattledgerd without --safe-mode") != std::string::npos);
    CHECK(wish.err.find("set control.mode") == std::string::npos);
    REQUIRE_MESSAGE(daemon.kill(SIGTERM) == 0, daemon.err());
    CHECK(count(data, Kind::DecisionMade) == 0);
    CHECK(count(data, Kind::CommandIssued) == 0);
  }
}
