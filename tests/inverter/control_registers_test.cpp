#include "coordinator/inverter/control_registers.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "coordinator/inverter/setting_writes.hpp"
#include "coordinator/simulator/simulator.hpp"
#include "tests/support/event_builders.hpp"

namespace wattledger::inverter {
namespace {

using simulator::Misbehaviour;
using Lines = std::vector<std::string>;

struct Bench {
  Bench() : house({}, simulator::HouseYear::generate(1), testing::at_s(8 * 3600)) {
    auto started = simulator::ModbusServer::start(house, 0);
    REQUIRE(started.has_value());
    server = std::move(*started);
    ModbusOptions options;
    options.port = server->port();
    options.timeout = std::chrono::milliseconds(20);
    options.retries = 0;
    link = std::make_unique<ModbusLink>(options);
    registers = std::make_unique<ControlRegisters>(*link);
  }
  std::uint16_t word(std::uint16_t address) const {
    std::uint16_t found = 0;
    REQUIRE(link->read(address, std::span(&found, 1)).has_value());
    return found;
  }
  simulator::House house;
  std::unique_ptr<simulator::ModbusServer> server;
  std::unique_ptr<ModbusLink> link;
  std::unique_ptr<ControlRegisters> registers;
};

}  // namespace

TEST_SUITE("inverter/control_registers") {
  TEST_CASE("the kind of eco groups is found once") {
    Bench bench;
    const auto controls = bench.registers->read({});
    REQUIRE_MESSAGE(controls.has_value(), controls.error().line());
    CHECK(controls->groups == GroupKind::v2);
    CHECK(controls->has_fast);
    CHECK_FALSE(controls->tou.has_value());
    const auto before = bench.server->requests();
    REQUIRE(bench.registers->read({}).has_value());
    CHECK(bench.server->requests() == before + 3);
  }

  TEST_CASE("a unit that is silent about groups v2, and has no v1, has none") {
    Bench bench;
    bench.server->be_silent_about(fast_address, fast_address + fast_words - 1);
    const auto controls = bench.registers->read({});
    REQUIRE_MESSAGE(controls.has_value(), controls.error().line());
    CHECK(controls->groups == GroupKind::none);
    CHECK_FALSE(controls->has_fast);
    const auto before = bench.server->requests();
    REQUIRE(bench.registers->read({}).has_value());
    CHECK(bench.server->requests() == before + 2);  // no wait for them any more
    bench.server->be_silent_about(1, 0);
    bench.registers->forget();
    CHECK(bench.registers->read({})->groups == GroupKind::v2);
  }

  TEST_CASE("a dead line says nothing about groups") {
    Bench bench;
    bench.server->misbehave(Misbehaviour::silent);
    CHECK(bench.registers->read({}).error().kind == ErrorKind::timed_out);
    bench.server->misbehave(Misbehaviour::none);
    CHECK(bench.registers->read({})->groups == GroupKind::v2);
  }

  TEST_CASE("the TOU switch is read where the platform has one") {
    Bench bench;
    Platform platform;
    platform.is_745 = true;
    CHECK(bench.registers->read(platform)->tou == 0);
  }

  TEST_CASE("a change is written in order and read back") {
    Bench bench;
    const auto writes = *writes_for_export_limit(Watts(5'000));
    CHECK(*bench.registers->standing(writes) == RegisterWords{{47510, {10'000}}, {47509, {0}}});
    REQUIRE(bench.registers->change(writes).has_value());
    CHECK(bench.server->writes_seen() == Lines{"FC6 47510=1388", "FC6 47509=0001"});
  }

  TEST_CASE("what was not applied is written once more, then told with its register") {
    Bench bench;
    bench.server->misbehave(Misbehaviour::ignore_writes);
    const auto changed = bench.registers->change(*writes_for_export_limit(Watts(5'000)));
    REQUIRE_FALSE(changed.has_value());
    CHECK(changed.error().kind == ErrorKind::rejected);
    CHECK(changed.error().what ==
          "the inverter took the writes but register 47510 reads 2710, wished 1388");
    CHECK(bench.link->writes() == 4);
  }

  TEST_CASE("a write that is refused stops those behind it") {
    Bench bench;
    const std::vector<Write> writes{{45356, {101}}, {47509, {1}}};
    CHECK(bench.registers->change(writes).error().kind == ErrorKind::rejected);
    CHECK(bench.word(47509) == 0);
  }

  TEST_CASE("orders that cannot be read are given all the same") {
    Bench bench;
    const auto controls = bench.registers->read({});
    REQUIRE(controls.has_value());
    REQUIRE(
        bench.registers->change(*writes_for_work_mode(WorkMode::backup, *controls)).has_value());
    CHECK(bench.server->writes_seen() ==
          Lines{"FC6 47000=0002", "FC16 47511=0001 0000", "FC6 47533=0001"});
  }

  TEST_CASE("settings come back whatever was steered since") {
    Bench bench;
    const auto kept = bench.registers->settings({});
    REQUIRE_MESSAGE(kept.has_value(), kept.error().line());
    const auto controls = bench.registers->read({});
    const EcoGroup group{0, 0, 23, 59, true, eco_type, 0x7F, -40, 80, 0};
    REQUIRE(bench.registers->change(*writes_for_work_mode(WorkMode::eco_charge, *controls, group))
                .has_value());
    REQUIRE(bench.registers->change(*writes_for_export_limit(Watts(1'000))).has_value());
    REQUIRE(bench.registers->change(*writes_for_discharge_depth(50)).has_value());
    CHECK(bench.house.in_forced_mode());
    const auto back = writes_for_restore(*kept, *bench.registers->settings({}));
    REQUIRE(bench.registers->change(back).has_value());
    CHECK(*bench.registers->settings({}) == *kept);
    CHECK_FALSE(bench.house.in_forced_mode());
  }
}

}  // namespace wattledger::inverter
