// What the daemon gathers, writes and records about its own health.
#include "coordinator/daemon/health_desk.hpp"

#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "coordinator/control/health_json.hpp"
#include "tests/daemon/logged_lines.hpp"
#include "tests/daemon/lone_daemon.hpp"

using namespace wattledger;
using namespace wattledger::testing;
using health::Health;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

struct Desk : DaemonFixture {
  config::Config config;
  std::optional<daemon::HealthDesk> desk;
  daemon::Contact contact;

  Desk() {
    config.data = home.path();
    config.health.every = seconds(30);
    make();
  }
  void make() {
    desk.emplace(config, clock, *journal, *log, *appender, [] {
      daemon::ProcessFigures figures;
      figures.resident = 50U << 20U;
      figures.anonymous = 30U << 20U;
      figures.cpu_ms = 1'500;
      figures.written = 9'000;
      return figures;
    });
    log::Room room;
    room.disk_free = std::uint64_t{9} << 30U;
    room.map = 1U << 30U;
    desk->take_room(room);
  }
  // Looks at a time, the inverter having just answered.
  void look(std::int64_t second) {
    clock.sleep_until(at_s(second));
    contact.last_answer = clock.now();
    contact.poll_took = std::chrono::milliseconds(20);
    REQUIRE(appender->flush().has_value());
    REQUIRE(desk->look(clock.now(), contact).has_value());
  }
  health::HealthItem item(const std::string& name) const {
    const auto report = desk->latest();
    REQUIRE(report.has_value());
    for (const health::HealthItem& each : report->items)
      if (each.name == name) return each;
    FAIL("no item " << name);
    return {};
  }
  std::filesystem::path file() const { return home / "health.json"; }
  std::string written() const {
    std::ifstream in(file());
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  UtcTime written_at() const { return control::read_health(written())->report.at; }
};

}  // namespace

TEST_SUITE("daemon/health") {
  TEST_CASE_FIXTURE(Desk, "a daemon that ends leaves a report that says so") {
    desk->close(clock.now());
    CHECK_FALSE(std::filesystem::exists(file()));  // it never judged
    look(100);
    clock.sleep_until(at_s(110));
    desk->close(clock.now());
    const auto last = control::read_health(written());
    REQUIRE(last.has_value());
    CHECK(last->report.at == at_s(110));
    CHECK(last->report.overall == Health::failed);
    CHECK(last->report.items.front() ==
          health::HealthItem{"daemon", Health::failed, "does not run", "start wattledgerd"});
  }

  TEST_CASE_FIXTURE(Desk, "health.json is written at its cadence, for the group to read") {
    steering();
    CHECK_FALSE(desk->latest().has_value());
    CHECK(desk->latest_json().empty());
    look(0);
    CHECK(written() == desk->latest_json() + "\n");
    CHECK(written_at() == at_s(0));
    struct stat found {};
    REQUIRE(::stat(file().c_str(), &found) == 0);
    CHECK((found.st_mode & 0137U) == 0);
    look(20);
    CHECK(desk->latest()->at == at_s(20));
    CHECK(written_at() == at_s(0));
    look(30);
    CHECK(written_at() == at_s(30));
    CHECK_FALSE(std::filesystem::exists(file().string() + ".new"));
  }

  TEST_CASE_FIXTURE(Desk, "what becomes worse or better is written and logged at once") {
    steering();
    const LoggedLines lines;
    look(0);
    const Health first = desk->latest()->overall;
    contact.silent_polls = 3;
    look(10);
    CHECK(first == Health::ok);
    CHECK(item("inverter").state == Health::failed);
    CHECK(written_at() == at_s(10));
    look(20);
    contact.silent_polls = 0;
    look(25);
    CHECK(written_at() == at_s(25));
    INFO(lines.text());
    CHECK(lines.count("warning health failed: inverter: 3 silent polls") == 1);
    CHECK(lines.count("info health ok") == 1);
  }

  TEST_CASE_FIXTURE(Desk,
                    "without health.write nothing is written, and it is judged all the same") {
    config.health.write = false;
    look(0);
    CHECK_FALSE(std::filesystem::exists(file()));
    CHECK(desk->latest().has_value());
  }

  TEST_CASE_FIXTURE(Desk, "a file that cannot be written is said once and stops nothing") {
    std::filesystem::create_directory(file());
    std::ofstream(file() / "inside") << "x";
    const LoggedLines lines;
    look(0);
    look(60);
    CHECK(lines.count("error health is not written") == 1);
  }

  TEST_CASE_FIXTURE(Desk, "what the log gets while the daemon runs is judged at its next look") {
    steering();
    look(0);
    CHECK(item("backup").detail.find("never") == 0);
    fb::BackupTakenT backup;
    backup.backup = "b1";
    backup.result = fb::Result::succeeded;
    backup.root = std::make_unique<fb::Digest256>();
    given(std::move(backup));
    look(60);
    CHECK(item("backup").detail == "b1, 1 min ago");
  }

  TEST_CASE_FIXTURE(Desk,
                    "after a restart the last weeks are read at once, and what is older in slices, "
                    "until the last drill is found or is too old to matter") {
    fb::BackupDrilledT drill;
    drill.backup = "b0";
    drill.result = fb::Result::succeeded;
    given(std::move(drill));
    for (int i = 0; i < 5'000; ++i) given(fb::SourceRecovered2T{});
    clock.set(at_s(60 * 86'400));
    REQUIRE(journal->step_clock(clock.now(), true).has_value());
    steering();
    make();
    look(60 * 86'400 + 10);
    CHECK(item("drill").detail.find("being looked through") != std::string::npos);
    look(60 * 86'400 + 20);
    CHECK(item("drill").detail == "b0, 60 d ago");
    CHECK(item("drill").state == Health::ok);
    CHECK(item("verify").detail == "by the drill of b0, 60 d ago");
  }

  TEST_CASE_FIXTURE(Desk,
                    "each hour what the kernel, the appender and the inverter took is recorded") {
    steering();
    for (std::int64_t second = 0; second < 3'600; second += 600) look(second);
    CHECK(count(Kind::SystemMeasured) == 0);
    fb::CommandConfirmedT confirmed;
    confirmed.writes = 3;
    given(std::move(confirmed));
    look(3'600);
    CHECK(count(Kind::SystemMeasured) == 1);
    const auto measured = last<fb::SystemMeasuredT>();
    CHECK(measured.resident_bytes == 50U << 20U);
    CHECK(measured.anonymous_bytes == 30U << 20U);
    CHECK(measured.cpu_ms == 1'500U);
    CHECK(measured.bytes_written == 9'000U);
    CHECK(measured.disk_free_bytes == std::uint64_t{9} << 30U);
    REQUIRE(measured.log_bytes.has_value());
    CHECK(*measured.log_bytes > 0);
    CHECK(*measured.log_bytes <= log->file_bytes());
    CHECK(measured.poll_p99_ms == 31U);  // 20 ms, by its power of two
    CHECK(measured.register_writes_today == 3U);
    CHECK(measured.uptime_s == 3'600U);
    REQUIRE(measured.commit_p99_us.has_value());
    CHECK(*measured.commit_p50_us <= *measured.commit_p99_us);
    look(7'199);
    CHECK(count(Kind::SystemMeasured) == 1);
    look(7'200);
    CHECK(count(Kind::SystemMeasured) == 2);
    look(7'210);
    REQUIRE(desk->latest()->figures.measured.has_value());
    CHECK(desk->latest()->figures.measured->uptime_s == 7'200U);
  }

  TEST_CASE("the kernel's texts are read by their names") {
    const std::string status = "Name:\twattledgerd\nVmRSS:\t   51234 kB\nRssAnon:\t   20000 kB\n";
    CHECK(daemon::status_bytes(status, "VmRSS:") == 51'234U * 1'024);
    CHECK(daemon::status_bytes(status, "RssAnon:") == 20'000U * 1'024);
    CHECK_FALSE(daemon::status_bytes(status, "VmSwap:").has_value());
    CHECK_FALSE(daemon::status_bytes("VmRSS:\tunknown\n", "VmRSS:").has_value());
    CHECK(daemon::io_bytes("rchar: 5\nwrite_bytes: 4096\ncancelled_write_bytes: 1\n",
                           "write_bytes:") == 4'096U);
    CHECK(daemon::control_group("0::/system.slice/wattledgerd.service\n") ==
          "/system.slice/wattledgerd.service");
    CHECK(daemon::control_group("1:name=systemd:/x\n0::/y\n") == "/y");
    CHECK_FALSE(daemon::control_group("1:memory:/x\n").has_value());
  }

  TEST_CASE("of this process the kernel tells what it uses") {
    const daemon::ProcessFigures figures = daemon::process_figures();
    REQUIRE(figures.resident.has_value());
    REQUIRE(figures.anonymous.has_value());
    CHECK(*figures.resident >= *figures.anonymous);
    CHECK(*figures.anonymous > 0);
    CHECK(figures.cpu_ms.has_value());
  }

  TEST_CASE_FIXTURE(LoneDaemon, "the status carries the report, from before the first poll on") {
    listen = true;
    const auto daemon = open();
    nlohmann::json status;
    clock.slept = [&](int sleeps) {
      if (sleeps != 1) return;
      control::Request request;
      request.id.bytes[0] = 1;
      request.verb = "status";
      request.args_json = "{}";
      const auto answer = control::ask(home.path(), request);
      REQUIRE_MESSAGE(answer.has_value(), answer.error().line());
      status = nlohmann::json::parse(*answer);
      daemon->request_stop();
    };
    REQUIRE(daemon->run(at_s(3'600)).has_value());
    REQUIRE(status["health"].is_object());
    CHECK(status["health"]["items"].size() == 12);
    CHECK(status["health"]["items"][3]["detail"] == "last answer 0 s ago");
  }
}
