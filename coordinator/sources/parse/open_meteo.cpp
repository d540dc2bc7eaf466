#include <algorithm>
#include <array>

#include "coordinator/sources/parse/answer.hpp"
#include "coordinator/sources/parse/decimal.hpp"
#include "coordinator/sources/parse/remarks.hpp"
#include "coordinator/sources/parse/weather.hpp"

namespace wattledger::sources {
namespace {

using std::chrono::seconds;

constexpr std::size_t slots_max = 20'000;  // 200 days of quarters

const AnswerDoor& door() {
  static const AnswerDoor it{"weather", "save an answer of Open-Meteo's /v1/forecast",
                             weather_bytes_max};
  return it;
}

// A variable of the answer and where it goes. Of two for one place the first that is there is
// taken.
struct Variable {
  const char* name;
  std::optional<ForecastSeries> WeatherForecast::*place;
  Holds holds;
  std::string_view unit;
  int places;  // decimals of the unit that make our integer
  std::int64_t low, high;
};

constexpr std::string_view watts = "W/m²";
constexpr std::int64_t sun_max_mw =
    2'000'000;  // above the sun's own 1 361 W/m² and any cloud's edge

constexpr std::array<Variable, 11> variables{{
    {"shortwave_radiation", &WeatherForecast::global_mw_m2, Holds::slot, watts, 3, 0, sun_max_mw},
    {"shortwave_radiation_instant", &WeatherForecast::global_mw_m2, Holds::start, watts, 3, 0,
     sun_max_mw},
    {"direct_radiation", &WeatherForecast::direct_mw_m2, Holds::slot, watts, 3, 0, sun_max_mw},
    {"direct_radiation_instant", &WeatherForecast::direct_mw_m2, Holds::start, watts, 3, 0,
     sun_max_mw},
    {"diffuse_radiation", &WeatherForecast::diffuse_mw_m2, Holds::slot, watts, 3, 0, sun_max_mw},
    {"diffuse_radiation_instant", &WeatherForecast::diffuse_mw_m2, Holds::start, watts, 3, 0,
     sun_max_mw},
    {"direct_normal_irradiance", &WeatherForecast::direct_normal_mw_m2, Holds::slot, watts, 3, 0,
     sun_max_mw},
    {"direct_normal_irradiance_instant", &WeatherForecast::direct_normal_mw_m2, Holds::start, watts,
     3, 0, sun_max_mw},
    {"cloud_cover", &WeatherForecast::cloud_cover_bp, Holds::start, "%", 2, 0, 10'000},
    {"cloudcover", &WeatherForecast::cloud_cover_bp, Holds::start, "%", 2, 0, 10'000},
    {"temperature_2m", &WeatherForecast::temperature_mc, Holds::start, "°C", 3, -100'000, 70'000},
}};

// One of `hourly` and `minutely_15`.
class BlockReader {
 public:
  BlockReader(const Json& answer, std::string name, seconds step, Remarks& remarks)
      : answer_(answer), name_(std::move(name)), step_(step), remarks_(remarks) {}

  // nullopt where the answer has no such block, or, with a remark, one that says nothing usable.
  std::optional<WeatherForecast> read() {
    const Json* block = answer_.object(name_);
    if (block == nullptr) return std::nullopt;
    units_ = answer_.object(name_ + "_units");
    if (!read_times(*block)) return std::nullopt;
    WeatherForecast result;
    result.step = step_;
    bool any = false;
    for (const Variable& variable : variables) {
      auto& place = result.*variable.place;
      const Json* list = block->find(variable.name);
      if (place || list == nullptr) continue;
      place = read_variable(variable, *list);
      any = any || place;
    }
    if (!any) {
      remarks_.add(name_ + " has none of radiation, cloud cover and temperature");
      return std::nullopt;
    }
    return result;
  }

 private:
  std::optional<UtcTime> read_time(const Json& item) const {
    if (unix_) {
      const Decimal count = parse_decimal(item.text, 0);
      constexpr std::int64_t year_2200_s = 7'258'118'400;
      if (count.trouble || count.count < 0 || count.count > year_2200_s) return std::nullopt;
      return utc_from_us(count.count * 1'000'000);
    }
    if (item.kind != Json::Kind::text) return std::nullopt;
    const auto time = parse_time(item.text, ZoneOffsets());
    return time ? std::optional(*time - offset_) : std::nullopt;
  }

  bool refuse(const std::string& what) {
    remarks_.add(name_ + ": " + what);
    return false;
  }

  bool read_clock() {
    const std::string_view format = units_ == nullptr ? "" : units_->scalar("time");
    unix_ = format == "unixtime";
    if (unix_) return true;
    if (format != "iso8601")
      return refuse("times in " + in_quotes(format) + ", neither iso8601 nor unixtime");
    const std::string_view text = answer_.scalar("utc_offset_seconds");
    const Decimal offset = parse_decimal(text, 0);
    constexpr std::int64_t day_s = 86'400;
    if (offset.trouble || offset.count < -day_s || offset.count > day_s)
      return refuse("utc_offset_seconds " + in_quotes(text) + " is no offset");
    offset_ = seconds(offset.count);
    return true;
  }

  // Every time's place on the grid that the first of them begins.
  bool read_times(const Json& block) {
    if (!read_clock()) return false;
    const Json* times = block.list("time");
    if (times == nullptr || times->items.empty()) return refuse("no list \"time\"");
    for (std::size_t i = 0; i < times->items.size(); ++i) {
      const auto time = read_time(times->items[i]);
      if (!time) return refuse("time " + in_quotes(times->items[i].text) + " is not a time");
      if (i == 0) start_ = *time;
      const auto since = *time - start_;
      const auto index = since / step_;
      if (since % step_ != std::chrono::microseconds(0) || index < 0 ||
          (i > 0 && static_cast<std::size_t>(index) <= indices_.back()) ||
          static_cast<std::size_t>(index) >= slots_max)
        return refuse("time " + in_quotes(times->items[i].text) + " is out of step");
      indices_.push_back(static_cast<std::size_t>(index));
    }
    const std::size_t missing = indices_.back() + 1 - indices_.size();
    if (missing != 0)
      remarks_.add(name_ + ": " + std::to_string(missing) + " of " +
                   std::to_string(indices_.back() + 1) + " times are missing");
    return true;
  }

  std::optional<ForecastSeries> read_variable(const Variable& variable, const Json& list) {
    const std::string what = name_ + "." + variable.name;
    const std::string_view unit = units_ == nullptr ? "" : units_->scalar(variable.name);
    if (unit != variable.unit) {
      remarks_.add(what + " is in " + in_quotes(unit) + ", not " + in_quotes(variable.unit) +
                   ": left out");
      return std::nullopt;
    }
    if (list.kind != Json::Kind::list || list.items.size() != indices_.size()) {
      remarks_.add(what + " has " + std::to_string(list.items.size()) + " values for " +
                   std::to_string(indices_.size()) + " times: left out");
      return std::nullopt;
    }
    ForecastSeries series;
    series.holds = variable.holds;
    series.start = variable.holds == Holds::slot ? start_ - step_ : start_;
    series.step = step_;
    series.values.resize(indices_.back() + 1);
    for (std::size_t i = 0; i < indices_.size(); ++i) {
      const Json& item = list.items[i];
      if (item.kind == Json::Kind::null) continue;
      const Decimal value = parse_decimal(item.text, variable.places, Digits::rounded);
      if (value.trouble || value.count < variable.low || value.count > variable.high) {
        remarks_.add(i + 1, what + " " + in_quotes(item.text) + " is not possible: left out");
        continue;
      }
      series.values[indices_[i]] = value.count;
    }
    return series;
  }

  const Json& answer_;
  std::string name_;
  seconds step_;
  Remarks& remarks_;
  const Json* units_ = nullptr;
  bool unix_ = false;
  seconds offset_{0};
  UtcTime start_;
  std::vector<std::size_t> indices_;  // of the times, ascending
};

std::optional<std::int64_t> degrees_e6(std::string_view text) {
  const Decimal value = parse_decimal(text, 6, Digits::rounded);
  constexpr std::int64_t most = 360'000'000;
  if (text.empty() || value.trouble || value.count < -most || value.count > most)
    return std::nullopt;
  return value.count;
}

}  // namespace

std::unique_ptr<fb::SeriesT> to_series(const ForecastSeries& series) {
  auto result = std::make_unique<fb::SeriesT>();
  result->start_us = to_us(series.start);
  result->step_s = static_cast<std::uint32_t>(series.step.count());
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    if (!series.values[i]) result->absent.push_back(static_cast<std::uint16_t>(i));
    result->values.push_back(series.values[i].value_or(0));
  }
  return result;
}

Result<ParsedWeatherForecast> parse_open_meteo(std::string_view bytes,
                                               const std::string& provider) {
  const auto text = open_answer(bytes, door());
  if (!text) return Failure(text.error());
  const auto answer = read_json(*text, door());
  if (!answer) return Failure(answer.error());
  if (answer->scalar("error") == "true") {
    return fail(ErrorKind::rejected,
                "weather: Open-Meteo answers: " + on_one_line(answer->scalar("reason")),
                "correct the address that was asked, or ask less often");
  }
  Remarks remarks;
  ParsedWeatherForecast result;
  result.provider = provider;
  result.latitude_e6 = degrees_e6(answer->scalar("latitude"));
  result.longitude_e6 = degrees_e6(answer->scalar("longitude"));
  result.hourly = BlockReader(*answer, "hourly", seconds(3'600), remarks).read();
  result.quarters = BlockReader(*answer, "minutely_15", seconds(900), remarks).read();
  if (!result.hourly && !result.quarters) {
    const std::string first = remarks.first();
    return fail(
        ErrorKind::invalid_input,
        "weather: " + (first.empty() ? "the JSON has neither hourly nor minutely_15" : first),
        door().remedy);
  }
  result.raw_digest = digest_of({bytes});
  result.remarks = remarks.take();
  return result;
}

}  // namespace wattledger::sources
