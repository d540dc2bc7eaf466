// Archived readings: how small and how fast, beside `zstd -9` of the legacy JSON of the same
// readings, in one run:
//
//   WATTLEDGER_BENCH_LOG=DIR wattledger_bench_segments --benchmark_repetitions=5
//     --benchmark_enable_random_interleaving=true --benchmark_report_aggregates_only=true
//
// DIR is a simulated house's log: `wattledgerd --simulate 30 --data D` leaves one in D/log. Two
// sets: its readings, and a harder one made from a walk of noise in every value (`noisy`), which no
// simulation is behind. items_per_second is readings; `bytes` a reading's, archived or compressed;
// `smaller_pct` against the JSON's own bytes, one row a reading, as the projection writes it.
#include <benchmark/benchmark.h>
#include <zstd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <random>
#include <vector>

#include "log/reader.hpp"
#include "log/segment_codec.hpp"
#include "projections/fold/legacy_rows.hpp"
#include "projections/json/day_files.hpp"
#include "tests/support/event_builders.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

constexpr int noisy_readings = 40'000;
constexpr int json_level = 9;

template <class T>
T value(Result<T> result) {
  if (result) return *std::move(result);
  std::cerr << result.error().line() << "\n";
  std::abort();
}

struct Readings {
  std::vector<std::vector<std::byte>> records;
  std::string json;

  // `state` is the fold after the event.
  void add(const fold::State& state, Sequence sequence, UtcTime recorded_at, const EventView& event,
           std::span<const std::byte> bytes) {
    records.emplace_back(bytes.begin(), bytes.end());
    fold::LegacyRowsState always;  // forgets the last row, so that every reading gives one
    std::vector<fold::LegacyRow> rows;
    fold::derive_rows(always, state, {sequence, recorded_at, event, event}, {}, rows);
    for (const fold::LegacyRow& row : rows)
      if (std::holds_alternative<fold::EnergyRow>(row.row)) projections::add_row(json, row);
  }
};

// Polls with jitter; every measured value wanders and has noise of its own.
fb::ReadingRecordedT noisy_reading(std::mt19937_64& random, int number) {
  const auto noise = [&](double spread) {
    return static_cast<int>(std::lround(std::normal_distribution<double>(0, spread)(random)));
  };
  static int pv = 2'000;
  static int load = 600;
  static std::int64_t pv_total = 12'345'678'000;
  static std::int64_t load_total = 9'876'543'000;
  pv = std::clamp(pv + noise(30), 0, 8'000);
  load = std::clamp(load + noise(20), 150, 6'000);
  pv_total += pv * 1000 / 60;
  load_total += load * 1000 / 60;
  fb::ReadingRecordedT fact;
  fact.battery_soc_bp = static_cast<std::uint16_t>(1'000 + 100 * (number / 20 % 80));
  fact.battery_soh_bp = std::uint16_t{9'900};
  fact.battery_voltage_mv = 384'000 + 100 * noise(3);
  fact.battery_temperature_mc = 24'000 + 100 * noise(1);
  fact.pv_power_w = pv;
  fact.pv1_power_w = pv / 2 + noise(8);
  fact.pv2_power_w = pv - *fact.pv1_power_w;
  fact.load_power_w = load;
  fact.battery_power_w = (load - pv) / 2;
  fact.battery_current_ma = *fact.battery_power_w / 384 * 1'000;
  fact.grid_power_w = pv + *fact.battery_power_w - load;
  fact.grid_l1_voltage_mv = 230'000 + 100 * noise(8);
  fact.grid_l2_voltage_mv = 231'000 + 100 * noise(8);
  fact.grid_l3_voltage_mv = 229'000 + 100 * noise(8);
  fact.grid_frequency_mhz = 50'000 + 10 * noise(1);
  fact.inverter_temperature_mc = 35'000 + 100 * noise(2);
  fact.pv_total_mwh = pv_total / 100'000 * 100'000;
  fact.load_total_mwh = load_total / 100'000 * 100'000;
  return fact;
}

Readings make_noisy() {
  Readings readings;
  std::mt19937_64 random(1);
  const fold::State state;
  for (int i = 0; i < noisy_readings; ++i) {
    const UtcTime at = at_s(60 * i) + std::chrono::microseconds(random() % 300'000);
    const auto encoded = value(encode(event(at, noisy_reading(random, i), fb::Source::inverter)));
    const UtcTime recorded_at = at + std::chrono::microseconds(20'000 + random() % 30'000);
    const auto record = build_record(encoded, recorded_at);
    const auto view = value(decode(encoded.kind(), encoded.bytes()));
    readings.add(state, Sequence{static_cast<std::uint64_t>(i) + 1}, recorded_at, view, record);
  }
  return readings;
}

Readings read_simulated(const char* directory) {
  Readings readings;
  const Log log = value(Log::open(directory));
  const Snapshot snapshot = value(log.snapshot());
  fold::State state;
  const auto scanned = snapshot.scan(
      snapshot.first(), snapshot.head(), [&](const RecordView& record) -> Result<bool> {
        fold::evolve(state, record.sequence, record.recorded_at, record.event);
        if (record.event.kind() == Kind::ReadingRecorded)
          readings.add(state, record.sequence, record.recorded_at, record.event, record.bytes);
        return true;
      });
  if (!scanned) {
    std::cerr << scanned.error().line() << "\n";
    std::abort();
  }
  return readings;
}

const Readings& noisy() {
  static const Readings readings = make_noisy();
  return readings;
}

const Readings& simulated() {
  static const Readings readings = read_simulated(std::getenv("WATTLEDGER_BENCH_LOG"));
  return readings;
}

std::vector<std::vector<std::byte>> encode_all(const Readings& readings) {
  std::vector<std::vector<std::byte>> blocks;
  for (std::size_t from = 0; from < readings.records.size(); from += block_records_max) {
    const std::size_t to = std::min(from + block_records_max, readings.records.size());
    std::vector<std::span<const std::byte>> records;
    for (std::size_t i = from; i < to; ++i) records.emplace_back(readings.records[i]);
    blocks.push_back(value(encode_block(records)));
  }
  return blocks;
}

void report(benchmark::State& state, const Readings& readings, std::size_t bytes) {
  const auto count = static_cast<double>(readings.records.size());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(readings.records.size()));
  state.counters["bytes"] = static_cast<double>(bytes) / count;
  state.counters["json_bytes"] = static_cast<double>(readings.json.size()) / count;
  state.counters["record_bytes"] = static_cast<double>(readings.records.front().size());
  state.counters["smaller_pct"] =
      100 - 100 * static_cast<double>(bytes) / static_cast<double>(readings.json.size());
}

std::size_t total(const std::vector<std::vector<std::byte>>& blocks) {
  std::size_t bytes = 0;
  for (const auto& block : blocks) bytes += block.size();
  return bytes;
}

void archive_encode(benchmark::State& state, const Readings& (*set)()) {
  const Readings& readings = set();
  std::size_t bytes = 0;
  for (auto _ : state) bytes = total(encode_all(readings));
  report(state, readings, bytes);
}

void archive_decode(benchmark::State& state, const Readings& (*set)()) {
  const Readings& readings = set();
  const auto blocks = encode_all(readings);
  std::size_t at = 0;
  for (const auto& encoded : blocks) {
    const Block block = value(decode_block(encoded));
    for (std::size_t i = 0; i < block.size(); ++i, ++at)
      if (!std::ranges::equal(block.record(i), readings.records[at])) std::abort();
  }
  for (auto _ : state)
    for (const auto& encoded : blocks) benchmark::DoNotOptimize(value(decode_block(encoded)));
  report(state, readings, total(blocks));
}

void json_zstd(benchmark::State& state, const Readings& (*set)()) {
  const Readings& readings = set();
  std::vector<char> to(ZSTD_compressBound(readings.json.size()));
  std::size_t bytes = 0;
  for (auto _ : state)
    bytes =
        ZSTD_compress(to.data(), to.size(), readings.json.data(), readings.json.size(), json_level);
  report(state, readings, bytes);
}

void register_set(const std::string& name, const Readings& (*set)()) {
  const auto add = [&](const std::string& what, auto* run) {
    benchmark::RegisterBenchmark((what + name).c_str(), run, set)->UseRealTime();
  };
  add("archive_encode/", archive_encode);
  add("archive_decode/", archive_decode);
  add("json_zstd9/", json_zstd);
}

}  // namespace
}  // namespace wattledger::log

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (std::getenv("WATTLEDGER_BENCH_LOG") != nullptr)
    wattledger::log::register_set("simulated", wattledger::log::simulated);
  wattledger::log::register_set("noisy", wattledger::log::noisy);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
