// A poll and what it is made of, beside bare libmodbus reads over the same loopback. Run by hand:
//
//   wattledger_bench_inverter --benchmark_repetitions=5 --benchmark_report_aggregates_only=true
//
// Ratios count: Poll beside BareReads (goal 1.5) has the bare ones' three requests, and every third
// time three more for the control registers; PollOfBlocks has the same three.
#include <benchmark/benchmark.h>
#include <modbus/modbus.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <ctime>
#include <iostream>
#include <memory>
#include <vector>

#include "coordinator/inverter/block_reader.hpp"
#include "coordinator/inverter/blocks.hpp"
#include "coordinator/inverter/inverter.hpp"
#include "coordinator/inverter/register_map.hpp"
#include "coordinator/simulator/simulator.hpp"

namespace wattledger {
namespace {

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::cerr << result.error().line() << "\n";
  std::exit(1);
}

UtcTime morning() { return utc_from_us(1'759'312'800'000'000); }

struct Station {
  simulator::House house{{}, simulator::HouseYear::generate(1), morning()};
  std::unique_ptr<simulator::ModbusServer> server = must(simulator::ModbusServer::start(house, 0));
  [[nodiscard]] inverter::ModbusOptions where() const {
    inverter::ModbusOptions options;
    options.port = server->port();
    return options;
  }
};

class Bare {
 public:
  explicit Bare(std::uint16_t port) : context_(modbus_new_tcp("127.0.0.1", port)) {
    constexpr int unit = 247;
    modbus_set_slave(context_, unit);
    if (modbus_connect(context_) != 0) std::exit(1);
  }
  ~Bare() {
    modbus_close(context_);
    modbus_free(context_);
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;
  void read(inverter::Range range, std::uint16_t* words) {
    if (modbus_read_registers(context_, range.start, range.count, words) != range.count)
      std::exit(1);
  }
  [[nodiscard]] int socket() const { return modbus_get_socket(context_); }

 private:
  modbus_t* context_;
};

void BareReads(benchmark::State& state) {
  const Station station;
  Bare bare(station.server->port());
  std::array<std::uint16_t, 125> words{};
  for (auto _ : state) {
    bare.read(inverter::running_range, words.data());
    bare.read(inverter::battery_range, words.data());
    bare.read(inverter::meter_range, words.data());
  }
}
BENCHMARK(BareReads)->UseRealTime();

void PollOfBlocks(benchmark::State& state) {
  const Station station;
  inverter::ModbusLink link(station.where());
  inverter::BlockReader reader(link);
  (void)must(reader.identify());
  std::array<std::uint16_t, 125> running{};
  for (auto _ : state) {
    if (!reader.read_running(running)) std::exit(1);
    const auto battery = must(reader.read_one(inverter::Block::battery));
    const auto meter = must(reader.read_one(inverter::Block::meter));
    inverter::PolledBlocks blocks;
    blocks.running = running;
    blocks.battery = battery->words;
    blocks.meter = meter->words;
    auto reading = inverter::decode_poll(blocks, morning(), ZoneOffsets());
    benchmark::DoNotOptimize(reading);
  }
}
BENCHMARK(PollOfBlocks)->UseRealTime();

void Poll(benchmark::State& state) {
  const Station station;
  const auto unit = inverter::make_modbus_inverter(station.where());
  for (auto _ : state) {
    auto reading = must(unit->poll(morning(), ZoneOffsets()));
    benchmark::DoNotOptimize(reading);
  }
}
BENCHMARK(Poll)->UseRealTime();

void Decode(benchmark::State& state) {
  const Station station;
  Bare bare(station.server->port());
  std::array<std::uint16_t, 125> running{};
  std::array<std::uint16_t, 24> battery{};
  std::array<std::uint16_t, 45> meter{};
  bare.read(inverter::running_range, running.data());
  bare.read(inverter::battery_range, battery.data());
  bare.read(inverter::meter_range, meter.data());
  inverter::PolledBlocks blocks;
  blocks.running = running;
  blocks.battery = battery;
  blocks.meter = meter;
  for (auto _ : state) {
    auto reading = inverter::decode_poll(blocks, morning(), ZoneOffsets());
    benchmark::DoNotOptimize(reading);
  }
}
BENCHMARK(Decode);

// The server's thread and the client's take turns: a request is what both need for one.
void Requests(benchmark::State& state) {
  const Station station;
  Bare bare(station.server->port());
  std::array<std::uint16_t, 125> words{};
  for (auto _ : state) bare.read(inverter::running_range, words.data());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(Requests)->UseRealTime();

// What the server can do when a client does not wait for each answer: 64 requests at once, of the
// whole running block. cpu_us is the server's and the client's time on a processor, together, for
// one.
void RequestsAtOnce(benchmark::State& state) {
  constexpr std::size_t at_once = 64;
  constexpr std::size_t answer_bytes = 9 + 250;
  const Station station;
  Bare bare(station.server->port());
  std::vector<std::uint8_t> asked;
  for (std::size_t i = 0; i < at_once; ++i)
    asked.insert(asked.end(), {0, 1, 0, 0, 0, 6, 247, 3, 0x89, 0x1C, 0, 125});
  std::vector<std::uint8_t> answers(at_once * answer_bytes);
  const std::clock_t before = std::clock();
  for (auto _ : state) {
    if (::send(bare.socket(), asked.data(), asked.size(), 0) < 0) std::exit(1);
    for (std::size_t got = 0; got < answers.size();) {
      pollfd readable{bare.socket(), POLLIN, 0};  // libmodbus's sockets do not wait
      if (::poll(&readable, 1, -1) < 0) std::exit(1);
      const ssize_t more = ::recv(bare.socket(), answers.data() + got, answers.size() - got, 0);
      if (more <= 0) std::exit(1);
      got += static_cast<std::size_t>(more);
    }
  }
  const auto requests = static_cast<double>(state.iterations()) * at_once;
  state.SetItemsProcessed(static_cast<std::int64_t>(requests));
  state.counters["cpu_us"] =
      static_cast<double>(std::clock() - before) * 1e6 / CLOCKS_PER_SEC / requests;
}
BENCHMARK(RequestsAtOnce)->UseRealTime();

// Ten seconds a poll, as the daemon does: five days of a house.
void FiveDaysOfPolls(benchmark::State& state) {
  constexpr int polls = 43'200;
  for (auto _ : state) {
    Station station;
    const auto unit = inverter::make_modbus_inverter(station.where());
    for (int i = 0; i < polls; ++i) {
      station.house.advance(station.house.now() + std::chrono::seconds(10));
      auto reading = must(unit->poll(station.house.now(), ZoneOffsets()));
      benchmark::DoNotOptimize(reading);
    }
  }
}
BENCHMARK(FiveDaysOfPolls)->UseRealTime()->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace wattledger

BENCHMARK_MAIN();
