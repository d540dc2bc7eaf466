#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

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
  explicit Bench(ModbusOptions options = {}, HouseOptions house_options = {}) {
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

  TEST_CASE("the exact write sequences on the wire") {
    using Lines = std::vector<std::string>;
    Bench bench;
    // Wednesday 10:00 there: the window opens at 09:55.
    REQUIRE(bench.apply(bench.wish(fb::InverterMode::charge, Watts(4'000), 80, minutes(30)))
                .has_value());
    CHECK(bench.server->writes_seen() ==
          Lines{"FC16 47547=0937 0a1e ff08 ffd8 0050 0000", "FC6 47000=0003"});
    CHECK(bench.inverter->writes() == 2);

    SUBCASE("the same wish again writes nothing") {
      REQUIRE(bench.apply(bench.wish(fb::InverterMode::charge, Watts(4'000), 80, minutes(30)))
                  .has_value());
      CHECK(bench.inverter->writes() == 2);
    }
    SUBCASE("a renewal is one write") {
      bench.house->advance(bench.start + minutes(20));
      REQUIRE(bench.apply(bench.wish(fb::InverterMode::charge, Watts(4'000), 80, minutes(60)))
                  .has_value());
      CHECK(bench.server->writes_seen().back() == "FC16 47547=0a0f 0b14 ff08 ffd8 0050 0000");
      CHECK(bench.inverter->writes() == 3);
    }
    SUBCASE("general") {
      REQUIRE(bench.apply({}).has_value());
      const Lines seen = bench.server->writes_seen();
      CHECK(Lines(seen.begin() + 2, seen.end()) ==
            Lines{"FC6 47000=0000", "FC6 47533=0001", "FC6 47549=0008"});
      REQUIRE(bench.apply({}).has_value());
      CHECK(bench.inverter->writes() == 5);
    }
    SUBCASE("release is the reference client's general, without a read") {
      const std::uint64_t requests = bench.server->requests();
      REQUIRE(bench.inverter->release().has_value());
      CHECK(bench.server->requests() == requests + 3);
      const Lines seen = bench.server->writes_seen();
      CHECK(Lines(seen.begin() + 2, seen.end()) ==
            Lines{"FC6 47000=0000", "FC16 47511=0001 0000", "FC6 47533=0001"});
      CHECK_FALSE(bench.house->in_forced_mode());
    }
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

  TEST_CASE("a discharge stops at its floor, a hold stands still") {
    Bench bench;
    bench.house->set_pv(Watts(0));
    REQUIRE(bench.apply(bench.wish(fb::InverterMode::discharge, Watts(3'000), 49, minutes(60)))
                .has_value());
    CHECK(bench.house->battery_power() == Watts(3'000));
    bench.house->advance(bench.start + minutes(59));
    CHECK(bench.house->battery_power() == Watts(0));
    CHECK(bench.house->soc() == BasisPoints(4'900));
    REQUIRE(bench.apply(bench.wish(fb::InverterMode::hold, Watts(0), 49, minutes(60))).has_value());
    bench.house->advance(bench.start + minutes(90));
    CHECK(bench.house->soc() == BasisPoints(4'900));
    bench.house->set_pv(Watts(6'000));
    CHECK(bench.house->battery_power() == Watts(0));
    CHECK(bench.poll()->forced_mode == fb::InverterMode::hold);
  }

  TEST_CASE("nobody is left after a charge is set: the house serves itself from its end on") {
    Bench bench;
    bench.house->set_pv(Watts(0));
    const UtcTime until = bench.start + minutes(60);
    REQUIRE(bench.apply(bench.wish(fb::InverterMode::charge, Watts(5'000), 100, minutes(60)))
                .has_value());
    bench.inverter.reset();
    bench.server.reset();
    bench.house->advance(until - seconds(1));
    CHECK(bench.house->battery_power() < Watts(0));
    bench.house->advance(until);
    CHECK(bench.house->battery_power() == Watts(1'000));  // the load
    CHECK_FALSE(bench.house->in_forced_mode());
  }

  TEST_CASE("an inverter that errs gives one clear error, and is well again when it is") {
    struct Row {
      const char* name;
      Misbehaviour how;
      ErrorKind kind;
    };
    const Row rows[] = {{"silent", Misbehaviour::silent, ErrorKind::timed_out},
                        {"late", Misbehaviour::late, ErrorKind::timed_out},
                        {"garbage", Misbehaviour::garbage, ErrorKind::corrupt},
                        {"exceptions", Misbehaviour::exceptions, ErrorKind::rejected},
                        {"disconnect", Misbehaviour::disconnect, ErrorKind::io}};
    ModbusOptions options;
    options.timeout = std::chrono::milliseconds(40);
    Bench bench(options);
    REQUIRE(bench.inverter->identify().has_value());
    for (const Row& row : rows) {
      CAPTURE(row.name);
      bench.server->misbehave(row.how);
      const auto reading = bench.poll();
      REQUIRE_FALSE(reading.has_value());
      CHECK_MESSAGE(reading.error().kind == row.kind, reading.error().line());
      const std::string line = reading.error().line();
      CHECK(line.find("127.0.0.1:" + std::to_string(bench.server->port()) + ", unit 247") !=
            std::string::npos);
      CHECK(line.find("register 35100") != std::string::npos);
      CHECK(line.find('\n') == std::string::npos);
      CHECK_FALSE(reading.error().remedy.empty());
      CHECK_FALSE(bench.inverter->identify().has_value());
      CHECK_FALSE(bench.inverter->release().has_value());
      CHECK_FALSE(bench.apply({}).has_value());
      bench.server->misbehave(Misbehaviour::none);
      const auto again = bench.poll();
      REQUIRE_MESSAGE(again.has_value(), again.error().line());
      CHECK(again->quality == fb::Quality::good);
    }
  }

  TEST_CASE("requests are tried again as often as the options say, and no more") {
    ModbusOptions options;
    options.timeout = std::chrono::milliseconds(20);
    options.retries = 2;
    Bench bench(options);
    bench.server->misbehave(Misbehaviour::silent);
    CHECK(bench.poll().error().kind == ErrorKind::timed_out);
    CHECK(bench.server->requests() == 3);
  }

  TEST_CASE("writes that are acknowledged and not applied are told, with the register") {
    Bench bench;
    bench.server->misbehave(Misbehaviour::ignore_writes);
    const auto state =
        bench.apply(bench.wish(fb::InverterMode::charge, Watts(4'000), 80, minutes(30)));
    REQUIRE_FALSE(state.has_value());
    CHECK(state.error().kind == ErrorKind::rejected);
    CHECK(state.error().what.find("register 47547 reads 3000") != std::string::npos);
    CHECK(bench.inverter->writes() == 4);  // what differed was written once more
  }

  TEST_CASE("a unit nobody has does not answer; a port nobody listens on refuses") {
    ModbusOptions options;
    options.timeout = std::chrono::milliseconds(20);
    options.unit = 1;
    Bench bench(options);
    CHECK(bench.poll().error().kind == ErrorKind::timed_out);
    options.port = bench.server->port();
    bench.server.reset();
    const auto refused = make_modbus_inverter(options)->identify();
    CHECK(refused.error().kind == ErrorKind::io);
    CHECK(refused.error().what.find("cannot connect") != std::string::npos);
    options.host = "";
    CHECK(make_modbus_inverter(options)->identify().error().kind == ErrorKind::invalid_input);
  }

  TEST_CASE("a server that comes back at the same port is found again") {
    Bench bench;
    REQUIRE(bench.poll().has_value());
    const std::uint16_t port = bench.server->port();
    bench.server.reset();
    CHECK_FALSE(bench.poll().has_value());
    auto started = ModbusServer::start(*bench.house, port);
    REQUIRE_MESSAGE(started.has_value(), started.error().line());
    bench.server = std::move(*started);
    CHECK(bench.poll().has_value());
  }

  TEST_CASE("without a meter the reading is whole all the same") {
    HouseOptions house_options;
    house_options.has_meter = false;
    Bench bench({}, house_options);
    bench.house->advance(bench.start + hours(1));
    for (int i = 0; i < 2; ++i) {
      const auto reading = bench.poll();
      REQUIRE_MESSAGE(reading.has_value(), reading.error().line());
      CHECK(reading->quality == fb::Quality::good);
      CHECK(reading->grid_power_w == 0);
      CHECK_FALSE(reading->grid_l1_power_w.has_value());
    }
    CHECK(bench.server->requests() == 10 + 2);  // what it is and its meter are asked for once
  }

  TEST_CASE("a meter that was not there is asked for again with every thirtieth poll") {
    constexpr std::uint64_t polls = 61;
    const auto requests_of = [](bool has_meter) {
      HouseOptions house_options;
      house_options.has_meter = has_meter;
      Bench bench({}, house_options);
      for (std::uint64_t i = 0; i < polls; ++i) REQUIRE(bench.poll().has_value());
      return std::uint64_t{bench.server->requests()};
    };
    CHECK(requests_of(false) == requests_of(true) - polls + 3);
  }

  TEST_CASE("the clock is compared and set") {
    Bench bench;
    CHECK(*bench.inverter->clock_offset(bench.house->now(), bench.zone) == seconds(0));
    bench.house->shift_clock(seconds(-185));
    CHECK(*bench.inverter->clock_offset(bench.house->now(), bench.zone) == seconds(-185));
    CHECK(bench.poll()->inverter_clock_offset_s == -185);
    REQUIRE(bench.inverter->set_clock(bench.house->now(), bench.zone).has_value());
    CHECK(*bench.inverter->clock_offset(bench.house->now(), bench.zone) == seconds(0));
    CHECK(bench.server->writes_seen() == std::vector<std::string>{"FC16 45200=190a 010a 0000"});
  }

  TEST_CASE("settings are found as they stand") {
    Bench bench;
    const auto settings = bench.inverter->settings();
    REQUIRE_MESSAGE(settings.has_value(), settings.error().line());
    std::vector<std::pair<std::uint16_t, std::size_t>> runs;
    for (const auto& [address, words] : *settings) runs.emplace_back(address, words.size());
    CHECK(runs == std::vector<std::pair<std::uint16_t, std::size_t>>{{45252, 1},
                                                                     {45356, 1},
                                                                     {45358, 1},
                                                                     {47000, 1},
                                                                     {47500, 1},
                                                                     {47509, 4},
                                                                     {47545, 26},
                                                                     {47603, 1},
                                                                     {47612, 1}});
    CHECK(settings->at(1).second == std::vector<std::uint16_t>{10});
    CHECK(settings->at(5).second == std::vector<std::uint16_t>{0, 10'000, 1, 0});
  }

  TEST_CASE("every kind of unit is read, and does what is wished") {
    for (const simulator::Profile& profile : simulator::profiles()) {
      CAPTURE(profile.name);
      HouseOptions unit;
      unit.profile = profile;
      unit.battery_power_max = profile.rated_power;
      Bench bench({}, unit);
      bench.house->set_pv(Watts(0));
      const auto reading = bench.poll();
      REQUIRE_MESSAGE(reading.has_value(), reading.error().line());
      CHECK(reading->quality == fb::Quality::good);
      CHECK(reading->load_power_w == 1'000);
      CHECK(reading->pv_power_w == 0);
      const auto settle = [&] { bench.house->advance(bench.house->now() + seconds(30)); };
      const auto power = [&] { return bench.house->battery_power().count(); };
      const auto tenth = profile.rated_power.count() / 10;
      // 24.5 % of the rated power: whole percents but on the 745 platform.
      const Watts wished(profile.rated_power.count() * 245 / 1'000);
      const auto charge =
          bench.apply(bench.wish(fb::InverterMode::charge, wished, 90, minutes(30)));
      REQUIRE_MESSAGE(charge.has_value(), charge.error().line());
      CHECK(charge->mode == fb::InverterMode::charge);
      CHECK(charge->until == bench.start + minutes(30));
      settle();
      CHECK(power() <= -2 * tenth);
      CHECK(power() >= -wished.count());
      const auto discharge =
          bench.apply(bench.wish(fb::InverterMode::discharge, Watts(2 * tenth), 20, minutes(29)));
      REQUIRE_MESSAGE(discharge.has_value(), discharge.error().line());
      settle();
      CHECK(power() == 2 * tenth);
      REQUIRE(
          bench.apply(bench.wish(fb::InverterMode::hold, Watts(0), 40, minutes(28))).has_value());
      settle();
      CHECK(power() <= 0);
      CHECK(power() >= -tenth / 10);  // one percent where a group has no SOC
      REQUIRE(bench.apply({}).has_value());
      settle();
      CHECK(power() == 1'000);
      // And by itself, with nobody there to end it.
      REQUIRE(
          bench.apply(bench.wish(fb::InverterMode::charge, wished, 90, minutes(30))).has_value());
      bench.house->advance(bench.house->now() + minutes(31));
      CHECK(power() == 1'000);
    }
  }

  TEST_CASE("two batteries are one to whoever decides, and the second is told besides") {
    HouseOptions unit;
    unit.profile = *simulator::profile_named("et-25k");
    Bench bench({}, unit);
    bench.house->set_pv(Watts(0));
    bench.house->advance(bench.house->now() + seconds(30));
    const auto reading = bench.poll();
    REQUIRE_MESSAGE(reading.has_value(), reading.error().line());
    CHECK(reading->battery_power_w == 1'000);
    CHECK(reading->battery2_power_w == 400);
    CHECK(reading->battery_mode == fb::BatteryMode::discharging);
    CHECK(reading->load_power_w == 1'000);
    CHECK(reading->battery_soc_bp == reading->battery2_soc_bp);
    CHECK(reading->battery2_soh_bp == 9'800);
    CHECK(reading->battery_charge_limit_ma == 12'000);  // 5 kW at 400 V in whole amperes, by share
    CHECK(reading->battery_current_ma > reading->battery2_current_ma);
  }

  TEST_CASE("a mode nobody can wish for is refused without a word to the inverter") {
    Bench bench;
    CHECK(bench.apply({fb::InverterMode::other, {}, {}, {}}).error().kind ==
          ErrorKind::invalid_input);
    CHECK(bench.server->requests() == 0);
  }
}

}  // namespace wattledger::inverter
