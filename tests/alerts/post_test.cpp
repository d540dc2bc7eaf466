// Who is told what, once, over failures, restarts and restores.
#include "coordinator/alerts/post.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "log/appender.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::alerts;
using wattledger::testing::at_s;
using wattledger::testing::event;
using wattledger::testing::TemporaryDirectory;

namespace {

// A log, receivers that the test lets fail, and what each was told.
struct House {
  TemporaryDirectory home;
  std::optional<log::Log> log;
  std::optional<log::WriterLock> lock;
  std::optional<log::Appender> appender;
  std::vector<std::string> told;
  std::set<std::string> deaf;
  int tries = 0;
  std::int64_t now = 0;

  House() { make("log"); }
  void make(const std::string& name) {
    appender.reset();
    lock.reset();
    log.emplace(std::move(*log::Log::create(home / name, {})));
    lock.emplace(std::move(*log::WriterLock::take(home / name, "test")));
    appender.emplace(std::move(*log::Appender::open(*log, *lock, {})));
  }

  template <class FactT>
  std::uint64_t record(FactT fact) {
    const auto encoded = encode(event(at_s(now), std::move(fact)));
    REQUIRE(encoded.has_value());
    const auto appended = appender->append(*encoded, at_s(now), {});
    REQUIRE_MESSAGE(appended.has_value(), appended.error().line());
    return appended->sequence.value;
  }
  std::uint64_t raised(const char* alert, fb::Severity severity = fb::Severity::critical) {
    fb::AlertRaisedT fact;
    fact.alert = alert;
    fact.severity = severity;
    return record(std::move(fact));
  }
  void end(const char* alert, std::uint64_t raised) {
    fb::AlertEndedT fact;
    fact.alert = alert;
    fact.raised = raised;
    record(std::move(fact));
  }

  static config::AlertReceiver receiver(const char* name) {
    config::AlertReceiver receiver;
    receiver.name = name;
    receiver.command = "true";
    return receiver;
  }
  Post open(std::vector<config::AlertReceiver> receivers = {receiver("phone")}) {
    auto post = Post::open(*log, home / "alerts.sent", std::move(receivers), "home",
                           [this](const config::AlertReceiver& to, const Message& message,
                                  const std::stop_token&) -> Result<void> {
                             ++tries;
                             if (deaf.count(to.name) != 0)
                               return fail(ErrorKind::io, to.name + " is deaf");
                             told.push_back(to.name + ": " + message.raised.alert +
                                            (message.ended ? " ended" : " raised"));
                             return {};
                           });
    REQUIRE_MESSAGE(post.has_value(), post.error().line());
    return std::move(*post);
  }
  std::vector<Post::Line> look(Post& post) {
    auto lines = post.look(at_s(now), {});
    REQUIRE_MESSAGE(lines.has_value(), lines.error().line());
    return std::move(*lines);
  }
};
using Told = std::vector<std::string>;

}  // namespace

TEST_SUITE("alerts/post") {
  TEST_CASE_FIXTURE(House, "each is told once, and its end once") {
    Post post = open();
    const auto disk = raised("disk_space");
    look(post);
    look(post);
    CHECK(told == Told{"phone: disk_space raised"});
    end("disk_space", disk);
    look(post);
    look(post);
    CHECK(told == Told{"phone: disk_space raised", "phone: disk_space ended"});
  }

  TEST_CASE_FIXTURE(House, "what the log holds when a receiver begins is not told to it") {
    raised("clock");
    Post post = open();
    look(post);
    CHECK(told.empty());
  }

  TEST_CASE_FIXTURE(House, "each receiver is told what it asked for, the end of it too") {
    auto disk_only = receiver("mail");
    disk_only.conditions = {"disk_space"};
    auto grave = receiver("phone");
    grave.least = fb::Severity::critical;
    Post post = open({disk_only, grave});
    const auto disk = raised("disk_space", fb::Severity::warning);
    raised("safety_stop");
    end("disk_space", disk);
    look(post);
    CHECK(told ==
          Told{"mail: disk_space raised", "mail: disk_space ended", "phone: safety_stop raised"});
  }

  TEST_CASE_FIXTURE(House, "a restart tells nothing twice, and what was not told yet") {
    {
      Post post = open();
      raised("clock");
      look(post);
      deaf = {"phone"};
      raised("disk_space");
      look(post);
    }
    deaf.clear();
    raised("crash");
    Post post = open();
    look(post);
    CHECK(told == Told{"phone: clock raised", "phone: disk_space raised", "phone: crash raised"});
  }

  TEST_CASE_FIXTURE(House, "nothing is told again without the file, or when it cannot be read") {
    {
      Post post = open();
      raised("clock");
      look(post);
    }
    REQUIRE(std::filesystem::remove(home / "alerts.sent"));
    {
      Post post = open();
      look(post);
    }
    std::ofstream(home / "alerts.sent") << "{\"log\": [";
    Post post = open();
    look(post);
    CHECK(told == Told{"phone: clock raised"});
  }

  TEST_CASE_FIXTURE(House, "a restored log has another uuid, and what lies in it is not told") {
    {
      Post post = open();
      raised("clock");
      look(post);
    }
    told.clear();
    make("restored");
    raised("clock");
    raised("disk_space");
    Post post = open();
    look(post);
    CHECK(told.empty());
    raised("crash");
    look(post);
    CHECK(told == Told{"phone: crash raised"});
  }

  TEST_CASE_FIXTURE(House, "an older copy of the log that was put back is not told either") {
    {
      Post post = open();
      raised("clock");
      look(post);
    }
    const auto snapshot = log->snapshot();
    REQUIRE(snapshot.has_value());
    std::ofstream(home / "alerts.sent")
        << "{\"log\": \"" << snapshot->meta().uuid.hex() << "\", \"told\": {\"phone\": 4000}}";
    told.clear();
    Post post = open();
    look(post);
    CHECK(told.empty());
    raised("crash");
    look(post);
    CHECK(told == Told{"phone: crash raised"});
  }

  TEST_CASE_FIXTURE(House, "one that fails is tried again, later each time, and said once") {
    Post post = open({receiver("deaf"), receiver("phone")});
    deaf = {"deaf"};
    raised("clock");
    auto lines = look(post);
    REQUIRE(lines.size() == 1);
    CHECK(lines.front().text == "deaf is deaf");
    CHECK_FALSE(lines.front().lost);
    CHECK(told == Told{"phone: clock raised"});  // nobody waits for the other
    tries = 0;
    now = 29;
    CHECK(look(post).empty());
    CHECK(tries == 0);
    now = 30;
    CHECK(look(post).empty());
    CHECK(tries == 1);
    now = 89;
    look(post);
    CHECK(tries == 1);
    now = 90;
    deaf.clear();
    look(post);
    CHECK(tries == 2);
    CHECK(told == Told{"phone: clock raised", "deaf: clock raised"});
  }

  TEST_CASE("the pause grows from half a minute to half an hour") {
    CHECK(retry_after(1) == seconds(30));
    CHECK(retry_after(2) == seconds(60));
    CHECK(retry_after(7) == seconds(1'800));
    CHECK(retry_after(4'000'000'000) == seconds(1'800));
  }

  TEST_CASE_FIXTURE(House, "after a day it is given up, with a line, and the next is told") {
    Post post = open();
    deaf = {"phone"};
    raised("clock");
    look(post);
    now = 86'399;
    look(post);
    raised("crash");
    now = 86'400 + 1'800;
    const auto lines = look(post);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].lost);
    CHECK(lines[0].text == "phone is deaf; clock (raised) is a day old and not told any more");
    deaf.clear();
    now += 3'600;
    look(post);
    CHECK(told == Told{"phone: crash raised"});
  }
}
