// Replay of a made log into SQLite, beside raw prepared inserts of the same rows with the same
// pragmas. Run by hand:
//   wattledger_bench_projections [--benchmark_filter=…]
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "log/appender.hpp"
#include "projections/rebuild.hpp"
#include "projections/runner.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger {
namespace {

constexpr int days = 30;  // of a reading a minute and a decision per quarter

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::cerr << result.error().line() << '\n';
  std::exit(1);
}

void must(const Result<void>& result) {
  if (result) return;
  std::cerr << result.error().line() << '\n';
  std::exit(1);
}

fb::ReadingRecordedT reading(int minute) {
  fb::ReadingRecordedT fact;
  fact.battery_soc_bp = static_cast<std::uint16_t>(minute % 10'000);
  fact.battery_power_w = minute % 5'000 - 2'500;
  fact.battery_voltage_mv = 402'100;
  fact.pv_power_w = minute % 8'000;
  fact.load_power_w = 400 + minute % 700;
  fact.grid_power_w = minute % 3'000 - 1'500;
  fact.grid_l1_voltage_mv = 231'500;
  fact.import_total_mwh = 5'000'000'000LL + minute;
  fact.export_total_mwh = 3'000'000'000LL + minute;
  return fact;
}

fb::DecisionMadeT decision() {
  fb::DecisionMadeT fact;
  fact.rule = fb::Rule::serve_house;
  fact.policy_digest = std::make_unique<fb::Digest256>();
  fact.state_digest = std::make_unique<fb::Digest256>();
  return fact;
}

// Made once; every benchmark reads the same log.
class MadeLog {
 public:
  static log::Log& get() {
    static MadeLog made;
    return made.log_;
  }

 private:
  MadeLog() : log_(must(log::Log::create(directory_ / "log", {}))) {
    const log::WriterLock lock = must(log::WriterLock::take(directory_ / "log", "bench"));
    log::Appender appender = must(log::Appender::open(log_, lock, {}));
    const auto tell = [&](UtcTime at, auto fact) {
      const auto encoded = must(encode(testing::event(at, std::move(fact))));
      must(appender.enqueue(encoded, at, {log::Urgency::telemetry, {}}));
    };
    tell(testing::at_s(0), fb::SiteAdoptedT{});
    for (int minute = 1; minute <= days * 1'440; ++minute) {
      tell(testing::at_s(minute * 60), reading(minute));
      if (minute % 15 == 0) tell(testing::at_s(minute * 60), decision());
      if (minute % 10'000 == 0) must(appender.flush());
    }
    must(appender.flush());
  }
  testing::TemporaryDirectory directory_;
  log::Log log_;
};

// Keeps the rows of a pass, for the raw inserts.
class Collector final : public projections::Projector {
 public:
  [[nodiscard]] std::string_view name() const override { return "collector"; }
  [[nodiscard]] std::uint32_t version() const override { return 1; }
  [[nodiscard]] Result<std::optional<projections::Checkpoint>> checkpoint() override {
    return held_;
  }
  Result<void> apply(const std::optional<projections::Checkpoint>& /*before*/,
                     const projections::Checkpoint& after,
                     std::span<const fold::LegacyRow> some) override {
    rows.insert(rows.end(), some.begin(), some.end());
    held_ = after;
    return {};
  }
  Result<void> settle() override { return {}; }
  Result<void> adopt(const std::filesystem::path& /*staged*/,
                     const std::filesystem::path& /*before*/) override {
    return {};
  }
  std::vector<fold::LegacyRow> rows;

 private:
  std::optional<projections::Checkpoint> held_;
};

const std::vector<fold::LegacyRow>& all_rows() {
  static const std::vector<fold::LegacyRow> rows = [] {
    Collector collector;
    projections::Runner runner(MadeLog::get(), {&collector}, {});
    must(runner.start());
    must(runner.catch_up());
    return std::move(collector.rows);
  }();
  return rows;
}

void report(benchmark::State& state, std::size_t rows) {
  state.counters["rows/s"] =
      benchmark::Counter(static_cast<double>(rows), benchmark::Counter::kIsIterationInvariantRate);
}

// Read, verify, hash, fold, derive: everything but the target.
void derive_only(benchmark::State& state) {
  MadeLog::get();
  std::size_t rows = 0;
  for (auto _ : state) {
    Collector collector;
    projections::Runner runner(MadeLog::get(), {&collector}, {});
    must(runner.start());
    must(runner.catch_up());
    rows = collector.rows.size();
  }
  report(state, rows);
}

void rebuild_sqlite(benchmark::State& state) {
  const std::size_t rows = all_rows().size();
  for (auto _ : state) {
    const testing::TemporaryDirectory directory;
    projections::StageOptions options;
    options.json = false;
    options.directory = directory / "built";
    options.keep_all = true;
    must(projections::stage(MadeLog::get(), options));
  }
  report(state, rows);
}

// The target alone, rows at hand.
void projector_only(benchmark::State& state) {
  const std::vector<fold::LegacyRow>& rows = all_rows();
  for (auto _ : state) {
    const testing::TemporaryDirectory directory;
    projections::SqliteOptions options;
    options.data = directory.path();
    options.staging = true;
    options.keep_all = true;
    const auto projector = projections::make_sqlite_projector(options);
    projections::Checkpoint after;
    after.version = projector->version();
    must(projector->apply(std::nullopt, after, rows));
    must(projector->settle());
  }
  report(state, rows.size());
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

// What a program without a log would do at best: one transaction, three prepared statements, no
// check of anything.
class RawInserts {
 public:
  explicit RawInserts(sqlite3* database)
      : energy_(prepare(
            database,
            "INSERT OR REPLACE INTO energy_data VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")),
        state_(prepare(database, "INSERT INTO system_state VALUES (?,?,?,?,?,?,?,?)")),
        decision_(prepare(database, "INSERT INTO coordinator_decisions VALUES (?,?,?,?,?,?,?,?)")) {
  }
  ~RawInserts() {
    for (sqlite3_stmt* statement : {energy_, state_, decision_}) sqlite3_finalize(statement);
  }
  RawInserts(const RawInserts&) = delete;
  RawInserts& operator=(const RawInserts&) = delete;

  void insert(const fold::LegacyRow& row) {
    sqlite3_stmt* statement = decision_;
    if (const auto* energy = std::get_if<fold::EnergyRow>(&row.row)) {
      statement = energy_;
      bind(*energy, row);
    } else if (const auto* state = std::get_if<fold::SystemStateRow>(&row.row)) {
      statement = state_;
      bind(*state, row);
    } else {
      bind(std::get<fold::DecisionRow>(row.row), row);
    }
    if (sqlite3_step(statement) != SQLITE_DONE) std::exit(1);
    sqlite3_reset(statement);
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
    text(energy_, position++, row.created_at);
    for (const auto* value : {&energy.grid_import_total_kwh, &energy.grid_export_total_kwh,
                              &energy.house_consumption_total_kwh, &energy.pv_generation_total_kwh})
      number(energy_, position++, *value);
    text(energy_, position, energy.tariff_zone);
  }
  void bind(const fold::SystemStateRow& state, const fold::LegacyRow& row) {
    sqlite3_bind_int64(state_, 1, 1'000'000'000 + static_cast<std::int64_t>(row.sequence.value));
    text(state_, 2, state.timestamp);
    text(state_, 3, state.state);
    number(state_, 4, state.uptime);
    text(state_, 5, state.active_modules);
    text(state_, 7, state.metrics);
    text(state_, 8, row.created_at);
  }
  void bind(const fold::DecisionRow& decision, const fold::LegacyRow& row) {
    sqlite3_bind_int64(decision_, 1, 1'000'000'000 + static_cast<std::int64_t>(row.sequence.value));
    text(decision_, 2, decision.timestamp);
    if (decision.decision_type) text(decision_, 3, *decision.decision_type);
    text(decision_, 4, decision.action);
    if (decision.reason) text(decision_, 5, *decision.reason);
    text(decision_, 6, decision.parameters);
    text(decision_, 8, row.created_at);
  }
  sqlite3_stmt* energy_;
  sqlite3_stmt* state_;
  sqlite3_stmt* decision_;
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

void raw_inserts(benchmark::State& state) {
  const std::vector<fold::LegacyRow>& rows = all_rows();
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
  report(state, rows.size());
}

BENCHMARK(derive_only)->Unit(benchmark::kMillisecond);
BENCHMARK(rebuild_sqlite)->Unit(benchmark::kMillisecond);
BENCHMARK(projector_only)->Unit(benchmark::kMillisecond);
BENCHMARK(raw_inserts)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace wattledger

BENCHMARK_MAIN();
