// What a reload takes over while the daemon runs.
#include <atomic>
#include <nlohmann/json.hpp>

#include "coordinator/control/control.hpp"
#include "tests/daemon/lone_daemon.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// Hourly prices of the UTC day that holds at_s(0).
fb::PricesPublishedT today(std::int64_t price_e8) {
  fb::PricesPublishedT prices;
  prices.kind = fb::PriceKind::day_ahead;
  auto series = std::make_unique<fb::SeriesT>();
  series->start_us = to_us(at_s(0));
  series->step_s = 3600;
  series->values.assign(24, price_e8);
  prices.prices_e8.push_back(std::move(series));
  return prices;
}

}  // namespace

nlohmann::json changed(const std::string& key, const std::string& before, const std::string& after,
                       bool needs_restart) {
  return nlohmann::json::array(
      {{{"key", key}, {"before", before}, {"after", after}, {"needs_restart", needs_restart}}});
}

nlohmann::json asked(const std::filesystem::path& data, const std::string& verb, std::uint8_t id) {
  control::Request request;
  request.id.bytes[0] = id;
  request.verb = verb;
  request.args_json = "{}";
  const auto answer = control::ask(data, request);
  REQUIRE_MESSAGE(answer.has_value(), answer.error().line());
  return nlohmann::json::parse(*answer);
}

TEST_SUITE("daemon/reload") {
  TEST_CASE_FIXTURE(LoneDaemon,
                    "who asks for a reload is told what is taken over and what is not; the status "
                    "goes on saying it") {
    listen = true;
    config::Config fresh = config;
    daemon::DaemonOptions options;
    std::atomic<bool> readable = true;
    options.reload = [&]() -> Result<config::Config> { return fresh; };
    options.prices = [&](const config::Config&) -> Result<daemon::PriceFeed> {
      if (!readable) return fail(ErrorKind::not_found, "no prices at nowhere.csv");
      std::vector<fb::PricesPublishedT> days;
      days.push_back(today(40'000'000));
      return daemon::PriceFeed(std::move(days));
    };
    auto daemon = open(std::move(options));
    clock.slept = [&](int sleeps) {
      if (sleeps == 2) {
        fresh.control_mode = fb::ControlMode::advise;
        const auto taken = asked(home.path(), "reload", 1);
        CHECK(taken["prices"]["slots"] == 24);
        CHECK(taken["prices"]["from"] == utc_text(at_s(0)));
        CHECK(taken["prices"]["to"] == utc_text(at_s(86'400)));
        CHECK(taken["prices_trouble"].is_null());
        CHECK(taken["needs_restart"].empty());
        CHECK(taken["changed"] == changed("control.mode", "on", "advise", false));
      }
      if (sleeps == 4) {
        readable = false;
        fresh.inverter.unit = 7;
        const auto taken = asked(home.path(), "reload", 2);
        CHECK(taken["prices"].is_null());
        CHECK(taken["prices_trouble"] == "no prices at nowhere.csv");
        CHECK(taken["needs_restart"] == nlohmann::json{"inverter.unit"});
        // Of what the reload before took over nothing is told again.
        CHECK(taken["changed"] ==
              changed("inverter.unit", std::to_string(config.inverter.unit), "7", true));
      }
      if (sleeps == 6) {
        const auto status = asked(home.path(), "status", 3);
        CHECK(status["control_mode"] == "advise");
        REQUIRE(status["warnings"].size() >= 1);
        CHECK(status["warnings"].back() == "the prices were not read: no prices at nowhere.csv");
        readable = true;
        asked(home.path(), "reload", 4);
      }
      if (sleeps == 8) {
        const auto status = asked(home.path(), "status", 5);
        for (const auto& warning : status["warnings"])
          CHECK(warning.get<std::string>().find("prices") == std::string::npos);
        daemon->request_stop();
      }
    };
    REQUIRE(daemon->run(at_s(3'600)).has_value());
    REQUIRE(daemon->close(fb::StopCause::signal).has_value());
    CHECK(recorded(*daemon, Kind::PricesPublished).size() == 1);
  }

  TEST_CASE_FIXTURE(LoneDaemon,
                    "a configuration that contradicts the prices is not taken over at all") {
    daemon::DaemonOptions options;
    options.reload = [&]() -> Result<config::Config> {
      config::Config fresh = config;
      fresh.control_mode = fb::ControlMode::off;
      return fresh;
    };
    options.prices = [](const config::Config&) -> Result<daemon::PriceFeed> {
      return fail(ErrorKind::conflict, "the prices are in another currency");
    };
    auto daemon = open(std::move(options));
    clock.slept = [&](int sleeps) {
      if (sleeps == 2) daemon->request_reload();
      if (sleeps == 4) daemon->request_stop();
    };
    REQUIRE(daemon->run(at_s(3'600)).has_value());
    CHECK(daemon->journal().state().coordinator.control_mode == fb::ControlMode::on);
    REQUIRE(daemon->close(fb::StopCause::signal).has_value());
  }

  TEST_CASE_FIXTURE(LoneDaemon,
                    "a reload reads the prices anew; a file that cannot be read changes nothing") {
    bool readable = true;
    daemon::DaemonOptions options;
    options.reload = [&]() -> Result<config::Config> { return config; };
    options.prices = [&](const config::Config&) -> Result<daemon::PriceFeed> {
      if (!readable) return fail(ErrorKind::not_found, "no prices");
      std::vector<fb::PricesPublishedT> days;
      days.push_back(today(40'000'000));
      return daemon::PriceFeed(std::move(days));
    };
    auto daemon = open(std::move(options));
    clock.slept = [&](int sleeps) {
      if (sleeps == 2) daemon->request_reload();
      if (sleeps == 4) readable = false;
      if (sleeps == 4) daemon->request_reload();
      if (sleeps == 6) daemon->request_stop();
    };
    REQUIRE(daemon->run(at_s(3'600)).has_value());
    REQUIRE(daemon->close(fb::StopCause::signal).has_value());
    const auto published = recorded(*daemon, Kind::PricesPublished);
    REQUIRE(published.size() == 1);
    CHECK(published[0] == at_s(20));
    CHECK(fold::price_at(daemon->journal().state(), at_s(60))->market == PriceE8(40'000'000));
  }
}
