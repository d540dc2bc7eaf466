// A writer is killed at random, again and again, on one log: nothing that was answered may be lost,
// the log always opens, and verification finds nothing. WATTLEDGER_CRASH_ROUNDS and
// WATTLEDGER_CRASH_SEED make it longer, or the same again.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "log/appender.hpp"
#include "log/reader.hpp"
#include "log/verification.hpp"
#include "tests/crash/numbered_events.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

#if defined(WATTLEDGER_SANITIZED)
constexpr std::uint64_t rounds_default = 40;
#else
constexpr std::uint64_t rounds_default = 200;
#endif
// A log grows with every round and is read whole after each: a new one now and then.
constexpr std::uint64_t rounds_per_log = 10;
// So many answers a writer may be ahead of its parent, who may be slow to kill.
constexpr std::uint64_t answers_ahead_max = 8;

template <class T>
T or_exit(Result<T> result) {
  if (!result) ::_exit(2);
  return *std::move(result);
}

// Appends until killed, some urgent, some telemetry, and reports what is durable.
void append_for_ever(const std::filesystem::path& directory, std::uint64_t seed,
                     const ChildProcess::Ends& parent) {
  std::minstd_rand random(static_cast<std::minstd_rand::result_type>(seed));
  Log log = or_exit(Log::open(directory));
  const WriterLock lock = or_exit(WriterLock::take(directory, "crash test"));
  Appender appender = or_exit(Appender::open(log, lock, {}));
  std::uint64_t reported = 0;
  while (true) {
    const std::uint64_t number = appender.enqueued().value + 1;
    const Urgency urgency = random() % 8 == 0 ? Urgency::now : Urgency::telemetry;
    or_exit(appender.enqueue(or_exit(numbered(number)), at_s(static_cast<std::int64_t>(number)),
                             {urgency, std::nullopt}));
    if (random() % 64 == 0 && !appender.wait(Sequence{number})) ::_exit(2);
    const std::uint64_t durable = appender.committed().value;
    if (durable == reported) continue;
    if (!parent.receive()) return;  // leave to answer once more
    parent.send(reported = durable);
  }
}

// Lets a writer answer some times, kills it, returns the last answer.
std::uint64_t run_and_kill(const std::filesystem::path& directory, std::uint64_t seed,
                           std::uint64_t answers) {
  ChildProcess child(
      [&](const ChildProcess::Ends& parent) { append_for_ever(directory, seed, parent); });
  for (std::uint64_t i = 0; i < answers + answers_ahead_max; ++i) child.ends().send(i);
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < answers; ++i) {
    const auto answer = child.ends().receive();
    REQUIRE_MESSAGE(answer.has_value(), "the writer ended by itself");
    last = *answer;
  }
  child.kill();
  while (const auto answer = child.ends().receive()) last = *answer;
  return last;
}

// Returns the head, which must be what was answered, or more.
std::uint64_t check_whole(const std::filesystem::path& directory, std::uint64_t answered) {
  const auto log = Log::open(directory);
  REQUIRE_MESSAGE(log.has_value(), (log ? "" : log.error().line()));
  const auto snapshot = log->snapshot();
  REQUIRE(snapshot.has_value());
  REQUIRE(snapshot->head().value >= answered);
  const auto verified = verify(*snapshot);
  REQUIRE(verified.has_value());
  REQUIRE(verified->records == snapshot->head().value);
  REQUIRE(verified->findings.empty());
  REQUIRE(check_numbered(*snapshot).has_value());
  return snapshot->head().value;
}

TEST_SUITE("crash/appender") {
  TEST_CASE("no answered event is lost when the writer is killed, and the log stays whole") {
    const std::uint64_t seed = from_environment("WATTLEDGER_CRASH_SEED", std::random_device{}());
    const std::uint64_t rounds = from_environment("WATTLEDGER_CRASH_ROUNDS", rounds_default);
    MESSAGE("WATTLEDGER_CRASH_SEED=", seed, " WATTLEDGER_CRASH_ROUNDS=", rounds);
    std::mt19937_64 random(seed);
    std::optional<TemporaryDirectory> home;
    std::uint64_t head = 0;
    std::uint64_t records = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      CAPTURE(round);
      if (round % rounds_per_log == 0) {
        home.emplace(memory_directory());  // what a process wrote outlives it on any disk
        REQUIRE(Log::create(*home / "log", {}).has_value());
        head = 0;
      }
      const std::uint64_t answered = run_and_kill(*home / "log", random(), random() % 24);
      const std::uint64_t before =
          std::exchange(head, check_whole(*home / "log", std::max(answered, head)));
      records += head - before;
    }
    CHECK(records > rounds);
  }

  TEST_CASE("a creation that was killed can be begun again") {
    std::mt19937_64 random(from_environment("WATTLEDGER_CRASH_SEED", std::random_device{}()));
    for (int round = 0; round < 20; ++round) {
      const TemporaryDirectory home;
      {
        ChildProcess child([&](const ChildProcess::Ends& parent) {
          parent.send(1);
          for (int i = 0; true; ++i) or_exit(Log::create(home / std::to_string(i), {}));
        });
        REQUIRE(child.ends().receive().has_value());
        // Until some of the logs stand, so that the kill meets one in the making.
        const auto some = home / std::to_string(random() % 8) / "data.mdb";
        while (!std::filesystem::exists(some)) {
        }
        child.kill();
      }
      for (int i = 0; std::filesystem::exists(home / std::to_string(i)); ++i) {
        const auto directory = home / std::to_string(i);
        const auto opened = Log::open(directory);
        if (opened) continue;
        CAPTURE(opened.error().line());
        CHECK(opened.error().kind == ErrorKind::not_found);
        CHECK(Log::create(directory, {}).has_value());
      }
    }
  }
}

}  // namespace
}  // namespace wattledger::log
