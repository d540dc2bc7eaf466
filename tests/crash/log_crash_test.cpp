// A writer is killed at random, again and again, on one log: nothing that was answered may be lost,
// the log always opens, and verification finds nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

#include "log/appender.hpp"
#include "log/reader.hpp"
#include "log/verification.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

constexpr int rounds_default = 60;

// WATTLEDGER_CRASH_ROUNDS and WATTLEDGER_CRASH_SEED make it longer, or the same again.
std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

template <class T>
T or_exit(Result<T> result) {
  if (!result) ::_exit(2);
  return *std::move(result);
}

// The value tells the sequence, the length differs: a record in the wrong place or half there is
// seen.
EncodedEvent numbered(std::uint64_t number) {
  fb::AlertRaisedT fact;
  fb::EventT native = event(at_s(static_cast<std::int64_t>(number)), std::move(fact));
  native.source_name = std::to_string(number) + std::string(number * 37 % 1'500, 'x');
  return or_exit(encode(native));
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
    or_exit(appender.enqueue(numbered(number), at_s(static_cast<std::int64_t>(number)),
                             {urgency, std::nullopt}));
    if (random() % 64 == 0 && !appender.wait(Sequence{number})) ::_exit(2);
    const std::uint64_t durable = appender.committed().value;
    if (durable > reported) parent.send(reported = durable);
  }
}

// Lets a writer answer some times, kills it, returns the last answer.
std::uint64_t run_and_kill(const std::filesystem::path& directory, std::uint64_t seed,
                           std::uint64_t answers) {
  ChildProcess child(
      [&](const ChildProcess::Ends& parent) { append_for_ever(directory, seed, parent); });
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

void check_content(const Snapshot& snapshot) {
  const auto scanned =
      snapshot.scan(Sequence{1}, snapshot.head(), [](const RecordView& record) -> Result<bool> {
        const std::string expected = std::to_string(record.sequence.value);
        const auto* name = record.event.event().source_name();
        const std::size_t length = expected.size() + record.sequence.value * 37 % 1'500;
    if (name == nullptr || name->size() != length || name->str().rfind(expected, 0) != 0)
      return fail(ErrorKind::corrupt, "record " + expected + " is another one");
    return true;
  });
  REQUIRE(scanned.has_value());
}

TEST_SUITE("crash/appender") {
  TEST_CASE("no answered event is lost when the writer is killed, and the log stays whole") {
    const std::uint64_t seed = from_environment("WATTLEDGER_CRASH_SEED", std::random_device{}());
    const std::uint64_t rounds = from_environment("WATTLEDGER_CRASH_ROUNDS", rounds_default);
    MESSAGE("WATTLEDGER_CRASH_SEED=", seed, " WATTLEDGER_CRASH_ROUNDS=", rounds);
    std::mt19937_64 random(seed);
    const TemporaryDirectory home;
    REQUIRE(Log::create(home / "log", {}).has_value());
    std::uint64_t head = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
      CAPTURE(round);
      const std::uint64_t answered = run_and_kill(home / "log", random(), random() % 40);
      const auto log = Log::open(home / "log");
      REQUIRE_MESSAGE(log.has_value(), (log ? "" : log.error().line()));
      const auto snapshot = log->snapshot();
      REQUIRE(snapshot.has_value());
      REQUIRE(snapshot->head().value >= std::max(answered, head));
      head = snapshot->head().value;
      const auto verified = verify(*snapshot);
      REQUIRE(verified.has_value());
      REQUIRE(verified->records == head);
      REQUIRE(verified->findings.empty());
      check_content(*snapshot);
    }
    CHECK(head > 0);
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
        CHECK(opened.error().kind == ErrorKind::not_found);
        CHECK(Log::create(directory, {}).has_value());
      }
    }
  }
}

}  // namespace
}  // namespace wattledger::log
