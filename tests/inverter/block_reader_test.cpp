#include "coordinator/inverter/block_reader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

#include "coordinator/inverter/register_map.hpp"
#include "coordinator/simulator/simulator.hpp"
#include "tests/support/event_builders.hpp"

namespace wattledger::inverter {
namespace {

// A simulated unit and a reader on it. Short waits: on loopback an answer is there at once, and a
// test of silence waits for its whole length.
struct Bench {
  explicit Bench(const simulator::HouseOptions& house_options = {})
      : house(house_options, simulator::HouseYear::generate(1), testing::at_s(8 * 3600)) {
    house.set_pv(Watts(3'000));
    house.set_load(Watts(1'000));
    auto started = simulator::ModbusServer::start(house, 0);
    REQUIRE(started.has_value());
    server = std::move(*started);
    ModbusOptions options;
    options.port = server->port();
    options.timeout = std::chrono::milliseconds(100);
    options.retries = 0;
    link = std::make_unique<ModbusLink>(options);
    reader = std::make_unique<BlockReader>(*link);
    const auto device = reader->identify();
    REQUIRE_MESSAGE(device.has_value(), device.error().line());
  }
  std::vector<Block> blocks(std::vector<Block> wanted = {}) {
    const auto read = reader->read(wanted);
    REQUIRE_MESSAGE(read.has_value(), read.error().line());
    std::vector<Block> names;
    for (const BlockWords& each : *read)
      if (names.empty() || names.back() != each.block) names.push_back(each.block);
    return names;
  }

  simulator::House house;
  std::unique_ptr<simulator::ModbusServer> server;
  std::unique_ptr<ModbusLink> link;
  std::unique_ptr<BlockReader> reader;
};

using Blocks = std::vector<Block>;

}  // namespace

TEST_SUITE("inverter/block_reader") {
  TEST_CASE("a whole reading has the blocks of such a unit") {
    Bench bench;
    CHECK(bench.blocks() ==
          Blocks{Block::device_info, Block::running, Block::battery, Block::meter});
  }

  TEST_CASE("blocks that the unit does not have are left out") {
    simulator::HouseOptions options;
    options.has_meter = false;
    Bench bench(options);
    CHECK(bench.blocks() == Blocks{Block::device_info, Block::running, Block::battery});
    CHECK(bench.blocks({Block::battery2}).empty());
  }

  TEST_CASE("settings are read in runs, without those that can only be written") {
    Bench bench;
    const auto read = bench.reader->read(std::vector<Block>{Block::settings});
    REQUIRE(read.has_value());
    const auto sensors = sensors_of(*read, bench.reader->platform());
    const auto value = [&](std::string_view id) {
      const auto found = std::find_if(sensors.begin(), sensors.end(),
                                      [&](const Sensor& each) { return each.id == id; });
      return found == sensors.end() ? std::optional<std::string>() : found->value;
    };
    CHECK(value("comm_address") == "247");
    CHECK(value("battery_discharge_depth") == "10");
    CHECK(value("time") == "2025-10-01T08:00:00");
    CHECK_FALSE(value("clear_battery_mode_param"));
    CHECK(bench.blocks({Block::settings_arm19}) == Blocks{Block::settings_arm19});
  }

  TEST_CASE("a large unit's meter is asked for less until it answers, once") {
    simulator::HouseOptions options;
    options.profile.rated_power = Watts(15'000);  // with the short meter of a small one
    Bench bench(options);
    const auto before = bench.server->requests();
    CHECK(bench.blocks({Block::meter}) == Blocks{Block::meter});
    CHECK(bench.server->requests() == before + 3);
    CHECK(bench.blocks({Block::meter}) == Blocks{Block::meter});
    CHECK(bench.server->requests() == before + 4);
  }

  TEST_CASE("a unit that never answers for four of its registers is read around them") {
    Bench bench;
    bench.server->be_silent_about(35137, 35140);
    std::vector<std::uint16_t> words(running_range.count);
    const auto read = bench.reader->read_running(words);
    REQUIRE_MESSAGE(read.has_value(), read.error().line());
    const auto value = [&](const Register& entry) {
      return decode_in(entry, words, running_range.start);
    };
    CHECK_FALSE(value(row(Block::running, "total_inverter_power")));
    CHECK_FALSE(value(row(Block::running, "active_power")));
    CHECK(value(row(Block::running, "ppv1")) == 1'650);
    CHECK(value(row(Block::running, "load_ptotal")) == 1'000);
    // The pieces are known from now on: no request waits in vain.
    const auto before = bench.server->requests();
    REQUIRE(bench.reader->read_running(words));
    const auto pieces = bench.server->requests() - before;
    CHECK(pieces > 1);
    CHECK(pieces <= 10);
    CHECK_FALSE(value(row(Block::running, "active_power")));
  }

  TEST_CASE("a unit that answers nothing is not taken for one with silent registers") {
    Bench bench;
    bench.server->misbehave(simulator::Misbehaviour::silent);
    std::vector<std::uint16_t> words(running_range.count);
    const auto before = bench.server->requests();
    const auto read = bench.reader->read_running(words);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::timed_out);
    CHECK(bench.server->requests() == before + 2);
    bench.server->misbehave(simulator::Misbehaviour::none);
    CHECK(bench.reader->read_running(words));
    // It has answered for the whole: from now on silence is an outage, and costs one wait.
    bench.server->misbehave(simulator::Misbehaviour::silent);
    const auto then = bench.server->requests();
    CHECK_FALSE(bench.reader->read_running(words));
    CHECK(bench.server->requests() == then + 1);
  }
}

}  // namespace wattledger::inverter
