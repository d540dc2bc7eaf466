// Another process reads every table again and again, a second one of its connections holds a
// transaction, a thread appends 100 events a second, and meanwhile the file is rebuilt and adopted,
// over and over: no error but busy, no mixed generation, and in the end every event is in the
// tables.
//
// As it runs by itself it is small; for the file of 1 GB and twenty adoptions:
//   WATTLEDGER_HAMMER_MB=1000 WATTLEDGER_HAMMER_ADOPTIONS=20 test_adoption
#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "projections/live/live_projections.hpp"
#include "projections/sqlite/sqlite_projector.hpp"
#include "tests/projections/house_log.hpp"
#include "tests/support/child_process.hpp"

namespace wattledger::projections {
namespace {

using testing::at_s;
using testing::ChildProcess;
using testing::HouseLog;
using testing::must;
using Clock = std::chrono::steady_clock;

int setting(const char* name, int otherwise) {
  const char* given = std::getenv(name);
  return given == nullptr ? otherwise : std::max(1, std::atoi(given));
}

// A row of energy_data takes about so much, with its indexes.
constexpr int bytes_per_reading = 225;

// The site, a policy, then readings a minute apart, each with a row; every tenth followed by a
// decision. So the checkpoint's sequence says how many rows there must be.
constexpr std::int64_t first_records = 2;
std::int64_t readings_at(std::int64_t sequence) {
  const std::int64_t rest = sequence - first_records;
  return rest / 11 * 10 + std::min<std::int64_t>(rest % 11, 10);
}
std::int64_t decisions_at(std::int64_t sequence) { return (sequence - first_records) / 11; }

class Told {
 public:
  explicit Told(HouseLog& house) : house_(house) {
    house_.tell_site(at_s(0));
    fold::PolicySettings settings;
    settings.energy_row_every = std::chrono::seconds(1);
    settings.state_row_every = std::chrono::hours(24);
    fb::PolicyAdoptedT policy;
    policy.text = fold::render_policy(settings);
    policy.digest = std::make_unique<fb::Digest256>();
    house_.tell(at_s(0), std::move(policy));
  }
  void next() {
    if (++told_ % 11 == 0) {
      house_.tell_decision(at_s(minute_ * 60 + 1));
    } else {
      house_.tell_reading(at_s(++minute_ * 60));
    }
  }

 private:
  HouseLog& house_;
  std::int64_t told_ = 0, minute_ = 0;
};

// ---- The other process

struct Findings {
  std::int64_t reads = 0, busy = 0, errors = 0, mixed = 0, held = 0;
};

class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) {
    if (sqlite3_open_v2(file.c_str(), &handle_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK)
      ::_exit(3);
    sqlite3_busy_timeout(handle_, 50);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { sqlite3_close(handle_); }

  // False when it was busy or failed, which is counted.
  bool run(const char* sql, Findings& findings, std::int64_t* value = nullptr) {
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr);
    if (code == SQLITE_OK)
      while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        if (value != nullptr) *value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    const int primary = code & 0xFF;
    if (primary == SQLITE_DONE) return true;
    ++(primary == SQLITE_BUSY ? findings.busy : findings.errors);
    return false;
  }

 private:
  sqlite3* handle_ = nullptr;
};

constexpr const char* counts[] = {"SELECT count(*) FROM energy_data",
                                  "SELECT sum(good + partial + implausible) FROM data_quality",
                                  "SELECT count(*) FROM coordinator_decisions",
                                  "SELECT count(*) FROM decision_audit"};
constexpr const char* others[] = {
    "SELECT count(*) FROM system_state",     "SELECT count(*) FROM hourly_stats",
    "SELECT count(*) FROM daily_stats",      "SELECT count(*) FROM monthly_stats",
    "SELECT count(*) FROM schema_version",   "SELECT count(*) FROM policies",
    "SELECT count(*) FROM market_prices",    "SELECT count(*) FROM commands",
    "SELECT count(*) FROM price_forecasts",  "SELECT count(*) FROM weather_data",
    "SELECT count(*) FROM charging_sessions"};

// One transaction: what stands in the tables must be what the checkpoint says.
void look(Reader& reader, Findings& findings, std::chrono::milliseconds held) {
  if (!reader.run("BEGIN", findings)) return;
  std::int64_t sequence = 0, seen = 0;
  if (reader.run("SELECT sequence FROM projection_checkpoint", findings, &sequence)) {
    if (held.count() != 0) std::this_thread::sleep_for(held);
    int index = 0;
    for (const char* sql : counts) {
      const std::int64_t wanted = index++ < 2 ? readings_at(sequence) : decisions_at(sequence);
      if (reader.run(sql, findings, &seen) && seen != wanted) ++findings.mixed;
    }
    for (const char* sql : others) static_cast<void>(reader.run(sql, findings));
    ++findings.reads;
    findings.held += held.count() != 0 ? 1 : 0;
  }
  static_cast<void>(reader.run("COMMIT", findings));
}

// Until a file of this name stands beside the database.
constexpr const char* stop_name = "stop";

void read_on(const std::filesystem::path& file, const ChildProcess::Ends& ends) {
  const auto go_on = [&] {
    std::error_code ignored;
    return !std::filesystem::exists(file.parent_path() / stop_name, ignored);
  };
  Findings fast, slow;
  {
    Reader one(file), two(file);
    std::thread holder([&] {
      do look(two, slow, std::chrono::milliseconds(700));
      while (go_on());
    });
    do look(one, fast, std::chrono::milliseconds(0));
    while (go_on());
    holder.join();
  }
  for (const std::int64_t each : {fast.reads + slow.reads, fast.busy + slow.busy,
                                  fast.errors + slow.errors, fast.mixed + slow.mixed, slow.held})
    ends.send(static_cast<std::uint64_t>(each));
}

Findings findings_of(const ChildProcess& child) {
  Findings found;
  for (std::int64_t* each : {&found.reads, &found.busy, &found.errors, &found.mixed, &found.held}) {
    const auto number = child.ends().receive();
    REQUIRE(number.has_value());
    *each = static_cast<std::int64_t>(*number);
  }
  return found;
}

TEST_SUITE("adoption") {
  TEST_CASE("readers of another process see one generation, and no event is lost") {
    const int megabytes = setting("WATTLEDGER_HAMMER_MB", 2);
    const int adoptions = setting("WATTLEDGER_HAMMER_ADOPTIONS", 6);
    const testing::TemporaryDirectory directory;
    const auto file = directory / sqlite_file_name;
    // Forked while this process has one thread and no log; it reads when it is told to.
    ChildProcess reader([&](const ChildProcess::Ends& ends) {
      if (ends.receive()) read_on(file, ends);
    });
    HouseLog house(directory / "log");
    Told told(house);
    for (int i = 0; i < megabytes * (1'000'000 / bytes_per_reading); ++i) {
      told.next();
      if (i % 1'000 == 0) house.flush();
    }
    house.flush();
    LiveOptions options;
    options.data = directory.path();
    LiveProjections live(house.log(), options);
    must(live.start());
    must(live.catch_up());
    must(live.settle());
    reader.ends().send(1);
    std::atomic<bool> done = false;
    std::atomic<std::int64_t> appended = 0;
    std::thread writer([&] {
      const auto begin = Clock::now();
      while (!done) {
        told.next();
        house.flush();
        std::this_thread::sleep_until(begin + std::chrono::milliseconds(10) * ++appended);
      }
    });
    Clock::duration longest{};
    for (int number = 0; number < adoptions; ++number) {
      StageOptions stage_options;
      stage_options.json = false;
      stage_options.directory = directory / "staging" / "built";
      stage_options.replace = true;
      must(stage(house.log(), stage_options));
      const auto begin = Clock::now();
      must(live.adopt(stage_options.directory));
      longest = std::max(longest, Clock::now() - begin);
      must(live.catch_up());
      must(live.settle());
    }
    done = true;
    writer.join();
    must(live.catch_up());
    must(live.settle());
    std::ofstream(directory / stop_name) << "now";
    const Findings found = findings_of(reader);
    const auto size_mb = std::filesystem::file_size(file) / 1'000'000;
    MESSAGE(size_mb << " MB, " << adoptions << " adoptions (the longest "
                    << std::chrono::duration_cast<std::chrono::milliseconds>(longest).count()
                    << " ms), " << appended.load() << " events appended meanwhile; " << found.reads
                    << " reads of every table, " << found.held << " of them holding on, "
                    << found.busy << " busy, " << found.errors << " errors, " << found.mixed
                    << " mixed");
    CHECK(found.reads > 0);
    CHECK(found.held > 0);
    CHECK(found.errors == 0);
    CHECK(found.mixed == 0);
    const auto compared = directory / "straight";
    StageOptions straight;
    straight.json = false;
    straight.directory = compared;
    must(stage(house.log(), straight));
    CHECK(must(compare(directory.path(), compared)).empty());
  }
}

}  // namespace
}  // namespace wattledger::projections
