// Durable append and verified scan, each beside its raw control doing the same with the same bytes,
// in one run:
//
//   wattledger_bench_log --benchmark_repetitions=5 --benchmark_enable_random_interleaving=true
//     --benchmark_report_aggregates_only=true
//
// items_per_second is events; divide ours by raw's of the same commit size. The directory is
// TMPDIR's: name a real disk. RocksDB is measured where librocksdb-dev is installed.
#include <benchmark/benchmark.h>
#include <lmdb.h>

#ifdef WATTLEDGER_ROCKSDB
#include <rocksdb/db.h>
#endif

#include <condition_variable>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "log/appender.hpp"
#include "log/reader.hpp"
#include "log/record.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

constexpr std::int64_t scanned_events = 200'000;

template <class T>
T value(Result<T> result) {
  if (result) return *std::move(result);
  std::cerr << result.error().line() << "\n";
  std::abort();
}

void check(int code) {
  if (code == 0) return;
  std::cerr << mdb_strerror(code) << "\n";
  std::abort();
}

// A poll as the inverter gives it: most fields there.
fb::EventT reading(std::int64_t number) {
  const auto wave = static_cast<int>(number % 997);
  fb::ReadingRecordedT fact;
  fact.battery_soc_bp = static_cast<std::uint16_t>(wave * 10);
  fact.battery_soh_bp = std::uint16_t{9'900};
  fact.battery_power_w = wave - 500;
  fact.battery_voltage_mv = 380'000 + wave;
  fact.battery_current_ma = wave * 3;
  fact.battery_temperature_mc = 24'000 + wave;
  fact.pv_power_w = wave * 5;
  fact.pv1_power_w = wave * 3;
  fact.pv2_power_w = wave * 2;
  fact.grid_power_w = 700 - wave;
  fact.grid_l1_voltage_mv = 230'000 + wave;
  fact.grid_l2_voltage_mv = 231'000 + wave;
  fact.grid_l3_voltage_mv = 229'000 + wave;
  fact.grid_frequency_mhz = 50'000;
  fact.load_power_w = 400 + wave;
  fact.inverter_temperature_mc = 35'000 + wave;
  fact.pv_total_mwh = 12'345'678'000 + number;
  fact.load_total_mwh = 9'876'543'000 + number;
  return event(at_s(number), std::move(fact), fb::Source::inverter);
}

std::vector<std::byte> record_of(std::int64_t number) {
  return build_record(value(encode(reading(number))), at_s(number));
}

class RawLog {
 public:
  explicit RawLog(const std::filesystem::path& directory) {
    check(mdb_env_create(&env_));
    check(mdb_env_set_maxdbs(env_, 8));
    check(mdb_env_set_mapsize(env_, std::size_t{64} << 30U));
    check(mdb_env_open(env_, directory.c_str(), MDB_NOTLS, 0640));
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env_, nullptr, 0, &txn));
    check(mdb_dbi_open(txn, "events", MDB_CREATE, &dbi_));
    check(mdb_txn_commit(txn));
  }
  RawLog(const RawLog&) = delete;
  RawLog& operator=(const RawLog&) = delete;
  ~RawLog() { mdb_env_close(env_); }

  void commit(const std::vector<std::vector<std::byte>>& records) {
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env_, nullptr, 0, &txn));
    for (const auto& record : records) {
      const std::uint64_t key_number = __builtin_bswap64(++head_);
      MDB_val key{sizeof key_number, const_cast<std::uint64_t*>(&key_number)};
      MDB_val data{record.size(), const_cast<std::byte*>(record.data())};
      check(mdb_put(txn, dbi_, &key, &data, MDB_APPEND));
    }
    check(mdb_txn_commit(txn));
  }

  template <class Each>
  void scan(const Each& each) {
    MDB_txn* txn = nullptr;
    check(mdb_txn_begin(env_, nullptr, MDB_RDONLY, &txn));
    MDB_cursor* cursor = nullptr;
    check(mdb_cursor_open(txn, dbi_, &cursor));
    MDB_val key{};
    MDB_val data{};
    while (mdb_cursor_get(cursor, &key, &data, MDB_NEXT) == 0)
      each(static_cast<const std::uint8_t*>(data.mv_data), data.mv_size);
    mdb_cursor_close(cursor);
    mdb_txn_abort(txn);
  }

 private:
  MDB_env* env_ = nullptr;
  MDB_dbi dbi_ = 0;
  std::uint64_t head_ = 0;
};

struct OurLog {
  explicit OurLog(const std::filesystem::path& directory, std::size_t commit)
      : log(value(Log::create(directory / "log", {}))),
        lock(value(WriterLock::take(directory / "log", "bench"))) {
    AppendLimits limits;
    limits.telemetry_events_max = commit;
    limits.telemetry_wait_max = std::chrono::hours(24 * 365);
    appender.emplace(value(Appender::open(log, lock, limits)));
  }
  Log log;
  WriterLock lock;
  std::optional<Appender> appender;
};

// The same one after the other: nothing is built while a commit is under way.
void serial_append(benchmark::State& state) {
  const auto commit = state.range(0);
  const TemporaryDirectory home;
  OurLog ours(home.path(), static_cast<std::size_t>(commit));
  std::int64_t number = 0;
  for (auto _ : state) {
    Sequence last;
    for (std::int64_t i = 0; i < commit; ++i, ++number)
      last = value(ours.appender->enqueue(value(encode(reading(number))), at_s(number),
                                          {Urgency::telemetry, std::nullopt}))
                 .sequence;
    if (!ours.appender->wait(last)) std::abort();
  }
  state.SetItemsProcessed(number);
}

// Encode, check, sum, hash and enqueue on this thread while the one before commits on the other.
void durable_append(benchmark::State& state) {
  const auto commit = state.range(0);
  const TemporaryDirectory home;
  OurLog ours(home.path(), 2 * static_cast<std::size_t>(commit));
  Appender& appender = *ours.appender;
  std::int64_t number = 0;
  Sequence before;
  for (auto _ : state) {
    if (commit == 1) {
      (void)value(appender.append(value(encode(reading(number))), at_s(number), {}));
      ++number;
      continue;
    }
    Sequence last;
    // The last one asks for the commit. Were it the number waiting that did, what was enqueued
    // before the writer woke would count for the next one, and the two threads would drift until
    // they take turns.
    for (std::int64_t i = 1; i <= commit; ++i, ++number)
      last =
          value(appender.enqueue(value(encode(reading(number))), at_s(number),
                                 {i == commit ? Urgency::now : Urgency::telemetry, std::nullopt}))
              .sequence;
    // At most one commit under way and one being built: else commits would grow beyond the size to
    // be measured.
    if (const auto waited = appender.wait(before); !waited) std::abort();
    before = last;
  }
  if (const auto flushed = appender.flush(); !flushed) std::abort();
  state.SetItemsProcessed(number);
  const AppendStatistics statistics = appender.statistics();
  state.counters["events_per_commit"] =
      static_cast<double>(statistics.events) / static_cast<double>(statistics.commits);
  state.counters["record_bytes"] =
      static_cast<double>(statistics.bytes) / static_cast<double>(statistics.events);
}

void raw_append(benchmark::State& state) {
  const auto commit = state.range(0);
  const TemporaryDirectory home;
  RawLog raw(home.path());
  std::vector<std::vector<std::byte>> records;
  for (std::int64_t i = 0; i < commit; ++i) records.push_back(record_of(i));
  std::int64_t events = 0;
  for (auto _ : state) {
    raw.commit(records);
    events += commit;
  }
  state.SetItemsProcessed(events);
}

// Fifteen fields, as a projection reads them.
std::int64_t sum_of(const fb::ReadingRecorded& fact) {
  return std::int64_t{*fact.battery_soc_bp()} + *fact.battery_soh_bp() + *fact.battery_power_w() +
         *fact.battery_voltage_mv() + *fact.battery_current_ma() + *fact.battery_temperature_mc() +
         *fact.pv_power_w() + *fact.pv1_power_w() + *fact.pv2_power_w() + *fact.grid_power_w() +
         *fact.grid_l1_voltage_mv() + *fact.grid_frequency_mhz() + *fact.load_power_w() +
         *fact.pv_total_mwh() + *fact.load_total_mwh();
}

void verified_scan(benchmark::State& state) {
  const TemporaryDirectory home;
  OurLog ours(home.path(), 10'000);
  for (std::int64_t i = 0; i < scanned_events; ++i) {
    const auto result = ours.appender->enqueue(value(encode(reading(i))), at_s(i),
                                               {Urgency::telemetry, std::nullopt});
    if (!result && !ours.appender->flush()) std::abort();
    if (!result) --i;  // the queue was full
  }
  if (!ours.appender->flush()) std::abort();
  for (auto _ : state) {
    const Snapshot snapshot = value(ours.log.snapshot());
    std::int64_t sum = 0;
    UtcTime newest{};
    const auto scanned =
        snapshot.scan(Sequence{1}, snapshot.head(), [&](const RecordView& record) -> Result<bool> {
          if (record.recorded_at < newest) return false;
          newest = record.recorded_at;
          sum += sum_of(*record.event.as<fb::ReadingRecorded>());
          return true;
        });
    if (!scanned || newest != at_s(scanned_events - 1)) std::abort();
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * scanned_events);
}

void raw_scan(benchmark::State& state) {
  const TemporaryDirectory home;
  RawLog raw(home.path());
  std::vector<std::vector<std::byte>> records;
  for (std::int64_t i = 0; i < scanned_events; ++i) {
    records.push_back(record_of(i));
    if (records.size() < 10'000) continue;
    raw.commit(records);
    records.clear();
  }
  for (auto _ : state) {
    std::int64_t sum = 0;
    raw.scan([&](const std::uint8_t* data, std::size_t size) {
      flatbuffers::Verifier verifier(data + record_header_bytes, size - record_header_bytes);
      if (!fb::VerifyEventBuffer(verifier)) std::abort();
      sum += sum_of(*fb::GetEvent(data + record_header_bytes)->fact_as_ReadingRecorded());
    });
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * scanned_events);
}

// Producers that each wait until their one event is durable.
template <class One>
void with_producers(benchmark::State& state, const One& one) {
  constexpr int rounds = 50;
  const auto producers = state.range(0);
  for (auto _ : state) {
    std::vector<std::jthread> threads;
    for (std::int64_t p = 0; p < producers; ++p)
      threads.emplace_back([&one, p] {
        for (int round = 0; round < rounds; ++round) one(p);
      });
  }
  state.SetItemsProcessed(state.iterations() * producers * rounds);
}

void waiting_producers(benchmark::State& state) {
  const TemporaryDirectory home;
  OurLog ours(home.path(), 64);
  const EncodedEvent event = value(encode(reading(1)));
  with_producers(state, [&](std::int64_t /*producer*/) {
    if (!ours.appender->append(event, at_s(1), {})) std::abort();
  });
}

// The bare idea: whoever comes while a commit is under way is in the next one.
class RawGroupCommit {
 public:
  explicit RawGroupCommit(const std::filesystem::path& directory)
      : raw_(directory), writer_([this](const std::stop_token& stop) { write(stop); }) {}

  void append(const std::vector<std::byte>& record) {
    std::unique_lock lock(mutex_);
    queue_.push_back(record);
    const std::uint64_t mine = ++enqueued_;
    work_.notify_one();
    done_.wait(lock, [&] { return committed_ >= mine; });
  }

 private:
  void write(const std::stop_token& stop) {
    std::vector<std::vector<std::byte>> batch;
    std::unique_lock lock(mutex_);
    while (work_.wait(lock, stop, [this] { return !queue_.empty(); })) {
      batch.swap(queue_);
      lock.unlock();
      raw_.commit(batch);
      lock.lock();
      committed_ += batch.size();
      batch.clear();
      done_.notify_all();
    }
  }

  RawLog raw_;
  std::mutex mutex_;
  std::condition_variable_any work_;
  std::condition_variable done_;
  std::vector<std::vector<std::byte>> queue_;
  std::uint64_t enqueued_ = 0;
  std::uint64_t committed_ = 0;
  std::jthread writer_;
};

void raw_waiting_producers(benchmark::State& state) {
  const TemporaryDirectory home;
  RawGroupCommit raw(home.path());
  const std::vector<std::byte> record = record_of(1);
  with_producers(state, [&](std::int64_t /*producer*/) { raw.append(record); });
}

#ifdef WATTLEDGER_ROCKSDB
// The bare bytes under their sequence, a synced batch each.
void rocksdb_append(benchmark::State& state) {
  const auto commit = state.range(0);
  const TemporaryDirectory home;
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  if (!rocksdb::DB::Open(options, (home / "rocks").string(), &opened).ok()) std::abort();
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::vector<std::vector<std::byte>> records;
  for (std::int64_t i = 0; i < commit; ++i) records.push_back(record_of(i));
  rocksdb::WriteOptions synced;
  synced.sync = true;
  std::uint64_t head = 0;
  for (auto _ : state) {
    rocksdb::WriteBatch batch;
    for (const auto& record : records) {
      const std::uint64_t key = __builtin_bswap64(++head);
      batch.Put({reinterpret_cast<const char*>(&key), sizeof key},
                {reinterpret_cast<const char*>(record.data()), record.size()});
    }
    if (!db->Write(synced, &batch).ok()) std::abort();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(head));
}
BENCHMARK(rocksdb_append)->Arg(1)->Arg(100)->Arg(1'000)->Arg(10'000)->UseRealTime();
#endif

BENCHMARK(serial_append)->Arg(1'000)->UseRealTime();
BENCHMARK(waiting_producers)->Arg(16)->Arg(64)->UseRealTime();
BENCHMARK(raw_waiting_producers)->Arg(16)->Arg(64)->UseRealTime();
BENCHMARK(durable_append)->Arg(1)->Arg(100)->Arg(1'000)->Arg(10'000)->UseRealTime();
BENCHMARK(raw_append)->Arg(1)->Arg(100)->Arg(1'000)->Arg(10'000)->UseRealTime();
BENCHMARK(verified_scan)->UseRealTime();
BENCHMARK(raw_scan)->UseRealTime();

}  // namespace
}  // namespace wattledger::log

BENCHMARK_MAIN();
