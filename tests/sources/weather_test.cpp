#include "coordinator/sources/parse/weather.hpp"

#include "tests/sources/real_file.hpp"
#include "tests/sources/warsaw.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using sources::ForecastSeries;
using sources::Holds;

namespace {

using Values = std::vector<std::optional<std::int64_t>>;

sources::ParsedWeatherForecast forecast(const std::string& bytes) {
  auto result = sources::parse_open_meteo(bytes, "test");
  if (!result) FAIL(result.error().line());
  return std::move(*result);
}

std::string refusal(const std::string& bytes) {
  const auto result = sources::parse_open_meteo(bytes, "test");
  REQUIRE_FALSE(result);
  CHECK(result.error().line().find('\n') == std::string::npos);
  return result.error().what;
}

// An answer with one block of two variables.
std::string hourly(const std::string& times, const std::string& variables, const std::string& units,
                   const std::string& format = "iso8601", const std::string& offset = "7200") {
  return R"({"latitude":52.25,"longitude":21.0,"utc_offset_seconds":)" + offset +
         R"(,"timezone":"Europe/Warsaw","hourly_units":{"time":")" + format + "\"," + units +
         R"(},"hourly":{"time":[)" + times + "]," + variables + "}}";
}

const std::string two_hours = R"("2025-06-25T00:00","2025-06-25T01:00")";
const std::string sun_unit = R"("shortwave_radiation":"W/m²")";

bool has(const std::vector<std::string>& remarks, const std::string& text) {
  return std::any_of(remarks.begin(), remarks.end(), [&](const std::string& remark) {
    return remark.find(text) != std::string::npos;
  });
}

}  // namespace

TEST_SUITE("sources/weather/open-meteo") {
  TEST_CASE("radiation is the mean of the hour before its stamp, temperature and cloud are at it") {
    const auto parsed = forecast(hourly(
        two_hours,
        R"("shortwave_radiation":[0.0,512.34],"cloud_cover":[100,0],"temperature_2m":[-3.5,21.1])",
        sun_unit + R"(,"cloud_cover":"%","temperature_2m":"°C")"));
    REQUIRE(parsed.hourly);
    CHECK_FALSE(parsed.quarters);
    const ForecastSeries& sun = parsed.hourly->global_mw_m2.value();
    CHECK(sun.holds == Holds::slot);
    CHECK(sun.start == utc("2025-06-24T21:00"));
    CHECK(sun.step == std::chrono::hours(1));
    CHECK(sun.values == Values{0, 512'340});
    const ForecastSeries& cloud = parsed.hourly->cloud_cover_bp.value();
    CHECK(cloud.holds == Holds::start);
    CHECK(cloud.start == utc("2025-06-24T22:00"));
    CHECK(cloud.values == Values{10'000, 0});
    CHECK(parsed.hourly->temperature_mc->values == Values{-3'500, 21'100});
    CHECK(parsed.latitude_e6 == 52'250'000);
    CHECK(parsed.longitude_e6 == 21'000'000);
    CHECK(parsed.remarks.empty());
    CHECK(parsed.raw_digest != nullptr);
  }

  TEST_CASE("direct, diffuse and direct normal; the older name of cloud cover") {
    const auto parsed = forecast(hourly(
        two_hours,
        R"("direct_radiation":[1,2],"diffuse_radiation":[3,4],"direct_normal_irradiance":[5,6],"cloudcover":[7,8])",
        R"("direct_radiation":"W/m²","diffuse_radiation":"W/m²","direct_normal_irradiance":"W/m²","cloudcover":"%")"));
    CHECK(parsed.hourly->direct_mw_m2->values == Values{1'000, 2'000});
    CHECK(parsed.hourly->diffuse_mw_m2->values == Values{3'000, 4'000});
    CHECK(parsed.hourly->direct_normal_mw_m2->values == Values{5'000, 6'000});
    CHECK(parsed.hourly->cloud_cover_bp->values == Values{700, 800});
    CHECK_FALSE(parsed.hourly->global_mw_m2);
  }

  TEST_CASE("an instant value is at its stamp; the mean is taken where both are there") {
    const std::string both = R"("shortwave_radiation_instant":[9,9],"shortwave_radiation":[1,2])";
    const std::string units = R"("shortwave_radiation_instant":"W/m²",)" + sun_unit;
    CHECK(forecast(hourly(two_hours, both, units)).hourly->global_mw_m2->values ==
          Values{1'000, 2'000});
    const auto instant = forecast(hourly(two_hours, R"("shortwave_radiation_instant":[9,9])",
                                         R"("shortwave_radiation_instant":"W/m²")"));
    CHECK(instant.hourly->global_mw_m2->holds == Holds::start);
    CHECK(instant.hourly->global_mw_m2->start == utc("2025-06-24T22:00"));
  }

  TEST_CASE("null is no value, and no zero") {
    const auto parsed = forecast(hourly(two_hours, R"("shortwave_radiation":[null,7])", sun_unit));
    CHECK(parsed.hourly->global_mw_m2->values == Values{std::nullopt, 7'000});
    const auto series = to_series(*parsed.hourly->global_mw_m2);
    CHECK(series->absent == std::vector<std::uint16_t>{0});
    CHECK(series->values == std::vector<std::int64_t>{0, 7'000});
    CHECK(series->start_us == to_us(utc("2025-06-24T21:00")));
    CHECK(series->step_s == 3'600);
    CHECK(parsed.remarks.empty());
  }

  TEST_CASE("unixtime is UTC, whatever the offset") {
    const auto parsed = forecast(
        hourly("1750802400,1750806000", R"("shortwave_radiation":[1,2])", sun_unit, "unixtime"));
    CHECK(parsed.hourly->global_mw_m2->start == utc("2025-06-24T21:00"));
  }

  TEST_CASE("one offset holds for all of an answer, also across a clock change") {
    std::string times;
    std::string values;
    for (int i = 0; i < 48; ++i) {
      const UtcTime stamp = utc("2025-03-30T00:00") + std::chrono::hours(i);
      times += (i == 0 ? "\"" : ",\"") + utc_text(stamp).substr(0, 16) + "\"";
      values += (i == 0 ? "" : ",") + std::to_string(i);
    }
    const auto parsed = forecast(
        hourly(times, "\"shortwave_radiation\":[" + values + "]", sun_unit, "iso8601", "3600"));
    const ForecastSeries& sun = parsed.hourly->global_mw_m2.value();
    CHECK(sun.start == utc("2025-03-29T22:00"));
    REQUIRE(sun.values.size() == 48);
    CHECK(sun.values[47] == 47'000);
    CHECK(parsed.remarks.empty());
  }

  TEST_CASE("times that are missing have no value; out of step they are refused") {
    const auto gap = forecast(hourly(R"("2025-06-25T00:00","2025-06-25T03:00")",
                                     R"("shortwave_radiation":[1,2])", sun_unit));
    CHECK(gap.hourly->global_mw_m2->values == Values{1'000, std::nullopt, std::nullopt, 2'000});
    CHECK(has(gap.remarks, "hourly: 2 of 4 times are missing"));
    for (const char* times :
         {R"("2025-06-25T01:00","2025-06-25T00:00")", R"("2025-06-25T00:00","2025-06-25T00:00")",
          R"("2025-06-25T00:00","2025-06-25T00:30")", R"("2025-06-25T00:00","2095-06-25T00:00")"}) {
      CHECK(refusal(hourly(times, R"("shortwave_radiation":[1,2])", sun_unit))
                .find("is out of step") != std::string::npos);
    }
    CHECK(refusal(hourly(R"("noon")", R"("shortwave_radiation":[1])", sun_unit)) ==
          "weather: hourly: time \"noon\" is not a time");
  }

  TEST_CASE("another unit, another count and impossible values are left out, and told") {
    const auto parsed = forecast(hourly(
        two_hours,
        R"("shortwave_radiation":[1,-2],"temperature_2m":[70,80],"cloud_cover":[1],"direct_radiation":[1,2],"diffuse_radiation":["x",2001])",
        sun_unit + R"(,"temperature_2m":"°F","cloud_cover":"%","diffuse_radiation":"W/m²")"));
    CHECK(parsed.hourly->global_mw_m2->values == Values{1'000, std::nullopt});
    CHECK(parsed.hourly->diffuse_mw_m2->values == Values{std::nullopt, std::nullopt});
    CHECK_FALSE(parsed.hourly->temperature_mc);
    CHECK_FALSE(parsed.hourly->cloud_cover_bp);
    CHECK_FALSE(parsed.hourly->direct_mw_m2);
    for (const char* remark :
         {"row 2: hourly.shortwave_radiation \"-2\" is not possible",
          "hourly.temperature_2m is in \"°F\", not \"°C\": left out",
          "hourly.cloud_cover has 1 values for 2 times", "hourly.direct_radiation is in \"\"",
          "row 1: hourly.diffuse_radiation \"x\" is not possible",
          "row 2: hourly.diffuse_radiation \"2001\" is not possible"}) {
      CAPTURE(std::string(remark));
      CHECK(has(parsed.remarks, remark));
    }
  }

  TEST_CASE("what is no forecast gets one clear error") {
    CHECK(refusal(R"({"error":true,"reason":"Minutely API request limit exceeded."})") ==
          "weather: Open-Meteo answers: Minutely API request limit exceeded.");
    CHECK(refusal("{}") == "weather: the JSON has neither hourly nor minutely_15");
    CHECK(refusal(hourly("", R"("shortwave_radiation":[])", sun_unit)) ==
          "weather: hourly: no list \"time\"");
    CHECK(refusal(hourly(two_hours, R"("rain":[0,0])", R"("rain":"mm")")) ==
          "weather: hourly has none of radiation, cloud cover and temperature");
    CHECK(refusal(hourly(two_hours, R"("shortwave_radiation":[1,2])", sun_unit, "odd")) ==
          "weather: hourly: times in \"odd\", neither iso8601 nor unixtime");
    CHECK(refusal(hourly(two_hours, R"("shortwave_radiation":[1,2])", sun_unit, "iso8601", "null"))
              .find("utc_offset_seconds \"\" is no offset") != std::string::npos);
  }

  TEST_CASE("a real answer of hours") {
    const std::string bytes = real_file("api_samples/weatherforecast_openmeteo_1.json");
    if (bytes.empty()) return;
    const auto parsed = forecast(bytes);
    REQUIRE(parsed.hourly);
    CHECK_FALSE(parsed.quarters);
    CHECK(parsed.remarks.empty());
    CHECK(parsed.hourly->global_mw_m2->start == utc("2026-03-01T22:00"));
    CHECK(parsed.hourly->temperature_mc->start == utc("2026-03-01T23:00"));
    CHECK(parsed.hourly->global_mw_m2->values.size() % 24 == 0);
    for (const auto* series : {&parsed.hourly->global_mw_m2, &parsed.hourly->direct_mw_m2,
                               &parsed.hourly->diffuse_mw_m2, &parsed.hourly->cloud_cover_bp}) {
      REQUIRE(series->has_value());
      for (const auto& value : (*series)->values) CHECK(value.has_value());
    }
  }

  TEST_CASE("a real answer of quarters") {
    const std::string bytes = real_file("api_samples/emhass_openmeteo_get.json");
    if (bytes.empty()) return;
    const auto parsed = forecast(bytes);
    CHECK_FALSE(parsed.hourly);
    REQUIRE(parsed.quarters);
    CHECK(parsed.quarters->step == std::chrono::minutes(15));
    CHECK(parsed.quarters->global_mw_m2->holds == Holds::start);
    CHECK(parsed.quarters->global_mw_m2->start == utc("2025-02-23T23:00"));
    CHECK(parsed.quarters->direct_normal_mw_m2->values.size() ==
          parsed.quarters->global_mw_m2->values.size());
    CHECK(parsed.remarks.empty());
  }
}

namespace {

const std::string krakow =
    R"({"id_stacji":"12566","stacja":"Kraków","data_pomiaru":"2025-01-15","godzina_pomiaru":"6","temperatura":"-1.25","predkosc_wiatru":"3","kierunek_wiatru":"260","wilgotnosc_wzgledna":"78.9","suma_opadu":"0.41","cisnienie":null})";

sources::ParsedObservation observed(const std::string& bytes) {
  auto result = sources::parse_imgw(bytes, "test");
  if (!result) FAIL(result.error().line());
  return std::move(*result);
}

std::string with(std::string text, const std::string& from, const std::string& to) {
  text.replace(text.find(from), from.size(), to);
  return text;
}

}  // namespace

TEST_SUITE("sources/weather/imgw") {
  TEST_CASE("numbers are texts, the hour is UTC, a null pressure is no pressure") {
    const auto parsed = observed(krakow);
    const fb::WeatherObservedT& it = parsed.observation;
    CHECK(it.provider == "test");
    CHECK(it.station == "Kraków");
    CHECK(it.observed_at_us == to_us(utc("2025-01-15T06:00")));
    CHECK(it.temperature_mc == -1'250);
    CHECK(it.wind_speed_mm_s == 3'000U);
    CHECK(it.wind_direction_deg == 260);
    CHECK(it.humidity_bp == 7'890);
    CHECK(it.precipitation_um == 410U);
    CHECK_FALSE(it.pressure_pa);
    CHECK_FALSE(it.cloud_cover_bp);
    CHECK(it.raw_digest != nullptr);
    CHECK(parsed.remarks.empty());
  }

  TEST_CASE("a pressure is in pascals; zero is a value") {
    const auto parsed = observed(with(with(krakow, "null", "\"1013.2\""), "\"0.41\"", "\"0\""));
    CHECK(parsed.observation.pressure_pa == 101'320U);
    CHECK(parsed.observation.precipitation_um == 0U);
  }

  TEST_CASE("text and impossible values are left out, and told") {
    const auto parsed = observed(with(with(krakow, "\"-1.25\"", "\"cold\""), "260", "361"));
    CHECK_FALSE(parsed.observation.temperature_mc);
    CHECK_FALSE(parsed.observation.wind_direction_deg);
    CHECK(parsed.observation.humidity_bp == 7'890);
    CHECK(has(parsed.remarks, "temperatura \"cold\" is not possible: left out"));
    CHECK(has(parsed.remarks, "kierunek_wiatru \"361\""));
  }

  TEST_CASE("what is no observation gets one clear error") {
    const auto why = [](const std::string& bytes) {
      const auto result = sources::parse_imgw(bytes, "test");
      REQUIRE_FALSE(result);
      CHECK(result.error().line().find('\n') == std::string::npos);
      return result.error().what;
    };
    CHECK(why("[" + krakow + "]") == "weather observation: a list of 1, not one station");
    CHECK(why(R"({"status":false})").find("are not a time") != std::string::npos);
    CHECK(why(with(krakow, "\"6\"", "\"25\"")).find("godzina_pomiaru \"25\"") != std::string::npos);
    CHECK(why(R"({"data_pomiaru":"2025-01-15","godzina_pomiaru":"12","temperatura":""})") ==
          "weather observation: the station measured nothing");
  }

  TEST_CASE("the legacy system's sample") {
    const std::string bytes = real_file("api_samples/imgw_synop_upstream_test.json");
    if (bytes.empty()) return;
    const auto parsed = observed(bytes);
    CHECK(parsed.observation.temperature_mc == 15'200);
    CHECK(parsed.observation.pressure_pa == 101'320U);
    CHECK(parsed.observation.wind_speed_mm_s == 12'500U);
    CHECK(parsed.observation.observed_at_us == to_us(utc("2025-01-15T12:00")));
    CHECK(parsed.remarks.empty());
  }
}
