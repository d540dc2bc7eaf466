#include "log/salvage.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "log/archive.hpp"
#include "log/record.hpp"
#include "log/retire.hpp"
#include "tests/log/damage.hpp"
#include "tests/log/log_fixture.hpp"
#include "tests/log/raw_environment.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

using Sequences = std::vector<std::uint64_t>;

std::string file_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

Sequences sequences_of(const std::vector<LostRange>& ranges) {
  Sequences all;
  for (const LostRange& range : ranges)
    for (Sequence at = range.records.first; at <= range.records.last; at = at.next())
      all.push_back(at.value);
  return all;
}

// Whether the page of LMDB's that holds this offset of its file is a leaf with the record there,
// not one of another kind with stale bytes of it in its unused part.
bool in_leaf(const std::string& file, std::size_t record) {
  constexpr std::size_t page_bytes = 4'096;
  constexpr std::size_t header_bytes = 16;
  constexpr std::size_t node_header_bytes = 8;
  constexpr std::size_t key_bytes = 8;
  const std::size_t page = record / page_bytes * page_bytes;
  const auto word = [&](std::size_t at) {
    return std::size_t{static_cast<unsigned char>(file.at(page + at))} |
           std::size_t{static_cast<unsigned char>(file.at(page + at + 1))} << 8U;
  };
  constexpr std::size_t leaf_flag = 0x02;
  if ((word(10) & leaf_flag) == 0) return false;
  for (std::size_t at = header_bytes; at < word(12); at += 2)
    if (page + word(at) + node_header_bytes + key_bytes == record) return true;
  return false;
}

// Readings, with an import batch and a step of the clock in the middle where there is room.
void append_history(Appender& appender, int count) {
  const auto put = [&](const EncodedEvent& event, std::int64_t second) {
    value(appender.enqueue(event, at_s(second), {Urgency::telemetry, std::nullopt}));
  };
  for (int i = 1; i <= count; ++i) {
    const bool room = count > 40;
    if (room && i == 20)
      put(import_started(20, 3), 20);
    else if (room && i > 20 && i < 30)
      put(reading(i - 50'000), 20);
    else if (room && i == 30)
      put(import_finished(20, 3), 20);
    else if (room && i == 35)
      put(clock_stepped(10), 10);
    else
      put(reading(room && i > 35 ? i - 20 : i), room && i > 35 ? i - 20 : i);
  }
  good(appender.flush());
}

// A log of so many records, not open, where commits are fast.
struct Damaged {
  explicit Damaged(int count) {
    Log log = value(Log::create(directory(), {}));
    const WriterLock lock = value(WriterLock::take(directory(), "test"));
    Appender appender = value(Appender::open(log, lock, {}));
    append_history(appender, count);
  }
  static std::filesystem::path fast_place() {
    std::error_code error;
    return std::filesystem::is_directory("/dev/shm", error)
               ? "/dev/shm"
               : std::filesystem::temp_directory_path();
  }
  [[nodiscard]] std::filesystem::path directory() const { return home / "log"; }
  [[nodiscard]] std::filesystem::path into() const { return home / "new"; }
  [[nodiscard]] Result<Salvage> try_salvage() const {
    SalvageOptions options;
    options.now = at_s(100'000);
    return salvage(directory(), into(), options);
  }
  [[nodiscard]] Salvage salvaged() const { return value(try_salvage()); }

  TemporaryDirectory home{fast_place()};
};

TEST_SUITE("log/salvage") {
  TEST_CASE("intact records keep their places, the others are lost, and the new log says so") {
    const Damaged damaged(300);
    Bytes third;
    {
      RawEnvironment raw(damaged.directory());
      raw.remove("events", key_of(5));
      raw.remove("events", key_of(6));
      flip(raw, 100);
      raw.put("events", key_of(300), foreign_record());
      third = raw.get("events", key_of(3));
    }
    const std::string before = file_bytes(damaged.directory() / "data.mdb");
    const Salvage result = damaged.salvaged();
    CHECK(file_bytes(damaged.directory() / "data.mdb") == before);
    CHECK(result.copied == 296);
    CHECK(result.doubtful.empty());
    REQUIRE(result.lost.size() == 3);
    CHECK(result.lost[0].records == SequenceRange{Sequence{5}, Sequence{6}});
    CHECK(result.lost[0].why == "it is missing");
    CHECK(result.lost[1].why == "the checksum does not fit the bytes");
    CHECK(result.lost[2].records.first == Sequence{300});
    CHECK(result.restored == Sequence{301});

    const Log log = value(Log::open(damaged.into()));
    const Snapshot snapshot = value(log.snapshot());
    const Verification verification = value(verify(snapshot));
    CHECK(verification.findings.empty());
    REQUIRE(verification.lost.size() == 3);
    CHECK(verification.lost[0] == SequenceRange{Sequence{5}, Sequence{6}});
    CHECK(std::ranges::equal(value(snapshot.at(Sequence{3})).bytes, third));
    const auto lost = snapshot.at(Sequence{5});
    CHECK(kind_of(lost) == ErrorKind::not_found);
    CHECK(lost.error().what.find("lost") != std::string::npos);
    const auto last = value(snapshot.at(Sequence{301}));
    const auto* restored = last.event.as<fb::LogRestored>();
    REQUIRE(restored != nullptr);
    const Log old = value(Log::open(damaged.directory()));
    const Meta was = value(old.snapshot()).meta();
    CHECK(snapshot.meta().parent == was.uuid);
    CHECK(snapshot.meta().uuid != was.uuid);
    CHECK(snapshot.meta().parent_size == 300);
    CHECK(snapshot.meta().parent_root == was.frontier.root());
    CHECK(from_fb(*restored->parent()) == was.uuid);
    CHECK(restored->reason()->str().find("lost: 5-6 100 300") != std::string::npos);
    CHECK(snapshot.meta().epochs == was.epochs);
    CHECK(snapshot.meta().batches == was.batches);
  }

  TEST_CASE("a sound log is copied to the same tree, and can be appended to") {
    const Damaged damaged(600);
    const Salvage result = damaged.salvaged();
    CHECK(result.lost.empty());
    Log log = value(Log::open(damaged.into()));
    const Snapshot snapshot = value(log.snapshot());
    CHECK(value(root_at(snapshot, 600)) == snapshot.meta().parent_root);
    const WriterLock lock = value(WriterLock::take(damaged.into(), "test"));
    Appender appender = value(Appender::open(log, lock, {}));
    CHECK(value(appender.append(reading(100'001), at_s(100'001), {})).sequence == Sequence{602});
  }

  TEST_CASE("a salvaged log can be damaged and salvaged again; what was lost stays lost") {
    const Damaged damaged(100);
    { RawEnvironment(damaged.directory()).remove("events", key_of(50)); }
    (void)damaged.salvaged();
    { RawEnvironment(damaged.into()).remove("events", key_of(60)); }
    const auto again = value(salvage(damaged.into(), damaged.home / "again", {}));
    CHECK(sequences_of(again.lost) == Sequences{60});
    REQUIRE(again.lost_before.size() == 1);
    CHECK(again.lost_before[0].first == Sequence{50});
    const Log log = value(Log::open(damaged.home / "again"));
    CHECK(value(verify(value(log.snapshot()))).findings.empty());
  }

  TEST_CASE("readers step over lost records, by sequence and by time") {
    const Damaged damaged(300);
    {
      RawEnvironment raw(damaged.directory());
      for (const std::uint64_t at : {1U, 20U, 21U, 25U, 29U, 30U, 35U, 36U, 150U, 299U, 300U})
        raw.remove("events", key_of(at));
    }
    std::map<std::uint64_t, UtcTime> occurred;
    (void)damaged.salvaged();
    const Log log = value(Log::open(damaged.into()));
    const Snapshot snapshot = value(log.snapshot());
    good(snapshot.scan(Sequence{1}, Sequence{300}, [&](const RecordView& record) -> Result<bool> {
      occurred[record.sequence.value] = record.event.occurred_at();
      return true;
    }));
    CHECK(occurred.size() == 289);
    for (const std::int64_t from : {-50'000, -49'978, -49'975, 0, 15, 130, 279})
      for (const std::int64_t length : {1, 3, 400, 60'000}) {
        Sequences expected;
        for (const auto& [sequence, time] : occurred)
          if (time >= at_s(from) && time < at_s(from + length)) expected.push_back(sequence);
        Sequences found;
        good(snapshot.scan_occurred(at_s(from), at_s(from + length),
                                    [&](const RecordView& record) -> Result<bool> {
                                      found.push_back(record.sequence.value);
                                      return true;
                                    }));
        CAPTURE(from);
        CAPTURE(length);
        CHECK(found == expected);
      }
    CHECK(value(snapshot.first_recorded_at_or_after(at_s(131))) == Sequence{151});
  }

  TEST_CASE("records that are sound and not those of the tree are copied and named") {
    const Damaged damaged(700);
    {
      RawEnvironment raw(damaged.directory());
      raw.put("events", key_of(300), build_record(reading(280, 5), at_s(280)));
      raw.put("events", key_of(699), build_record(reading(679, 5), at_s(679)));
      raw.remove("events", key_of(2));
    }
    const Salvage result = damaged.salvaged();
    CHECK(sequences_of(result.lost) == Sequences{2});
    REQUIRE(result.doubtful.size() == 2);
    CHECK(result.doubtful[0] == SequenceRange{Sequence{257}, Sequence{512}});
    CHECK(result.doubtful[1] == SequenceRange{Sequence{513}, Sequence{700}});
  }

  TEST_CASE("where a page is damaged, the records behind it are still saved") {
    for (const char fill : {'\x00', '\x01', '\x7F', '\xFF'}) {
      const Damaged damaged(2'000);
      const Bytes record = RawEnvironment(damaged.directory()).get("events", key_of(1'000));
      const std::string needle(reinterpret_cast<const char*>(record.data()), record.size());
      const std::filesystem::path path = damaged.directory() / "data.mdb";
      std::string bytes = file_bytes(path);
      constexpr std::size_t page = 4'096;
      std::size_t pages = 0;
      for (auto at = bytes.find(needle); at != std::string::npos; at = bytes.find(needle, at + 1)) {
        if (!in_leaf(bytes, at)) continue;
        bytes.replace(at / page * page, page, page, fill);
        ++pages;
      }
      REQUIRE(pages > 0);
      std::ofstream(path, std::ios::binary) << bytes;
      const Salvage result = damaged.salvaged();
      const Sequences lost = sequences_of(result.lost);
      CAPTURE(static_cast<int>(fill));
      CHECK(std::binary_search(lost.begin(), lost.end(), std::uint64_t{1'000}));
      CHECK(lost.size() < 100);
      CHECK(result.copied + lost.size() == 2'000);
      const Log log = value(Log::open(damaged.into()));
      CHECK(value(verify(value(log.snapshot()))).findings.empty());
    }
  }

  TEST_CASE("a key that a flipped bit moved takes its own record along and no other") {
    for (unsigned bit = 0; bit < 16; ++bit) {
      CAPTURE(bit);
      const Damaged damaged(2'000);
      const Bytes key = key_of(1'000);
      const Bytes record = RawEnvironment(damaged.directory()).get("events", key);
      const std::filesystem::path path = damaged.directory() / "data.mdb";
      std::string bytes = file_bytes(path);
      std::string needle(reinterpret_cast<const char*>(key.data()), key.size());
      needle.append(reinterpret_cast<const char*>(record.data()), record.size());
      for (auto at = bytes.find(needle); at != std::string::npos; at = bytes.find(needle, at + 1)) {
        char& flipped = bytes[at + 7 - bit / 8];
        flipped = static_cast<char>(static_cast<unsigned char>(flipped) ^ (1U << (bit % 8)));
      }
      std::ofstream(path, std::ios::binary) << bytes;
      CHECK(sequences_of(damaged.salvaged().lost) == Sequences{1'000});
    }
  }

  TEST_CASE("segments go along, and the tree over what they hold") {
    constexpr std::uint64_t count = 6'000;
    const Damaged damaged(static_cast<int>(count));
    for (const std::uint64_t end : {std::uint64_t{1'024}, std::uint64_t{1'100}}) {
      CAPTURE(end);
      {
        Log log = value(Log::open(damaged.directory()));
        const WriterLock lock = value(WriterLock::take(damaged.directory(), "test"));
        const SequenceRange range{Sequence{end > 1'024 ? 1'025U : 1U},
                                  Sequence{end > 1'024 ? 1'280U : 1'024U}};
        (void)value(build_segment(value(log.snapshot()), log, range));
        RetireLimits limits;
        limits.records_per_commit = end > 1'024 ? 76 : 4'096;
        limits.commits_max = 1;
        REQUIRE(value(retire(log, lock, range.last, limits)).first == Sequence{end + 1});
      }
      { RawEnvironment(damaged.directory()).remove("events", key_of(end + 1'000)); }
      const std::filesystem::path into = damaged.home / std::to_string(end);
      CHECK(sequences_of(value(salvage(damaged.directory(), into, {})).lost).back() == end + 1'000);
      const Log log = value(Log::open(into));
      const Snapshot snapshot = value(log.snapshot());
      CHECK(value(verify(snapshot)).findings.empty());
      CHECK(snapshot.meta().first == Sequence{end + 1});
      const Log old = value(Log::open(damaged.directory()));
      CHECK(value(root_at(snapshot, 1'024)) == value(root_at(value(old.snapshot()), 1'024)));
      Archive archive = value(Archive::open(into, snapshot.meta()));
      CHECK(value(archive.record(Sequence{1'000})).size() > record_header_bytes);
      CHECK(archive.gaps(Sequence{1}, Sequence{end}).empty());
    }
  }

  TEST_CASE("nothing is written where something is, and nothing is left after an error") {
    const Damaged damaged(10);
    std::filesystem::create_directories(damaged.into());
    std::ofstream(damaged.into() / "note") << "mine";
    CHECK(kind_of(damaged.try_salvage()) == ErrorKind::conflict);
    CHECK(file_bytes(damaged.into() / "note") == "mine");
    std::filesystem::remove(damaged.into() / "note");
    CHECK(damaged.try_salvage().has_value());
    CHECK(kind_of(damaged.try_salvage()) == ErrorKind::conflict);
    CHECK(kind_of(salvage(damaged.home / "nowhere", damaged.home / "other", {})) ==
          ErrorKind::not_found);
    Bytes later = build_record(reading(4), at_s(4));
    later[4] = std::byte{2};
    sum_up(later);
    { RawEnvironment(damaged.directory()).put("events", key_of(4), later); }
    CHECK(kind_of(salvage(damaged.directory(), damaged.home / "other", {})) == ErrorKind::newer);
    CHECK_FALSE(std::filesystem::exists(damaged.home / "other"));
  }

  TEST_CASE("whatever records are damaged, exactly the others are saved") {
    CHECK(rc::check("random damage", [] {
      const int count = *rc::gen::inRange(1, 600);
      const Damaged damaged(count);
      const auto hits = *rc::gen::container<std::vector<std::pair<std::uint32_t, std::uint32_t>>>(
          rc::gen::arbitrary<std::pair<std::uint32_t, std::uint32_t>>());
      std::map<std::uint64_t, Bytes> kept;
      Sequences lost;
      {
        RawEnvironment raw(damaged.directory());
        std::set<std::uint64_t> hit;
        for (const auto& [where, how] : hits) {
          const std::uint64_t at = where % static_cast<std::uint64_t>(count) + 1;
          if (hit.size() >= 12 || !hit.insert(at).second) continue;
          if (how % 3 == 0)
            raw.remove("events", key_of(at));
          else if (how % 3 == 1)
            flip(raw, at, how);
          else
            raw.put("events", key_of(at), foreign_record());
        }
        lost.assign(hit.begin(), hit.end());
        for (std::uint64_t at = 1; at <= static_cast<std::uint64_t>(count); ++at)
          if (!hit.contains(at)) kept[at] = raw.get("events", key_of(at));
      }
      const Salvage result = damaged.salvaged();
      RC_ASSERT(sequences_of(result.lost) == lost);
      RC_ASSERT(result.copied == kept.size());
      const Log log = value(Log::open(damaged.into()));
      const Snapshot snapshot = value(log.snapshot());
      RC_ASSERT(value(verify(snapshot)).findings.empty());
      std::map<std::uint64_t, Bytes> found;
      good(
          snapshot.scan(Sequence{1}, Sequence{static_cast<std::uint64_t>(count)},
                        [&](const RecordView& record) -> Result<bool> {
                          found[record.sequence.value] = {record.bytes.begin(), record.bytes.end()};
                          return true;
                        }));
      RC_ASSERT(found == kept);
    }));
  }
}

}  // namespace
}  // namespace wattledger::log
