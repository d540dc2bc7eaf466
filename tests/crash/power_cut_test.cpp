// A power cut at any moment: what a writer did to data.mdb is recorded, and every state that the
// disk may be left in is opened. WATTLEDGER_CRASH_IMAGES and WATTLEDGER_CRASH_SEED make it longer,
// or the same again.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <unordered_set>

#include "log/appender.hpp"
#include "log/verification.hpp"
#include "tests/crash/crash_images.hpp"
#include "tests/crash/in_child.hpp"
#include "tests/crash/numbered_events.hpp"
#include "tests/support/preloaded.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;
namespace fs = std::filesystem;

#if defined(WATTLEDGER_SANITIZED)
constexpr std::uint64_t images_default = 600;
#else
constexpr std::uint64_t images_default = 5'000;
#endif
constexpr std::uint64_t commits = 80;

// What opening an image gave; the child's exit code.
enum Outcome : int {
  intact = 0,
  not_opened = 10,
  damaged = 11,
  answered_lost = 12,
  not_gone_on = 13
};

int say(Outcome outcome, const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  return outcome;
}

Result<void> append_one_more(Log& log, const fs::path& directory) {
  const auto lock = WriterLock::take(directory, "crash test");
  if (!lock) return Failure(lock.error());
  auto appender = Appender::open(log, *lock, {});
  if (!appender) return Failure(appender.error());
  const auto snapshot = log.snapshot();
  if (!snapshot) return Failure(snapshot.error());
  const std::uint64_t number = snapshot->head().value + 1;
  const auto what = numbered(number);
  if (!what) return Failure(what.error());
  const auto appended = appender->append(*what, recorded_after(snapshot->meta(), number), {});
  if (!appended) return Failure(appended.error());
  if (appended->sequence.value != number) return fail(ErrorKind::conflict, "another sequence");
  return {};
}

int check_snapshot(const Log& log, std::uint64_t head_min) {
  const auto snapshot = log.snapshot();
  if (!snapshot) return say(not_opened, snapshot.error().line());
  const auto verified = verify(*snapshot);
  if (!verified) return say(damaged, verified.error().line());
  if (!verified->findings.empty()) return say(damaged, verified->findings.front().what);
  if (const auto right = check_numbered(*snapshot); !right)
    return say(damaged, right.error().line());
  if (snapshot->head().value < head_min)
    return static_cast<Outcome>(
        say(answered_lost, "the head is " + std::to_string(snapshot->head().value)));
  return intact;
}

// In the child.
int check_image(const fs::path& directory, std::uint64_t answered) {
  auto log = Log::open(directory);
  if (!log) return say(not_opened, log.error().line());
  if (const int before = check_snapshot(*log, answered); before != intact) return before;
  const std::uint64_t head = log->snapshot()->head().value;
  if (const auto more = append_one_more(*log, directory); !more)
    return say(not_gone_on, more.error().line());
  return check_snapshot(*log, head + 1);
}

struct Tally {
  std::uint64_t images = 0;
  std::uint64_t intact = 0;
  std::uint64_t refused = 0;  // of a log whose making was never answered
  std::uint64_t lost = 0;
  std::uint64_t corrupt = 0;
  std::uint64_t crashed = 0;  // of the corrupt ones
  std::string first_trouble;
};

// One record of writes, and the places in it where the power may go.
class PowerCuts {
 public:
  PowerCuts(std::vector<TraceEntry> trace, std::uint64_t seed)
      : trace_(std::move(trace)), random_(seed) {}

  // So many different images, spread over all moments.
  Tally cut(std::uint64_t images) {
    // Some moments have few possible images, so a round over all of them may give few new ones.
    for (int round = 0; round < 100 && tally_.images < images; ++round) {
      Disk disk;
      created_ = false;
      answered_ = 0;
      const std::uint64_t missing = images - tally_.images;
      const std::uint64_t each = std::max<std::uint64_t>(1, missing / trace_.size());
      for (const TraceEntry& entry : trace_) {
        for (std::uint64_t i = 0; i < each; ++i) try_image(disk.image(random_, &entry));
        disk.finish(entry);
        if (entry.kind == TraceKind::mark) answer(entry.number);
      }
      try_image(disk.image(random_, nullptr));
    }
    return tally_;
  }

 private:
  void answer(std::uint64_t number) {
    created_ = true;
    answered_ = number;
  }

  void try_image(const Disk::Image& image) {
    const std::string_view bytes(reinterpret_cast<const char*>(image.data()), image.size());
    const auto name = std::hash<std::string_view>()(bytes) + answered_ + (created_ ? 1U : 0U);
    if (!seen_.insert(name).second) return;
    const fs::path directory = home_ / "log";
    fs::remove_all(directory);
    fs::create_directories(directory);
    std::ofstream(directory / "data.mdb", std::ios::binary) << bytes;
    judge(in_child(home_ / "said", [&] { return check_image(directory, answered_); }));
  }

  void judge(const Ended& ended) {
    ++tally_.images;
    if (ended.signal == 0 && ended.code == intact) {
      ++tally_.intact;
    } else if (ended.signal == 0 && ended.code == not_opened && !created_) {
      ++tally_.refused;
    } else {
      if (ended.signal == 0 && ended.code == answered_lost)
        ++tally_.lost;
      else
        ++tally_.corrupt;
      if (ended.signal != 0) ++tally_.crashed;
      if (tally_.first_trouble.empty())
        tally_.first_trouble = "answered " + std::to_string(answered_) + ", code " +
                               std::to_string(ended.code) + ", signal " +
                               std::to_string(ended.signal) + ": " + ended.said;
    }
  }

  const std::vector<TraceEntry> trace_;
  std::mt19937_64 random_;
  const TemporaryDirectory home_{memory_directory()};
  std::unordered_set<std::uint64_t> seen_;
  bool created_ = false;
  std::uint64_t answered_ = 0;
  Tally tally_;
};

// What a writer did, checked against what it left: the recorder missed nothing.
std::vector<TraceEntry> recorded(std::uint64_t seed, std::vector<std::string> settings) {
  const TemporaryDirectory home(memory_directory());
  settings.push_back("WATTLEDGER_DISK_TRACE=" + (home / "trace").string());
  const Ran ran = run_preloaded(
      WATTLEDGER_DISK_RECORDER, settings, WATTLEDGER_LOG_WRITER,
      {"record", (home / "log").string(), std::to_string(commits), std::to_string(seed)});
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  std::vector<TraceEntry> trace = read_trace(home / "trace");
  Disk disk;
  for (const TraceEntry& entry : trace) disk.finish(entry);
  std::ifstream file(home / "log" / "data.mdb", std::ios::binary);
  const std::string left{std::istreambuf_iterator<char>(file), {}};
  const Disk::Image told = disk.cached();
  REQUIRE(left.size() == told.size());
  REQUIRE(std::memcmp(left.data(), told.data(), told.size()) == 0);
  return trace;
}

std::uint64_t seed_of_this_run() {
  const std::uint64_t seed = from_environment("WATTLEDGER_CRASH_SEED", std::random_device{}());
  MESSAGE("WATTLEDGER_CRASH_SEED=", seed);
  return seed;
}

void report(const Tally& tally) {
  MESSAGE(tally.images, " images: ", tally.intact, " intact, ", tally.refused,
          " of a log never made, ", tally.lost, " with an answered event lost, ", tally.corrupt,
          " corrupt, of which ", tally.crashed, " ended the reader by a signal");
}

TEST_SUITE("crash/power cut") {
  TEST_CASE("no state that a power cut leaves is corrupt or lacks an answered event") {
    const std::uint64_t seed = seed_of_this_run();
    const std::uint64_t wanted = from_environment("WATTLEDGER_CRASH_IMAGES", images_default);
    const Tally tally = PowerCuts(recorded(seed, {}), seed).cut(wanted);
    report(tally);
    CHECK(tally.images >= wanted);
    CHECK(tally.refused < tally.images / 10);
    CHECK(tally.lost == 0);
    CHECK(tally.corrupt == 0);
    CHECK_MESSAGE(tally.first_trouble.empty(), tally.first_trouble);
  }

  // The same writer, recorder and checker, so that what is found is LMDB's doing without its syncs:
  // that the case above finds nothing means something.
  TEST_CASE("the same writer over LMDB with MDB_NOSYNC leaves corrupt states") {
    const std::uint64_t seed = seed_of_this_run();
    const Tally tally =
        PowerCuts(recorded(seed, {"WATTLEDGER_DISK_NOSYNC=1"}), seed).cut(images_default / 20);
    report(tally);
    CHECK(tally.corrupt > tally.images / 4);
  }
}

}  // namespace
}  // namespace wattledger::log
