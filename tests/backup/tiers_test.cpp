// Records that come of age move on, and nothing leaves a tier before its copy in the next one is
// known to be the same.
#include "log/tiers.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

#include "coordinator/remote/cold_store.hpp"
#include "log/backup.hpp"
#include "log/checkpoint.hpp"
#include "log/restore.hpp"
#include "log/retire.hpp"
#include "log/verification.hpp"
#include "projections/damage.hpp"
#include "tests/log/log_fixture.hpp"
#include "tests/support/rclone_place.hpp"

using namespace wattledger;
using namespace wattledger::log;
using namespace wattledger::testing;

namespace {

namespace fs = std::filesystem;
using days = std::chrono::days;

// The test's own remote, and what rclone is run by: put back afterwards.
class Remotes {
 public:
  Remotes() : path_(std::getenv("PATH")) { ::setenv("RCLONE_CONFIG", there_.config().c_str(), 1); }
  Remotes(const Remotes&) = delete;
  Remotes& operator=(const Remotes&) = delete;
  ~Remotes() {
    honest();
    ::unsetenv("RCLONE_CONFIG");
  }
  void lie() { ::setenv("PATH", there_.lying_path().c_str(), 1); }
  void honest() { ::setenv("PATH", path_.c_str(), 1); }
  [[nodiscard]] const RclonePlace& there() const { return there_; }

 private:
  RclonePlace there_;
  std::string path_;
};

// A log of 9 000 records, one a second, of which the first 4 864 may leave LMDB.
class TierHouse : public LogFixture {
 public:
  TierHouse() : LogFixture(limits()) {
    for (int i = 1; i <= 9'000; ++i) enqueue(reading(i, i % 977), i);
    good(appender().flush());
  }
  [[nodiscard]] TierPlan plan(int after_days, TierAges ages = {}, bool remote = true) {
    ages.records_min = std::min<std::uint64_t>(ages.records_min, 1'000);
    return value(plan_tiers(snapshot(), log(), at_s(9'000) + days(after_days), ages, remote));
  }
  void archive() {
    const TierPlan found = plan(8);
    for (const SequenceRange& each : found.archive.build)
      value(build_segment(snapshot(), log(), each));
    value(retire(log(), lock(), found.archive.retire_to));
  }
  Result<ColdSegment> send(const Remotes& remotes) {
    const TierPlan found = plan(100);
    REQUIRE(found.to_send.size() == 1);
    return remote::send_segment(directory(), found.to_send[0],
                                remote::cold_place(remotes.there().place(), snapshot().meta().uuid),
                                at_s(10'000'000), {});
  }
  [[nodiscard]] fs::path segment() const { return directory() / "segments" / name; }
  Result<BackupManifest> back_up(BackupOptions options) {
    options.taken_at = at_s(9'001);
    options.checkpoint = value(sign_checkpoint(
        value(SigningKey::from_seed(std::array<std::uint8_t, seed_bytes>{})), snapshot().meta()));
    return take_backup(snapshot(), log(), store(), options);
  }
  [[nodiscard]] fs::path store() const { return home_ / "backups"; }

  static constexpr const char* name = "000000000001-000000004864.seg";

 private:
  static AppendLimits limits() {
    AppendLimits limits;
    limits.telemetry_events_max = 1'000;
    return limits;
  }
  MemoryDirectory home_;
};

}  // namespace

TEST_SUITE("backup/tiers") {
  TEST_CASE("records move on when they are old enough and enough, not before") {
    TierHouse house;
    CHECK(house.plan(6).archive.retire_to.value == 0);
    CHECK(house.plan(8).archive.retire_to.value == 4'864);
    TierAges many;
    many.records_min = 1'000;
    many.hot = days(100);
    CHECK(house.plan(99, many).archive.retire_to.value == 0);
    const TierPlan few = value(plan_tiers(house.snapshot(), house.log(), at_s(9'000) + days(8),
                                          TierAges{}, /*remote=*/false));
    CHECK(few.archive.build.empty());  // not worth a segment yet

    house.archive();
    CHECK(house.plan(89).to_send.empty());
    CHECK(house.plan(91).to_send.size() == 1);
    CHECK(house.plan(91, {}, /*remote=*/false).to_send.empty());
    TierAges at_once;
    at_once.hot = days(1);
    at_once.warm = days(2);
    CHECK(house.plan(34, at_once).to_send.empty());  // what a start reads anew
    CHECK(house.plan(36, at_once).to_send.size() == 1);
  }

  TEST_CASE("a segment that went is told of where it is missed, and comes back as it was") {
    if (rclone_program().empty()) return;
    TierHouse house;
    const Remotes remotes;
    house.archive();
    const Digest root = house.snapshot().meta().frontier.root();
    const ColdSegment cold = value(house.send(remotes));
    CHECK_FALSE(fs::exists(house.segment()));
    CHECK(value(list_cold(house.directory())) == std::vector{cold});
    CHECK(fs::file_size(remotes.there().directory() / house.snapshot().meta().uuid.hex() /
                        TierHouse::name) == cold.bytes);
    const Tiers tiers = value(tiers_of(house.snapshot(), house.log()));
    CHECK(tiers.cold.records == 4'864);
    CHECK(tiers.warm.records == 0);
    CHECK(tiers.hot.records == 9'000 - 4'864);

    // Nothing of it is damaged: who reads on, or verifies, tells it apart.
    const Verification sound = value(verify(house.snapshot()));
    CHECK(sound.findings.empty());
    CHECK(sound.cold == 4'864);
    projections::Damage passed;
    std::uint64_t read = 0;
    const log::Snapshot whole = house.snapshot();
    good(projections::scan_over_damage(
        whole, Sequence{1}, whole.head(),
        [&](const log::RecordView&) -> Result<bool> { return ++read > 0; }, passed));
    CHECK(read == 9'000 - 4'864);
    CHECK(passed.records == 4'864);
    CHECK(passed.cold == 4'864);

    const auto missed = house.snapshot().at(Sequence{1});
    REQUIRE(kind_of(missed) == ErrorKind::not_found);
    CHECK(missed.error().what.find(remotes.there().place()) != std::string::npos);
    CHECK(missed.error().remedy ==
          "fetch them: wattledger tiers fetch --from 2025-10-01 --to 2025-10-02");

    good(remote::fetch_segment(house.directory(), cold, {}));
    CHECK(house.snapshot().at(Sequence{1}).has_value());
    CHECK(value(verify(house.snapshot())).findings.empty());
    CHECK(house.snapshot().meta().frontier.root() == root);
    CHECK(value(tiers_of(house.snapshot(), house.log())).fetched == 1);
    CHECK(house.plan(100).to_leave.empty());  // fetched just now
    fs::last_write_time(house.segment(), fs::file_time_type::clock::now() - days(8));
    REQUIRE(house.plan(100).to_leave.size() == 1);
    good(remote::leave_segment(house.directory(), cold, {}));
    CHECK_FALSE(fs::exists(house.segment()));
  }

  TEST_CASE("a remote that keeps something else than it got gets nothing to keep alone") {
    if (rclone_program().empty()) return;
    TierHouse house;
    Remotes remotes;
    house.archive();
    remotes.lie();
    CHECK(kind_of(house.send(remotes)) == ErrorKind::corrupt);
    CHECK(fs::exists(house.segment()));
    CHECK(value(list_cold(house.directory())).empty());
    CHECK(house.snapshot().at(Sequence{1}).has_value());

    remotes.honest();  // the next day's run
    const ColdSegment cold = value(house.send(remotes));
    CHECK_FALSE(fs::exists(house.segment()));
    // What rots there later is no segment of ours any more.
    fs::resize_file(
        remotes.there().directory() / house.snapshot().meta().uuid.hex() / TierHouse::name,
        cold.bytes - 1);
    CHECK(kind_of(remote::fetch_segment(house.directory(), cold, {})) == ErrorKind::corrupt);
    CHECK_FALSE(fs::exists(house.segment()));
  }

  TEST_CASE("a remote that cannot be reached keeps everything where it is") {
    if (rclone_program().empty()) return;
    TierHouse house;
    const Remotes remotes;
    house.archive();
    const auto sent = remote::send_segment(house.directory(), {Sequence{1}, Sequence{4'864}},
                                           "nowhere:x", {}, {});
    CHECK_FALSE(sent.has_value());
    CHECK(fs::exists(house.segment()));
  }

  TEST_CASE("a whole backup has the cold records too, fetched for it") {
    if (rclone_program().empty()) return;
    TierHouse house;
    const Remotes remotes;
    house.archive();
    const ColdSegment cold = value(house.send(remotes));
    const auto without = house.back_up({});
    CHECK(kind_of(without) == ErrorKind::not_found);
    CHECK(without.error().remedy.find("tiers fetch") != std::string::npos);
    BackupOptions options;
    const MemoryDirectory aside;
    options.fetch = [&](const ColdSegment& asked) {
      return remote::fetch_aside(asked, aside / "fetched", {});
    };
    const BackupManifest manifest = value(house.back_up(options));
    CHECK(check_backup(value(backup_chain(house.store(), manifest.id)), {}).findings.empty());
    CHECK(fs::is_empty(aside / "fetched"));
    CHECK_FALSE(fs::exists(house.segment()));
  }
}
