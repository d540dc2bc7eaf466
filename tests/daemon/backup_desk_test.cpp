// The daemon's own backups, and when they are taken.
#include "coordinator/daemon/backup_desk.hpp"

#include <fstream>
#include <thread>

#include "log/backup_check.hpp"
#include "log/signing_key.hpp"
#include "tests/daemon/lone_daemon.hpp"
#include "tests/support/rclone_place.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using namespace std::chrono_literals;
using daemon::BackupSchedule;

namespace {

using Due = BackupSchedule::Due;

// What the schedule is asked: local time, and UTC as far behind it.
struct Asked {
  BackupSchedule schedule{150min};  // 02:30
  Due at(int day, int hour, int minute, std::chrono::hours offset = 2h) {
    const auto local = LocalTime(std::chrono::local_days(std::chrono::year(2025) / 10 / day)) +
                       std::chrono::hours(hour) + std::chrono::minutes(minute);
    return schedule.due(UtcTime(local.time_since_epoch() - offset), local);
  }
  void fails(int day, int hour, int minute) {
    schedule.failed(
        UtcTime((LocalTime(std::chrono::local_days(std::chrono::year(2025) / 10 / day)) +
                 std::chrono::hours(hour) + std::chrono::minutes(minute))
                    .time_since_epoch() -
                2h));
  }
};

// A desk on a log that is signed, and its days in few words.
struct BackupHouse : DaemonFixture {
  config::Config config;
  std::optional<daemon::BackupDesk> desk;

  BackupHouse() {
    config.data = home.path();
    config.backup.full_every = std::chrono::days(3);
    appender->sign_with(std::make_shared<const log::SigningKey>(
        *log::SigningKey::from_seed(std::array<std::uint8_t, log::seed_bytes>{})));
    given(fb::ReadingRecordedT{});
  }
  void open_desk() { desk.emplace(config, *journal, *log, *appender); }
  // The tick at that hour after the log began, and the end of what it started.
  void look(int hour) {
    clock.set(at_s(3'600 * hour));
    for (int i = 0; i < 2; ++i) {
      REQUIRE(desk->look(clock.now()).has_value());
      while (desk->working()) std::this_thread::yield();
    }
  }
  [[nodiscard]] std::filesystem::path store() const { return home / "backups"; }
  std::vector<log::BackupManifest> backups() const {
    std::vector<log::BackupManifest> found;
    if (const auto all = log::list_backups(store()))
      for (const log::StoredBackup& each : *all)
        if (each.manifest) found.push_back(*each.manifest);
    return found;
  }
};

}  // namespace

TEST_SUITE("daemon/backup desk") {
  TEST_CASE("it falls due when the night's time passes, once a night") {
    Asked asked;
    CHECK(asked.at(4, 12, 0) == Due::if_overdue);
    CHECK(asked.at(4, 12, 1) == Due::no);
    CHECK(asked.at(5, 2, 29) == Due::no);
    CHECK(asked.at(5, 2, 30) == Due::yes);
    CHECK(asked.at(5, 2, 31) == Due::no);
    CHECK(asked.at(6, 0, 0) == Due::no);
    CHECK(asked.at(8, 9, 0) == Due::yes);  // slept for days: one
    CHECK(asked.at(8, 9, 1) == Due::no);
  }

  TEST_CASE("an hour that comes twice gives no second backup, one that is left out gives one") {
    Asked autumn;
    (void)autumn.at(25, 12, 0);
    CHECK(autumn.at(26, 2, 30) == Due::yes);
    CHECK(autumn.at(26, 2, 0, 1h) == Due::no);
    CHECK(autumn.at(26, 2, 30, 1h) == Due::no);
    CHECK(autumn.at(27, 2, 30, 1h) == Due::yes);
    Asked spring;
    (void)spring.at(4, 12, 0);
    CHECK(spring.at(5, 1, 59) == Due::no);
    CHECK(spring.at(5, 3, 0) == Due::yes);
  }

  TEST_CASE("what failed is tried again after an hour, and until it succeeds") {
    Asked asked;
    (void)asked.at(4, 12, 0);
    CHECK(asked.at(5, 2, 30) == Due::yes);
    asked.fails(5, 2, 30);
    CHECK(asked.at(5, 3, 29) == Due::no);
    CHECK(asked.at(5, 3, 30) == Due::again);
    asked.fails(5, 3, 31);
    CHECK(asked.at(5, 4, 31) == Due::again);
    asked.fails(5, 4, 31);
    CHECK(asked.at(6, 2, 30) == Due::yes);  // another night
    asked.schedule.succeeded();
    CHECK(asked.at(6, 9, 0) == Due::no);
  }

  TEST_CASE("a clock that was days ahead keeps no night from its backup") {
    Asked asked;
    CHECK(asked.at(20, 12, 0) == Due::if_overdue);
    CHECK(asked.at(4, 12, 0) == Due::no);
    CHECK(asked.at(5, 2, 30) == Due::yes);
  }

  TEST_CASE_FIXTURE(BackupHouse,
                    "each night has one, verified and recorded: whole, then what is new alone") {
    open_desk();
    look(1);
    CHECK(backups().empty());  // the log is younger than a day
    for (int night = 0; night < 5; ++night) look(24 * night + 2);
    const auto found = backups();
    REQUIRE(found.size() == 5);
    CHECK_FALSE(found[0].base.has_value());
    CHECK(found[1].base == found[0].id);
    CHECK(found[2].base == found[1].id);
    CHECK_FALSE(found[3].base.has_value());  // after three days
    CHECK(found[4].base == found[3].id);
    CHECK(count(Kind::BackupTaken) == 5);
    const auto taken = last<fb::BackupTakenT>();
    CHECK(taken.backup == found[4].id);
    CHECK(taken.result == fb::Result::succeeded);
    CHECK(taken.incremental);
    CHECK(taken.tree_size == found[4].last().value);
    CHECK(log::check_backup(*log::backup_chain(store(), found[4].id), {}).findings.empty());
  }

  TEST_CASE_FIXTURE(BackupHouse, "what a stop made it miss is made up for, once a day is over") {
    open_desk();
    look(1);
    look(2);
    CHECK(backups().size() == 1);
    open_desk();
    look(20);
    CHECK(backups().size() == 1);
    open_desk();
    look(27);
    CHECK(backups().size() == 2);
    look(28);
    CHECK(backups().size() == 2);
  }

  TEST_CASE_FIXTURE(BackupHouse, "a chain that is broken is not gone on with") {
    open_desk();
    look(1);
    look(2);
    look(26);
    REQUIRE(backups().size() == 2);
    const auto full = store() / backups()[0].id;
    std::filesystem::resize_file(full / backups()[0].files.at(0).name, 10);
    look(50);
    CHECK_FALSE(backups().back().base.has_value());
  }

  TEST_CASE_FIXTURE(BackupHouse, "old ones go, but for what a kept one rests on") {
    config.backup.keep = std::chrono::days(1);
    config.backup.keep_count = 1;
    open_desk();
    look(1);
    for (int night = 0; night < 5; ++night) look(24 * night + 2);
    const auto found = backups();
    REQUIRE(found.size() == 2);
    CHECK_FALSE(found[0].base.has_value());
    CHECK(found[1].base == found[0].id);
  }

  TEST_CASE_FIXTURE(BackupHouse, "one that failed is recorded with its reason and tried again") {
    std::ofstream(home / "backups") << "no directory";
    open_desk();
    look(1);
    look(2);
    const auto failed = last<fb::BackupTakenT>();
    CHECK(failed.result == fb::Result::failed);
    CHECK(failed.backup == (home / "backups").string());
    CHECK_FALSE(failed.detail.empty());
    std::filesystem::remove(home / "backups");
    look(3);
    CHECK(backups().size() == 1);
    CHECK(last<fb::BackupTakenT>().result == fb::Result::succeeded);
    CHECK(count(Kind::BackupTaken) == 2);
  }

  TEST_CASE_FIXTURE(BackupHouse, "a key that others may read encrypts nothing") {
    const auto file = home / "backup.key";
    REQUIRE(log::BackupKey::make(file).has_value());
    config.backup.key_file = file;
    std::filesystem::permissions(file, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    open_desk();
    look(1);
    look(2);
    CHECK(last<fb::BackupTakenT>().result == fb::Result::failed);
    CHECK(last<fb::BackupTakenT>().detail.find(file.string()) != std::string::npos);
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    look(3);
    CHECK(last<fb::BackupTakenT>().encrypted);
    CHECK(backups().at(0).key_id.has_value());
  }

  TEST_CASE_FIXTURE(
      BackupHouse,
      "a copy that the remote did not take is sent an hour later, and no new one made") {
    if (rclone_program().empty()) return;
    const RclonePlace there;
    config.backup.remote = there.place();
    ::setenv("RCLONE_CONFIG", "/nonexistent/rclone.conf", 1);
    open_desk();
    look(1);
    look(2);
    const auto failed = last<fb::BackupTakenT>();
    CHECK(failed.result == fb::Result::failed);
    CHECK(failed.detail.find("it stands here, and not with there:") == 0);
    REQUIRE(backups().size() == 1);
    ::setenv("RCLONE_CONFIG", there.config().c_str(), 1);
    look(3);
    ::unsetenv("RCLONE_CONFIG");
    const auto taken = last<fb::BackupTakenT>();
    CHECK(taken.result == fb::Result::succeeded);
    CHECK(taken.backup == backups().at(0).id);
    CHECK(backups().size() == 1);
    const auto copied = log::list_backups(there.directory());
    REQUIRE(copied.has_value());
    REQUIRE(copied->size() == 1);
    CHECK(log::check_backup(*log::backup_chain(there.directory(), taken.backup), {})
              .findings.empty());
    CHECK_FALSE(std::filesystem::exists(home / "cache" / "backup-manifests"));
  }

  TEST_CASE_FIXTURE(BackupHouse, "a remote that is down for nights keeps none from its backup") {
    if (rclone_program().empty()) return;
    const RclonePlace there;
    config.backup.remote = there.place();
    ::setenv("RCLONE_CONFIG", "/nonexistent/rclone.conf", 1);
    open_desk();
    look(1);
    for (int night = 0; night < 3; ++night) look(24 * night + 2);
    CHECK(backups().size() == 3);
    CHECK(last<fb::BackupTakenT>().result == fb::Result::failed);
    ::setenv("RCLONE_CONFIG", there.config().c_str(), 1);
    look(24 * 3 + 2);
    ::unsetenv("RCLONE_CONFIG");
    CHECK(backups().size() == 4);
    CHECK(last<fb::BackupTakenT>().result == fb::Result::succeeded);
    const auto copied = log::list_backups(there.directory());
    REQUIRE(copied.has_value());
    CHECK(copied->size() >= 1);
    CHECK(copied->back().id == backups().back().id);
  }

  TEST_CASE_FIXTURE(LoneDaemon, "the daemon takes its nights' backups and stops with the last") {
    config.control_mode = fb::ControlMode::advise;
    inverter.reading.battery_soc_bp = static_cast<std::uint16_t>(5'000);
    const auto daemon = open();
    clock.sleep_until(at_s(3'590));
    const auto stored = [&] {
      const auto all = log::list_backups(home / "backups");
      return all ? all->size() : 0;
    };
    clock.slept = [&](int) {
      if (clock.now() < at_s(7'210)) return;
      while (stored() == 0) std::this_thread::yield();
      daemon->request_stop();
    };
    REQUIRE(daemon->run(at_s(10'000)).has_value());
    REQUIRE(daemon->close(fb::StopCause::signal).has_value());
    CHECK(stored() == 1);
    CHECK(recorded(*daemon, Kind::BackupTaken).size() == 1);
  }
}
