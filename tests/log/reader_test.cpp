#include "log/reader.hpp"

#include <doctest/doctest.h>

#include "log/verification.hpp"
#include "tests/log/log_fixture.hpp"
#include "tests/log/raw_environment.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

std::vector<std::uint64_t> scanned(const Snapshot& snapshot, std::uint64_t from, std::uint64_t to) {
  std::vector<std::uint64_t> found;
  good(snapshot.scan(Sequence{from}, Sequence{to}, [&](const RecordView& record) -> Result<bool> {
    found.push_back(record.sequence.value);
    return true;
  }));
  return found;
}

using Sequences = std::vector<std::uint64_t>;

TEST_SUITE("log/reader") {
  TEST_CASE("a range is clipped to what is there") {
    LogFixture fixture;
    CHECK(scanned(fixture.snapshot(), 1, 10).empty());
    for (int i = 1; i <= 5; ++i) fixture.append(reading(i), i);
    const Snapshot snapshot = fixture.snapshot();
    CHECK(scanned(snapshot, 0, 99) == Sequences{1, 2, 3, 4, 5});
    CHECK(scanned(snapshot, 2, 4) == Sequences{2, 3, 4});
    CHECK(scanned(snapshot, 4, 2).empty());
    CHECK(scanned(snapshot, 6, 9).empty());
    CHECK(kind_of(snapshot.at(Sequence{0})) == ErrorKind::not_found);
    CHECK(kind_of(snapshot.at(Sequence{6})) == ErrorKind::not_found);
  }

  TEST_CASE("a scan ends when its caller has enough, and passes its error on") {
    LogFixture fixture;
    for (int i = 1; i <= 5; ++i) fixture.append(reading(i), i);
    const Snapshot snapshot = fixture.snapshot();
    int calls = 0;
    good(snapshot.scan(Sequence{1}, Sequence{5},
                       [&](const RecordView&) -> Result<bool> { return ++calls < 3; }));
    CHECK(calls == 3);
    const auto stopped = snapshot.scan(
        Sequence{1}, Sequence{5},
        [&](const RecordView&) -> Result<bool> { return fail(ErrorKind::timed_out, "enough"); });
    CHECK(kind_of(stopped) == ErrorKind::timed_out);
  }

  TEST_CASE("a snapshot stays as it was") {
    LogFixture fixture;
    fixture.append(reading(1), 1);
    const Snapshot before = fixture.snapshot();
    fixture.append(reading(2), 2);
    CHECK(before.head() == Sequence{1});
    CHECK(scanned(before, 1, 9) == Sequences{1});
    CHECK(scanned(fixture.snapshot(), 1, 9) == Sequences{1, 2});
  }

  TEST_CASE("views of one snapshot stand side by side") {
    LogFixture fixture;
    for (int i = 1; i <= 50; ++i) fixture.enqueue(reading(i, i), i);
    good(fixture.appender().flush());
    const Snapshot snapshot = fixture.snapshot();
    std::vector<RecordView> views;
    for (std::uint64_t i = 1; i <= 50; ++i) views.push_back(value(snapshot.at(Sequence{i})));
    for (int i = 1; i <= 50; ++i)
      CHECK(views[static_cast<std::size_t>(i - 1)].event.as<fb::ReadingRecorded>()->pv_power_w() ==
            i);
  }

  TEST_CASE("the root at any size is the one that the head had there") {
    LogFixture fixture;
    Frontier frontier;
    std::vector<Digest> roots = {frontier.root()};
    for (int i = 1; i <= 1'300; ++i) fixture.enqueue(reading(i), i);
    good(fixture.appender().flush());
    const Snapshot snapshot = fixture.snapshot();
    good(snapshot.scan(Sequence{1}, snapshot.head(), [&](const RecordView& record) -> Result<bool> {
      frontier.append(leaf_hash(record.bytes));
      roots.push_back(frontier.root());
      return true;
    }));
    REQUIRE(roots.size() == 1'301);
    for (std::uint64_t size = 0; size <= 1'300; ++size) {
      CAPTURE(size);
      REQUIRE(value(root_at(snapshot, size)) == roots[size]);
    }
    CHECK(kind_of(root_at(snapshot, 1'301)) == ErrorKind::not_found);
  }

  TEST_CASE("waiting for what is there, and for what does not come, both end") {
    LogFixture fixture;
    fixture.append(reading(1), 1);
    CHECK(value(wait_beyond(fixture.log(), Sequence{0}, std::chrono::milliseconds(0))));
    CHECK_FALSE(value(wait_beyond(fixture.log(), Sequence{1}, std::chrono::milliseconds(0))));
    CHECK_FALSE(value(wait_beyond(fixture.log(), Sequence{1}, std::chrono::milliseconds(20))));
  }
}

}  // namespace
}  // namespace wattledger::log
