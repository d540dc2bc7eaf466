#include "log/verification.hpp"

#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string_view>

#include "log/checkpoint.hpp"
#include "log/record.hpp"
#include "tests/log/archive_fixture.hpp"
#include "tests/log/damage.hpp"
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

// So many readings, one a second; with 9999 W at `forge`.
void fill(LogFixture& fixture, int count, int forge = 0) {
  for (int i = 1; i <= count; ++i) fixture.enqueue(reading(i, i == forge ? 9'999 : 1'000), i);
  good(fixture.appender().flush());
}

// Of a log that is not open.
Verification verified(const LogFixture& fixture, const VerifyOptions& options = {}) {
  const Log log = value(Log::open(fixture.directory()));
  return value(verify(value(log.snapshot()), options));
}

Bytes node_key(unsigned level, std::uint64_t index) {
  Bytes key = key_of(index);
  key.insert(key.begin(), static_cast<std::byte>(level));
  return key;
}

// A sound record that nobody appended, of the reading at that second.
Bytes forged(std::int64_t second = 1) { return build_record(reading(second, 9'999), at_s(second)); }

SigningKey key_number(std::uint8_t number) {
  std::array<std::uint8_t, seed_bytes> seed{};
  seed[0] = number;
  return value(SigningKey::from_seed(seed));
}

// A checkpoint of the fixture's log.
std::string note(std::uint64_t size, const Digest& root, std::uint8_t key = 1) {
  const std::string origin = checkpoint_origin(id_of(99));
  return value(
      sign_note(checkpoint_text({origin, size, root, std::nullopt, {}}), origin, key_number(key)));
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

  TEST_CASE("a missing tail is told from a hole") {
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
    CHECK(result.findings[0].kind == FindingKind::torn_tail);
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
    CHECK(scanned(snapshot, 3, 9) == std::vector<std::uint64_t>{3, 4, 5});
    const Verification result = value(verify(snapshot));
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].kind == FindingKind::damaged_record);
    CHECK(result.findings[0].sequence == Sequence{2});
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
    CHECK(result.findings[0].kind == FindingKind::rewritten_history);
  }

  TEST_CASE("a wrong stored node is found, and no record accused") {
    LogFixture fixture;
    for (int i = 1; i <= 300; ++i) fixture.enqueue(reading(i), i);
    fixture.stop();
    Bytes key(9);
    key[0] = std::byte{8};
    { RawEnvironment(fixture.directory()).put("nodes", key, Bytes(32)); }
    const Log log = value(Log::open(fixture.directory()));
    const Verification result = value(verify(value(log.snapshot())));
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].kind == FindingKind::damaged_node);
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
    CHECK(result.findings[0].kind == FindingKind::foreign_record);
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

  TEST_CASE("every kind of finding has a name of its own") {
    std::set<std::string_view> names;
    for (const FindingKind kind :
         {FindingKind::hole, FindingKind::torn_tail, FindingKind::damaged_record,
          FindingKind::foreign_record, FindingKind::rewritten_history, FindingKind::damaged_node,
          FindingKind::damaged_checkpoint, FindingKind::time_order, FindingKind::meta_mismatch,
          FindingKind::unknown_kind})
      names.insert(finding_name(kind));
    CHECK(names.size() == 10);
    CHECK_FALSE(names.contains(""));
  }
}

TEST_SUITE("log/verification") {
  TEST_CASE("the findings are the same, in the same order, whatever the number of threads") {
    LogFixture fixture;
    fill(fixture, 13'000);
    fixture.stop();
    {
      RawEnvironment raw(fixture.directory());
      for (std::uint64_t at = 0; at < 12'000; at += 400) {
        raw.remove("events", key_of(at + 1));
        flip(raw, at + 2, at);
      }
      for (std::uint64_t at = 7; at < 12'000; at += 2'500) raw.put("events", key_of(at), forged());
      for (std::uint64_t at = 4'090; at < 4'100; ++at) raw.remove("events", key_of(at));
      for (std::uint64_t at = 12'990; at <= 13'000; ++at) raw.remove("events", key_of(at));
      raw.put("nodes", node_key(8, 47), Bytes(32));
      raw.remove("nodes", node_key(9, 3));
    }
    const Log log = value(Log::open(fixture.directory()));
    const Snapshot snapshot = value(log.snapshot());
    for (const bool deep : {false, true}) {
      VerifyOptions options;
      options.deep = deep;
      options.threads = 1;
      const Verification one = value(verify(snapshot, options));
      CHECK(one.findings.size() > 60);
      for (const unsigned threads : {0U, 2U, 7U}) {
        CAPTURE(threads);
        options.threads = threads;
        const Verification many = value(verify(snapshot, options));
        CHECK(many.findings == one.findings);
        CHECK(many.records == one.records);
        CHECK(many.root == one.root);
      }
    }
  }

  TEST_CASE("a hole that crosses the threads' ranges is one finding") {
    LogFixture fixture;
    fill(fixture, 4'200);
    fixture.stop();
    {
      RawEnvironment raw(fixture.directory());
      for (std::uint64_t at = 4'090; at < 4'100; ++at) raw.remove("events", key_of(at));
    }
    const auto result = verified(fixture);
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].kind == FindingKind::hole);
    CHECK(result.findings[0].sequence == Sequence{4'090});
    CHECK(result.findings[0].what == "10 records from here on are missing");
  }

  TEST_CASE("quick looks at each record, deep at the tree as well; a sound log gives its root") {
    LogFixture fixture;
    fill(fixture, 700);
    VerifyOptions quick;
    quick.deep = false;
    CHECK(fixture.verified().findings.empty());
    CHECK(fixture.verified().root == fixture.snapshot().meta().frontier.root());
    fixture.stop();
    { RawEnvironment(fixture.directory()).put("events", key_of(300), forged(300)); }
    CHECK(verified(fixture, quick).findings.empty());
    const auto deep = verified(fixture);
    REQUIRE(deep.findings.size() == 1);
    CHECK(deep.findings[0].kind == FindingKind::rewritten_history);
    CHECK(deep.findings[0].sequence == Sequence{512});
    CHECK(deep.findings[0].what ==
          "records 257 to 512 are not those that their stored Merkle node was made of");
  }

  TEST_CASE("a forger who changes the nodes as well is found where he stops") {
    LogFixture fixture;
    LogFixture forger;
    fill(fixture, 1'100);
    fill(forger, 1'100, 300);
    fixture.stop();
    forger.stop();
    RawEnvironment theirs(forger.directory());
    {
      RawEnvironment raw(fixture.directory());
      raw.put("events", key_of(300), theirs.get("events", key_of(300)));
      raw.put("nodes", node_key(8, 1), theirs.get("nodes", node_key(8, 1)));
    }
    auto result = verified(fixture);
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].kind == FindingKind::rewritten_history);
    CHECK(result.findings[0].sequence == Sequence{512});
    {
      RawEnvironment raw(fixture.directory());
      raw.put("nodes", node_key(9, 0), theirs.get("nodes", node_key(9, 0)));
      raw.put("nodes", node_key(10, 0), theirs.get("nodes", node_key(10, 0)));
    }
    result = verified(fixture);
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].kind == FindingKind::rewritten_history);
    CHECK(result.findings[0].sequence == Sequence{1'024});
    CHECK(result.findings[0].what.find("in meta") != std::string::npos);
  }

  TEST_CASE("beside damaged records the others are still compared with the tree") {
    LogFixture fixture;
    fill(fixture, 1'100);
    fixture.stop();
    {
      RawEnvironment raw(fixture.directory());
      flip(raw, 10);
      raw.remove("events", key_of(1'090));
      raw.put("events", key_of(600), forged(600));
    }
    const auto result = verified(fixture);
    REQUIRE(result.findings.size() == 3);
    CHECK(result.findings[0].kind == FindingKind::damaged_record);
    CHECK(result.findings[1].kind == FindingKind::rewritten_history);
    CHECK(result.findings[1].sequence == Sequence{768});
    CHECK(result.findings[2].kind == FindingKind::hole);
  }

  TEST_CASE("a stored node that is missing is named, at any height") {
    LogFixture fixture;
    fill(fixture, 1'100);
    fixture.stop();
    {
      RawEnvironment raw(fixture.directory());
      raw.remove("nodes", node_key(8, 2));
      raw.remove("nodes", node_key(9, 0));
      raw.put("nodes", node_key(10, 0), Bytes(32));
    }
    const auto result = verified(fixture);
    REQUIRE(result.findings.size() == 3);
    for (const Finding& finding : result.findings) CHECK(finding.kind == FindingKind::damaged_node);
    CHECK(result.findings[0].sequence == Sequence{512});
    CHECK(result.findings[1].sequence == Sequence{768});
    CHECK(result.findings[2].sequence == Sequence{1'024});
  }

  TEST_CASE("since begins at the group of 256 in which the record lies, and checks from there on") {
    LogFixture fixture;
    fill(fixture, 1'100);
    fixture.stop();
    {
      RawEnvironment raw(fixture.directory());
      flip(raw, 10);
      flip(raw, 513);
      flip(raw, 1'000);
    }
    VerifyOptions options;
    options.since = Sequence{600};
    const auto result = verified(fixture, options);
    REQUIRE(result.findings.size() == 2);
    CHECK(result.findings[0].sequence == Sequence{513});
    CHECK(result.findings[1].sequence == Sequence{1'000});
    CHECK(result.records == 1'100 - 512);
    options.since = Sequence{9'999};
    CHECK(verified(fixture, options).findings.empty());
  }

  TEST_CASE("foreign bytes with a good checksum, and foreign keys, are told from damage") {
    LogFixture fixture;
    fill(fixture, 20);
    fixture.stop();
    {
      RawEnvironment raw(fixture.directory());
      raw.put("events", key_of(5), foreign_record());
      raw.put("events", bytes_of("x"), Bytes(8));
      raw.put("events", key_of(0), Bytes(8));
      Bytes longer = key_of(7);
      longer.push_back(std::byte{1});
      raw.put("events", longer, Bytes(8));
    }
    const auto result = verified(fixture);
    REQUIRE(result.findings.size() == 4);
    for (const Finding& finding : result.findings)
      CHECK(finding.kind == FindingKind::foreign_record);
    CHECK(result.findings[0].sequence == Sequence{5});
  }

  TEST_CASE("records in the wrong order of time, and of a later program, are named") {
    LogFixture fixture;
    fill(fixture, 20);
    fixture.stop();
    {
      RawEnvironment raw(fixture.directory());
      raw.put("events", key_of(9), forged(2));
      Bytes later = forged(12);
      later[4] = std::byte{2};
      sum_up(later);
      raw.put("events", key_of(12), later);
    }
    VerifyOptions quick;
    quick.deep = false;
    const auto result = verified(fixture, quick);
    REQUIRE(result.findings.size() == 2);
    CHECK(result.findings[0].kind == FindingKind::time_order);
    CHECK(result.findings[0].sequence == Sequence{9});
    CHECK(result.findings[1].kind == FindingKind::unknown_kind);
    CHECK(result.findings[1].sequence == Sequence{12});
  }

  TEST_CASE("stored checkpoints are compared with the tree at their size") {
    LogFixture fixture;
    fill(fixture, 1'100);
    std::map<std::uint64_t, std::string> notes;
    for (const std::uint64_t size : {1U, 300U, 512U, 1'100U})
      notes[size] = note(size, value(root_at(fixture.snapshot(), size)));
    notes[700] = note(700, value(root_at(fixture.snapshot(), 699)));
    notes[2'000] = note(2'000, Digest{});
    notes[800] = note(801, value(root_at(fixture.snapshot(), 800)));
    notes[801] = "nonsense";
    fixture.stop();
    {
      RawEnvironment raw(fixture.directory());
      for (const auto& [size, text] : notes) raw.put("checkpoints", key_of(size), bytes_of(text));
    }
    auto result = verified(fixture);
    REQUIRE(result.findings.size() == 4);
    CHECK(result.findings[0].kind == FindingKind::damaged_checkpoint);
    CHECK(result.findings[0].sequence == Sequence{800});
    CHECK(result.findings[1].kind == FindingKind::damaged_checkpoint);
    CHECK(result.findings[1].sequence == Sequence{801});
    CHECK(result.findings[2].kind == FindingKind::rewritten_history);
    CHECK(result.findings[2].sequence == Sequence{700});
    CHECK(result.findings[3].kind == FindingKind::rewritten_history);
    CHECK(result.findings[3].sequence == Sequence{1'100});
    CHECK(result.checkpoints == 5);
    VerifyOptions options;
    options.key = VerifierKey(checkpoint_origin(id_of(99)), key_number(1).public_key());
    CHECK(verified(fixture, options).findings == result.findings);
    {
      const std::string forged = note(300, Digest{}, 2);
      RawEnvironment(fixture.directory()).put("checkpoints", key_of(300), bytes_of(forged));
    }
    result = verified(fixture, options);
    REQUIRE(result.findings.size() == 5);
    CHECK(result.findings[0].kind == FindingKind::damaged_checkpoint);
    CHECK(result.findings[0].sequence == Sequence{300});
  }

  TEST_CASE("a checkpoint finds history that was rewritten with the whole tree") {
    LogFixture fixture;
    LogFixture forger;
    fill(fixture, 1'100);
    fill(forger, 1'100, 300);
    const std::string before = note(600, value(root_at(fixture.snapshot(), 600)));
    forger.stop();
    { RawEnvironment(forger.directory()).put("checkpoints", key_of(600), bytes_of(before)); }
    const auto result = verified(forger);
    REQUIRE(result.findings.size() == 1);
    CHECK(result.findings[0].kind == FindingKind::rewritten_history);
    CHECK(result.findings[0].sequence == Sequence{600});
  }

  TEST_CASE("archived records are verified in their segments, and a damaged segment is named") {
    ArchiveFixture fixture(9'000);
    for (const std::uint64_t last : {2'048U, 4'096U}) fixture.build(last - 2'047, last);
    RetireLimits limits;
    limits.records_per_commit = 1'000;
    limits.commits_max = 4;
    const std::uint64_t first = value(fixture.try_retire(4'096, limits)).first.value;
    REQUIRE((first > 2'049 && first < 4'097 && (first - 1) % 256 != 0));
    for (const unsigned threads : {1U, 3U}) {
      VerifyOptions options;
      options.threads = threads;
      const auto result = value(verify(fixture.snapshot(), options));
      CHECK(result.findings.empty());
      CHECK(result.records == 9'000);
      CHECK(result.root == fixture.snapshot().meta().frontier.root());
    }
    fixture.stop();
    { RawEnvironment(fixture.directory()).remove("events", key_of(4'500)); }
    const auto segment = fixture.segment(1, 2'048);
    const auto away = fixture.directory().parent_path() / "away";
    std::filesystem::rename(segment, away);
    auto result = verified(fixture);
    REQUIRE(result.findings.size() == 2);
    CHECK(result.findings[0].kind == FindingKind::hole);
    CHECK(result.findings[0].sequence == Sequence{1});
    CHECK(result.findings[0].what ==
          "2048 records from here on are archived, and no segment here holds them");
    CHECK(result.findings[1].sequence == Sequence{4'500});
    std::filesystem::rename(away, segment);
    {
      std::fstream file(segment, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(100);
      file.put('X');
    }
    result = verified(fixture);
    REQUIRE(result.findings.size() == 2);
    CHECK(result.findings[0].kind == FindingKind::damaged_record);
    CHECK(result.findings[0].what.find(segment.filename().string()) != std::string::npos);
  }
}

}  // namespace
}  // namespace wattledger::log
