// wattledger health, and the health that other verbs tell.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "coordinator/control/control.hpp"
#include "coordinator/control/health_json.hpp"
#include "replay/house/health_here.hpp"
#include "tests/replay/house_log.hpp"
#include "tests/replay/tool.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using health::Health;
using std::chrono::seconds;

namespace {

nlohmann::json item(const nlohmann::json& report, const std::string& name) {
  for (const auto& each : report["items"])
    if (each["name"] == name) return each;
  FAIL("no item " << name);
  return {};
}

// Ages that the tool tells are by the computer's clock.
UtcTime tool_now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

tool::HealthHere example() {
  tool::HealthHere here;
  here.zone = ZoneOffsets({{at_s(-86'400), seconds(7'200)}});
  here.report.at = at_s(60);
  here.report.overall = Health::degraded;
  here.report.items = {{"daemon", Health::ok, "runs since 2 d 4 h, control on", ""},
                       {"disk", Health::degraded, "900 MiB free of at least 1000 MiB",
                        "free space, or move the data directory to a larger disk"}};
  here.report.figures.up = seconds(2'591'000);
  here.report.figures.span = seconds(2'592'000);
  here.report.figures.backups = 30;
  here.report.figures.backups_ok = 29;
  health::Measured measured;
  measured.at = at_s(0);
  measured.resident_bytes = 50U << 20U;
  measured.anonymous_bytes = 30U << 20U;
  measured.cpu_ms = 36'000;
  measured.bytes_written = 4U << 20U;
  measured.commit_p50_us = 1'023;
  measured.commit_p99_us = 8'191;
  measured.poll_p99_ms = 63;
  measured.register_writes_today = 9;
  measured.uptime_s = 3'600;
  here.report.figures.measured = measured;
  return here;
}

}  // namespace

TEST_SUITE("replay/health") {
  TEST_CASE("the table is aligned, a remedy stands under what it is for, the figures below") {
    CHECK(tool::health_table(example(), at_s(90), false) ==
          "health degraded, 2025-10-01 02:01:00+02:00\n"
          "\n"
          "daemon  ok        runs since 2 d 4 h, control on\n"
          "disk    degraded  900 MiB free of at least 1000 MiB\n"
          "                  -> free space, or move the data directory to a larger disk\n"
          "\n"
          "Uptime       99.96 % of 30 d 0 h\n"
          "Backups      96.66 % (29 of 30 in 30 days)\n"
          "Measured     2025-10-01 02:00:00+02:00 (1 min ago)\n"
          "             50.0 MiB resident, 30.0 MiB its own, 1.00 % CPU, 96.0 MiB written a day\n"
          "             commit p50 1023 us, p99 8191 us, poll p99 63 ms, 9 register writes that "
          "day, running for 1 h 0 min");
  }

  TEST_CASE("colour is a terminal's alone, and of the states") {
    const std::string plain = tool::health_table(example(), at_s(90), false);
    const std::string coloured = tool::health_table(example(), at_s(90), true);
    CHECK(plain.find('\033') == std::string::npos);
    CHECK(coloured.find("disk    \033[33mdegraded\033[0m  900 MiB") != std::string::npos);
    CHECK(coloured.find("daemon  \033[32mok      \033[0m  runs") != std::string::npos);
    HouseDirectory house;
    house.begin();
    house.close();
    CHECK(on(house, {"health"}).out.find('\033') == std::string::npos);
  }

  TEST_CASE("without a daemon the log is judged, and the first thing told is that none runs") {
    HouseDirectory house;
    house.begin();
    house.reading(60);
    house.close();
    const ToolRun run = on(house, {"--format", "json", "health"});
    CHECK(run.code == 1);
    const auto report = nlohmann::json::parse(run.out);
    CHECK(report["overall"] == "failed");
    CHECK(report["every_s"].is_null());
    CHECK(item(report, "daemon")["detail"] == "does not run");
    CHECK(item(report, "daemon")["remedy"] == "start wattledgerd");
    CHECK(item(report, "log")["state"] == "ok");
    CHECK(item(report, "disk")["detail"].get<std::string>().find(" free") != std::string::npos);
    CHECK(item(report, "memory")["detail"] == "unknown");
    const ToolRun text = on(house, {"health"});
    CHECK(text.code == 1);
    CHECK(text.lines().at(2).find("daemon       failed    does not run") == 0);
    CHECK(text.err.empty());
  }

  TEST_CASE("a health.json that nobody refreshes is said to be stale") {
    HouseDirectory house;
    house.begin();
    house.close();
    CHECK(on(house, {"health"}).out.find("health.json") == std::string::npos);
    health::HealthReport old;
    old.at = at_s(60);
    std::ofstream(house.data() / "health.json")
        << control::health_json(old, ZoneOffsets(), seconds(30));
    CHECK(on(house, {"health"}).lines().back() ==
          "health.json is of 2025-10-01 02:01:00+02:00 and is not refreshed: it says nothing of "
          "now");
    std::ofstream(house.data() / "health.json") << "half of a";
    CHECK(on(house, {"health"}).out.find("health.json") == std::string::npos);
  }

  TEST_CASE("where there is no log health cannot be told") {
    const TemporaryDirectory nothing;
    const ToolRun run = run_tool({"--data", nothing.path().string(), "health"});
    CHECK(run.code == 3);
    CHECK(run.one_error_line());
  }

  TEST_CASE("what a daemon says is told as it says it, unless it is old: then its loop hangs") {
    HouseDirectory house;
    house.begin();
    health::HealthReport report;
    report.items = {{"daemon", Health::ok, "runs since 5 min, control on", ""}};
    const auto ask = [&](UtcTime at) {
      report.at = at;
      const std::string json = control::health_json(report, ZoneOffsets(), seconds(30));
      auto server = control::Server::start(house.data(), "",
                                           [&](const control::Request&) -> Result<std::string> {
                                             return R"({"health":)" + json + "}";
                                           });
      REQUIRE_MESSAGE(server.has_value(), server.error().line());
      return on(house, {"--format", "json", "health"});
    };
    const ToolRun fresh = ask(tool_now());
    CHECK(fresh.code == 0);
    CHECK(nlohmann::json::parse(fresh.out)["overall"] == "ok");
    const ToolRun old = ask(tool_now() - std::chrono::minutes(10));
    CHECK(old.code == 1);
    const auto told = nlohmann::json::parse(old.out);
    CHECK(told["overall"] == "failed");
    CHECK(item(told, "daemon")["detail"] == "its last report is of 10 min ago");
  }

  TEST_CASE(
      "--watch looks again after each pause until it is told to end, and ends as it last saw") {
    std::vector<tool::Exit> seen{tool::Exit::findings, tool::Exit::findings, tool::Exit::done};
    std::size_t looks = 0;
    std::size_t pauses = 0;
    const auto look = [&] { return seen.at(looks++); };
    const auto pause = [&] { return ++pauses < seen.size(); };
    CHECK(tool::watch_health(look, pause, false) == tool::Exit::done);
    CHECK(looks == 3);
    CHECK(pauses == 3);
  }

  TEST_CASE("the status has one line of it, the worst") {
    HouseDirectory house;
    house.begin();
    house.close();
    const ToolRun status = on(house, {"status"});
    CHECK(status.out.find("\nHealth       failed: daemon: does not run; start wattledgerd (and ") !=
          std::string::npos);
    const auto json = nlohmann::json::parse(on(house, {"--format", "json", "status"}).out);
    CHECK(json["health"]["overall"] == "failed");
  }

  TEST_CASE("a verification leaves a trace where it is asked to, and health finds it") {
    HouseDirectory house;
    house.begin();
    house.close();
    CHECK(on(house, {"log", "verify"}).code == 0);
    const auto verify = [&] {
      return item(nlohmann::json::parse(on(house, {"--format", "json", "health"}).out), "verify");
    };
    CHECK(verify()["detail"] == "never");
    const ToolRun run = on(house, {"log", "verify", "--deep", "--record"});
    CHECK(run.code == 0);
    CHECK(run.lines().back() == "recorded as 6");
    CHECK(verify()["state"] == "ok");
    CHECK(verify()["detail"].get<std::string>().find("log verify, ") == 0);
    const ToolRun part = on(house, {"log", "verify", "--since", "3", "--record"});
    CHECK(part.code == 2);
    CHECK(part.one_error_line());
  }
}
