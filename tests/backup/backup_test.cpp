#include "log/backup.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <thread>

#include "log/archive.hpp"
#include "log/checkpoint.hpp"
#include "log/restore.hpp"
#include "log/retire.hpp"
#include "log/room.hpp"
#include "log/salvage.hpp"
#include "tests/log/log_fixture.hpp"
#include "tests/log/raw_environment.hpp"
#include "tests/support/file_size_limit.hpp"

using namespace wattledger;
using namespace wattledger::log;
using namespace wattledger::testing;

namespace {

// A log, a store beside it, and what is done to both in few words.
class BackupFixture : public LogFixture {
 public:
  BackupFixture() : LogFixture(limits()) { sign(); }

  void sign() {
    appender().sign_with(std::make_shared<const SigningKey>(
        value(SigningKey::from_seed(std::array<std::uint8_t, seed_bytes>{}))));
  }

  void fill(int from, int to) {
    for (int i = from; i <= to; ++i) enqueue(reading(i, i % 977), i);
    good(appender().flush());
  }
  Result<BackupManifest> take(int second, const std::optional<std::string>& base = std::nullopt,
                              std::uint64_t file_bytes_max = UINT64_MAX) {
    BackupOptions options;
    options.taken_at = at_s(second);
    options.program = "test";
    options.checkpoint = value(appender().checkpoint());
    options.base = base;
    const Snapshot now = snapshot();
    if (file_bytes_max == UINT64_MAX) return take_backup(now, log(), store(), options);
    const FileSizeLimit limit(file_bytes_max);
    return take_backup(now, log(), store(), options);
  }
  Result<Restored> restore(const std::string& id, const std::filesystem::path& into,
                           std::optional<Sequence> last = std::nullopt) {
    RestoreOptions options;
    options.into = into;
    options.last = last;
    options.now = [](const Snapshot& restored) { return restored.meta().head_recorded_at; };
    return restore_backup(value(backup_chain(store(), id)), options);
  }
  [[nodiscard]] std::filesystem::path store() const { return home_ / "backups"; }
  [[nodiscard]] std::filesystem::path into(const char* name) const { return home_ / name; }

 private:
  static AppendLimits limits() {
    AppendLimits limits;
    limits.telemetry_events_max = 1'000;
    return limits;
  }
  MemoryDirectory home_;
};

BackupManifest named(const std::string& id, int day, std::uint64_t last,
                     const std::optional<std::string>& base = std::nullopt) {
  BackupManifest manifest;
  manifest.id = id;
  manifest.taken_at = at_s(day * 86'400);
  manifest.meta.head = Sequence{last};
  manifest.base = base;
  return manifest;
}

using Ids = std::vector<std::string>;

// The last byte of each copy of it in the file: pages that a commit has left hold older ones.
void damage_each(const std::filesystem::path& file, const Bytes& what) {
  std::string all;
  {
    std::ifstream in(file, std::ios::binary);
    all.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::string_view sought(static_cast<const char*>(static_cast<const void*>(what.data())),
                          what.size());
  std::size_t copies = 0;
  for (std::size_t at = all.find(sought); at != std::string::npos; at = all.find(sought, at + 1)) {
    char& last = all[at + sought.size() - 1];
    last = static_cast<char>(last ^ 1);
    ++copies;
  }
  REQUIRE(copies > 0);
  std::ofstream(file, std::ios::binary) << all;
}

}  // namespace

TEST_SUITE("backup") {
  TEST_CASE("every record comes back at its place, and the root is the one that was signed") {
    BackupFixture house;
    house.fill(1, 5'000);
    const BackupManifest manifest = value(house.take(5'001));
    CHECK(manifest.last().value == 5'000);
    CHECK(manifest.root() == house.snapshot().meta().frontier.root());
    CHECK(value(read_checkpoint(manifest.checkpoint)).root == manifest.root());

    const Restored restored = value(house.restore(manifest.id, house.into("again")));
    CHECK(restored.root == manifest.root());
    const Log log = value(Log::open(house.into("again")));
    const Snapshot again = value(log.snapshot());
    CHECK(again.head().value == 5'001);
    CHECK(again.meta().parent == manifest.meta.uuid);
    CHECK(again.meta().parent_root == manifest.root());
    CHECK(again.meta().uuid != manifest.meta.uuid);
    CHECK(value(again.at(Sequence{5'001})).event.as<fb::LogRestored>() != nullptr);
    const Snapshot before = house.snapshot();
    for (std::uint64_t i = 1; i <= 5'000; i += 331) {
      const auto there = value(before.at(Sequence{i}));
      const auto here = value(again.at(Sequence{i}));
      CHECK(std::ranges::equal(there.bytes, here.bytes));
    }
    CHECK(value(verify(again)).findings.empty());
  }

  TEST_CASE("what a writer appends meanwhile is in no backup, and no backup is torn by it") {
    BackupFixture house;
    house.fill(1, 3'000);
    std::atomic<bool> enough = false;
    std::jthread writer([&](const std::stop_token&) {
      for (int i = 3'001; !enough && i < 2'000'000; ++i) house.append(reading(i), i);
    });
    Ids ids;
    for (int i = 0; i < 5; ++i) ids.push_back(value(house.take(10'000'000 + i)).id);
    enough = true;
    writer.join();
    for (const std::string& id : ids) {
      const BackupCheck check = check_backup(value(backup_chain(house.store(), id)), {});
      CHECK(check.findings.empty());
    }
    CHECK(value(house.restore(ids.back(), house.into("again"))).last.value >= 3'000);
  }

  TEST_CASE("a chain gives all of its links' records, and any point of them") {
    BackupFixture house;
    house.fill(1, 1'000);
    const std::string full = value(house.take(1'001)).id;
    house.fill(1'001, 1'300);
    const std::string second = value(house.take(1'301, full)).id;
    house.fill(1'301, 1'301);
    const BackupManifest third = value(house.take(1'302, second));
    CHECK(third.first.value == 1'301);
    CHECK(third.last().value == 1'301);

    const auto root_of = [&](std::uint64_t size) { return value(root_at(house.snapshot(), size)); };
    for (const std::uint64_t last : {1U, 255U, 256U, 1'000U, 1'001U, 1'299U, 1'301U}) {
      CAPTURE(last);
      const auto into = house.into(("to" + std::to_string(last)).c_str());
      CHECK(value(house.restore(third.id, into, Sequence{last})).root == root_of(last));
    }
    CHECK(kind_of(house.restore(third.id, house.into("beyond"), Sequence{1'302})) ==
          ErrorKind::not_found);
    CHECK_FALSE(std::filesystem::exists(house.into("beyond")));

    good(remove_backup(house.store(), second));
    const auto broken = backup_chain(house.store(), third.id);
    CHECK(kind_of(broken) == ErrorKind::not_found);
    CHECK(broken.error().what.find(second) != std::string::npos);
  }

  TEST_CASE("archived records are copied with their segments, as they are") {
    BackupFixture house;
    house.fill(1, 9'000);
    value(build_segment(house.snapshot(), house.log(), {Sequence{1}, Sequence{4'096}}));
    value(retire(house.log(), house.lock(), Sequence{4'096}));
    house.reopen();
    CHECK(house.snapshot().meta().first.value == 4'097);
    house.sign();
    const BackupManifest manifest = value(house.take(9'001));
    REQUIRE(manifest.files.size() == 2);
    CHECK(manifest.files[0].records.last.value == 4'096);
    CHECK(value(house.restore(manifest.id, house.into("again"))).root == manifest.root());
    const Log log = value(Log::open(house.into("again")));
    CHECK(value(log.snapshot()).meta().first.value == 1);
  }

  TEST_CASE("clock epochs and imports are restored, cut where the backup is cut") {
    BackupFixture house;
    house.fill(1, 10);
    house.append(clock_stepped(5), 5);
    house.append(import_started(20, 3), 20);
    house.append(reading(-500), 20);
    house.append(import_finished(20, 3, 12), 20);
    house.fill(21, 30);
    const BackupManifest manifest = value(house.take(31));
    CHECK(manifest.meta.batches == house.snapshot().meta().batches);

    value(house.restore(manifest.id, house.into("whole")));
    const Log whole = value(Log::open(house.into("whole")));
    CHECK(value(whole.snapshot()).meta().epochs == house.snapshot().meta().epochs);
    CHECK(value(whole.snapshot()).meta().batches == house.snapshot().meta().batches);

    value(house.restore(manifest.id, house.into("within"), Sequence{13}));
    const Log within = value(Log::open(house.into("within")));
    const Meta meta = value(within.snapshot()).meta();
    REQUIRE(meta.batches.size() == 1);
    CHECK(meta.batches[0].finished.value == 13);
    CHECK(value(verify(value(within.snapshot()))).findings.empty());
  }

  TEST_CASE("a damaged log is not backed up; what was salvaged of it is, with what it lost") {
    BackupFixture house;
    house.fill(1, 700);
    house.stop();
    const Bytes record = RawEnvironment(house.directory()).get("events", key_of(300));
    damage_each(house.directory() / "data.mdb", record);
    house.start();
    house.sign();
    CHECK(kind_of(house.take(701)) == ErrorKind::corrupt);
    CHECK(std::filesystem::is_empty(house.store()));
    house.stop();

    value(salvage(house.directory(), house.into("salvaged"), {}));
    const Log log = value(Log::open(house.into("salvaged")));
    const Snapshot salvaged = value(log.snapshot());
    BackupOptions options;
    options.taken_at = at_s(702);
    options.checkpoint = value(sign_checkpoint(
        value(SigningKey::from_seed(std::array<std::uint8_t, seed_bytes>{})), salvaged.meta()));
    const std::string id = value(take_backup(salvaged, log, house.store(), options)).id;
    CHECK(value(house.restore(id, house.into("again"))).root == salvaged.meta().frontier.root());
    const Log again = value(Log::open(house.into("again")));
    const Snapshot restored = value(again.snapshot());
    CHECK(kind_of(restored.at(Sequence{300})) == ErrorKind::not_found);
    CHECK(value(verify(restored)).lost.size() == 1);
  }

  TEST_CASE("a time means the last record that was recorded by then") {
    BackupFixture house;
    house.fill(1, 600);
    const std::string full = value(house.take(601)).id;
    house.fill(601, 700);
    const auto chain = value(backup_chain(house.store(), value(house.take(701, full)).id));
    const auto at = [&](std::int64_t second) {
      return value(last_recorded_by(chain, at_s(second), std::nullopt)).value;
    };
    CHECK(at(1) == 1);
    CHECK(at(350) == 350);
    CHECK(at(600) == 600);
    CHECK(at(650) == 650);
    CHECK(at(10'000) == 700);
    CHECK(kind_of(last_recorded_by(chain, at_s(0), std::nullopt)) == ErrorKind::not_found);
  }

  TEST_CASE("an incremental one continues this log's own history alone") {
    BackupFixture house, other;
    house.fill(1, 300);
    const std::string full = value(house.take(301)).id;
    CHECK(kind_of(house.take(302, full)) == ErrorKind::conflict);  // nothing new
    other.fill(2, 400);
    std::filesystem::create_directories(other.store());
    std::filesystem::copy(house.store() / full, other.store() / full);
    CHECK(kind_of(other.take(401, full)) == ErrorKind::conflict);  // another history
  }

  TEST_CASE("what a killed process left is taken away, and never listed") {
    BackupFixture house;
    house.fill(1, 300);
    std::filesystem::create_directories(house.store() / ".20251001T000000Z-300.part");
    CHECK(value(list_backups(house.store())).empty());
    value(StoreLock::take(house.store()));
    CHECK_FALSE(std::filesystem::exists(house.store() / ".20251001T000000Z-300.part"));
    const StoreLock held = value(StoreLock::take(house.store()));
    CHECK(kind_of(StoreLock::take(house.store())) == ErrorKind::locked);
  }

  TEST_CASE("a manifest that cannot be read is told before a backup is said not to be there") {
    BackupFixture house;
    house.fill(1, 300);
    const std::string id = value(house.take(301)).id;
    const auto manifest = house.store() / id / backup_manifest_file;
    std::filesystem::remove(manifest);
    std::filesystem::create_directories(manifest);
    const auto none = newest_backup(house.store(), std::nullopt);
    REQUIRE_FALSE(none.has_value());
    CHECK(none.error().what.find(manifest.string()) != std::string::npos);
  }

  TEST_CASE("who sends to a remote keeps nobody from taking a backup; one sends at a time") {
    BackupFixture house;
    house.fill(1, 300);
    const StoreLock sends = value(StoreLock::take(house.store(), StorePart::remote));
    CHECK(kind_of(StoreLock::take(house.store(), StorePart::remote)) == ErrorKind::locked);
    const StoreLock takes = value(StoreLock::take(house.store()));
    CHECK(value(house.take(301)).last().value == 300);
    CHECK(value(list_backups(house.store())).size() == 1);
  }

  TEST_CASE("a disk that takes no more leaves no backup, and the error names the file") {
    BackupFixture house;
    house.fill(1, 300);
    const auto full = house.take(301, std::nullopt, 64);
    CHECK(kind_of(full) == ErrorKind::io);  // of a limit; of a disk it is `full`
    CHECK(full.error().what.find(".seg") != std::string::npos);
    CHECK(std::filesystem::is_empty(house.store()));
    CHECK(value(house.take(302)).last().value == 300);
  }

  TEST_CASE("what a restore will take is known beforehand, and what no disk has is refused") {
    BackupFixture house;
    house.fill(1, 20'000);
    const auto chain = value(backup_chain(house.store(), value(house.take(20'001)).id));
    value(house.restore(chain.back().manifest.id, house.into("again")));
    const double taken =
        static_cast<double>(std::filesystem::file_size(house.into("again") / "data.mdb"));
    const double expected =
        static_cast<double>(value(restored_bytes(chain, std::nullopt, Sequence{20'000})));
    CAPTURE(taken);
    CAPTURE(expected);
    CHECK(expected > 0.9 * taken);
    CHECK(expected < 1.5 * taken);
    const double half =
        static_cast<double>(value(restored_bytes(chain, std::nullopt, Sequence{10'000})));
    CHECK(half / expected == doctest::Approx(0.5).epsilon(0.01));

    const auto refused =
        require_room(house.into("none") / "yet", UINT64_MAX / 2, "the restored log");
    CHECK(kind_of(refused) == ErrorKind::full);
    CHECK(refused.error().what.find("the restored log needs about ") == 0);
    CHECK(refused.error().what.find(" MiB left") != std::string::npos);
    good(require_room(house.into("none") / "yet", 1, "the restored log"));
  }

  TEST_CASE("a sealed file opens with its key and label, and in no other way") {
    const MemoryDirectory home;
    const BackupKey key = value(BackupKey::make(home / "key"));
    const BackupKey other = value(BackupKey::make(home / "other"));
    CHECK(value(BackupKey::open(home / "key")).id() == key.id());
    CHECK(kind_of(BackupKey::make(home / "key")) == ErrorKind::conflict);
    for (const std::size_t size : {0U, 1U, 65'536U, 200'000U}) {
      CAPTURE(size);
      std::vector<std::byte> bytes(size);
      for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 % 251);
      DiskFile clear = value(DiskFile::in_memory("clear"));
      good(clear.append(bytes));
      DiskFile sealed = value(DiskFile::in_memory("sealed"));
      good(seal_file(key, "a", clear, sealed));
      const DiskFile opened = value(unseal_file(key, "a", sealed));
      CHECK(value(opened.read(0, size)) == bytes);
      CHECK(value(opened.size()) == size);
      CHECK(kind_of(unseal_file(key, "b", sealed)) == ErrorKind::corrupt);
      CHECK(kind_of(unseal_file(other, "a", sealed)) == ErrorKind::corrupt);
      auto bytes_there = value(sealed.read(0, static_cast<std::size_t>(value(sealed.size()))));
      DiskFile shorter = value(DiskFile::in_memory("shorter"));
      good(shorter.append(std::span(bytes_there).first(bytes_there.size() - 1)));
      CHECK(kind_of(unseal_file(key, "a", shorter)) == ErrorKind::corrupt);
      bytes_there.back() ^= std::byte{1};
      DiskFile flipped = value(DiskFile::in_memory("flipped"));
      good(flipped.append(bytes_there));
      CHECK(kind_of(unseal_file(key, "a", flipped)) == ErrorKind::corrupt);
    }
    // The first chunk alone is a whole chunk, and not the end.
    DiskFile clear = value(DiskFile::in_memory("clear"));
    good(clear.append(std::vector<std::byte>(100'000)));
    DiskFile sealed = value(DiskFile::in_memory("sealed"));
    good(seal_file(key, "a", clear, sealed));
    DiskFile first = value(DiskFile::in_memory("first"));
    good(first.append(value(sealed.read(0, 24 + 65'536 + 17))));
    CHECK(kind_of(unseal_file(key, "a", first)) == ErrorKind::corrupt);
  }

  TEST_CASE("a manifest is read as it was written, or not at all") {
    BackupFixture house;
    house.fill(1, 300);
    const std::string text = render_backup_manifest(value(house.take(301)));
    CHECK(render_backup_manifest(value(parse_backup_manifest(text, "m"))) == text);
    for (std::size_t i = 0; i < text.size(); i += 3) {
      std::string changed = text;
      changed[i] = changed[i] == '0' ? '1' : '0';
      CAPTURE(changed);
      CHECK_FALSE(parse_backup_manifest(changed, "m").has_value());
    }
    CHECK_FALSE(parse_backup_manifest(text.substr(0, text.size() / 2), "m").has_value());
    CHECK(kind_of(parse_backup_manifest("{}", "m")) == ErrorKind::foreign);
  }

  TEST_CASE("prune keeps by age and by count, the newest, and what those need") {
    const std::vector<BackupManifest> all = {named("a", 0, 10),  named("b", 1, 20, "a"),
                                             named("c", 2, 30),  named("d", 3, 40, "c"),
                                             named("e", 10, 50), named("f", 11, 60, "e")};
    struct Row {
      const char* name;
      KeepRules rules;
      Ids gone;
    };
    const std::vector<Row> rows = {
        {"the newest and its base alone", {std::nullopt, 1}, {"a", "b", "c", "d"}},
        {"two, of which one is the other's base", {std::nullopt, 2}, {"a", "b", "c", "d"}},
        {"a third brings its base along", {std::nullopt, 3}, {"a", "b"}},
        {"a day", {1, std::nullopt}, {"a", "b", "c", "d"}},
        {"eight days keep d, which needs c", {8, std::nullopt}, {"a", "b"}},
        {"either rule keeps", {1, 4}, {"a", "b"}},
        {"more than there are", {std::nullopt, 9}, {}}};
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CHECK(prunable(all, row.rules) == row.gone);
    }
    // Taken with a clock that was far ahead, and overtaken since.
    auto ahead = all;
    ahead.insert(ahead.begin() + 4, named("x", 900, 45));
    CHECK(prunable(ahead, {std::nullopt, 1}) == Ids{"a", "b", "c", "d", "x"});
    CHECK(prunable(ahead, {8, std::nullopt}) == Ids{"a", "b"});
    auto two = all;
    two[0].meta.uuid = id_of(9);  // another house's only one
    CHECK(prunable(two, {std::nullopt, 1}) == Ids{"b", "c", "d"});
  }
}
