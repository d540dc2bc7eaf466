#include <doctest/doctest.h>

#include <memory>

#include "coordinator/inverter/inverter.hpp"
#include "coordinator/simulator/simulator.hpp"
#include "tests/support/event_builders.hpp"

namespace wattledger::inverter {
namespace {

using simulator::House;
using simulator::HouseOptions;
using simulator::HouseYear;
using simulator::Misbehaviour;
using simulator::ModbusServer;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Two hours east of UTC, without clock changes.
ZoneOffsets east() { return ZoneOffsets({{UtcTime(), hours(2)}}); }

// A house with a server and an inverter adapter on it. 2025-10-01T08:00 UTC is a Wednesday, ten
// o'clock there.
struct Bench {
  explicit Bench(ModbusOptions options = {}) {
    HouseOptions house_options;
    house_options.zone = east();
    house = std::make_unique<House>(house_options, HouseYear::generate(1), start);
    house->set_pv(Watts(3'000));
    house->set_load(Watts(1'000));
    auto started = ModbusServer::start(*house, 0);
    REQUIRE(started.has_value());
    server = std::move(*started);
    options.port = server->port();
    inverter = make_modbus_inverter(options);
  }

  Wish wish(fb::InverterMode mode, Watts power, std::int64_t soc_percent, minutes for_time) const {
    return {mode, power, BasisPoints(soc_percent * 100), house->now() + for_time};
  }
  Result<ControlState> apply(const Wish& wished) {
    return inverter->apply(wished, house->now(), zone);
  }
  Result<fb::ReadingRecordedT> poll() { return inverter->poll(house->now(), zone); }

  ZoneOffsets zone = east();
  UtcTime start = testing::at_s(8 * 3600);
  std::unique_ptr<House> house;
  std::unique_ptr<ModbusServer> server;
  std::unique_ptr<Inverter> inverter;
};

}  // namespace

TEST_SUITE("inverter/modbus") {
  TEST_CASE("identify reads serial number, model, firmware and rated power") {
    Bench bench;
    const auto device = bench.inverter->identify();
    REQUIRE_MESSAGE(device.has_value(), device.error().line());
    CHECK(device->serial == "9010KETU00SIM001");
    CHECK(device->model == "GW10K-ET");
    CHECK(device->firmware == "04029-10-S11 / 02041-23-S00");
    CHECK(device->rated_power == Watts(10'000));
  }

  TEST_CASE("a poll has every value of the house in our units and signs") {
    Bench bench;
    bench.house->advance(bench.start + minutes(10));
    const auto reading = bench.poll();
    REQUIRE_MESSAGE(reading.has_value(), reading.error().line());
    CHECK(reading->quality == fb::Quality::good);
    CHECK(reading->pv_power_w == 3'000);
    CHECK(reading->load_power_w == 1'000);
    CHECK(reading->battery_power_w == -2'000);
    CHECK(reading->battery_mode == fb::BatteryMode::charging);
    CHECK(reading->grid_power_w == 0);
    CHECK(reading->battery_soc_bp == 5'300);  // 317 of 10 000 Wh came in; whole percent
    CHECK(reading->inverter_clock_offset_s == 0);
    CHECK(reading->forced_mode == fb::InverterMode::general);
    CHECK(reading->work_mode == 0);
    CHECK(reading->ems_mode == 1);
    CHECK(reading->fast_charging == false);
    CHECK_FALSE(reading->export_limit_w.has_value());
    CHECK(reading->pv_total_mwh == 500'000);
    CHECK(reading->battery_charge_today_mwh == 300'000);  // 333 Wh in steps of 0.1 kWh
    CHECK(reading->grid_frequency_mhz > 49'000);
    CHECK(reading->grid_l1_voltage_mv > 220'000);
  }

  TEST_CASE("a charge ends by itself, by the inverter's clock") {
    Bench bench;
    const auto state =
        bench.apply(bench.wish(fb::InverterMode::charge, Watts(4'000), 90, minutes(30)));
    REQUIRE_MESSAGE(state.has_value(), state.error().line());
    CHECK(state->mode == fb::InverterMode::charge);
    CHECK(state->power == Watts(4'000));
    CHECK(state->target_soc == BasisPoints(9'000));
    CHECK(state->until == bench.start + minutes(30));
    CHECK(bench.house->in_forced_mode());
    CHECK(bench.house->battery_power() == Watts(-4'000));
    bench.house->advance(bench.start + minutes(30) - seconds(1));
    CHECK(bench.poll()->forced_mode == fb::InverterMode::charge);
    bench.house->advance(bench.start + minutes(30));
    CHECK_FALSE(bench.house->in_forced_mode());
    CHECK(bench.poll()->forced_mode == fb::InverterMode::general);
  }

  TEST_CASE("general is reached again from every mode") {
    Bench bench;
    for (const fb::InverterMode mode :
         {fb::InverterMode::charge, fb::InverterMode::hold, fb::InverterMode::discharge}) {
      CAPTURE(fb::EnumNameInverterMode(mode));
      REQUIRE(bench.apply(bench.wish(mode, Watts(2'000), 40, minutes(30))).has_value());
      CHECK(bench.house->in_forced_mode());
      const auto general = bench.apply({fb::InverterMode::general, {}, {}, {}});
      REQUIRE_MESSAGE(general.has_value(), general.error().line());
      CHECK(general->mode == fb::InverterMode::general);
      CHECK_FALSE(bench.house->in_forced_mode());
    }
  }
}

}  // namespace wattledger::inverter
