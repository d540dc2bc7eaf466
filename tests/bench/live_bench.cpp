// What is live: how soon a committed event is visible, what the dashboard's and the audit's queries
// take on years, and what one more row costs the legacy JSON.
//
//   WATTLEDGER_BENCH_YEARS=10 wattledger_bench_live
//
// visible: 1000 events a second for WATTLEDGER_BENCH_SECONDS (20), each with a row, under the
// daemon's own projection thread; from the commit of an event to the moment another connection sees
// it. query/…: on a built database of YEARS (1), 500 runs each at any time of it; p50, p99 and the
// longest. json_append beside json_rewrite, which reads, parses, lengthens and writes the day's
// file, as the older system did (in C++, so faster than there); the argument is the rows that the
// day has already. recollect: what a daemon's start reads of the last 29 days for its forecasts.
#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "coordinator/daemon/projection_thread.hpp"
#include "coordinator/daemon/recollection.hpp"
#include "projections/json/json_projector.hpp"
#include "projections/rebuild.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "tests/bench/made_log.hpp"

namespace wattledger {
namespace {

using bench::must;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

double percentile(std::vector<double>& values, double part) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

void report(benchmark::State& state, std::vector<double>& ms) {
  state.counters["p50_ms"] = percentile(ms, 0.5);
  state.counters["p99_ms"] = percentile(ms, 0.99);
  state.counters["max_ms"] = ms.empty() ? 0 : ms.back();
}

// ---- From commit to visible

class Connection {
 public:
  explicit Connection(const std::filesystem::path& file) {
    if (sqlite3_open_v2(file.c_str(), &database_, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK)
      return;
    std::cerr << sqlite3_errmsg(database_) << '\n';
    std::exit(1);
  }
  ~Connection() { sqlite3_close(database_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // All rows are read; the first column of the last one.
  std::int64_t run(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
      std::cerr << sqlite3_errmsg(database_) << ": " << sql << '\n';
      std::exit(1);
    }
    std::int64_t last = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) last = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return last;
  }

 private:
  sqlite3* database_ = nullptr;
};

// When the log said that a record was durable, and when a reader saw it.
struct Seen {
  std::vector<Clock::time_point> committed, visible;
  static void note(std::vector<Clock::time_point>& times, std::uint64_t upto) {
    const auto now = Clock::now();
    while (times.size() < upto) times.push_back(now);
  }
};

void visible(benchmark::State& state) {
  const int duration = bench::setting("WATTLEDGER_BENCH_SECONDS", 20);
  for (auto _ : state) {
    const testing::TemporaryDirectory directory;
    log::Log log = must(log::Log::create(directory / "log", {}));
    const log::WriterLock lock = must(log::WriterLock::take(directory / "log", "bench"));
    log::Appender appender = must(log::Appender::open(log, lock, {}));
    projections::LiveOptions options;
    options.data = directory.path();
    projections::LiveProjections live(log, options);
    must(live.start());
    daemon::ProjectionThread thread(live, appender);
    const auto tell = [&](int event) {
      const UtcTime at = testing::at_s(std::int64_t{event} * 60);
      const auto encoded = must(encode(testing::event(at, bench::reading(event))));
      return must(appender.enqueue(encoded, at, {log::Urgency::now, {}})).sequence;
    };
    must(appender.enqueue(must(encode(testing::event(testing::at_s(0), fb::SiteAdoptedT{}))),
                          testing::at_s(0), {log::Urgency::now, {}}));
    tell(0);
    must(appender.flush());
    must(live.catch_up());
    must(live.settle());
    thread.start();
    Connection reader(directory / projections::sqlite_file_name);
    std::atomic<bool> done = false;
    Seen seen;
    std::thread watcher([&] {
      while (!done) {
        Seen::note(seen.committed, appender.committed().value);
        Seen::note(seen.visible, static_cast<std::uint64_t>(
                                     reader.run("SELECT sequence FROM projection_checkpoint")));
        std::this_thread::sleep_for(std::chrono::microseconds(500));
      }
    });
    const auto begin = Clock::now();
    for (int event = 1; event <= duration * 1'000; ++event) {
      tell(event);
      std::this_thread::sleep_until(begin + milliseconds(event));
    }
    must(appender.flush());
    std::this_thread::sleep_for(seconds(1));
    done = true;
    watcher.join();
    must(thread.stop());
    std::vector<double> ms;
    for (std::size_t i = 2; i < seen.visible.size(); ++i)
      ms.push_back(
          std::chrono::duration<double, std::milli>(seen.visible[i] - seen.committed[i]).count());
    state.counters["seen"] = static_cast<double>(ms.size());
    report(state, ms);
  }
}

// ---- Queries

const std::filesystem::path& built() {
  static const testing::TemporaryDirectory directory;
  static const std::filesystem::path file = [] {
    projections::StageOptions options;
    options.directory = directory / "built";
    options.json = false;
    must(projections::stage(bench::MadeLog::get(), options));
    return options.directory / projections::sqlite_file_name;
  }();
  return file;
}

struct Query {
  const char* name;
  const char* sql;  // D: a day of the log, E: seven days later, N: a decision's id
};

constexpr Query queries[] = {
    {"newest_state", "SELECT * FROM system_state ORDER BY timestamp DESC LIMIT 1"},
    {"states_100", "SELECT * FROM system_state ORDER BY timestamp DESC LIMIT 100"},
    {"decisions_of_a_day",
     "SELECT * FROM coordinator_decisions WHERE timestamp BETWEEN 'D' AND 'DT23:59:59' ORDER BY "
     "timestamp"},
    {"decisions_of_a_week",
     "SELECT * FROM coordinator_decisions WHERE timestamp BETWEEN 'D' AND 'E' ORDER BY timestamp"},
    {"energy_of_a_day",
     "SELECT * FROM energy_data WHERE timestamp BETWEEN 'D' AND 'DT23:59:59' ORDER BY timestamp"},
    {"prices_of_a_day", "SELECT * FROM price_forecasts WHERE forecast_date = 'D' ORDER BY hour"},
    {"hours_of_a_day", "SELECT * FROM hourly_stats WHERE date = 'D' ORDER BY start"},
    {"day", "SELECT * FROM daily_stats WHERE date = 'D'"},
    {"month", "SELECT * FROM monthly_stats WHERE month = substr('D', 1, 7)"},
    {"market_prices_of_a_day",
     "SELECT * FROM market_prices WHERE start BETWEEN 'D' AND 'E' AND kind = 'day_ahead' ORDER BY "
     "start LIMIT 100"},
    {"decision_to_sequence", "SELECT sequence FROM decision_audit WHERE decision_id = N"},
};

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
}

void query(benchmark::State& state, const Query& which) {
  Connection connection(built());
  const std::int64_t decisions = connection.run("SELECT count(*) FROM decision_audit");
  std::mt19937 random(1);
  for (auto _ : state) {
    std::vector<double> ms;
    for (int i = 0; i < 500; ++i) {
      const int day =
          static_cast<int>(random() % static_cast<unsigned>(std::max(1, bench::days() - 8)));
      const auto date = [&](int later) {
        return utc_text(testing::at_s(std::int64_t{day + later} * 86'400)).substr(0, 10);
      };
      std::string sql = which.sql;
      const std::int64_t id = connection.run(
          "SELECT decision_id FROM decision_audit LIMIT 1 OFFSET " +
          std::to_string(random() % static_cast<unsigned>(std::min<std::int64_t>(decisions, 100))));
      replace_all(sql, "'D", "'" + date(0));
      replace_all(sql, "'E", "'" + date(7));
      replace_all(sql, "= N", "= " + std::to_string(id));
      const auto begin = Clock::now();
      connection.run(sql);
      ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    }
    report(state, ms);
  }
}

// ---- Legacy JSON

fold::LegacyRow energy_row(std::int64_t number, int per_day) {
  const UtcTime at = testing::at_s(number * 86'400 / per_day);
  const LocalTime local(at.time_since_epoch());
  fold::EnergyRow row;
  row.timestamp = iso_text(local);
  row.battery_soc = 51.5;
  row.pv_power = row.grid_power = row.house_consumption = row.battery_power = number % 3'000;
  row.grid_voltage = 231.5;
  row.grid_frequency = 50.0;
  row.battery_voltage = 402.1;
  row.battery_current = 1.5;
  row.battery_temperature = 22.5;
  row.price_pln = 0.42;
  row.grid_import_total_kwh = row.grid_export_total_kwh = row.house_consumption_total_kwh =
      5'000.25;
  row.pv_generation_total_kwh = 8.5;
  row.tariff_zone = "T1";
  return {Sequence{static_cast<std::uint64_t>(number) + 1}, at, at, local, row};
}

// A day whose file has all its rows but the last few.
class Day {
 public:
  explicit Day(int rows) : rows_(rows) {
    projections::JsonOptions options;
    options.data = directory_.path();
    options.settle_every = std::chrono::hours(24 * 365);
    projector_ = projections::make_json_projector(options);
    for (; next_ < rows - rows / 100 - 1; ++next_) append();
  }
  void append() {
    const fold::LegacyRow row = energy_row(next_, rows_);
    projections::Checkpoint after;
    after.sequence = row.sequence;
    must(projector_->apply(before_, after, std::span(&row, 1)));
    before_ = after;
  }
  void append_next() {
    append();
    if (next_ + 1 < rows_) ++next_;
  }
  [[nodiscard]] std::filesystem::path file() const {
    return directory_ / "out" / "energy_data" /
           ("energy_data_" + date_text(energy_row(0, rows_).local) + ".json");
  }

 private:
  int rows_;
  std::int64_t next_ = 0;
  testing::TemporaryDirectory directory_;
  std::unique_ptr<projections::Projector> projector_;
  std::optional<projections::Checkpoint> before_;
};

void json_append(benchmark::State& state) {
  Day day(static_cast<int>(state.range(0)));
  for (auto _ : state) day.append_next();
  state.counters["file_kB"] = static_cast<double>(std::filesystem::file_size(day.file())) / 1e3;
}

void json_rewrite(benchmark::State& state) {
  using Json = nlohmann::ordered_json;
  const Day day(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    Json rows;
    {
      std::ifstream in(day.file());
      rows = Json::parse(in);
    }
    rows.push_back(rows.back());
    std::ofstream out(day.file());
    out << rows.dump(2);
    out.close();
    state.PauseTiming();
    rows.erase(rows.size() - 1);
    std::ofstream(day.file()) << rows.dump(2);
    state.ResumeTiming();
  }
}

// ---- What a start takes from the log's last weeks

fb::PvForecastIssuedT weather(UtcTime from) {
  fb::PvForecastIssuedT fact;
  fact.provider = "open-meteo";
  for (auto* all : {&fact.irradiance_mw_m2, &fact.direct_mw_m2, &fact.diffuse_mw_m2}) {
    auto series = std::make_unique<fb::SeriesT>();
    series->start_us = to_us(from);
    series->step_s = 900;
    for (int i = 0; i < 288; ++i)
      series->values.push_back(std::max(0, 300'000 - std::abs(i % 96 - 44) * 10'000));
    all->push_back(std::move(series));
  }
  return fact;
}

// 29 days of a reading a minute and a weather forecast an hour, with a plant to put it through.
void recollect(benchmark::State& state) {
  constexpr int minutes = 29 * 1'440;
  const testing::TemporaryDirectory directory;
  log::Log log = must(log::Log::create(directory / "log", {}));
  const log::WriterLock lock = must(log::WriterLock::take(directory / "log", "bench"));
  log::Appender appender = must(log::Appender::open(log, lock, {}));
  const auto tell = [&](int minute, auto fact) {
    const UtcTime at = testing::at_s(std::int64_t{minute} * 60);
    const auto encoded = must(encode(testing::event(at, std::move(fact))));
    must(appender.enqueue(encoded, at, {log::Urgency::telemetry, {}}));
  };
  for (int minute = 0; minute < minutes; ++minute) {
    tell(minute, bench::reading(minute));
    if (minute % 60 == 0) tell(minute, weather(testing::at_s(std::int64_t{minute} * 60)));
    if (minute % 1'440 == 0) must(appender.flush());
  }
  must(appender.flush());
  const UtcTime now = testing::at_s(std::int64_t{minutes} * 60);
  daemon::SimulatedClock clock(now, {});
  const auto journal = must(daemon::Journal::open(log, appender, clock, fb::Source::daemon,
                                                  projections::FoldCache(directory / "cache")));
  config::Config config;
  config.site.latitude = 52.23;
  config.site.longitude = 21.01;
  config.panels.peak_w = 6'000;
  const auto snapshot = must(log.snapshot());
  for (auto _ : state) {
    daemon::Forecaster forecaster(config, *journal);
    benchmark::DoNotOptimize(must(daemon::recollect(snapshot, now, forecaster)));
  }
}

BENCHMARK(recollect)->Unit(benchmark::kMillisecond);
BENCHMARK(visible)->Iterations(1)->UseRealTime()->Unit(benchmark::kSecond);
BENCHMARK(json_append)
    ->Arg(288)
    ->Arg(1'440)
    ->Iterations(2'000)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(json_rewrite)->Arg(288)->Arg(1'440)->UseRealTime()->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace wattledger

int main(int count, char** arguments) {
  for (const auto& which : wattledger::queries)
    benchmark::RegisterBenchmark((std::string("query/") + which.name).c_str(), wattledger::query,
                                 which)
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
  benchmark::Initialize(&count, arguments);
  benchmark::RunSpecifiedBenchmarks();
}
