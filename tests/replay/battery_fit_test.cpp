// The battery of a what-if: what it does when told, and whether its losses are found again in a
// record that rounds and errs as meters do.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <random>

#include "replay/audit/battery_model.hpp"
#include "replay/audit/house_past.hpp"
#include "tests/support/event_builders.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using namespace wattledger::tool;

namespace {

// A record holds until the next is made.
class Readings {
 public:
  void give(BatteryFit& fit, const fb::ReadingRecordedT& reading, UtcTime at) {
    const auto encoded = encode(event(at, fb::ReadingRecordedT(reading), fb::Source::inverter));
    REQUIRE(encoded);
    const auto view = encoded->view();
    REQUIRE(view);
    fit.observe(*view->as<fb::ReadingRecorded>(), at);
  }
};

double below(std::mt19937& random, int bound) {
  return static_cast<double>(static_cast<int>(random() % static_cast<unsigned>(bound)));
}

struct Told {
  double charge_efficiency, discharge_efficiency, standing_w;
};

// Days of a house whose battery charges at night and serves by day, a reading a minute. SOC in
// whole percents, counters in tenths of a kWh, power with an error of a hundredth.
FittedBattery recorded_days(
    const Told& truth, int days, std::uint32_t seed, bool counters,
    const std::function<void(fb::ReadingRecordedT&, int minute)>& alter = {},
    double capacity_share = 1) {
  fold::PolicySettings settings;
  BatteryModel model;
  model.capacity_wh = 10'000 * capacity_share;
  model.charge_efficiency = truth.charge_efficiency;
  model.discharge_efficiency = truth.discharge_efficiency;
  model.standing_w = truth.standing_w;
  SimulatedBattery battery(model, 0.5);
  std::mt19937 random(seed);
  BatteryFit fit;
  Readings readings;
  double in = 0, out = 0;
  for (int minute = 0; minute < days * 1'440; ++minute) {
    const int hour = minute / 60 % 24;
    const double load = 300 + below(random, 900);
    const double pv = hour >= 9 && hour < 15 ? 500 + below(random, 2'500) : 0;
    BatteryOrder order;
    if (hour >= 1 && hour < 4 && minute / 1'440 % 3 != 0)
      order = {fb::InverterMode::charge, 2'500, 0.9};
    const Flows flows = battery.live(order, load, pv, 1.0 / 60);
    in += flows.charged;
    out += flows.discharged;
    fb::ReadingRecordedT reading;
    reading.battery_soc_bp = static_cast<std::uint16_t>(std::lround(battery.soc() * 100) * 100);
    const double power = (flows.discharged - flows.charged) * 60;
    reading.battery_power_w =
        static_cast<std::int32_t>(power * (1 + (below(random, 2'001) - 1'000) / 1e5));
    reading.load_power_w = static_cast<std::int32_t>(load);
    reading.pv_power_w = static_cast<std::int32_t>(pv);
    reading.forced_mode = order.mode;
    if (counters) {
      reading.battery_charge_total_mwh = static_cast<std::int64_t>(in / 100) * 100'000;
      reading.battery_discharge_total_mwh = static_cast<std::int64_t>(out / 100) * 100'000;
    }
    if (alter) alter(reading, minute);
    readings.give(fit, reading, at_s(minute * 60 + 60));
  }
  return fit.result(settings, std::nullopt);
}

double round_trip(const BatteryModel& model) {
  return model.charge_efficiency * model.discharge_efficiency;
}

}  // namespace

TEST_SUITE("replay/battery_fit") {
  TEST_CASE("known losses are found again, by the counters and by the power alone") {
    for (const std::uint32_t seed : {1U, 2U, 3U})
      for (const bool counters : {true, false})
        for (const Told& truth : {Told{0.95, 0.95, 0}, Told{0.97, 0.92, 15}, Told{0.90, 0.96, 5}}) {
          CAPTURE(seed);
          CAPTURE(counters);
          CAPTURE(truth.charge_efficiency);
          const FittedBattery fitted = recorded_days(truth, 60, seed, counters);
          REQUIRE(fitted.fitted);
          CHECK(fitted.model.charge_efficiency ==
                doctest::Approx(truth.charge_efficiency).epsilon(0.015));
          CHECK(fitted.model.discharge_efficiency ==
                doctest::Approx(truth.discharge_efficiency).epsilon(0.015));
          CHECK(
              round_trip(fitted.model) ==
              doctest::Approx(truth.charge_efficiency * truth.discharge_efficiency).epsilon(0.015));
          CHECK(std::abs(fitted.model.standing_w - truth.standing_w) < 6);
          CHECK(fitted.soc_rms < 0.01);
        }
  }

  TEST_CASE("a management that sets its SOC anew now and then is not taken for a loss") {
    const auto jumps = [](fb::ReadingRecordedT& reading, int minute) {
      if (minute / 1'440 % 9 == 5 && minute % 1'440 > 700 && minute % 1'440 < 1'000)
        *reading.battery_soc_bp = static_cast<std::uint16_t>(*reading.battery_soc_bp / 200 * 100);
    };
    const FittedBattery fitted = recorded_days({0.95, 0.95, 0}, 60, 4, true, jumps);
    CHECK(fitted.left_out > 0);
    CHECK(round_trip(fitted.model) == doctest::Approx(0.9025).epsilon(0.02));
  }

  TEST_CASE("a day is too little to fit: the losses stay the policy's") {
    const FittedBattery fitted = recorded_days({0.80, 0.80, 0}, 1, 5, true);
    CHECK_FALSE(fitted.fitted);
    CHECK(fitted.model.charge_efficiency == doctest::Approx(0.95));
  }

  TEST_CASE(
      "a battery of another capacity than configured is scaled, so that no way gains energy") {
    const FittedBattery fitted = recorded_days({0.97, 0.97, 0}, 60, 6, true, {}, 0.8);
    CHECK(fitted.capacity_scaled);
    CHECK(fitted.model.capacity_wh == doctest::Approx(8'000).epsilon(0.03));
    CHECK(fitted.model.charge_efficiency <= 1);
    CHECK(round_trip(fitted.model) == doctest::Approx(0.97 * 0.97).epsilon(0.02));
  }

  TEST_CASE("the floor is where the battery stops serving, not what the policy says") {
    const auto stops_at_20 = [](fb::ReadingRecordedT& reading, int) {
      if (*reading.battery_soc_bp <= 2'000 && *reading.battery_power_w > 0) {
        reading.battery_soc_bp = static_cast<std::uint16_t>(2'000);
        reading.battery_power_w = 0;
      }
    };
    const FittedBattery fitted = recorded_days({0.95, 0.95, 0}, 10, 7, false, stops_at_20);
    CHECK(fitted.floor_seen);
    CHECK(fitted.model.floor == doctest::Approx(0.21));
  }

  TEST_CASE("energy is conserved, and no limit broken, whatever is told") {
    BatteryModel model;
    model.charge_efficiency = 0.94;
    model.discharge_efficiency = 0.96;
    model.standing_w = 8;
    model.export_max_w = 3'000;
    std::mt19937 random(8);
    SimulatedBattery battery(model, 0.5);
    for (int i = 0; i < 20'000; ++i) {
      CAPTURE(i);
      const auto mode = static_cast<fb::InverterMode>(below(random, 6));
      const BatteryOrder order{mode, below(random, 8'000), below(random, 101) / 100};
      const double load = below(random, 6'000), pv = below(random, 9'000);
      const double hours = (1 + below(random, 60)) / 60, before = battery.stored_wh();
      const Flows flows = battery.live(order, load, pv, hours);
      const double balance = flows.pv - flows.curtailed + flows.discharged + flows.bought -
                             flows.load - flows.charged - flows.sold;
      REQUIRE(std::abs(balance) < 1e-6);
      REQUIRE(flows.bought * flows.sold == 0);
      REQUIRE(flows.charged * flows.discharged == 0);
      REQUIRE(flows.gained == doctest::Approx(battery.stored_wh() - before));
      REQUIRE(flows.sold <= 3'000 * hours + 1e-6);
      REQUIRE(flows.charged <= model.charge_max_w * hours + 1e-6);
      REQUIRE(flows.discharged <= model.discharge_max_w * hours + 1e-6);
      REQUIRE(battery.soc() <= 1 + 1e-9);
      if (flows.discharged > 0) REQUIRE(battery.soc() >= model.floor - 0.002);
    }
  }

  TEST_CASE("what the orders mean") {
    BatteryModel model;
    model.floor = 0.2;
    const auto after = [&](const BatteryOrder& order, double soc, double load, double pv) {
      SimulatedBattery battery(model, soc);
      return battery.live(order, load, pv, 0.5);
    };
    CHECK(after({}, 0.5, 1'000, 0).discharged == doctest::Approx(500));
    CHECK(after({}, 0.2, 1'000, 0).bought == doctest::Approx(500));
    CHECK(after({}, 0.5, 1'000, 3'000).charged == doctest::Approx(1'000));
    CHECK(after({fb::InverterMode::charge, 2'000, 0.9}, 0.5, 1'000, 0).bought ==
          doctest::Approx(1'500));
    CHECK(after({fb::InverterMode::charge, 2'000, 0.5}, 0.5, 1'000, 0).charged == 0);
    CHECK(after({fb::InverterMode::hold, 0, 0.5}, 0.5, 1'000, 0).discharged == 0);
    CHECK(after({fb::InverterMode::hold, 0, 0.6}, 0.5, 0, 0).charged == doctest::Approx(50));
    CHECK(after({fb::InverterMode::discharge, 2'000, 0.1}, 0.5, 500, 0).sold ==
          doctest::Approx(750));
    CHECK(after({fb::InverterMode::discharge, 2'000, 0.1}, 0.2, 500, 0).discharged == 0);
  }
}
