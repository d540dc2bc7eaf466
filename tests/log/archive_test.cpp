#include "log/archive.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>

#include "log/compact.hpp"
#include "tests/log/archive_fixture.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/places.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;
using Ranges = std::vector<SequenceRange>;

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return bytes_of(text);
}

void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

// Opens, verifies and reads all of it.
Result<void> read_whole(const std::filesystem::path& path) {
  const auto segment = SegmentReader::open(path);
  if (!segment) return Failure(segment.error());
  return segment->verify();
}

TEST_SUITE("log/segment") {
  TEST_CASE("a segment gives back the bytes of its records and knows what they are") {
    ArchiveFixture fixture(9'000);
    const SegmentReader segment = fixture.build(257, 8'960);
    good(segment.verify());
    const Manifest& manifest = segment.manifest();
    CHECK(manifest.log == id_of(99));
    CHECK(manifest.first == Sequence{257});
    CHECK(manifest.last == Sequence{8'960});
    CHECK(manifest.blocks.size() == 3);
    CHECK(manifest.kinds.size() == 1);
    CHECK(manifest.kinds.at(static_cast<std::uint16_t>(Kind::ReadingRecorded)) == 8'704);
    CHECK(manifest.recorded_from == at_s(257));
    CHECK(manifest.occurred_to == at_s(8'960));
    CHECK(manifest.root == value(root_at(fixture.snapshot(), 8'960)));
    CHECK(segment.path() == fixture.segment(257, 8'960));
    CHECK(fixture.archived(257, 8'960));
    CHECK(segment.file_bytes() * 10 < manifest.record_bytes);
  }

  TEST_CASE("a segment of version 1 is read as before, one of a later version is newer") {
    const Bytes old = read_file(golden_directory() / "segments" / "version_1.seg");
    REQUIRE(old[15] == std::byte{1});
    const TemporaryDirectory directory;
    const auto path = directory.path() / "copy.seg";
    write_file(path, old);
    const SegmentReader segment = value(SegmentReader::open(path));
    good(segment.verify());
    CHECK(segment.manifest().records() == 512);
    CHECK(segment.manifest().occurred_to == at_s(512));

    ArchiveFixture fixture(1'000);
    Bytes later = read_file(fixture.build(1, 512).path());
    CHECK(later[15] == std::byte{2});
    later[15] = later[later.size() - 1] = std::byte{3};
    write_file(path, later);
    CHECK(kind_of(SegmentReader::open(path)) == ErrorKind::newer);
    Bytes mixed = old;  // head and tail of different versions
    mixed[15] = std::byte{2};
    write_file(path, mixed);
    CHECK(kind_of(SegmentReader::open(path)) == ErrorKind::corrupt);
  }

  TEST_CASE("its tree nodes are the log's, and with those before them they give the root") {
    ArchiveFixture fixture(5'000);
    const SegmentReader first = fixture.build(1, 768);
    const SegmentReader second = fixture.build(769, 2'048);
    std::vector<RangeNode> nodes = first.manifest().nodes;
    CHECK(nodes.size() == 2);
    CHECK(nodes[0].level == 9);
    nodes.insert(nodes.end(), second.manifest().nodes.begin(), second.manifest().nodes.end());
    REQUIRE(nodes.size() == 4);
    // 512, 256, 256, 1024: siblings are joined, larger ones stand to the left.
    const Digest half = node_hash(nodes[0].digest, node_hash(nodes[1].digest, nodes[2].digest));
    CHECK(node_hash(half, nodes[3].digest) == second.manifest().root);
  }

  TEST_CASE("a record that was changed in the log is not archived") {
    ArchiveFixture fixture(5'000);
    LogFixture forger;
    forger.append(reading(300, 9'999), 300);
    fixture.stop();
    forger.stop();
    const Bytes forged = RawEnvironment(forger.directory()).get("events", key_of(1));
    { RawEnvironment(fixture.directory()).put("events", key_of(300), forged); }
    fixture.start();
    const auto built = build_segment(fixture.snapshot(), fixture.log(), range(1, 512));
    CHECK(kind_of(built) == ErrorKind::corrupt);
    CHECK(built.error().what.find("records 1 to 512") != std::string::npos);
    CHECK(std::filesystem::is_empty(fixture.segments()));
  }

  TEST_CASE("a damaged record is named, and nothing is left behind") {
    ArchiveFixture fixture(5'000);
    fixture.stop();
    { RawEnvironment(fixture.directory()).put("events", key_of(300), Bytes(64)); }
    fixture.start();
    const auto built = build_segment(fixture.snapshot(), fixture.log(), range(1, 512));
    REQUIRE_FALSE(built.has_value());
    CHECK(built.error().what.find("record 300") != std::string::npos);
    CHECK(std::filesystem::is_empty(fixture.segments()));
  }

  TEST_CASE("a killed builder's leftover is removed by the next one") {
    ArchiveFixture fixture(5'000);
    std::filesystem::create_directories(fixture.segments());
    write_file(fixture.segments() / "000000000001-000000000256.seg.1.part", Bytes(100));
    fixture.build(1, 256);
    CHECK(std::distance(std::filesystem::directory_iterator(fixture.segments()), {}) == 1);
  }

  TEST_CASE("a segment that is cut short is named, wherever it is cut") {
    ArchiveFixture fixture(5'000);
    const auto path = fixture.build(1, 512).path();
    const Bytes whole = read_file(path);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      write_file(path, std::span(whole).first(length));
      const auto read = SegmentReader::open(path);
      REQUIRE_FALSE(read.has_value());
      REQUIRE(read.error().what.find(path.string()) != std::string::npos);
    }
  }

  TEST_CASE("a flipped bit anywhere in a segment is found, and the file named") {
    ArchiveFixture fixture(5'000);
    const auto path = fixture.build(1, 512).path();
    const Bytes whole = read_file(path);
    std::mt19937_64 random(3);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      Bytes damaged = whole;
      damaged[i] ^= static_cast<std::byte>(1U << random() % 8);
      write_file(path, damaged);
      const auto read = read_whole(path);
      CAPTURE(i);
      REQUIRE_FALSE(read.has_value());
      REQUIRE(read.error().what.find(path.string()) != std::string::npos);
    }
  }

  TEST_CASE(
      "a manifest that was forged together with its digest is refused where it does not fit") {
    ArchiveFixture fixture(5'000);
    const Manifest manifest = fixture.build(1, 512).manifest();
    const std::uint64_t end = manifest.blocks[0].offset + manifest.blocks[0].bytes;
    const std::uint64_t begin = manifest.blocks[0].offset;
    CHECK(value(decode_manifest(encode_manifest(manifest), begin, end)) == manifest);
    const Bytes bytes = encode_manifest(manifest);
    for (std::size_t length = 0; length < bytes.size(); ++length)
      REQUIRE(kind_of(decode_manifest(std::span(bytes).first(length), begin, end)) ==
              ErrorKind::corrupt);
    const auto refused = [&](auto change) {
      Manifest forged = manifest;
      change(forged);
      return kind_of(decode_manifest(encode_manifest(forged), begin, end)) == ErrorKind::corrupt;
    };
    CHECK(refused([](Manifest& m) { m.first = Sequence{0}; }));
    CHECK(refused([](Manifest& m) { m.last = Sequence{768}; }));
    CHECK(refused([](Manifest& m) { m.last = Sequence{UINT64_MAX}; }));
    CHECK(refused([](Manifest& m) { m.kinds[7] = 1; }));
    CHECK(refused([](Manifest& m) { m.nodes.pop_back(); }));
    CHECK(refused([](Manifest& m) { m.nodes[0].level = 64; }));
    CHECK(refused([](Manifest& m) { m.nodes[0].index = 1; }));
    CHECK(refused([](Manifest& m) { m.blocks.clear(); }));
    CHECK(refused([](Manifest& m) { m.blocks[0].bytes += 1; }));
    CHECK(refused([](Manifest& m) { m.blocks[0].offset += 1; }));
    CHECK(refused([](Manifest& m) { m.blocks[0].first = Sequence{2}; }));
    CHECK(refused([](Manifest& m) { m.blocks.push_back(m.blocks[0]); }));
  }
}

TEST_SUITE("log/archive") {
  TEST_CASE("what is planned ends at a stored node, before the newest records") {
    ArchiveFixture fixture(6'000);
    const Meta meta = fixture.snapshot().meta();
    const Archive none = fixture.archive();
    CHECK(none.first() == Sequence{0});
    // 6000 - 4096 = 1904, and the step below.
    ArchivePlan plan = plan_archive(meta, none, Sequence{6'000});
    CHECK(plan.build == Ranges{range(1, 1'792)});
    CHECK(plan.retire_to == Sequence{1'792});
    CHECK(plan_archive(meta, none, Sequence{600}).build == Ranges{range(1, 512)});
    CHECK(plan_archive(meta, none, Sequence{255}).retire_to == Sequence{0});
    fixture.build(257, 512);
    plan = plan_archive(meta, fixture.archive(), Sequence{1'000});
    CHECK(plan.build == Ranges{range(1, 256), range(513, 768)});
  }

  TEST_CASE("a long range is cut at whole segments") {
    const ArchiveFixture fixture(1);
    Meta meta = fixture.snapshot().meta();
    meta.head = Sequence{600'000};
    meta.first = Sequence{257};
    const ArchivePlan plan = plan_archive(meta, fixture.archive(), Sequence{550'000});
    CHECK(plan.build ==
          Ranges{range(257, 262'144), range(262'145, 524'288), range(524'289, 549'888)});
  }

  TEST_CASE("retiring takes records out of LMDB, and only those; the archive has them") {
    ArchiveFixture fixture(6'000);
    const Digest root = fixture.snapshot().meta().frontier.root();
    fixture.build(1, 512);
    fixture.build(513, 1'792);
    const Retired retired = value(fixture.try_retire(1'792));
    CHECK(retired.first == Sequence{1'793});
    CHECK(retired.records == 1'792);
    const Snapshot after = fixture.snapshot();
    CHECK(after.meta().first == Sequence{1'793});
    CHECK(after.head() == Sequence{6'000});
    CHECK(after.meta().frontier.root() == root);
    CHECK(fixture.archived(1, 1'792));
    fixture.stop();
    RawEnvironment raw(fixture.directory());
    CHECK_THROWS((void)raw.get("events", key_of(1'792)));
    CHECK(raw.get("events", key_of(1'793)) == fixture.stored(1'793));
  }

  TEST_CASE("retiring that ended half way goes on, and what is done is not done again") {
    ArchiveFixture fixture(6'000);
    fixture.build(1, 1'792);
    RetireLimits limits;
    limits.records_per_commit = 300;
    limits.commits_max = 2;
    CHECK(value(fixture.try_retire(1'792, limits)).first == Sequence{601});
    fixture.reopen();
    CHECK(fixture.snapshot().meta().first == Sequence{601});
    CHECK(value(fixture.try_retire(1'792)).records == 1'192);
    CHECK(value(fixture.try_retire(1'792)).records == 0);
    CHECK(fixture.archived(1, 1'792));
  }

  TEST_CASE("killed while it retires, a log has every record in one place or the other") {
    ArchiveFixture fixture(6'000);
    fixture.build(1, 1'792);
    const auto directory = fixture.directory();
    fixture.stop();
    for (int round = 0; round < 8; ++round) {
      {
        ChildProcess child([&](const ChildProcess::Ends& ends) {
          const Log log = value(Log::open(directory));
          const WriterLock lock = value(WriterLock::take(directory, "child"));
          RetireLimits limits;
          limits.records_per_commit = 16;
          limits.commits_max = 1;
          while (true) {
            const auto retired = retire(log, lock, Sequence{1'792}, limits);
            if (!retired) ::_exit(1);
            ends.send(retired->first.value);
          }
        });
        for (int i = 0; i < 5; ++i) REQUIRE(child.ends().receive().has_value());
        child.kill();
      }
      const Log log = value(Log::open(directory));
      const Snapshot snapshot = value(log.snapshot());
      const std::uint64_t first = snapshot.meta().first.value;
      CHECK(first > 1);
      CHECK((first - 1) % 16 == 0);
      for (std::uint64_t i = first; i <= 6'000; ++i) {
        const auto bytes = value(snapshot.impl().bytes_at(Sequence{i}));
        REQUIRE(std::ranges::equal(bytes, fixture.stored(i)));
      }
    }
    fixture.start();
    CHECK(value(fixture.try_retire(1'792)).first == Sequence{1'793});
    CHECK(fixture.archived(1, 1'792));
  }

  TEST_CASE("the appender goes on beside it") {
    ArchiveFixture fixture(6'000);
    fixture.build(1, 512);
    CHECK(fixture.append(reading(6'001), 6'001) == 6'001);
    value(fixture.try_retire(512));
    CHECK(fixture.append(reading(6'002), 6'002) == 6'002);
    CHECK(fixture.snapshot().meta().first == Sequence{513});
    fixture.reopen();
    CHECK(fixture.append(reading(6'003), 6'003) == 6'003);
    CHECK(fixture.snapshot().meta().first == Sequence{513});
  }

  TEST_CASE("nothing is retired that the archive does not have as it is") {
    ArchiveFixture fixture(6'000);
    CHECK(kind_of(fixture.try_retire(512)) == ErrorKind::not_found);
    fixture.build(1, 512);
    CHECK(kind_of(fixture.try_retire(511)) == ErrorKind::invalid_input);
    CHECK(kind_of(fixture.try_retire(5'888)) == ErrorKind::invalid_input);
    fixture.stop();
    Bytes other = fixture.stored(300);
    other[40] ^= std::byte{1};
    { RawEnvironment(fixture.directory()).put("events", key_of(300), other); }
    fixture.start();
    const auto retired = fixture.try_retire(512);
    CHECK(kind_of(retired) == ErrorKind::corrupt);
    CHECK(retired.error().what.find("record 300") != std::string::npos);
    CHECK(fixture.snapshot().meta().first == Sequence{1});
  }

  TEST_CASE("retiring needs the lock of this log") {
    ArchiveFixture fixture(6'000);
    LogFixture other;
    fixture.build(1, 512);
    CHECK(kind_of(retire(fixture.log(), other.lock(), Sequence{512})) == ErrorKind::locked);
  }

  TEST_CASE("a missing segment is named by what is missing, and found again when it is back") {
    ArchiveFixture fixture(6'000);
    for (std::uint64_t first = 1; first <= 1'025; first += 512) fixture.build(first, first + 511);
    const auto away = fixture.directory() / "away";
    std::filesystem::rename(fixture.segment(513, 1'024), away);
    Archive archive = fixture.archive();
    CHECK(archive.gaps(Sequence{1}, Sequence{1'536}) == Ranges{range(513, 1'024)});
    CHECK(archive.gaps(Sequence{1}, Sequence{512}).empty());
    CHECK(archive.gaps(Sequence{600}, Sequence{700}) == Ranges{range(600, 700)});
    const auto record = archive.record(Sequence{700});
    CHECK(kind_of(record) == ErrorKind::not_found);
    CHECK(record.error().what.find("records 513 to 1024") != std::string::npos);
    std::filesystem::rename(away, fixture.segment(513, 1'024));
    CHECK(std::ranges::equal(value(archive.record(Sequence{700})), fixture.stored(700)));
    CHECK(archive.gaps(Sequence{1}, Sequence{1'536}).empty());
  }

  TEST_CASE("another log's segment, and one under a wrong name, are not read") {
    ArchiveFixture fixture(5'000);
    fixture.build(1, 512);
    Meta meta = fixture.snapshot().meta();
    meta.uuid = id_of(1);
    Archive foreign = value(Archive::open(fixture.directory(), meta));
    CHECK(kind_of(foreign.record(Sequence{1})) == ErrorKind::foreign);
    meta.parent = id_of(99);
    meta.parent_size = 512;
    Archive child = value(Archive::open(fixture.directory(), meta));
    CHECK(value(child.record(Sequence{512})).size() == fixture.stored(512).size());
    std::filesystem::rename(fixture.segment(1, 512), fixture.segment(513, 1'024));
    Archive renamed = fixture.archive();
    CHECK(kind_of(renamed.record(Sequence{600})) == ErrorKind::foreign);
  }

  TEST_CASE("records one by one decode each block once") {
    ArchiveFixture fixture(6'000);
    fixture.build(1, 1'792);
    Archive archive = fixture.archive();
    const auto block = value(archive.block_of(Sequence{1}));
    CHECK(value(archive.block_of(Sequence{1'792})) == block);
    CHECK(block->first == Sequence{1});
    CHECK(block->last() == Sequence{1'792});
  }
}

TEST_SUITE("log/compact") {
  TEST_CASE("the file gives back what retiring freed, and holds the same") {
    ArchiveFixture fixture(20'000);
    const Digest root = fixture.snapshot().meta().frontier.root();
    fixture.build(1, 15'872);
    value(fixture.try_retire(15'872));
    fixture.stop();
    {
      const WriterLock lock = value(WriterLock::take(fixture.directory(), "test"));
      const Compacted compacted = value(compact(fixture.directory(), lock));
      CHECK(compacted.bytes_after * 3 < compacted.bytes_before);
      CHECK(std::filesystem::file_size(fixture.directory() / "data.mdb") == compacted.bytes_after);
      CHECK_FALSE(std::filesystem::exists(fixture.directory() / "data.mdb.compact"));
    }
    fixture.start();
    CHECK(fixture.snapshot().meta().first == Sequence{15'873});
    CHECK(fixture.snapshot().meta().frontier.root() == root);
    CHECK(fixture.append(reading(20'001), 20'001) == 20'001);
    const Snapshot snapshot = fixture.snapshot();
    for (std::uint64_t i = 15'873; i <= 20'000; ++i)
      REQUIRE(std::ranges::equal(value(snapshot.impl().bytes_at(Sequence{i})), fixture.stored(i)));
  }

  TEST_CASE("a log that another process has open is left alone") {
    ArchiveFixture fixture(10);
    fixture.stop();
    const auto directory = fixture.directory();
    ChildProcess child([&](const ChildProcess::Ends& ends) {
      const Log log = value(Log::open(directory));
      ends.send(1);
      (void)ends.receive();
    });
    REQUIRE(child.ends().receive() == 1);
    const WriterLock lock = value(WriterLock::take(directory, "test"));
    CHECK(kind_of(compact(directory, lock)) == ErrorKind::conflict);
    child.kill();
    CHECK(value(compact(directory, lock)).bytes_after > 0);
  }

  TEST_CASE("it needs the lock of this log") {
    ArchiveFixture fixture(10);
    LogFixture other;
    fixture.stop();
    CHECK(kind_of(compact(fixture.directory(), other.lock())) == ErrorKind::locked);
  }
}

}  // namespace
}  // namespace wattledger::log
