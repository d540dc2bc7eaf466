// Rebuilding a made log of household years (made_log.hpp).
//
//   WATTLEDGER_BENCH_YEARS=10 WATTLEDGER_BENCH_ROW_EVERY=300 wattledger_bench_projections
//     --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true
//     --benchmark_report_aggregates_only=true
//
// YEARS is 1 and ROW_EVERY (seconds between rows of energy_data) 300 unless it says otherwise.
// derive is the pass without a target; energy the projector given the rows of energy_data, beside
// energy_raw, prepared inserts of the same rows with the same pragmas and the indexes after;
// rebuild is SQLite 5 and all JSON, verified; adopt what follows under the owner's hand; keep_all
// the rebuild without retention. anon_MB is the most anonymous memory seen beyond that before.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "projections/live/live_projections.hpp"
#include "projections/rebuild.hpp"
#include "projections/runner.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "tests/bench/made_log.hpp"

namespace wattledger {
namespace {

using bench::MadeLog;
using bench::must;

// Takes rows and keeps those of energy_data, if wanted.
class Taker final : public projections::Projector {
 public:
  explicit Taker(bool keep) : keep_(keep) {}
  [[nodiscard]] std::string_view name() const override { return "taker"; }
  [[nodiscard]] std::uint32_t version() const override { return 1; }
  [[nodiscard]] fold::RowTexts texts() const override { return {UtcTime::max(), UtcTime::max()}; }
  [[nodiscard]] Result<std::optional<projections::Checkpoint>> checkpoint() override {
    return held_;
  }
  Result<void> apply(const std::optional<projections::Checkpoint>& /*before*/,
                     const projections::Checkpoint& after,
                     std::span<const fold::LegacyRow> some) override {
    taken += some.size();
    for (const fold::LegacyRow& row : some)
      if (keep_ && std::holds_alternative<fold::EnergyRow>(row.row)) energy.push_back(row);
    held_ = after;
    return {};
  }
  Result<void> settle() override { return {}; }
  Result<void> adopt(const std::filesystem::path& /*staged*/,
                     const std::filesystem::path& /*before*/) override {
    return {};
  }
  std::size_t taken = 0;
  std::vector<fold::LegacyRow> energy;

 private:
  bool keep_;
  std::optional<projections::Checkpoint> held_;
};

void pass(Taker& taker) {
  projections::RunnerOptions options;
  options.batch_events_max = 16'384;
  projections::Runner runner(MadeLog::get(), {&taker}, options);
  must(runner.start());
  must(runner.catch_up());
}

const std::vector<fold::LegacyRow>& energy_rows() {
  static const std::vector<fold::LegacyRow> rows = [] {
    Taker taker(true);
    pass(taker);
    return std::move(taker.energy);
  }();
  return rows;
}

void report(benchmark::State& state, std::size_t rows, const char* what) {
  state.counters[what] =
      benchmark::Counter(static_cast<double>(rows), benchmark::Counter::kIsIterationInvariantRate);
}

std::uint64_t events() { return must(MadeLog::get().snapshot()).head().value; }

// Read, verify, fold, derive: everything but the target.
void derive(benchmark::State& state) {
  for (auto _ : state) {
    MadeLog::get();
    Taker taker(false);
    pass(taker);
    benchmark::DoNotOptimize(taker.taken);
  }
  report(state, events(), "events/s");
}

double anonymous_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "RssAnon:") {
      double kb = 0;
      status >> kb;
      return kb / 1024;
    }
  return 0;
}

void stage(benchmark::State& state, bool keep_all) {
  MadeLog::get();
  const double before = anonymous_mb();
  double most = 0;
  for (auto _ : state) {
    const testing::TemporaryDirectory directory;
    projections::StageOptions options;
    options.directory = directory / "built";
    options.keep_all = keep_all;
    options.progress = [&](Sequence, Sequence) { most = std::max(most, anonymous_mb()); };
    must(projections::stage(MadeLog::get(), options));
    most = std::max(most, anonymous_mb());
  }
  report(state, events(), "events/s");
  state.counters["anon_MB"] = most - before;
}

void rebuild(benchmark::State& state) { stage(state, false); }
void keep_all(benchmark::State& state) { stage(state, true); }

// Of a whole built set over another one that is live.
void adopt(benchmark::State& state) {
  const testing::TemporaryDirectory directory;
  projections::LiveOptions live_options;
  live_options.data = directory / "live";
  live_options.json = true;
  projections::LiveProjections live(MadeLog::get(), live_options);
  must(live.start());
  must(live.catch_up());
  must(live.settle());
  for (auto _ : state) {
    state.PauseTiming();
    projections::StageOptions options;
    options.directory = directory / "built";
    std::filesystem::remove_all(options.directory);
    must(projections::stage(MadeLog::get(), options));
    state.ResumeTiming();
    must(live.adopt(options.directory));
  }
}

// The projector alone, rows at hand.
void energy(benchmark::State& state) {
  const std::vector<fold::LegacyRow>& rows = energy_rows();
  for (auto _ : state) {
    const testing::TemporaryDirectory directory;
    projections::SqliteOptions options;
    options.data = directory.path();
    options.staging = true;
    const auto projector = projections::make_sqlite_projector(options);
    projections::Checkpoint after;
    after.version = projector->version();
    must(projector->apply(std::nullopt, after, rows));
    must(projector->settle());
  }
  report(state, rows.size(), "rows/s");
}

void execute(sqlite3* database, const std::string& sql) {
  if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return;
  std::cerr << sqlite3_errmsg(database) << '\n';
  std::exit(1);
}

sqlite3_stmt* prepare(sqlite3* database, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, sql, -1, &statement, nullptr) == SQLITE_OK) return statement;
  std::cerr << sqlite3_errmsg(database) << '\n';
  std::exit(1);
}

void text(sqlite3_stmt* statement, int position, const std::string& value) {
  sqlite3_bind_text(statement, position, value.data(), static_cast<int>(value.size()),
                    SQLITE_STATIC);
}
void number(sqlite3_stmt* statement, int position, const std::optional<double>& value) {
  value ? sqlite3_bind_double(statement, position, *value) : sqlite3_bind_null(statement, position);
}
void number(sqlite3_stmt* statement, int position, const std::optional<std::int64_t>& value) {
  value ? sqlite3_bind_int64(statement, position, *value) : sqlite3_bind_null(statement, position);
}

// What a program without a log would do at best: one transaction, one prepared statement, no check
// of anything.
class RawInserts {
 public:
  explicit RawInserts(sqlite3* database)
      : energy_(prepare(
            database,
            "INSERT OR REPLACE INTO energy_data VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")) {}
  ~RawInserts() { sqlite3_finalize(energy_); }
  RawInserts(const RawInserts&) = delete;
  RawInserts& operator=(const RawInserts&) = delete;

  void insert(const fold::LegacyRow& row) {
    bind(std::get<fold::EnergyRow>(row.row), row);
    if (sqlite3_step(energy_) != SQLITE_DONE) std::exit(1);
    sqlite3_reset(energy_);
  }

 private:
  void bind(const fold::EnergyRow& energy, const fold::LegacyRow& row) {
    text(energy_, 1, energy.timestamp);
    number(energy_, 2, energy.battery_soc);
    int position = 3;
    for (const auto* value :
         {&energy.pv_power, &energy.grid_power, &energy.house_consumption, &energy.battery_power})
      number(energy_, position++, *value);
    for (const auto* value :
         {&energy.grid_voltage, &energy.grid_frequency, &energy.battery_voltage,
          &energy.battery_current, &energy.battery_temperature, &energy.price_pln})
      number(energy_, position++, *value);
    created_at_ = row.created_at();
    text(energy_, position++, created_at_);
    for (const auto* value : {&energy.grid_import_total_kwh, &energy.grid_export_total_kwh,
                              &energy.house_consumption_total_kwh, &energy.pv_generation_total_kwh})
      number(energy_, position++, *value);
    text(energy_, position, energy.tariff_zone);
  }
  sqlite3_stmt* energy_;
  std::string created_at_;
};

// Tables and indexes as a built file has them, so that both sides make the same.
std::vector<std::string> schema(const char* type) {
  const testing::TemporaryDirectory directory;
  projections::SqliteOptions options;
  options.data = directory.path();
  const auto projector = projections::make_sqlite_projector(options);
  must(projector->apply(std::nullopt, {}, {}));
  sqlite3* database = nullptr;
  sqlite3_open((directory / projections::sqlite_file_name).c_str(), &database);
  sqlite3_stmt* statement = prepare(database,
                                    "SELECT sql FROM sqlite_master WHERE type = ? AND sql IS NOT "
                                    "NULL AND name NOT LIKE 'sqlite%'");
  text(statement, 1, type);
  std::vector<std::string> found;
  while (sqlite3_step(statement) == SQLITE_ROW)
    found.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return found;
}

void energy_raw(benchmark::State& state) {
  const std::vector<fold::LegacyRow>& rows = energy_rows();
  const auto tables = schema("table"), indexes = schema("index");
  for (auto _ : state) {
    const testing::TemporaryDirectory directory;
    sqlite3* database = nullptr;
    sqlite3_open((directory / "raw.db").c_str(), &database);
    execute(database,
            "PRAGMA page_size=4096; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=OFF; PRAGMA "
            "synchronous=OFF;"
            " PRAGMA cache_size=-32000; PRAGMA temp_store=FILE; BEGIN");
    for (const std::string& sql : tables) execute(database, sql);
    {
      RawInserts inserts(database);
      for (const fold::LegacyRow& row : rows) inserts.insert(row);
    }
    execute(database, "COMMIT");
    for (const std::string& sql : indexes) execute(database, sql);
    sqlite3_close(database);
  }
  report(state, rows.size(), "rows/s");
}

// A pass over years is long enough to be run once a repetition.
BENCHMARK(derive)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(rebuild)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(keep_all)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(adopt)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(energy)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(energy_raw)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace wattledger

BENCHMARK_MAIN();
