// wattledger tariff as its users meet it: without any data directory or configuration, in an empty
// place.
#include <doctest/doctest.h>

#include <fstream>

#include "tests/replay/tool.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

ToolRun tariff(std::vector<std::string> words) {
  words.insert(words.begin(), "tariff");
  return run_tool(words);
}

// The price at a time, from JSON.
nlohmann::json priced(std::vector<std::string> words) {
  words.insert(words.end(), {"--format", "json"});
  const ToolRun run = tariff(std::move(words));
  INFO(run.err);
  REQUIRE(run.code == 0);
  const auto lines = run.json_lines();
  REQUIRE(lines.size() == 1);
  return lines.front();
}

}  // namespace

TEST_SUITE("replay/tariff") {
  TEST_CASE("a price, part by part") {
    const ToolRun run =
        tariff({"--at", "2025-06-18T08:00", "--market", "0.30", "--tariff", "g13s"});
    CHECK(run.code == 0);
    CHECK(run.err.empty());
    CHECK(run.out ==
          "at                2025-06-18 08:00:00+02:00, wed\n"
          "tariff            g13s\n"
          "zone              day_peak\n"
          "market            0.3\n"
          "component         0.0892\n"
          "distribution      0.29\n"
          "vat               0\n"
          "final             0.6792\n"
          "feed-in           0.3\n"
          "in                PLN per kWh\n");
  }

  TEST_CASE("the same as JSON, on Corpus Christi") {
    const ToolRun run = tariff(
        {"--at", "2025-06-19 08:00", "--market", "0.30", "--tariff", "G13s", "--format", "json"});
    CHECK(run.code == 0);
    CHECK(run.err.empty());
    CHECK(run.out ==
          R"({"at":"2025-06-19T08:00:00+02:00","day":"holiday","tariff":"g13s","zone":"free_day",)"
          R"("peak_hours":null,"currency":"PLN","components":{"market":0.3,"component":0.0892,)"
          R"("distribution":0.11,"vat":0.0},"vat_pct":0.0,"final":0.4992,"feed_in":0.3,)"
          R"("feed_in_rule":"market"})"
          "\n");
  }

  TEST_CASE("prices of each tariff, exact to the last digit") {
    struct Row {
      const char* tariff;
      const char* at;
      const char* market;
      const char* zone;
      double total;
    };
    const std::vector<Row> table = {
        {"g11", "2024-01-01T00:00", "0.5", "T2", 0.9017},
        {"g12", "2024-02-29T12:59:59", "0.5", "T1", 0.9458},
        {"g12", "2024-02-29T13:00", "0.5", "T2", 0.6641},
        {"g12w", "2026-12-24T12:00", "0", "T2", 0.1641},
        {"g12w", "2024-12-24T12:00", "0", "T1", 0.4458},
        {"g12as", "2030-07-01T07:00", "0.12345678", "T1", 0.52515678},
        {"g13s", "2026-01-07T10:00", "-0.05", "day_off_peak", 0.2392},
        {"none", "2026-01-07T10:00", "0.1", nullptr, 0.1892},
        // An offset says the instant: 05:30Z is 07:30 in Warsaw's summer, 06:30 in its winter.
        {"g12", "2025-07-01T05:30Z", "0", "T1", 0.4458},
        {"g12", "2025-12-01T05:30Z", "0", "T2", 0.1641},
        {"g12", "2025-07-01T10:30+05:00", "0", "T1", 0.4458},
    };
    for (const Row& row : table) {
      INFO(row.tariff << " " << row.at);
      const auto answer = priced({"--at", row.at, "--market", row.market, "--tariff", row.tariff});
      CHECK(answer["final"] == row.total);
      CHECK(answer["zone"] == (row.zone ? nlohmann::json(row.zone) : nlohmann::json(nullptr)));
      double sum = 0;
      for (const auto& [name, part] : answer["components"].items()) sum += part.get<double>();
      CHECK(sum == doctest::Approx(row.total));
    }
    CHECK(priced({"--at", "2025-07-01T05:30Z", "--market", "0"})["tariff"] == "g12");
  }

  TEST_CASE("G14dynamic by the operator's code; without one it says so") {
    const std::vector<std::string> asked{"--at", "2025-07-01T12:00", "--market",
                                         "0",    "--tariff",         "g14dynamic"};
    const double totals[] = {0.1037, 0.147, 0.5231, 2.9823};
    for (int code = 0; code < 4; ++code) {
      auto words = asked;
      words.insert(words.end(), {"--peak-hours", std::to_string(code)});
      const auto answer = priced(words);
      CHECK(answer["final"] == totals[code]);
      CHECK(answer["zone"] == "S" + std::to_string(code + 1));
      CHECK(answer["peak_hours"] == code);
    }
    const ToolRun run = tariff(asked);
    CHECK(run.code == 0);
    CHECK(run.out.find("zone              unknown\n") != std::string::npos);
    CHECK(run.out.find("final             0.147\n") != std::string::npos);
    CHECK(run.one_error_line());
    CHECK(run.err.find("--peak-hours 0 to 3") != std::string::npos);
  }

  TEST_CASE("a wall clock that shows a time twice or never is said, and one reading taken") {
    const auto at = [](const char* time) {
      return tariff({"--at", time, "--market", "0", "--tariff", "g12"});
    };
    const ToolRun twice = at("2025-10-26T02:30");
    CHECK(twice.code == 0);
    CHECK(twice.one_error_line());
    CHECK(twice.err ==
          "wattledger: the clock shows 2025-10-26T02:30 twice; the first is taken, 2025-10-26 "
          "02:30:00+02:00 (the second is 2025-10-26 02:30:00+01:00)\n");
    CHECK(twice.out.rfind("at                2025-10-26 02:30:00+02:00, sun\n", 0) == 0);
    const ToolRun second = at("2025-10-26T02:30+01:00");
    CHECK(second.err.empty());
    CHECK(second.out.rfind("at                2025-10-26 02:30:00+01:00, sun\n", 0) == 0);
    const ToolRun never = at("2025-03-30T02:30");
    CHECK(never.code == 0);
    CHECK(never.err ==
          "wattledger: the clock never shows 2025-03-30T02:30, for it is set forward then; "
          "2025-03-30 03:30:00+02:00 is taken\n");
  }

  TEST_CASE("what a number does not say is said beside it") {
    const ToolRun g13 = tariff({"--at", "2025-07-01", "--market", "0", "--tariff", "g13"});
    CHECK(g13.code == 0);
    CHECK(g13.err.find("placeholder and adds nothing") != std::string::npos);
    const ToolRun far = tariff({"--at", "2012-01-06T12:00", "--market", "0", "--tariff", "g12w"});
    CHECK(far.code == 0);
    CHECK(far.err.find("holidays are known from 2020 to 2045") != std::string::npos);
  }

  TEST_CASE("a day's zones, and on the days when the clock changes") {
    const ToolRun usual = tariff({"table", "--day", "2025-06-18", "--tariff", "g13s"});
    CHECK(usual.code == 0);
    CHECK(usual.err.empty());
    CHECK(usual.out ==
          "2025-06-18, wed, 96 slots, Europe/Warsaw: g13s in PLN per kWh; besides: component "
          "0.0892\n"
          "2025-06-18 00:00:00+02:00  night         0.11\n"
          "2025-06-18 07:00:00+02:00  day_peak      0.29\n"
          "2025-06-18 09:00:00+02:00  day_off_peak  0.1\n"
          "2025-06-18 17:00:00+02:00  day_peak      0.29\n"
          "2025-06-18 21:00:00+02:00  night         0.11\n");
    CHECK(tariff({"--tariff", "g13s", "table", "--day", "2025-06-18"}).out == usual.out);
    const ToolRun autumn = tariff({"table", "--day", "2025-10-26"});
    CHECK(autumn.out ==
          "2025-10-26, sun, 100 slots, Europe/Warsaw: g12 in PLN per kWh; besides: component "
          "0.0892\n"
          "2025-10-26 00:00:00+02:00  T2  0.0749\n"
          "2025-10-26 07:00:00+01:00  T1  0.3566\n"
          "2025-10-26 13:00:00+01:00  T2  0.0749\n"
          "2025-10-26 15:00:00+01:00  T1  0.3566\n"
          "2025-10-26 22:00:00+01:00  T2  0.0749\n");
    const ToolRun spring = tariff({"table", "--day", "2025-03-30", "--format", "json"});
    const auto runs = spring.json_lines();
    REQUIRE(runs.size() == 5);
    CHECK(runs[0] == nlohmann::json{{"start", "2025-03-30T00:00:00+01:00"},
                                    {"end", "2025-03-30T07:00:00+02:00"},
                                    {"slots", 24},
                                    {"zone", "T2"},
                                    {"addition", 0.0749}});
  }

  TEST_CASE("with a configuration: its tariff, VAT, components, feed-in and time zone") {
    const MemoryDirectory home;
    const std::string file = (home / "house.yaml").string();
    std::ofstream(file)
        << "site: {timezone: Europe/London}\n"
           "prices: {currency: GBP}\n"
           "tariff:\n"
           "  name: mine\n"
           "  vat_pct: 23\n"
           "  feed_in: market_floored\n"
           "  components: [{name: sc, price: 0.0892}, {name: excise, price: 0.005}]\n"
           "  holidays: [2026-05-04]\n"
           "  zones:\n"
           "    - {name: off, weekdays: [sat, sun, holiday], price: 0.1}\n"
           "    - {name: day, hours: 8-20, price: 0.30000001}\n";
    const ToolRun run =
        run_tool({"--config", file, "tariff", "--at", "2026-05-05T08:00", "--market=-0.5"});
    CHECK(run.err.empty());
    CHECK(run.out ==
          "at                2026-05-05 08:00:00+01:00, tue\n"
          "tariff            mine\n"
          "zone              day\n"
          "market            -0.5\n"
          "sc                0.0892\n"
          "excise            0.005\n"
          "distribution      0.30000001\n"
          "vat               -0.024334\n"
          "final             -0.13013399\n"
          "feed-in           0\n"
          "in                GBP per kWh\n");
    const auto holiday = run_tool({"--config", file, "tariff", "--at", "2026-05-04T03:00",
                                   "--market", "0.5", "--format", "json"})
                             .json_lines();
    REQUIRE(holiday.size() == 1);
    CHECK(holiday[0]["zone"] == "off");
    CHECK(holiday[0]["day"] == "holiday");
    const ToolRun other =
        run_tool({"--config", file, "tariff", "table", "--day", "2026-05-04", "--tariff", "g12w"});
    CHECK(other.out ==
          "2026-05-04, holiday, 96 slots, Europe/London: g12w in GBP per kWh; besides: sc 0.0892, "
          "excise 0.005, VAT 23 %\n"
          "2026-05-04 00:00:00+01:00  T2  0.0749\n");
    const ToolRun between =
        run_tool({"--config", file, "tariff", "--at", "2026-05-05T07:59", "--market", "0"});
    CHECK(between.out.find("zone              none\n") != std::string::npos);
    CHECK(between.out.find("distribution      0\n") != std::string::npos);
  }

  TEST_CASE("wrong input is one clear line and exit code 2; a broken file is 3") {
    struct Wrong {
      const char* name;
      std::vector<std::string> words;
      const char* says;
    };
    const std::vector<Wrong> table = {
        {"nothing", {}, "tariff: --at is missing"},
        {"no price", {"--at", "2025-06-19"}, "tariff: --market is missing"},
        {"no time", {"--market", "0.5"}, "tariff: --at is missing"},
        {"no such day", {"--at", "2025-02-29", "--market", "0.5"}, "\"2025-02-29\" is not a time"},
        {"words", {"--at", "now", "--market", "0.5"}, "\"now\" is not a time"},
        {"a comma", {"--at", "2025-06-19", "--market", "0,5"}, "--market \"0,5\" is no price"},
        {"too exact", {"--at", "2025-06-19", "--market", "0.123456789"}, "at most 8 decimals"},
        {"no number", {"--at", "2025-06-19", "--market", "nan"}, "is no price"},
        {"too dear", {"--at", "2025-06-19", "--market", "1e9"}, "-10000 to 10000"},
        {"no tariff",
         {"--at", "2025-06-19", "--market", "0", "--tariff", "g12v"},
         "did you mean \"g12\"?"},
        {"a code beyond 3",
         {"--at", "2025-06-19", "--market", "0", "--peak-hours", "4"},
         "--peak-hours 4 is no code"},
        {"a code below 0",
         {"--at", "2025-06-19", "--market", "0", "--peak-hours=-1"},
         "--peak-hours -1 is no code"},
        {"no code", {"--at", "2025-06-19", "--market", "0", "--peak-hours", "S1"}, "--peak-hours"},
        {"empty", {"--at", "", "--market", "0"}, "nothing stands behind it"},
        {"table without day", {"table"}, "tariff table: --day is missing"},
        {"table of an instant",
         {"table", "--day", "2025-06-19", "--at", "2025-06-19T08:00"},
         "--at and --market are of tariff alone"},
        {"table of a time", {"table", "--day", "2025-06-19T08:00"}, "is not a day"},
        {"table of no day", {"table", "--day", "2025-13-01"}, "is not a time"},
        {"another verb", {"tabel"}, "tabel"},
    };
    for (const Wrong& wrong : table) {
      const ToolRun run = tariff(wrong.words);
      INFO(wrong.name << ": " << run.err);
      CHECK(run.code == 2);
      CHECK(run.one_error_line());
      CHECK(run.err.find(wrong.says) != std::string::npos);
      CHECK(run.out.empty());
    }
    const MemoryDirectory home;
    const std::string file = (home / "house.yaml").string();
    std::ofstream(file) << "tariff:\n  nam: g12\n";
    for (const std::string& config : {file, std::string("/nowhere.yaml")}) {
      const ToolRun run =
          run_tool({"--config", config, "tariff", "--at", "2025-06-19", "--market", "0"});
      CHECK(run.code == 3);
      CHECK(run.one_error_line());
      CHECK(run.err.find(config) != std::string::npos);
    }
  }
}
