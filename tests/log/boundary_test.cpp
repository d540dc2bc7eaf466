// Reading goes on where LMDB's first record is and segments end, and nobody need know.
#include <fstream>

#include "log/merkle.hpp"
#include "tests/log/archive_fixture.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

// Archived up to `last`, the rest in LMDB.
void archive_to(ArchiveFixture& fixture, std::uint64_t last) {
  for (const SequenceRange& part :
       plan_archive(fixture.snapshot().meta(), fixture.archive(), Sequence{last}).build)
    fixture.build(part.first.value, part.last.value);
  value(fixture.try_retire(last));
}

// How many records a scan gives, each checked against what was stored.
std::uint64_t scanned(const ArchiveFixture& fixture, const Snapshot& snapshot, std::uint64_t from,
                      std::uint64_t to) {
  std::uint64_t next = from;
  good(snapshot.scan(Sequence{from}, Sequence{to}, [&](const RecordView& record) -> Result<bool> {
    CHECK(record.sequence == Sequence{next});
    CHECK(std::ranges::equal(record.bytes, fixture.stored(next)));
    ++next;
    return true;
  }));
  return next - from;
}

TEST_SUITE("log/boundary") {
  TEST_CASE("archived records are read like any others") {
    ArchiveFixture fixture(6'000);
    archive_to(fixture, 1'792);
    const Snapshot snapshot = fixture.snapshot();
    CHECK(snapshot.meta().first == Sequence{1'793});
    CHECK(snapshot.first() == Sequence{1});
    CHECK(scanned(fixture, snapshot, 1, 6'000) == 6'000);
    CHECK(scanned(fixture, snapshot, 1'700, 1'900) == 201);
    CHECK(scanned(fixture, snapshot, 1'792, 1'792) == 1);
    for (const std::uint64_t sequence : {1U, 255U, 256U, 1'792U, 1'793U, 6'000U})
      CHECK(std::ranges::equal(value(snapshot.at(Sequence{sequence})).bytes,
                               fixture.stored(sequence)));
    CHECK(kind_of(snapshot.at(Sequence{0})) == ErrorKind::not_found);
  }

  TEST_CASE("roots of every size, and times, are found on both sides") {
    ArchiveFixture fixture(5'000);
    archive_to(fixture, 768);
    const Snapshot snapshot = fixture.snapshot();
    Frontier tree;
    for (std::uint64_t size = 1; size <= 5'000; ++size) {
      tree.append(leaf_hash(fixture.stored(size)));
      if (size % 97 == 0 || size == 768) CHECK(value(root_at(snapshot, size)) == tree.root());
    }
    for (const std::int64_t second : {1, 500, 768, 769, 4'000}) {
      const Sequence sequence{static_cast<std::uint64_t>(second)};
      CHECK(value(snapshot.first_recorded_at_or_after(at_s(second))) == sequence);
      CHECK(value(snapshot.known_at(at_s(second))) == sequence);
    }
    std::uint64_t seen = 0;
    good(snapshot.scan_occurred(at_s(700), at_s(900), [&](const RecordView&) -> Result<bool> {
      ++seen;
      return true;
    }));
    CHECK(seen == 200);
  }

  TEST_CASE("a reader that began before its records moved reads on in the segment") {
    ArchiveFixture fixture(6'000);
    const Snapshot before = fixture.snapshot();
    std::uint64_t seen = 0;
    good(before.scan(Sequence{1}, Sequence{6'000}, [&](const RecordView& record) -> Result<bool> {
      if (++seen == 10) archive_to(fixture, 1'792);
      CHECK(std::ranges::equal(record.bytes, fixture.stored(seen)));
      return true;
    }));
    CHECK(seen == 6'000);
    CHECK(std::ranges::equal(value(before.at(Sequence{5})).bytes, fixture.stored(5)));
    CHECK(fixture.snapshot().meta().first == Sequence{1'793});
  }

  TEST_CASE("where a segment is missing the log does not begin behind it: a read says which") {
    ArchiveFixture fixture(6'000);
    fixture.build(1, 512);
    fixture.build(513, 1'024);
    fixture.build(1'025, 1'792);
    value(fixture.try_retire(1'792));
    std::filesystem::remove(fixture.segment(513, 1'024));
    const Snapshot snapshot = fixture.snapshot();
    CHECK(snapshot.first() == Sequence{1});
    CHECK(scanned(fixture, snapshot, 1, 512) == 512);
    CHECK(scanned(fixture, snapshot, 1'025, 6'000) == 4'976);
    const auto everything = snapshot.scan(Sequence{1}, snapshot.head(),
                                          [](const RecordView&) -> Result<bool> { return true; });
    for (const auto& error : {everything.error(), snapshot.at(Sequence{600}).error()}) {
      CHECK(error.kind == ErrorKind::not_found);
      CHECK(error.what.find("no file has records 513 to 1024") != std::string::npos);
    }
    CHECK(snapshot.missing(Sequence{600}) == range(513, 1'024));
    for (const std::uint64_t there : {1U, 512U, 1'025U, 1'792U, 1'793U, 6'000U})
      CHECK_FALSE(snapshot.missing(Sequence{there}).has_value());
  }

  TEST_CASE("times on both sides of a missing segment are found, those in it lead to the gap") {
    ArchiveFixture fixture(6'000);
    fixture.build(1, 512);
    fixture.build(513, 1'024);
    fixture.build(1'025, 1'792);
    value(fixture.try_retire(1'792));
    std::filesystem::remove(fixture.segment(513, 1'024));
    const Snapshot snapshot = fixture.snapshot();
    // A record a second, its sequence the second.
    for (const std::int64_t second : {1, 100, 512, 1'026, 1'500, 1'793, 5'999})
      CHECK(value(snapshot.first_recorded_at_or_after(at_s(second))).value ==
            static_cast<std::uint64_t>(second));
    for (const std::int64_t second : {513, 700, 1'025})
      CHECK(value(snapshot.first_recorded_at_or_after(at_s(second))) == Sequence{513});
    const auto records = [&](std::int64_t from, std::int64_t to) {
      int seen = 0;
      const auto scanned =
          snapshot.scan_occurred(at_s(from), at_s(to), [&](const RecordView&) -> Result<bool> {
            ++seen;
            return true;
          });
      return scanned ? seen : -1;
    };
    CHECK(records(5'000, 5'010) == 10);
    CHECK(records(600, 610) == -1);
  }

  TEST_CASE("a damaged segment is named by the read that meets it") {
    ArchiveFixture fixture(6'000);
    archive_to(fixture, 1'792);
    const auto path = fixture.segment(1, 1'792);
    {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(2'000);
      file.put('\x5A');
    }
    const auto read = fixture.snapshot().at(Sequence{7});
    CHECK(kind_of(read) == ErrorKind::corrupt);
    CHECK(read.error().what.find(path.filename().string()) != std::string::npos);
    CHECK(scanned(fixture, fixture.snapshot(), 1'793, 6'000) == 4'208);
  }
}

}  // namespace
}  // namespace wattledger::log
