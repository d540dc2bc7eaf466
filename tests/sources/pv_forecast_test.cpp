#include "coordinator/sources/parse/pv_forecast.hpp"

#include <rapidcheck.h>

#include <numeric>

#include "coordinator/config/config.hpp"
#include "tests/sources/real_file.hpp"
#include "tests/sources/warsaw.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using sources::parse_forecast_solar;

namespace {

using Stamps = std::vector<std::pair<std::string, std::string>>;

std::string members(const std::string& name, const Stamps& stamps) {
  std::string text = "\"" + name + "\":{";
  for (std::size_t i = 0; i < stamps.size(); ++i)
    text += (i == 0 ? "\"" : ",\"") + stamps[i].first + "\":" + stamps[i].second;
  return text + "}";
}

const std::string issued =
    R"("message":{"code":0,"type":"success","text":"","info":{"timezone":"Europe/Warsaw","time":"2025-06-25T06:30:00+02:00"}})";

std::string estimate(const std::string& result, const std::string& message = issued) {
  return "{\"result\":{" + result + "}," + message + "}";
}

sources::ParsedPvForecast forecast(const std::string& bytes) {
  auto result = parse_forecast_solar(bytes, warsaw(), "test");
  if (!result) FAIL(result.error().line());
  return std::move(*result);
}

const fb::SeriesT& power(const sources::ParsedPvForecast& parsed) {
  return *parsed.forecast.power_w.at(0);
}

Error refusal(const std::string& bytes) {
  const auto result = parse_forecast_solar(bytes, warsaw(), "test");
  REQUIRE_FALSE(result);
  CHECK(result.error().line().find('\n') == std::string::npos);
  return result.error();
}

bool has(const std::vector<std::string>& remarks, const std::string& text) {
  return std::any_of(remarks.begin(), remarks.end(), [&](const std::string& remark) {
    return remark.find(text) != std::string::npos;
  });
}

const Stamps watts{{"2025-06-25 04:20:00", "0"},
                   {"2025-06-25 05:00:00", "300"},
                   {"2025-06-25 06:00:00", "900"},
                   {"2025-06-25 07:00:00", "1500"},
                   {"2025-06-25 07:40:00", "0"}};
const Stamps energies{{"2025-06-25 04:20:00", "0"},
                      {"2025-06-25 05:00:00", "100"},
                      {"2025-06-25 06:00:00", "600"},
                      {"2025-06-25 07:00:00", "1200"},
                      {"2025-06-25 07:40:00", "500"}};

}  // namespace

TEST_SUITE("sources/pv_forecast/forecast.solar") {
  TEST_CASE("a slot's power is the energy of its hour, also where the sun rises and sets within") {
    const auto parsed =
        forecast(estimate(members("watts", watts) + "," + members("watt_hours_period", energies)));
    CHECK(power(parsed).start_us == to_us(utc("2025-06-25T02:00")));
    CHECK(power(parsed).step_s == 3'600);
    CHECK(power(parsed).values == std::vector<std::int64_t>{100, 600, 1'200, 500});
    CHECK(power(parsed).absent.empty());
    CHECK(parsed.forecast.provider == "test");
    CHECK(parsed.forecast.issued_at_us == to_us(utc("2025-06-25T04:30")));
    CHECK(parsed.forecast.raw_digest != nullptr);
    CHECK(parsed.remarks.empty());
  }

  TEST_CASE("without energies they are what lies under the line between two powers") {
    const auto parsed = forecast(estimate(members("watts", watts)));
    CHECK(power(parsed).values == std::vector<std::int64_t>{100, 600, 1'200, 500});
  }

  TEST_CASE("the night between two days is 0; a stamp missing by day is unknown") {
    Stamps two_days = energies;
    for (const auto& [at, energy] : energies)
      two_days.emplace_back("2025-06-26" + at.substr(10), energy);
    Stamps powers = watts;
    for (const auto& [at, power_w] : watts)
      powers.emplace_back("2025-06-26" + at.substr(10), power_w);
    const auto parsed =
        forecast(estimate(members("watts", powers) + "," + members("watt_hours_period", two_days)));
    REQUIRE(power(parsed).values.size() == 28);
    CHECK(power(parsed).absent.empty());
    CHECK(power(parsed).values[10] == 0);
    CHECK(power(parsed).values[25] == 600);

    two_days.erase(two_days.begin() + 2);
    powers.erase(powers.begin() + 2);
    const auto gap =
        forecast(estimate(members("watts", powers) + "," + members("watt_hours_period", two_days)));
    CHECK(power(gap).absent == std::vector<std::uint16_t>{1, 2});
    CHECK(has(gap.remarks, "2 of 28 slots have no forecast"));
  }

  TEST_CASE("a first and last stamp in full sun do not say what is around them") {
    const auto parsed = forecast(estimate(members("watts", {{"2025-06-25 12:30:00", "600"},
                                                            {"2025-06-25 13:00:00", "600"},
                                                            {"2025-06-25 14:00:00", "600"},
                                                            {"2025-06-25 15:00:00", "600"},
                                                            {"2025-06-25 15:10:00", "600"}})));
    CHECK(power(parsed).values.size() == 4);
    CHECK(power(parsed).absent == std::vector<std::uint16_t>{0, 3});
    CHECK(power(parsed).values[1] == 600);
  }

  TEST_CASE("stamps may be UTC, have an offset, or be seconds; and be quarters or half hours") {
    for (const Stamps& stamps :
         {Stamps{{"2025-06-25T10:00:00Z", "400"}, {"2025-06-25T10:15:00Z", "400"}},
          Stamps{{"2025-06-25T12:00:00+02:00", "400"}, {"2025-06-25T12:15:00+02:00", "400"}},
          Stamps{{"1750845600", "400"}, {"1750846500", "400"}}}) {
      const auto parsed = forecast(estimate(members("watts", stamps), "\"message\":{}"));
      CHECK(power(parsed).start_us == to_us(utc("2025-06-25T10:00")));
      CHECK(power(parsed).step_s == 900);
      CHECK(power(parsed).values == std::vector<std::int64_t>{400});
      CHECK_FALSE(parsed.forecast.issued_at_us);
    }
    const auto half = forecast(
        estimate(members("watts", {{"2025-06-25 10:00:00", "1"}, {"2025-06-25 10:30:00", "1"}})));
    CHECK(power(half).step_s == 1'800);
  }

  TEST_CASE("an answer for another clock is refused") {
    const std::string elsewhere =
        R"("message":{"info":{"timezone":"Europe/London","time":"2025-06-25T05:30:00+01:00"}})";
    const Error error = refusal(estimate(members("watts", watts), elsewhere));
    CHECK(error.what ==
          "PV forecast: its clock, \"2025-06-25T05:30:00+01:00\" in \"Europe/London\", is not the "
          "site's");
    // Stamps that say their offset need no zone.
    CHECK(parse_forecast_solar(
        estimate(members("watts", {{"2025-06-25T10:00:00Z", "1"}, {"2025-06-25T11:00:00Z", "1"}}),
                 elsewhere),
        warsaw(), "test"));
  }

  TEST_CASE("odd stamps and values are told") {
    Stamps odd = watts;
    odd.emplace_back("noon", "1");
    odd.emplace_back("2025-06-25 09:00:00", "-5");
    odd.emplace_back("2025-06-25 10:00:00", "\"much\"");
    odd.emplace_back("2025-06-25T07:00:00", "7");
    const auto parsed = forecast(estimate(members("watts", odd)));
    for (const char* remark :
         {"watts: \"noon\" is not a time", "\"2025-06-25 09:00:00\": \"-5\" is not possible",
          "\"much\" is not possible", "watts: 2025-06-25T05:00:00Z is there twice"}) {
      CAPTURE(std::string(remark));
      CHECK(has(parsed.remarks, remark));
    }
    CHECK(power(parsed).values[2] == 1'200);
  }

  TEST_CASE("what is no estimate gets one clear error") {
    CHECK(refusal("{}").what == "PV forecast: the JSON has no object \"result\"");
    const Error limit = refusal(
        R"({"result":null,"message":{"code":429,"type":"error","text":"Rate limit for API calls reached."}})");
    CHECK(limit.kind == ErrorKind::rejected);
    CHECK(limit.what ==
          "PV forecast: forecast.solar answers: Rate limit for API calls reached. (429)");
    CHECK(refusal(estimate("")).what == "PV forecast: no watts and no watt_hours_period");
    CHECK(refusal(estimate(members("watts", {{"2025-06-25 10:00:00", "1"}})))
              .what.find("its 1 stamps are not 15, 30 or 60 minutes apart") != std::string::npos);
    CHECK(refusal(estimate(members("watts", {{"2025-06-25 10:00:00", "1"},
                                             {"2025-06-25 11:00:00", "1"},
                                             {"2026-06-25 11:00:00", "1"}})))
              .what.find("or span more than a month") != std::string::npos);
  }

  TEST_CASE("no energy is made or lost where everything is known") {
    CHECK(rc::check("energy", [] {
      const auto first_minute = *rc::gen::inRange(1, 60);
      const auto said = *rc::gen::container<std::vector<int>>(6, rc::gen::inRange(0, 10'000));
      Stamps stamps{{"2025-06-25 04:" + std::string(first_minute < 10 ? "0" : "") +
                         std::to_string(first_minute) + ":00",
                     "0"}};
      Stamps powers{{stamps[0].first, "0"}};
      for (std::size_t i = 0; i < said.size(); ++i) {
        stamps.emplace_back("2025-06-25 0" + std::to_string(5 + i % 5) + ":00:00",
                            std::to_string(said[i]));
        powers.emplace_back(stamps.back().first, i == 4 ? "0" : "1");
        if (i == 4) break;
      }
      const auto parsed =
          forecast(estimate(members("watts", powers) + "," + members("watt_hours_period", stamps)));
      const auto& values = power(parsed).values;
      RC_ASSERT(power(parsed).absent.empty());
      RC_ASSERT(std::accumulate(values.begin(), values.end(), std::int64_t{0}) ==
                std::accumulate(said.begin(), said.begin() + 5, std::int64_t{0}));
    }));
  }

  TEST_CASE("a real answer of two days") {
    const std::string bytes = real_file("api_samples/emhass_solarforecast_get.json");
    if (bytes.empty()) return;
    const auto paris = config::load_zone("Europe/Paris", utc("2022-10-24"));
    REQUIRE(paris);
    const auto parsed = parse_forecast_solar(bytes, paris->zone, "forecast.solar");
    REQUIRE(parsed);
    CHECK(parsed->remarks.empty());
    const fb::SeriesT& series = *parsed->forecast.power_w[0];
    CHECK(series.start_us == to_us(utc("2022-10-24T06:00")));
    CHECK(series.values.size() == 35);
    CHECK(series.absent.empty());
    CHECK(series.values[0] == 325);
    CHECK(series.values[1] == 990);
    // 10 234 Wh and 20 957 Wh of the service's own sums, whose periods are rounded.
    CHECK(std::abs(std::accumulate(series.values.begin(), series.values.end(), std::int64_t{0}) -
                   31'191) <= 3);
    CHECK(parsed->forecast.issued_at_us == to_us(utc("2022-10-24T20:25:23")));
    CHECK_FALSE(parse_forecast_solar(bytes, ZoneOffsets(), "UTC"));
  }
}
