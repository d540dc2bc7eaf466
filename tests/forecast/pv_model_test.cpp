#include "coordinator/forecast/pv_model.hpp"

#include <rapidcheck.h>

#include <cmath>

#include "coordinator/forecast/irradiance.hpp"
#include "tests/forecast/when.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using namespace wattledger::forecast;
using namespace std::chrono_literals;

namespace {

Plant flat(std::int64_t peak) {
  Plant plant{52'229'700, 21'012'200, {Plane{}}, Watts(0), BasisPoints(2'000)};
  plant.planes[0].tilt_deg = 0;
  plant.planes[0].peak = Watts(peak);
  return plant;
}

SlotWeather sky(std::int64_t direct_w, std::int64_t diffuse_w, std::int64_t air_mc) {
  return {std::nullopt, direct_w * 1'000, diffuse_w * 1'000, MilliCelsius(air_mc)};
}

Plant any_plant() {
  Plant plant{*rc::gen::inRange(-65'000'000, 65'000'000),
              *rc::gen::inRange(-180'000'000, 180'000'000),
              {},
              Watts(*rc::gen::inRange(0, 12'000)),
              BasisPoints(*rc::gen::inRange(0, 10'000))};
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
    plant.planes.push_back(
        {*rc::gen::inRange(0, 91), *rc::gen::inRange(0, 360), Watts(*rc::gen::inRange(0, 20'000)),
         BasisPoints(*rc::gen::inRange(0, 5'000)), *rc::gen::inRange(-6'000, 0)});
  return plant;
}

std::optional<std::int64_t> any_irradiance() {
  const auto mw_m2 = *rc::gen::arbitrary<std::int64_t>();
  if (mw_m2 % 5 == 0) return std::nullopt;
  return mw_m2 % 3 == 0 ? mw_m2 : mw_m2 % 1'500'000;
}

UtcTime any_time() {
  return utc("2020-01-01") + std::chrono::seconds(*rc::gen::inRange(0, 10 * 365 * 86'400));
}

std::int64_t day_wh(const Plant& plant, const char* day) {
  std::int64_t wh = 0;
  for (int quarter = 0; quarter < 96; ++quarter)
    wh += clear_sky_power(plant, utc(day) + quarter * 15min, 15min).count() / 4;
  return wh;
}

}  // namespace

TEST_SUITE("forecast/pv model") {
  TEST_CASE("Haurwitz' clear sky, as pvlib's tests have it") {
    struct Row {
      double elevation;
      double w_m2;
    };
    for (const Row& row : {Row{-20, 0},
                           {0, 0},
                           {5, 48.6298687941956},
                           {10, 135.741748091813},
                           {30, 487.894132885425},
                           {50, 778.766689344363},
                           {90, 1035.09203253450}})
      CHECK(clear_sky_w_m2(std::sin(row.elevation / 57.29577951308232)) ==
            doctest::Approx(row.w_m2).epsilon(1e-9));
  }

  TEST_CASE("Erbs' diffuse share, as pvlib's tests have it, and its ends") {
    CHECK(diffuse_share(0.405723511) == doctest::Approx(41.5703604 / 50).epsilon(1e-6));
    CHECK(diffuse_share(0.718132729) == doctest::Approx(0.217860117).epsilon(1e-6));
    CHECK(diffuse_share(0.768214312) == doctest::Approx(0.170790318).epsilon(1e-6));
    CHECK(diffuse_share(0) == 1);
    CHECK(diffuse_share(0.22) == doctest::Approx(0.9802));
    CHECK(diffuse_share(1.2) == 0.165);
  }

  TEST_CASE("above the air: the least in July, the most in January") {
    CHECK(above_air_w_m2(sun_at(utc("2024-01-03"))) ==
          doctest::Approx(1'361 / 0.98331 / 0.98331).epsilon(1e-4));
    CHECK(above_air_w_m2(sun_at(utc("2024-07-05"))) ==
          doctest::Approx(1'361 / 1.01671 / 1.01671).epsilon(1e-4));
  }

  TEST_CASE(
      "Hay and Davies by hand: sun 30 degrees high in the south, plane 30 degrees steep, facing "
      "it") {
    const Direction sun{0, -std::sqrt(0.75), 0.5};
    const Direction plane{0, -0.5, std::sqrt(0.75)};
    // Incidence 30 degrees. 600 W/m2 direct: 519.615. Share around the sun 600 / 1361, gain
    // sqrt(3), seen sky 0.9330127: 100 W/m2 diffuse give 128.527. Ground: 0.2 * 400 * 0.0669873.
    CHECK(on_plane_w_m2(plane, sun, {300, 100}, 1'361, 0.2) ==
          doctest::Approx(653.501).epsilon(1e-5));
    // Flat, the plane has what the horizontal has.
    CHECK(on_plane_w_m2({0, 0, 1}, sun, {300, 100}, 1'361, 0.2) == doctest::Approx(400));
    CHECK(on_plane_w_m2({0, 0, 1}, {0, -std::sqrt(0.9996), 0.02}, {30, 10}, 1'361, 0.2) ==
          doctest::Approx(40));
    // Turned away: no direct light.
    CHECK(on_plane_w_m2({0, 1, 0}, sun, {300, 100}, 1'361, 0) ==
          doctest::Approx(100 * (1 - 600.0 / 1'361) / 2));
  }

  TEST_CASE(
      "1000 W/m2 on cells of 25 degrees give the peak less the losses; heat and the inverter take "
      "more") {
    const UtcTime noon = utc("2024-06-20T10:36Z");
    Plant plant = flat(5'000);
    const auto power = [&](std::int64_t air_mc) {
      return pv_power(plant, noon, 60s, sky(700, 300, air_mc)).value_or(Watts(-1)).count();
    };
    CHECK(std::abs(power(-6'250) - 4'300) <= 1);  // cells 31.25 K above the air
    CHECK(std::abs(power(25'000) - 3'762) <= 1);  // 56.25 degrees: 12.5 % less
    plant.inverter_limit = Watts(3'000);
    CHECK(power(25'000) == 3'000);
    plant = flat(0);
    CHECK(power(0) == 0);
  }

  TEST_CASE("night is 0 whatever the weather says; without irradiance nothing is known") {
    const Plant plant = flat(5'000);
    CHECK(pv_power(plant, utc("2024-06-20T23:00Z"), 1h, sky(500, 100, 0)) == Watts(0));
    CHECK_FALSE(pv_power(plant, utc("2024-06-20T12:00Z"), 1h, {}));
    CHECK(clear_sky_power(plant, utc("2024-12-20T20:00Z"), 15min) == Watts(0));
    WeatherSeries weather{utc("2024-06-20T12:00Z"), 1h, {sky(500, 100, 20'000), {}}};
    const auto power = pv_power(plant, weather);
    CHECK(power.start == weather.start);
    CHECK(power.step == 1h);
    REQUIRE(power.watts.size() == 2);
    CHECK(power.watts[0]);
    CHECK_FALSE(power.watts[1]);
  }

  TEST_CASE(
      "the light of a sunrise's hour is in its part with the sun up: no more than the mean of its "
      "quarters") {
    Plant plant = flat(5'000);
    plant.planes[0] = {90, 60, Watts(5'000), BasisPoints(0), 0};  // a wall that faces the sunrise
    const auto watts = pv_power(plant, utc("2024-06-20T02:00Z"), 1h, sky(20, 20, 10'000));
    REQUIRE(watts);
    CHECK(*watts > Watts(100));
    CHECK(*watts < Watts(5'000));
  }

  TEST_CASE(
      "a clear day: Warsaw's summer gives several winters, a south roof more than a north one") {
    Plant plant = flat(5'000);
    const auto summer = day_wh(plant, "2024-06-20");
    CHECK(summer > 5 * day_wh(plant, "2024-12-20"));
    CHECK(summer > 25'000);
    CHECK(summer < 40'000);
    plant.planes[0].tilt_deg = 35;
    const auto south = day_wh(plant, "2024-03-20");
    plant.planes[0].azimuth_deg = 0;
    CHECK(south > 2 * day_wh(plant, "2024-03-20"));
  }

  TEST_CASE("never negative, never above the inverter") {
    CHECK(rc::check("any plant, any sky", [] {
      const Plant plant = any_plant();
      const SlotWeather weather{any_irradiance(), any_irradiance(), any_irradiance(),
                                MilliCelsius(*rc::gen::inRange(-60'000, 60'000))};
      const auto step = std::chrono::seconds(*rc::gen::inRange(1, 86'400));
      const auto start = any_time();
      const Watts clear = clear_sky_power(plant, start, step);
      const Watts power = pv_power(plant, start, step, weather).value_or(Watts(0));
      for (const Watts watts : {clear, power}) {
        RC_ASSERT(watts >= Watts(0));
        RC_ASSERT(plant.inverter_limit == Watts(0) || watts <= plant.inverter_limit);
      }
      const auto sun = sun_angles(start, plant.latitude_e6 / 1e6, plant.longitude_e6 / 1e6);
      if (sun.elevation_deg < -10) RC_ASSERT(clear_sky_power(plant, start, 60s) == Watts(0));
    }));
  }

  TEST_CASE("more light is never less power: diffuse on every plane, all of it on a flat one") {
    CHECK(rc::check("monotone", [] {
      Plant plant = any_plant();
      const UtcTime start = any_time();
      const int direct = *rc::gen::inRange(0, 800);
      const int diffuse = *rc::gen::inRange(0, 400);
      const int more = *rc::gen::inRange(0, 300);
      const auto with = [&](int diffuse_w) {
        return pv_power(plant, start, 15min, sky(direct, diffuse_w, 15'000))->count();
      };
      RC_ASSERT(with(diffuse) <= with(diffuse + more));
      for (Plane& plane : plant.planes) plane.tilt_deg = 0;
      const auto global = [&](int w_m2) {
        const SlotWeather weather{w_m2 * 1'000, std::nullopt, std::nullopt, std::nullopt};
        return pv_power(plant, start, 15min, weather)->count();
      };
      RC_ASSERT(global(direct) <= global(direct + more));
    }));
  }
}
