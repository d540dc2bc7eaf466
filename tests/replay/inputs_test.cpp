#include <doctest/doctest.h>

#include <fstream>

#include "tests/fetch/web_server.hpp"
#include "tests/replay/house_log.hpp"
#include "tests/replay/tool.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

fb::PricesPublishedT day_prices(std::int64_t start_second, std::int64_t price) {
  fb::PricesPublishedT fact;
  fact.provider = "pse";
  fact.kind = fb::PriceKind::day_ahead;
  fact.currency = "PLN";
  auto series = std::make_unique<fb::SeriesT>();
  series->start_us = to_us(at_s(start_second));
  series->step_s = 900;
  series->values.assign(96, price);
  fact.prices_e8.push_back(std::move(series));
  return fact;
}

// The log's first day is 1 October 2025 in Warsaw, which began at 22:00 UTC.
constexpr std::int64_t today = -2 * 3'600;
constexpr std::int64_t tomorrow = today + 24 * 3'600;

std::string found(const ToolRun& run, const std::string& begin) {
  for (const std::string& line : run.lines())
    if (line.find(begin) != std::string::npos) return line;
  return "";
}

// A web in the place of every source's, and a configuration that asks it for IMGW's weather.
struct Web {
  Web() {
    std::ofstream(home.path() / "house.yaml")
        << "data: " << (home.path() / "data").string()
        << "\nsources: {station: warszawa, mirror: \"" << server.url("") << "\"}\n";
    server.answers_with("/api/data/synop/station/warszawa", "200 OK",
                        R"({"id_stacji":"12375","stacja":"Warszawa","data_pomiaru":"2025-11-29",)"
                        R"("godzina_pomiaru":"6","temperatura":"-1.5","predkosc_wiatru":"3",)"
                        R"("kierunek_wiatru":"180","wilgotnosc_wzgledna":"91.2","suma_opadu":"0",)"
                        R"("cisnienie":null})");
  }
  [[nodiscard]] ToolRun run(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--config", (home.path() / "house.yaml").string()});
    return run_tool(words, home.path());
  }
  MemoryDirectory home;
  WebServer server;
};

}  // namespace

TEST_SUITE("replay/inputs") {
  TEST_CASE("what was known at a moment is what had been recorded by then") {
    HouseDirectory house;
    house.begin();  // prices of its own from 1 October, 00:00 UTC
    house.add(3'600, day_prices(today, 50'000'000));
    house.add(39'600, day_prices(tomorrow, 60'000'000));
    fb::SourceFailedT failed;
    failed.provider = "imgw";
    failed.trouble = fb::SourceTrouble::timed_out;
    failed.detail = "no answer";
    house.add(39'700, std::move(failed));
    house.add(43'200, day_prices(tomorrow, 70'000'000));
    fb::SourceRecovered2T recovered;
    recovered.provider = "imgw";
    house.add(43'300, std::move(recovered));
    house.close();

    const auto at = [&](const char* time) {
      return on(house, {"inputs", "show", "--known-at", time});
    };
    const ToolRun morning = at("2025-10-01T05:00:00Z");
    CHECK_MESSAGE(morning.code == 0, morning.err);
    CHECK(found(morning, "prices      2025-10-01").find("96 slots, PLN 0.5000 to 0.5000") !=
          std::string::npos);
    CHECK(found(morning, "2025-10-02").empty());
    const ToolRun noon = at("2025-10-01T11:30:00Z");
    CHECK(found(noon, "prices      2025-10-02").find("0.6000 to 0.6000") != std::string::npos);
    CHECK(found(noon, "source").find("fails: no answer") != std::string::npos);
    const ToolRun later = at("2025-10-01T13:00:00Z");
    CHECK(found(later, "prices      2025-10-02").find("0.7000 to 0.7000") != std::string::npos);
    CHECK(found(later, "source").empty());
    const ToolRun next_day = at("2025-10-02T13:00:00Z");
    CHECK(found(next_day, "prices      2025-10-01").empty());  // over

    const ToolRun json =
        on(house, {"--format", "json", "inputs", "show", "--known-at", "2025-10-01T13:00:00Z"});
    REQUIRE(json.json_lines().size() == 1);
    CHECK(json.json_lines()[0]["known_at"] == "2025-10-01 15:00:00+02:00");
    CHECK(json.json_lines()[0]["inputs"][0]["kind"] == "prices");
    CHECK(at("yesterday").code == 2);
  }

  TEST_CASE("the house's own forecasts are shown until they are over, the newest of each alone") {
    HouseDirectory house;
    house.begin();
    const auto forecast = [](auto fact, const char* provider, const char* model, std::int64_t from,
                             std::int64_t watts) {
      fact.provider = provider;
      fact.model = model;
      auto series = std::make_unique<fb::SeriesT>();
      series->start_us = to_us(at_s(from));
      series->step_s = 900;
      series->values.assign(8, watts);
      fact.power_w.push_back(std::move(series));
      return fact;
    };
    house.add(3'600,
              forecast(fb::PvForecastIssuedT(), "wattledger", "the panels' last days", 3'600, 900));
    house.add(3'700, forecast(fb::PvForecastIssuedT(), "forecast-solar", "", 0, 800));
    house.add(3'800, forecast(fb::PvForecastIssuedT(), "wattledger", "forecast-solar, corrected",
                              3'600, 850));
    house.add(3'900,
              forecast(fb::LoadForecastIssuedT(), "wattledger", "the last four weeks", 3'600, 400));
    house.close();
    const auto at = [&](const char* time) {
      return on(house, {"inputs", "show", "--known-at", time});
    };
    const ToolRun early = at("2025-10-01T01:30:00Z");
    CHECK(found(early, "850 W").find("wattledger       8 slots until 2025-10-01 05:00") !=
          std::string::npos);
    CHECK(found(early, "850 W").find("(by forecast-solar, corrected)") != std::string::npos);
    CHECK(found(early, "900 W").empty());
    CHECK(found(early, "800 W").find("forecast-solar") != std::string::npos);
    CHECK(found(early, "load").find("at most 400 W") != std::string::npos);
    const ToolRun later = at("2025-10-01T02:30:00Z");  // the service's ended at 02:00Z
    CHECK(found(later, "800 W").empty());
    CHECK_FALSE(found(later, "850 W").empty());
    const ToolRun over = at("2025-10-01T03:00:00Z");
    CHECK(found(over, "850 W").empty());
    CHECK(found(over, "load").empty());
  }

  TEST_CASE("a moment that has not been, or that the log does not reach, is told as what it is") {
    HouseDirectory house;
    house.begin();
    house.close();
    const ToolRun future = on(house, {"inputs", "show", "--known-at", "2999-01-01T00:00:00Z"});
    CHECK(future.code == 2);
    CHECK(future.one_error_line());
    CHECK(future.err.find("what is known at 2999-01-01 01:00:00") != std::string::npos);
    const ToolRun before = on(house, {"inputs", "show", "--known-at", "2025-09-30T00:00:00Z"});
    CHECK(before.code == 0);
    CHECK(found(before, "nothing: the log begins at 2025-10-01 02:00:00").empty() == false);
  }

  TEST_CASE("a look at a source needs no data directory and records nothing") {
    const Web web;
    const ToolRun run = web.run({"inputs", "fetch", "--dry-run"});
    CHECK_MESSAGE(run.code == 0, run.err);
    CHECK(run.out == "weather     Warszawa    imgw             -1.5 °C at 2025-11-29 07:00\n");
    CHECK_FALSE(std::filesystem::exists(web.home.path() / "data"));
    const ToolRun failing =
        web.run({"inputs", "fetch", "--source", "pse", "--day", "2025-11-29", "--dry-run"});
    CHECK(failing.code == 1);
    CHECK(failing.one_error_line());
    CHECK(failing.err.find("pse, 2025-11-29: GET " + web.server.url("/api/csdac-pln") +
                           ": HTTP 404") != std::string::npos);
  }

  TEST_CASE("what comes is recorded where no daemon runs, and shown") {
    const Web web;
    HouseDirectory house;
    house.begin();
    house.close();
    std::filesystem::create_directories(web.home.path() / "data");
    std::filesystem::copy(house.data() / "log", web.home.path() / "data" / "log",
                          std::filesystem::copy_options::recursive);
    const ToolRun run = web.run({"inputs", "fetch"});
    CHECK_MESSAGE(run.code == 0, run.err);
    CHECK(run.lines().back() == "recorded as 5");
    CHECK(found(web.run({"inputs", "show"}), "weather").find("-1.5 °C") != std::string::npos);
    // The same once more is no news.
    const ToolRun again = web.run({"inputs", "fetch"});
    CHECK_MESSAGE(again.code == 0, again.err);
    CHECK(again.lines().back() == "imgw: nothing new, and nothing recorded");
  }

  TEST_CASE("wrong input is one line") {
    const Web web;
    struct Row {
      std::vector<std::string> words;
      const char* said;
    };
    const Row rows[] = {
        {{"inputs", "fetch", "--source", "psee", "--dry-run"}, "did you mean \"pse\"?"},
        {{"inputs", "fetch", "--source", "pse", "--day", "soon", "--dry-run"}, "soon"},
        {{"inputs", "fetch", "--source", "entsoe", "--dry-run"}, ""}};
    for (const Row& row : rows) {
      CAPTURE(row.words.at(3));
      const ToolRun run = web.run(row.words);
      CHECK(run.code != 0);
      CHECK(run.err.find(row.said) != std::string::npos);
      CHECK(run.err.find("wattledger: ") == 0);
    }
  }
}
