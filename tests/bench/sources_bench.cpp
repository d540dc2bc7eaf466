// Parsing a day's answer of each source, made here in the shape of the real ones. Run by hand:
//
//   wattledger_bench_sources --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
//
// The goal is a day in a millisecond.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "coordinator/sources/parse/peak_hours.hpp"
#include "coordinator/sources/parse/prices.hpp"
#include "coordinator/sources/parse/pv_forecast.hpp"
#include "coordinator/sources/parse/weather.hpp"

namespace wattledger {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr int quarters = 96;

UtcTime midnight() { return parse_time("2025-10-04T22:00Z", ZoneOffsets()).value(); }

ZoneOffsets warsaw() {
  const auto at = [](const char* text) { return parse_time(text, ZoneOffsets()).value(); };
  return ZoneOffsets({{at("2025-01-01"), hours(1)},
                      {at("2025-03-30T01:00"), hours(2)},
                      {at("2025-10-26T01:00"), hours(1)}});
}

template <class T>
void must(const Result<T>& result) {
  if (result) return;
  std::cerr << result.error().line() << "\n";
  std::exit(1);
}

std::string local(UtcTime at) { return iso_text(warsaw().to_local(at)); }

// "a,b,c" of what `each` makes of 0, 1, 2 …
template <class Each>
std::string list(int count, const Each& each) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + each(i);
  return text;
}

std::string price(int i) { return std::to_string(100 + i) + ".37"; }

std::string csdac() {
  return "{\"value\":[" +
         list(
             quarters,
             [](int i) {
               const UtcTime start = midnight() + minutes(15) * i;
               const UtcTime end = start + minutes(15);
               return "{\"dtime\":\"" + local(end).replace(10, 1, " ") + "\",\"period\":\"" +
                      local(start).substr(11, 5) + " - " + local(end).substr(11, 5) +
                      "\",\"csdac_pln\":" + price(i) + ",\"dtime_utc\":\"" +
                      utc_text(end).substr(0, 19).replace(10, 1, " ") + "\",\"period_utc\":\"" +
                      utc_text(start).substr(11, 5) + " - " + utc_text(end).substr(11, 5) +
                      R"(","business_date":"2025-10-05","publication_ts":"2025-10-04 13:50:00.000",)" +
                      R"("publication_ts_utc":"2025-10-04 11:50:00.000000"})";
             }) +
         "]}";
}

std::string entsoe() {
  std::string points;
  for (int i = 0; i < quarters; ++i)
    points += "<Point>\n  <position>" + std::to_string(i + 1) + "</position>\n  <price.amount>" +
              price(i) + "</price.amount>\n</Point>\n";
  return "<?xml version=\"1.0\"?>\n<Publication_MarketDocument><type>A44</type><TimeSeries>"
         "<currency_Unit.name>EUR</currency_Unit.name><price_Measure_Unit.name>MWH</"
         "price_Measure_Unit.name><curveType>A03</curveType><Period><timeInterval><start>2025-10-"
         "04T22:00Z</start><end>2025-10-05T22:00Z</end></timeInterval><resolution>PT15M</"
         "resolution>" +
         points + "</Period></TimeSeries></Publication_MarketDocument>";
}

std::string energy_charts() {
  return "{\"unix_seconds\":[" +
         list(quarters, [](int i) { return std::to_string(1'759'615'200 + 900 * i); }) +
         "],\"price\":[" + list(quarters, price) + "],\"unit\":\"EUR / MWh\"}";
}

std::string awattar() {
  return "{\"data\":[" +
         list(quarters,
              [](int i) {
                const std::int64_t start = 1'759'615'200'000 + 900'000 * i;
                return "{\"start_timestamp\":" + std::to_string(start) +
                       ",\"end_timestamp\":" + std::to_string(start + 900'000) +
                       ",\"marketprice\":" + price(i) + ",\"unit\":\"Eur/MWh\"}";
              }) +
         "]}";
}

std::string csv() {
  std::string text = "period_start_local_naive,market_price_pln_per_kwh,quality\n";
  for (int i = 0; i < quarters; ++i)
    text += local(midnight() + minutes(15) * i) + ",0.39395,observed\n";
  return text;
}

std::string pdgsz() {
  return "{\"value\":[" +
         list(24,
              [](int i) {
                const UtcTime start = midnight() + hours(i);
                return "{\"dtime\":\"" + local(start).substr(0, 16).replace(10, 1, " ") +
                       "\",\"dtime_utc\":\"" + utc_text(start).substr(0, 16).replace(10, 1, " ") +
                       R"(","is_active":true,"usage_fcst":1,"business_date":"2025-10-05",)" +
                       R"("publication_ts_utc":"2025-10-04 10:20:36.622"})";
              }) +
         "]}";
}

std::string open_meteo() {
  std::string units;
  std::string series;
  for (const char* name : {"shortwave_radiation", "direct_radiation", "diffuse_radiation"}) {
    units += ",\"" + std::string(name) + "\":\"W/m²\"";
    series += ",\"" + std::string(name) + "\":[" + list(quarters, price) + "]";
  }
  return "{\"utc_offset_seconds\":7200,\"minutely_15_units\":{\"time\":\"iso8601\"" + units +
         "},\"minutely_15\":{\"time\":[" +
         list(quarters,
              [](int i) {
                return "\"" + local(midnight() + minutes(15) * i).substr(0, 16) + "\"";
              }) +
         "]" + series + "}}";
}

std::string forecast_solar() {
  const std::string stamps = list(15, [](int i) {
    return "\"" + local(midnight() + hours(5 + i)).replace(10, 1, " ") +
           "\":" + std::to_string(i * (14 - i) * 50);
  });
  return "{\"result\":{\"watts\":{" + stamps + "},\"watt_hours_period\":{" + stamps + "}}}";
}

void Prices(benchmark::State& state, std::string (*make)()) {
  const std::string bytes = make();
  const ZoneOffsets zone = warsaw();
  for (auto _ : state) {
    auto parsed = sources::parse_prices(bytes, zone, "bench");
    must(parsed);
    if (!parsed->slots[0].complete()) std::exit(1);
    benchmark::DoNotOptimize(parsed);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK_CAPTURE(Prices, csdac, csdac)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Prices, entsoe, entsoe)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Prices, energy_charts, energy_charts)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Prices, awattar, awattar)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Prices, csv, csv)->Unit(benchmark::kMicrosecond);

void PeakHours(benchmark::State& state) {
  const std::string bytes = pdgsz();
  const ZoneOffsets zone = warsaw();
  for (auto _ : state) must(sources::parse_peak_hours(bytes, zone, "bench"));
}
BENCHMARK(PeakHours)->Unit(benchmark::kMicrosecond);

void OpenMeteo(benchmark::State& state) {
  const std::string bytes = open_meteo();
  for (auto _ : state) must(sources::parse_open_meteo(bytes, "bench"));
}
BENCHMARK(OpenMeteo)->Unit(benchmark::kMicrosecond);

void ForecastSolar(benchmark::State& state) {
  const std::string bytes = forecast_solar();
  const ZoneOffsets zone = warsaw();
  for (auto _ : state) must(sources::parse_forecast_solar(bytes, zone, "bench"));
}
BENCHMARK(ForecastSolar)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace wattledger

BENCHMARK_MAIN();
