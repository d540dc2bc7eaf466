#include "coordinator/forecast/house_forecast.hpp"

#include "coordinator/forecast/weather_series.hpp"
#include "tests/forecast/packed.hpp"
#include "tests/forecast/when.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using namespace wattledger::forecast;
using namespace std::chrono_literals;

namespace {

const UtcTime noon = std::chrono::sys_days(std::chrono::year(2025) / 6 / 1) + 10h;

Plant roof() {
  Plant plant{52'229'700, 21'012'200, {Plane{}}, Watts(0), BasisPoints(2'000)};
  plant.planes[0].peak = Watts(5'000);
  return plant;
}

std::unique_ptr<fb::SeriesT> series(UtcTime start, std::vector<std::int64_t> values,
                                    std::uint32_t step_s = 900,
                                    std::vector<std::uint16_t> absent = {}) {
  auto made = std::make_unique<fb::SeriesT>();
  made->start_us = to_us(start);
  made->step_s = step_s;
  made->values = std::move(values);
  made->absent = std::move(absent);
  return made;
}

fb::PvForecastIssuedT weather(UtcTime start, std::int64_t global_mw, std::size_t quarters = 192) {
  fb::PvForecastIssuedT fact;
  fact.provider = "open-meteo";
  fact.irradiance_mw_m2.push_back(series(start, std::vector<std::int64_t>(quarters, global_mw)));
  return fact;
}

fb::PvForecastIssuedT service(UtcTime start, std::int64_t watts) {
  fb::PvForecastIssuedT fact;
  fact.provider = "forecast-solar";
  fact.power_w.push_back(series(start, std::vector<std::int64_t>(192, watts)));
  return fact;
}

struct Watched {
  House house;
  HouseState state;
  template <class FactT>
  bool tell(UtcTime at, FactT fact) {
    const auto observation = observation_of(*Packed(at, std::move(fact)), house.pv.plant);
    return observation && observe(state, house, *observation);
  }
  void read(UtcTime at, int pv_w, int load_w = 300) {
    fb::ReadingRecordedT reading;
    reading.pv_power_w = pv_w;
    reading.load_power_w = load_w;
    tell(at, reading);
  }
};

std::int64_t highest(const fb::PvForecastIssuedT& fact) {
  const auto& values = fact.power_w.at(0)->values;
  return *std::max_element(values.begin(), values.end());
}

}  // namespace

TEST_SUITE("forecast/house") {
  TEST_CASE("curtailed is what the grid and the battery leave no way for") {
    struct Row {
      const char* what;
      std::optional<int> limit, grid, battery;
      std::optional<int> charge_limit_ma = {};
      int pv = 3'000;
      bool curtailed = false;
    };
    const Row rows[] = {
        {"at the limit, the battery rests", 5'000, 4'950, 0, {}, 6'000, true},
        {"no export, the battery is full", 0, -30, 20, {}, 800, true},
        {"no export, the battery takes it", 0, 0, -1'500, 25'000, 2'000, false},
        {"no export, the battery takes what it may", 0, 0, -2'450, 6'250, 2'800, true},
        {"no export, the battery gives", 0, 0, 900, 25'000, 100, false},
        {"below the limit", 5'000, 3'000, 0, {}, 4'000, false},
        {"bought", 0, -800, 0, {}, 200, false},
        {"no limit is known", {}, 9'000, 0, {}, 9'500, false},
        {"the grid is not known", 5'000, {}, 0, {}, 6'000, false},
        {"the battery is not known", 5'000, 5'000, {}, {}, 6'000, false},
        {"at night", 0, 0, 0, {}, 0, false}};
    for (const Row& row : rows) {
      CAPTURE(row.what);
      fb::ReadingRecordedT reading;
      reading.pv_power_w = row.pv;
      if (row.limit) reading.export_limit_w = *row.limit;
      if (row.grid) reading.grid_power_w = *row.grid;
      if (row.battery) reading.battery_power_w = *row.battery;
      if (row.charge_limit_ma) reading.battery_charge_limit_ma = *row.charge_limit_ma;
      reading.battery_voltage_mv = 400'000;
      CHECK(is_curtailed(*(*Packed(noon, reading)).as<fb::ReadingRecorded>()) == row.curtailed);
    }
  }

  TEST_CASE("the weather goes through the plant; a service's watts count where there is none") {
    Watched house;
    house.house.pv.plant = roof();
    CHECK(house.tell(noon, service(noon, 900)));
    CHECK(own_pv_forecast(house.state, house.house, noon)->model ==
          "forecast-solar, not yet corrected");
    CHECK(house.tell(noon + 1h, weather(noon, 700'000)));
    const auto told = own_pv_forecast(house.state, house.house, noon + 1h);
    REQUIRE(told);
    CHECK(told->model == "open-meteo, not yet corrected");
    CHECK(told->power_w[0]->values[0] > 2'500);
    CHECK(told->power_w[0]->values[0] < 5'000);
    CHECK_FALSE(house.tell(noon + 2h, service(noon + 2h, 900)));
    CHECK(own_pv_forecast(house.state, house.house, noon + 2h)->model ==
          "open-meteo, not yet corrected");
    CHECK(house.tell(noon + 25h, service(noon + 25h, 900)));   // the weather is a day old
    CHECK_FALSE(house.tell(noon + 25h, weather(noon, 0, 0)));  // says nothing
    // Without a plant the weather says nothing of power.
    Watched blind;
    CHECK_FALSE(blind.tell(noon, weather(noon, 700'000)));
    CHECK(blind.tell(noon, service(noon, 900)));
  }

  TEST_CASE("a base that ended tells nothing, and is not named") {
    Watched house;
    house.house.pv.plant = roof();
    house.tell(noon, service(noon, 900));
    CHECK(own_pv_forecast(house.state, house.house, noon + 48h)->model == "half of a clear sky");
  }

  TEST_CASE(
      "neither one's own forecast nor an imported one is a base; an import's readings teach") {
    Watched house;
    house.house.pv.plant = roof();
    auto own = service(noon, 900);
    own.provider = "wattledger";
    CHECK_FALSE(house.tell(noon, std::move(own)));
    CHECK(house.state == HouseState{});
    fb::EventT imported = event(noon, service(noon, 900));
    imported.origins.push_back(std::make_unique<fb::LegacyOriginT>());
    CHECK_FALSE(observation_of(*Packed(imported), roof()));
    fb::ReadingRecordedT reading;
    reading.load_power_w = 400;
    fb::EventT earlier = event(noon, reading);
    earlier.origins.push_back(std::make_unique<fb::LegacyOriginT>());
    const auto taught = observation_of(*Packed(earlier), roof());
    REQUIRE(taught);
    CHECK(taught->load == Watts(400));
  }

  TEST_CASE("a house without panels hears nothing of any") {
    Watched house;
    for (int i = 0; i < 3 * 288; ++i) house.read(noon + i * 5min, i % 7 == 0 ? 6 : 0);
    const UtcTime now = noon + 72h;
    CHECK_FALSE(own_pv_forecast(house.state, house.house, now));
    CHECK(own_load_forecast(house.state, house.house, now).power_w.size() == 1);
    // Panels that nobody configured are known by what they gave.
    for (int i = 0; i < 288; ++i) house.read(now + i * 5min, i < 60 ? 1'500 : 0);
    const auto told = own_pv_forecast(house.state, house.house, now + 24h);
    REQUIRE(told);
    CHECK(told->model == "the panels' last 4 days");
    CHECK(highest(*told) > 300);  // one day of four
    CHECK(highest(*told) < 1'500);
    // A plant whose sky nobody forecasts has half of a cloudless one.
    Watched fresh;
    fresh.house.pv.plant = roof();
    REQUIRE(own_pv_forecast(fresh.state, fresh.house, noon));
    CHECK(highest(*own_pv_forecast(fresh.state, fresh.house, noon)) > 1'000);
  }

  TEST_CASE(
      "a forecast says what it stands on: the default profile, days of the house, four weeks") {
    Watched house;
    const auto load_model = [&](UtcTime now) {
      return own_load_forecast(house.state, house.house, now).model;
    };
    CHECK(load_model(noon) == "the default profile");
    struct Row {
      int days;
      const char* model;
    };
    UtcTime now = noon;
    for (const Row& row : std::vector<Row>{{1, "the default profile and 1 day of the house"},
                                           {6, "the default profile and 6 days of the house"},
                                           {7, "the last 7 days"},
                                           {27, "the last 27 days"},
                                           {28, "the last four weeks"},
                                           {40, "the last four weeks"}}) {
      // The day that begins at noon is half known, which is enough.
      for (; now < noon + row.days * 24h; now += 5min) house.read(now, 0);
      CHECK(load_model(now) == row.model);
    }
  }

  TEST_CASE(
      "a forecast of the sun says by how many days it is corrected, up to what it remembers") {
    Watched house;
    house.house.pv.plant = roof();
    for (int day = 0; day < 22; ++day) {
      const UtcTime at = noon + day * 24h;
      house.tell(at, service(at, 900));
      const std::string model = own_pv_forecast(house.state, house.house, at)->model;
      CHECK(model == (day == 0   ? std::string("forecast-solar, not yet corrected")
                      : day == 1 ? std::string("forecast-solar, corrected by 1 day")
                                 : "forecast-solar, corrected by " +
                                       std::to_string(std::min(day, 20)) + " days"));
      for (int i = 1; i < 12; ++i) house.read(at + i * 5min, 800);
    }
  }

  TEST_CASE(
      "what is said begins with the quarter that holds now, and unknown bounds are left out") {
    Watched house;
    const auto told = own_load_forecast(house.state, house.house, noon + 7min);
    CHECK(told.provider == "wattledger");
    CHECK(told.issued_at_us == to_us(noon + 7min));
    REQUIRE(told.power_w.size() == 1);
    CHECK(told.power_w[0]->start_us == to_us(noon));
    CHECK(told.power_w[0]->step_s == 900);
    CHECK(told.power_w[0]->values.size() == 192);
    CHECK(told.low_w.empty());
    CHECK(told.high_w.empty());
  }

  TEST_CASE("an implausible reading ends what is known") {
    Watched house;
    house.read(noon, 1'000);
    fb::ReadingRecordedT implausible;
    implausible.load_power_w = 9'000;
    implausible.quality = fb::Quality::implausible;
    house.tell(noon + 1min, implausible);
    CHECK_FALSE(house.state.load.meter.last);
    CHECK_FALSE(house.state.pv.meter.last);
  }
}

TEST_SUITE("forecast/weather series") {
  TEST_CASE("temperatures are told for instants, light for slots") {
    auto fact = weather(noon, 500'000, 4);
    fact.irradiance_mw_m2[0]->absent = {2};
    fact.direct_mw_m2.push_back(series(noon, {300'000, 310'000, 320'000, 330'000}));
    fact.diffuse_mw_m2.push_back(series(noon - 15min, {1, 200'000, 210'000}));
    fact.temperature_mc.push_back(series(noon, {20'000, 24'000}, 3'600));
    const Packed packed(noon, std::move(fact));
    const auto told = weather_of(*(*packed).as<fb::PvForecastIssued>());
    REQUIRE(told.size() == 1);
    CHECK(told[0].start == noon);
    CHECK(told[0].step == 15min);
    REQUIRE(told[0].slots.size() == 4);
    CHECK(told[0].slots[0] == SlotWeather{500'000, 300'000, 200'000, MilliCelsius(20'500)});
    CHECK(told[0].slots[1] == SlotWeather{500'000, 310'000, 210'000, MilliCelsius(21'500)});
    CHECK(told[0].slots[2] ==
          SlotWeather{std::nullopt, 320'000, std::nullopt, MilliCelsius(22'500)});
    CHECK(told[0].slots[3] == SlotWeather{500'000, 330'000, std::nullopt, MilliCelsius(23'500)});
  }

  TEST_CASE("slots of another length are another's light; series that are none are left out") {
    auto fact = weather(noon, 500'000, 4);
    fact.direct_mw_m2.push_back(series(noon, {300'000}, 3'600));
    fact.irradiance_mw_m2.push_back(series(noon, {1}, 0));
    fact.irradiance_mw_m2.push_back(series(UtcTime::min(), {1}));
    fact.irradiance_mw_m2.push_back(series(noon, std::vector<std::int64_t>(1'537, 1)));
    const Packed packed(noon, std::move(fact));
    const auto told = weather_of(*(*packed).as<fb::PvForecastIssued>());
    REQUIRE(told.size() == 1);
    CHECK_FALSE(told[0].slots[0].direct_mw_m2);
    CHECK_FALSE(told[0].slots[0].temperature);
  }
}
