#include <doctest/doctest.h>

#include "tests/log/log_fixture.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

std::vector<std::uint64_t> occurred(const LogFixture& fixture, std::int64_t from, std::int64_t to) {
  std::vector<std::uint64_t> found;
  good(fixture.snapshot().scan_occurred(at_s(from), at_s(to),
                                        [&](const RecordView& record) -> Result<bool> {
                                          found.push_back(record.sequence.value);
                                          return true;
                                        }));
  return found;
}

// The answer without any cleverness.
std::vector<std::uint64_t> occurred_by_reading_all(const LogFixture& fixture, std::int64_t from,
                                                   std::int64_t to) {
  std::vector<std::uint64_t> found;
  const Snapshot snapshot = fixture.snapshot();
  good(snapshot.scan(
      snapshot.first(), snapshot.head(), [&](const RecordView& record) -> Result<bool> {
        if (record.event.occurred_at() >= at_s(from) && record.event.occurred_at() < at_s(to))
          found.push_back(record.sequence.value);
        return true;
      }));
  return found;
}

using Sequences = std::vector<std::uint64_t>;

TEST_SUITE("log/time rules") {
  TEST_CASE("recorded-at never decreases") {
    LogFixture fixture;
    fixture.append(reading(10), 10);
    fixture.append(reading(10), 10);
    CHECK(kind_of(fixture.try_append(reading(9), 9)) == ErrorKind::invalid_input);
    fixture.reopen();
    CHECK(kind_of(fixture.try_append(reading(9), 9)) == ErrorKind::invalid_input);
    CHECK(fixture.append(reading(10), 10) == 3);
  }

  TEST_CASE("a refused event changes nothing") {
    LogFixture fixture;
    fixture.append(reading(10), 10);
    CHECK(kind_of(fixture.try_append(reading(9), 9)) == ErrorKind::invalid_input);
    CHECK(fixture.appender().enqueued() == Sequence{1});
    CHECK(fixture.append(reading(11), 11) == 2);
    CHECK(fixture.verified().findings.empty());
  }

  TEST_CASE("ClockStepped alone lowers recorded-at and opens an epoch") {
    LogFixture fixture;
    fixture.append(reading(1'000), 1'000);
    CHECK(fixture.append(clock_stepped(100), 100) == 2);
    CHECK(fixture.append(reading(101), 101) == 3);
    CHECK(kind_of(fixture.try_append(reading(99), 99)) == ErrorKind::invalid_input);
    const std::vector<ClockEpoch> expected = {{Sequence{1}, at_s(1'000)}, {Sequence{2}, at_s(100)}};
    CHECK(fixture.snapshot().meta().epochs == expected);
    CHECK(fixture.verified().findings.empty());
  }

  TEST_CASE("a live event occurred at most 15 minutes before and 2 s after it is recorded") {
    LogFixture fixture;
    CHECK(fixture.append(reading(100), 1'000) == 1);
    CHECK(kind_of(fixture.try_append(reading(99), 1'000)) == ErrorKind::invalid_input);
    CHECK(fixture.append(reading(1'002), 1'000) == 2);
    CHECK(kind_of(fixture.try_append(reading(1'003), 1'000)) == ErrorKind::invalid_input);
  }

  TEST_CASE("times beyond the calendar are refused") {
    LogFixture fixture;
    const auto recorded = [&](UtcTime at) {
      return fixture.appender().enqueue(reading(0), at, {});
    };
    CHECK(kind_of(recorded(UtcTime::max())) == ErrorKind::invalid_input);
    CHECK(kind_of(recorded(UtcTime::min())) == ErrorKind::invalid_input);
    fb::EventT native = reading_native(0);
    native.occurred_at_us = INT64_MIN;
    CHECK(kind_of(fixture.try_append(encoded(native), 0)) == ErrorKind::invalid_input);
  }
}

TEST_SUITE("log/import batches") {
  TEST_CASE("a batch is contiguous, recorded at one instant and sorted by occurred-at") {
    LogFixture fixture;
    fixture.append(reading(9'000), 9'000);
    CHECK(fixture.append(import_started(9'100, 1), 9'100) == 2);
    fixture.append(reading(100), 9'100);
    fixture.append(reading(200), 9'100);
    CHECK(kind_of(fixture.try_append(reading(150), 9'100)) ==
          ErrorKind::invalid_input);  // out of order
    CHECK(kind_of(fixture.try_append(reading(9'101), 9'101)) ==
          ErrorKind::invalid_input);  // another instant
    CHECK(kind_of(fixture.try_append(import_started(9'100, 2), 9'100)) == ErrorKind::invalid_input);
    CHECK(kind_of(fixture.try_append(clock_stepped(9'100), 9'100)) == ErrorKind::invalid_input);
    CHECK(kind_of(fixture.try_append(import_finished(9'100, 2), 9'100)) ==
          ErrorKind::invalid_input);
    CHECK(kind_of(fixture.try_append(import_finished(9'100, 1, 3), 9'100)) ==
          ErrorKind::invalid_input);
    fixture.append(reading(200), 9'100);
    CHECK(fixture.append(import_finished(9'400, 1, 2), 9'100) == 6);
    CHECK(kind_of(fixture.try_append(reading(300), 9'500)) ==
          ErrorKind::invalid_input);  // live again
    CHECK(fixture.append(reading(9'500), 9'500) == 7);
    const std::vector<ImportBatch> expected = {{id_of(1), Sequence{2}, Sequence{6}, at_s(9'100)}};
    CHECK(fixture.snapshot().meta().batches == expected);
    CHECK(fixture.verified().findings.empty());
  }

  TEST_CASE("ImportFinished without a batch and a batch without an id are refused") {
    LogFixture fixture;
    CHECK(kind_of(fixture.try_append(import_finished(1, 1), 1)) == ErrorKind::invalid_input);
    CHECK(kind_of(fixture.try_append(encoded(event(at_s(1), fb::ImportStartedT{})), 1)) ==
          ErrorKind::invalid_input);
  }

  TEST_CASE("a batch whose writer died ends where it stopped, and the house goes on") {
    LogFixture fixture;
    fixture.append(import_started(9'000, 1), 9'000);
    fixture.append(reading(100), 9'000);
    CHECK(fixture.snapshot().meta().batches.at(0).finished == Sequence{0});
    CHECK(fixture.verified().findings.empty());
    fixture.reopen();
    CHECK(kind_of(fixture.try_append(reading(101), 9'000)) == ErrorKind::invalid_input);
    CHECK(fixture.append(reading(9'050), 9'050) == 3);
    CHECK(fixture.snapshot().meta().batches.at(0).finished == Sequence{2});
    CHECK(fixture.verified().findings.empty());
    CHECK(occurred(fixture, 0, 101) == Sequences{2});
  }
}

TEST_SUITE("log/time search") {
  TEST_CASE("the first record at or after an instant of recording") {
    LogFixture fixture;
    for (const std::int64_t second : {10, 20, 20, 30}) fixture.append(reading(second), second);
    const Snapshot snapshot = fixture.snapshot();
    struct Row {
      std::int64_t second;
      std::uint64_t sequence;
    };
    for (const Row row :
         {Row{0, 1}, Row{10, 1}, Row{11, 2}, Row{20, 2}, Row{21, 4}, Row{30, 4}, Row{31, 5}}) {
      CAPTURE(row.second);
      CHECK(value(snapshot.first_recorded_at_or_after(at_s(row.second))) == Sequence{row.sequence});
    }
  }

  TEST_CASE("the newest epoch that reaches an instant answers for it") {
    LogFixture fixture;
    fixture.append(reading(1'000), 1'000);    // 1
    fixture.append(reading(2'000), 2'000);    // 2
    fixture.append(clock_stepped(500), 500);  // 3
    fixture.append(reading(1'500), 1'500);    // 4
    const Snapshot snapshot = fixture.snapshot();
    CHECK(value(snapshot.first_recorded_at_or_after(at_s(100))) == Sequence{3});
    CHECK(value(snapshot.first_recorded_at_or_after(at_s(1'000))) == Sequence{4});
    CHECK(value(snapshot.first_recorded_at_or_after(at_s(1'800))) == Sequence{2});
    CHECK(value(snapshot.first_recorded_at_or_after(at_s(2'001))) == Sequence{5});
  }

  TEST_CASE("how far the log reached at an instant, also where a clock stepped") {
    LogFixture fixture;
    fixture.append(reading(1'000), 1'000);             // 1
    fixture.append(reading(2'000), 2'000);             // 2
    fixture.append(clock_stepped(500), 500);           // 3
    fixture.append(reading(1'500), 1'500);             // 4
    fixture.append(import_started(1'600, 7), 1'600);   // 5
    fixture.append(reading(10), 1'600);                // 6
    fixture.append(import_finished(1'600, 7), 1'600);  // 7
    fixture.append(clock_stepped(9'000), 9'000);       // 8
    struct Row {
      std::int64_t second;
      std::uint64_t sequence;
    };
    for (const Row row : {Row{499, 0}, Row{500, 3}, Row{1'499, 3}, Row{1'599, 4}, Row{1'600, 7},
                          Row{8'999, 7}, Row{9'000, 8}, Row{10'000, 8}}) {
      CAPTURE(row.second);
      CHECK(value(fixture.snapshot().known_at(at_s(row.second))) == Sequence{row.sequence});
    }
  }

  TEST_CASE("an empty log has nothing at any time") {
    LogFixture fixture;
    CHECK(value(fixture.snapshot().known_at(at_s(0))) == Sequence{0});
    CHECK(value(fixture.snapshot().first_recorded_at_or_after(at_s(0))) == Sequence{1});
    CHECK(occurred(fixture, 0, 1'000'000).empty());
  }

  TEST_CASE("events are found by when they occurred, late ones too") {
    LogFixture fixture;
    fixture.append(reading(100), 1'000);    // 1: 900 s late
    fixture.append(reading(1'000), 1'000);  // 2
    fixture.append(reading(1'002), 1'000);  // 3: 2 s ahead
    CHECK(occurred(fixture, 100, 101) == Sequences{1});
    CHECK(occurred(fixture, 101, 1'000).empty());
    CHECK(occurred(fixture, 1'001, 1'003) == Sequences{3});
    CHECK(occurred(fixture, 0, 10'000) == Sequences{1, 2, 3});
    CHECK(occurred(fixture, 10, 10).empty());
  }

  TEST_CASE("any range of time, open ends included, gives what reading everything gives") {
    LogFixture fixture;
    fixture.append(reading(50'000), 50'000);
    fixture.append(import_started(50'100, 1), 50'100);
    for (int i = 0; i < 40; ++i) fixture.enqueue(reading(1'000 + 500 * i), 50'100);
    fixture.append(import_finished(50'300, 1), 50'100);
    for (int i = 0; i < 40; ++i)
      fixture.enqueue(reading(51'000 + 40 * i - 17 * (i % 5)), 51'000 + 40 * i);
    fixture.append(clock_stepped(20'000), 20'000);
    for (int i = 0; i < 40; ++i) fixture.enqueue(reading(20'000 + 700 * i), 20'000 + 700 * i);
    fixture.append(import_started(48'100, 2), 48'100);
    for (int i = 0; i < 10; ++i) fixture.enqueue(reading(19'000 + 500 * i), 48'100);
    good(fixture.appender().flush());
    REQUIRE(fixture.verified().findings.empty());
    for (std::int64_t from = 0; from < 55'000; from += 1'370)
      for (std::int64_t to = from + 100; to < 56'000; to += 4'210) {
        CAPTURE(from);
        CAPTURE(to);
        REQUIRE(occurred(fixture, from, to) == occurred_by_reading_all(fixture, from, to));
      }
    std::size_t count = 0;
    good(fixture.snapshot().scan_occurred(UtcTime::min(), UtcTime::max(),
                                          [&](const RecordView&) -> Result<bool> {
                                            ++count;
                                            return true;
                                          }));
    CHECK(count == fixture.snapshot().head().value);
  }

  TEST_CASE("a caller that has enough is asked no more") {
    LogFixture fixture;
    fixture.append(reading(50'000), 50'000);
    fixture.append(import_started(50'100, 1), 50'100);
    fixture.append(reading(1'000), 50'100);
    fixture.append(import_finished(50'100, 1), 50'100);
    int calls = 0;
    good(fixture.snapshot().scan_occurred(
        UtcTime::min(), UtcTime::max(),
        [&](const RecordView&) -> Result<bool> { return ++calls < 2; }));
    CHECK(calls == 2);
  }
}

}  // namespace
}  // namespace wattledger::log
