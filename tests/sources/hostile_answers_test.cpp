// What a network may give instead of an answer, to every parser.
#include <functional>

#include "coordinator/sources/parse/peak_hours.hpp"
#include "coordinator/sources/parse/pv_forecast.hpp"
#include "coordinator/sources/parse/weather.hpp"
#include "tests/sources/real_file.hpp"
#include "tests/sources/warsaw.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

struct Parser {
  std::string name;
  std::string good;  // an answer that it takes
  std::function<std::optional<Error>(std::string_view)> refuses;
};

template <class T>
std::optional<Error> error_of(const Result<T>& result) {
  return result ? std::nullopt : std::optional(result.error());
}

std::optional<Error> refused_prices(std::string_view bytes) {
  return error_of(sources::parse_prices(bytes, warsaw(), "test"));
}

const std::vector<Parser>& parsers() {
  static const std::vector<Parser> all{
      {"csdac-pln", answer(record("2025-10-05", "00:00 - 00:15", "1")), refused_prices},
      {"energy-charts", R"({"unix_seconds":[1759615200],"price":[1],"unit":"EUR/MWh"})",
       refused_prices},
      {"aWATTar",
       R"({"data":[{"start_timestamp":1759615200000,"end_timestamp":1759618800000,"marketprice":1,"unit":"Eur/MWh"}]})",
       refused_prices},
      {"pdgsz", R"({"value":[{"dtime":"2025-06-25 00:00","usage_fcst":1}]})",
       [](std::string_view bytes) {
         return error_of(sources::parse_peak_hours(bytes, warsaw(), "test"));
       }},
      {"Open-Meteo",
       R"({"hourly_units":{"time":"unixtime","shortwave_radiation":"W/m²"},"hourly":{"time":[1750802400],"shortwave_radiation":[1]}})",
       [](std::string_view bytes) { return error_of(sources::parse_open_meteo(bytes, "test")); }},
      {"IMGW", R"({"data_pomiaru":"2025-01-15","godzina_pomiaru":"6","temperatura":"1"})",
       [](std::string_view bytes) { return error_of(sources::parse_imgw(bytes, "test")); }},
      {"forecast.solar",
       R"({"result":{"watts":{"2025-06-25 10:00:00":1,"2025-06-25 11:00:00":1}}})",
       [](std::string_view bytes) {
         return error_of(sources::parse_forecast_solar(bytes, warsaw(), "test"));
       }},
  };
  return all;
}

std::string with_first(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

void check_refused(const Parser& parser, const std::string& bytes, const std::string& holds) {
  CAPTURE(parser.name);
  const auto error = parser.refuses(bytes);
  REQUIRE(error);
  CAPTURE(error->what);
  CHECK(error->what.find(holds) != std::string::npos);
  CHECK(error->line().find('\n') == std::string::npos);
  CHECK(error->line().size() < 600);
  CHECK_FALSE(error->remedy.empty());
}

}  // namespace

TEST_SUITE("sources/hostile answers") {
  TEST_CASE("each parser takes its own answer, and after blanks and a byte order mark too") {
    for (const Parser& parser : parsers()) {
      CAPTURE(parser.name);
      CHECK_FALSE(parser.refuses(parser.good));
      CHECK_FALSE(parser.refuses("\xEF\xBB\xBF\r\n\t " + parser.good + "\n"));
    }
  }

  TEST_CASE("no parser takes another's answer") {
    for (const Parser& parser : parsers()) {
      for (const Parser& other : parsers()) {
        CAPTURE(parser.name);
        CAPTURE(other.name);
        const bool both_prices = parser.refuses.target<decltype(&refused_prices)>() != nullptr &&
                                 other.refuses.target<decltype(&refused_prices)>() != nullptr;
        if (parser.name == other.name || both_prices) continue;
        check_refused(parser, other.good, "");
      }
    }
  }

  TEST_CASE("one clear line for each") {
    std::string deep;
    for (int i = 0; i < 1'000'000; ++i) deep += '[';
    std::string many = "[0";
    for (int i = 0; i < 600'000; ++i) many += ",0";
    struct Row {
      std::string bytes, holds;
    };
    const std::vector<Row> rows{
        {"", "empty"},
        {" \r\n\t", "empty"},
        {"<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>", "a web page or XML"},
        {std::string("\x1f\x8b\x08\0", 4), "binary from byte 0"},
        {deep, "nested more than"},
        {"{\"a\":" + deep, "nested more than"},
        {many + "]", "more than 500000 values"},
        {"{\"a\":1e999}", "ends or breaks"},
        {"{\"a\":-Infinity}", "ends or breaks"},
        {"{\"a\":NaN}", "ends or breaks"},
        {"{\"a\":1}{\"b\":2}", "ends or breaks"},
        {"{\"a\":1,\"a\":2}", "names \"a\" twice"},
        {"{\"a\":\"\xFF\"}", "ends or breaks"},
    };
    for (const Parser& parser : parsers())
      for (const Row& row : rows) check_refused(parser, row.bytes, row.holds);
  }

  TEST_CASE("50 MB are refused by their size alone") {
    const std::string large(50'000'000, ' ');
    for (const Parser& parser : parsers())
      check_refused(parser, large, "50000000 bytes, more than the");
  }

  TEST_CASE("an answer cut anywhere is refused") {
    for (const Parser& parser : parsers())
      for (std::size_t size = 0; size < parser.good.size(); ++size)
        check_refused(parser, parser.good.substr(0, size), "");
  }

  TEST_CASE("a value that is text, huge or not a number is left out, never guessed") {
    const std::vector<std::pair<std::string, std::string>> values{
        {"csdac-pln", "\"csdac_pln\":1"},  {"energy-charts", "\"price\":[1"},
        {"aWATTar", "\"marketprice\":1"},  {"pdgsz", "\"usage_fcst\":1"},
        {"IMGW", "\"temperatura\":\"1\""}, {"forecast.solar", "\"2025-06-25 11:00:00\":1"}};
    for (const auto& each_value : values) {
      const std::string& name = each_value.first;
      const std::string& value = each_value.second;
      const auto parser = std::find_if(parsers().begin(), parsers().end(),
                                       [&](const Parser& each) { return each.name == name; });
      REQUIRE(parser != parsers().end());
      const bool quoted = value.back() == '"';
      const std::string before = value.substr(0, value.size() - (quoted ? 3 : 1));
      for (const char* odd : {"\"dear\"", "\"NaN\"", "\"Infinity\"", "\"\"", "null", "true", "{}",
                              "[]", "99999999999999999999", "1e30", "\"0x1\"", "\"1,5\""})
        check_refused(*parser, with_first(parser->good, value, before + odd), "");
    }
  }

  TEST_CASE("every sample of other interfaces is refused by the others' parsers") {
    const std::vector<std::pair<std::string, std::string>> samples{
        {"pse_csdac_2025-10-05_reconstructed.json", "csdac-pln"},
        {"elecpriceforecast_energycharts.json", "energy-charts"},
        {"entsoe-response.xml", "ENTSO-E"},
        {"pse_rce_record_real.json", "none"},
        {"weatherforecast_openmeteo_1.json", "Open-Meteo"},
        {"emhass_openmeteo_get.json", "Open-Meteo"},
        {"emhass_solarforecast_get.json", "forecast.solar"},
        {"imgw_synop_upstream_test.json", "IMGW"}};
    for (const auto& sample : samples) {
      const std::string& file = sample.first;
      const std::string& of = sample.second;
      const std::string bytes = real_file("api_samples/" + file);
      if (bytes.empty()) continue;
      CAPTURE(file);
      for (const Parser& parser : parsers()) {
        const bool prices = parser.refuses.target<decltype(&refused_prices)>() != nullptr;
        const bool of_prices = of == "ENTSO-E" || of == "energy-charts" || of == "csdac-pln";
        if (parser.name == of || (prices && of_prices)) continue;
        check_refused(parser, bytes, "");
      }
    }
  }
}
