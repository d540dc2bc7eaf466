#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "tests/log/log_fixture.hpp"
#include "tests/support/file_size_limit.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

TEST_SUITE("log/appender") {
  TEST_CASE("an appended event is read back at its sequence") {
    LogFixture fixture;
    CHECK(fixture.append(reading(10, 111), 11) == 1);
    CHECK(fixture.append(reading(20, 222), 21) == 2);
    const Snapshot snapshot = fixture.snapshot();
    CHECK(snapshot.head() == Sequence{2});
    const auto record = value(snapshot.at(Sequence{2}));
    CHECK(record.recorded_at == at_s(21));
    CHECK(record.event.occurred_at() == at_s(20));
    CHECK(record.event.as<fb::ReadingRecorded>()->pv_power_w() == 222);
    CHECK(snapshot.meta().kind_highest == Kind::ReadingRecorded);
    CHECK(snapshot.meta().head_recorded_at == at_s(21));
    CHECK(fixture.verified().findings.empty());
  }

  TEST_CASE("telemetry waits until it is enough") {
    AppendLimits limits;
    limits.telemetry_events_max = 3;
    LogFixture fixture(limits);
    fixture.enqueue(reading(1), 1);
    fixture.enqueue(reading(2), 2);
    CHECK(fixture.appender().committed() == Sequence{0});
    CHECK(fixture.appender().statistics().waiting == 2);
    fixture.enqueue(reading(3), 3);
    CHECK(fixture.appender().wait_committed_beyond(Sequence{2}, std::chrono::seconds(60)));
    CHECK(fixture.appender().statistics().commits == 1);
  }

  TEST_CASE("telemetry waits until recorded-at has moved on") {
    LogFixture fixture;
    fixture.enqueue(reading(0), 0);
    fixture.enqueue(reading(59), 59);
    CHECK(fixture.appender().committed() == Sequence{0});
    fixture.enqueue(reading(60), 60);
    CHECK(fixture.appender().wait_committed_beyond(Sequence{2}, std::chrono::seconds(60)));
    CHECK(fixture.appender().statistics().commits == 1);
  }

  TEST_CASE("telemetry waits until the tick says that its time is over") {
    LogFixture fixture;
    fixture.enqueue(reading(0), 0);
    fixture.appender().commit_due(at_s(59));
    CHECK(fixture.appender().committed() == Sequence{0});
    fixture.appender().commit_due(at_s(60));
    CHECK(fixture.appender().wait_committed_beyond(Sequence{0}, std::chrono::seconds(60)));
  }

  TEST_CASE("an urgent event takes waiting telemetry along in one commit") {
    LogFixture fixture;
    fixture.enqueue(reading(1), 1);
    fixture.enqueue(reading(2), 2);
    CHECK(fixture.append(reading(3), 3) == 3);
    CHECK(fixture.appender().committed() == Sequence{3});
    CHECK(fixture.appender().statistics().commits == 1);
    CHECK(fixture.appender().statistics().events == 3);
  }

  TEST_CASE("waiting for telemetry and flushing commit it") {
    LogFixture fixture;
    fixture.enqueue(reading(1), 1);
    good(fixture.appender().wait(Sequence{1}));
    fixture.enqueue(reading(2), 2);
    good(fixture.appender().flush());
    CHECK(fixture.snapshot().head() == Sequence{2});
    CHECK(kind_of(fixture.appender().wait(Sequence{3})) == ErrorKind::invalid_input);
  }

  TEST_CASE("what waits is committed at the end") {
    LogFixture fixture;
    fixture.enqueue(reading(1), 1);
    fixture.reopen();
    CHECK(fixture.snapshot().head() == Sequence{1});
  }

  TEST_CASE("the expected head is compared where the sequence is given") {
    LogFixture fixture;
    fixture.enqueue(reading(1), 1);
    CHECK(kind_of(fixture.try_append(reading(2), 2, {Urgency::now, Sequence{0}})) ==
          ErrorKind::conflict);
    CHECK(value(fixture.try_append(reading(2), 2, {Urgency::now, Sequence{1}})).sequence ==
          Sequence{2});
  }

  TEST_CASE("a full queue refuses and loses nothing") {
    AppendLimits limits;
    limits.queue_events_max = 2;
    LogFixture fixture(limits);
    fixture.enqueue(reading(1), 1);
    fixture.enqueue(reading(2), 2);
    CHECK(kind_of(fixture.try_append(reading(3), 3)) == ErrorKind::full);
    good(fixture.appender().flush());
    CHECK(fixture.append(reading(3), 3) == 3);
  }

  TEST_CASE("a queue full of bytes refuses") {
    AppendLimits limits;
    limits.queue_bytes_max = 200;
    LogFixture fixture(limits);
    fixture.enqueue(reading(1), 1);
    CHECK(kind_of(fixture.try_append(reading(2), 2)) == ErrorKind::full);
  }

  TEST_CASE("a failed commit refuses every later append, and what was answered stays") {
    LogFixture fixture;
    const FileSizeLimit limit(std::uint64_t{128} * 1024);
    std::uint64_t answered = 0;
    Result<Appended> last = Appended{Sequence{0}};
    for (int i = 0; i < 2'000 && last; ++i) {
      last = fixture.try_append(reading(i), i);
      if (last) answered = last->sequence.value;
    }
    REQUIRE(answered > 0);
    CHECK(kind_of(last) == ErrorKind::poisoned);
    REQUIRE(fixture.appender().poison().has_value());
    CHECK(fixture.appender().poison()->kind == ErrorKind::full);
    CHECK(kind_of(fixture.try_append(reading(5'000), 5'000)) == ErrorKind::poisoned);
    CHECK(kind_of(fixture.appender().flush()) == ErrorKind::poisoned);
    good(fixture.appender().wait(Sequence{answered}));
    CHECK(fixture.snapshot().head() == Sequence{answered});
    CHECK(fixture.verified().findings.empty());
  }

  TEST_CASE("the statistics tell how long, how many and how much") {
    LogFixture fixture;
    CHECK(fixture.appender().statistics().commit_us.count() == 0);
    for (int i = 1; i <= 3; ++i) fixture.enqueue(reading(i), i);
    fixture.append(reading(4), 4);
    fixture.append(reading(5), 5);
    const AppendStatistics statistics = fixture.appender().statistics();
    CHECK(statistics.commit_us.count() == 2);
    CHECK(statistics.answer_us.count() == 2);
    CHECK(statistics.written_bytes.count() == 2);
    CHECK(statistics.commit_events.counts().at(3) == 1);  // four at once
    CHECK(statistics.commit_events.counts().at(1) == 1);  // one
    CHECK(statistics.commit_events.at_most(0.5) == 1);
    CHECK(statistics.commit_events.at_most(1.0) == 7);
    CHECK(statistics.answer_us.at_most(1.0) >= statistics.commit_us.at_most(0.0));
  }

  TEST_CASE("bytes that are no event are refused") {
    LogFixture fixture;
    const EncodedEvent junk(Kind::ReadingRecorded, std::vector<std::byte>(64, std::byte{0x5A}));
    CHECK(kind_of(fixture.try_append(junk, 1)) == ErrorKind::invalid_input);
    CHECK(fixture.appender().enqueued() == Sequence{0});
  }

  TEST_CASE("an appender needs the lock of its own log") {
    LogFixture one;
    LogFixture two;
    CHECK(kind_of(Appender::open(one.log(), two.lock(), {})) == ErrorKind::locked);
  }

  TEST_CASE("limits that readers could not live with are refused") {
    LogFixture fixture;
    AppendLimits limits;
    limits.occurred_lag_max = std::chrono::minutes(16);
    CHECK(kind_of(Appender::open(fixture.log(), fixture.lock(), limits)) ==
          ErrorKind::invalid_input);
  }
}

TEST_SUITE("log/appender threads") {
  TEST_CASE("many producers, each waiting for its answer, share commits and get a sequence each") {
    constexpr std::uint64_t producers = 8;
    constexpr std::uint64_t each = 25;
    LogFixture fixture;
    std::vector<std::vector<std::uint64_t>> answers(producers);
    std::vector<std::jthread> threads;
    for (auto& mine : answers)
      threads.emplace_back([&] {
        for (std::uint64_t i = 0; i < each; ++i) {
          const auto appended = fixture.try_append(reading(1), 1);
          if (!appended) return;
          if (fixture.appender().committed() >= appended->sequence)
            mine.push_back(appended->sequence.value);
        }
      });
    CHECK(fixture.appender().wait_committed_beyond(Sequence{producers * each - 1},
                                                   std::chrono::minutes(5)));
    threads.clear();
    std::vector<std::uint64_t> all;
    for (const auto& mine : answers) {
      CHECK(std::is_sorted(mine.begin(), mine.end()));
      all.insert(all.end(), mine.begin(), mine.end());
    }
    std::sort(all.begin(), all.end());
    REQUIRE(all.size() == producers * each);
    for (std::uint64_t i = 0; i < all.size(); ++i) REQUIRE(all[i] == i + 1);
    CHECK(fixture.appender().statistics().commits <= all.size());
    CHECK(fixture.verified().findings.empty());
  }

  TEST_CASE("readers on other threads see only whole commits while the writer goes on") {
    LogFixture fixture;
    std::jthread reader([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        const auto snapshot = fixture.log().snapshot();
        if (!snapshot || !verify(*snapshot) || !verify(*snapshot)->findings.empty()) std::abort();
      }
    });
    for (int i = 0; i < 100; ++i) fixture.append(reading(i), i);
    CHECK(fixture.snapshot().head() == Sequence{100});
  }
}

TEST_SUITE("log/idempotency") {
  TEST_CASE("the same correlation gives the first one's sequence and adds nothing") {
    LogFixture fixture;
    fixture.append(reading_named(1, 7), 1);
    fixture.append(reading(2), 2);
    const auto again =
        value(fixture.try_append(reading_named(3, 7), 3, {Urgency::now, Sequence{0}}));
    CHECK(again.repeated);
    CHECK(again.sequence == Sequence{1});
    CHECK(fixture.snapshot().head() == Sequence{2});
  }

  TEST_CASE("correlations are remembered across a restart") {
    LogFixture fixture;
    fixture.append(reading_named(1, 7), 1);
    fixture.reopen();
    CHECK(value(fixture.try_append(reading_named(2, 7), 2)).repeated);
    CHECK_FALSE(value(fixture.try_append(reading_named(2, 8), 2)).repeated);
  }

  TEST_CASE("the memory is the last records, before and after a restart alike") {
    AppendLimits limits;
    limits.correlations_max = 3;
    for (const bool restart : {false, true}) {
      CAPTURE(restart);
      LogFixture fixture(limits);
      fixture.append(reading_named(1, 7), 1);
      fixture.append(reading_named(2, 8), 2);
      fixture.append(reading(3), 3);
      fixture.append(reading(4), 4);
      if (restart) fixture.reopen();
      CHECK(value(fixture.try_append(reading_named(5, 8), 5)).repeated);
      const auto forgotten = value(fixture.try_append(reading_named(5, 7), 5));
      CHECK_FALSE(forgotten.repeated);
      CHECK(forgotten.sequence == Sequence{5});
    }
  }
}

TEST_SUITE("log/batch sizes") {
  TEST_CASE("the same events give the same bytes whatever the size of commits") {
    std::vector<std::vector<std::byte>> records;
    std::optional<Digest> root;
    for (const std::size_t size : {1U, 7U, 64U, 1'000U}) {
      AppendLimits limits;
      limits.telemetry_events_max = size;
      LogFixture fixture(limits);
      for (int i = 0; i < 300; ++i) fixture.enqueue(reading(i, i), i);
      good(fixture.appender().flush());
      const Snapshot snapshot = fixture.snapshot();
      std::vector<std::vector<std::byte>> these;
      good(snapshot.scan(Sequence{1}, snapshot.head(),
                         [&](const RecordView& record) -> Result<bool> {
                           these.emplace_back(record.bytes.begin(), record.bytes.end());
                           return true;
                         }));
      if (!root) {
        root = snapshot.meta().frontier.root();
        records = these;
      }
      CHECK(these.size() == 300);
      CHECK(these == records);
      CHECK(snapshot.meta().frontier.root() == *root);
    }
  }
}

}  // namespace
}  // namespace wattledger::log
