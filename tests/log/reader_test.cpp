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

TEST_SUITE("log/damage") {
  TEST_CASE("a hole is named by reader and verification") {
    LogFixture fixture;
    for (int i = 1; i <= 6; ++i) fixture.append(reading(i), i);
    fixture.stop();
    {
      RawEnvironment raw(fixture.directory());
      raw.remove("events", key_of(3));
      raw.remove("events", key_of(4));
    }
    const Log log = value(Log::open(fixture.directory()));
    const Snapshot snapshot = value(log.snapshot());
    const auto scan = snapshot.scan(Sequence{1}, Sequence{6},
                                    [](const RecordView&) -> Result<bool> { return true; });
    CHECK(kind_of(scan) == ErrorKind::corrupt);
    CHECK(scan.error().what.find("record 3") != std::string::npos);
    CHECK(kind_of(snapshot.at(Sequence{4})) == ErrorKind::corrupt);
    const Verification result = value(verify(snapshot));
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].kind == FindingKind::hole);
    CHECK(result.findings[0].sequence == Sequence{3});
    CHECK(result.records == 4);
  }

  TEST_CASE("a missing tail is a hole too") {
    LogFixture fixture;
    for (int i = 1; i <= 3; ++i) fixture.append(reading(i), i);
    fixture.stop();
    { RawEnvironment(fixture.directory()).remove("events", key_of(3)); }
    const Log log = value(Log::open(fixture.directory()));
    const Snapshot snapshot = value(log.snapshot());
    const auto scan = snapshot.scan(Sequence{1}, Sequence{3},
                                    [](const RecordView&) -> Result<bool> { return true; });
    CHECK(kind_of(scan) == ErrorKind::corrupt);
    const Verification result = value(verify(snapshot));
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].kind == FindingKind::hole);
    CHECK(result.findings[0].sequence == Sequence{3});
  }

  TEST_CASE("a flipped bit is named by its sequence, and the rest is still read") {
    LogFixture fixture;
    for (int i = 1; i <= 4; ++i) fixture.append(reading(i), i);
    fixture.stop();
    {
      RawEnvironment raw(fixture.directory());
      Bytes record = raw.get("events", key_of(2));
      record[record.size() / 2] ^= std::byte{4};
      raw.put("events", key_of(2), record);
    }
    fixture.start();  // an old damage does not stop the house
    CHECK(fixture.append(reading(5), 5) == 5);
    const Snapshot snapshot = fixture.snapshot();
    CHECK(kind_of(snapshot.at(Sequence{2})) == ErrorKind::corrupt);
    CHECK(scanned(snapshot, 3, 9) == Sequences{3, 4, 5});
    const Verification result = value(verify(snapshot));
    REQUIRE(result.findings.size() == 2);
    CHECK(result.findings[0].kind == FindingKind::damaged_record);
    CHECK(result.findings[0].sequence == Sequence{2});
    CHECK(result.findings[1].kind == FindingKind::tree_mismatch);
  }

  TEST_CASE("a rewritten record with a good checksum is found by the tree") {
    LogFixture fixture;
    LogFixture forger;
    for (int i = 1; i <= 4; ++i) fixture.append(reading(i), i);
    for (int i = 1; i <= 4; ++i) forger.append(reading(i, 9'999), i);
    fixture.stop();
    forger.stop();
    const Bytes forged = RawEnvironment(forger.directory()).get("events", key_of(2));
    { RawEnvironment(fixture.directory()).put("events", key_of(2), forged); }
    const Log log = value(Log::open(fixture.directory()));
    const Verification result = value(verify(value(log.snapshot())));
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].kind == FindingKind::tree_mismatch);
  }

  TEST_CASE("a wrong stored node is found") {
    LogFixture fixture;
    for (int i = 1; i <= 300; ++i) fixture.enqueue(reading(i), i);
    fixture.stop();
    Bytes key(9);
    key[0] = std::byte{8};
    { RawEnvironment(fixture.directory()).put("nodes", key, Bytes(32)); }
    const Log log = value(Log::open(fixture.directory()));
    const Verification result = value(verify(value(log.snapshot())));
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].kind == FindingKind::tree_mismatch);
    CHECK(result.findings[0].sequence == Sequence{256});
  }

  TEST_CASE("a record behind the head is found") {
    LogFixture fixture;
    fixture.append(reading(1), 1);
    fixture.stop();
    {
      RawEnvironment raw(fixture.directory());
      raw.put("events", key_of(2), raw.get("events", key_of(1)));
    }
    const Log log = value(Log::open(fixture.directory()));
    const Verification result = value(verify(value(log.snapshot())));
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].kind == FindingKind::meta_mismatch);
    CHECK(result.findings[0].sequence == Sequence{2});
  }

  TEST_CASE("findings have a limit and say so") {
    LogFixture fixture;
    for (int i = 1; i <= 2'100; ++i) fixture.enqueue(reading(i), i);
    fixture.stop();
    {
      RawEnvironment raw(fixture.directory());
      for (std::uint64_t i = 1; i < 2'100; i += 2) raw.put("events", key_of(i), Bytes(64));
    }
    const Log log = value(Log::open(fixture.directory()));
    const Verification result = value(verify(value(log.snapshot())));
    CHECK(result.findings.size() == findings_max);
    CHECK_FALSE(result.complete);
  }

  TEST_CASE("every kind of finding has a name") {
    for (const FindingKind kind :
         {FindingKind::hole, FindingKind::damaged_record, FindingKind::time_order,
          FindingKind::tree_mismatch, FindingKind::meta_mismatch, FindingKind::unknown_kind})
      CHECK_FALSE(finding_name(kind).empty());
  }
}

}  // namespace
}  // namespace wattledger::log
