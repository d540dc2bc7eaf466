// What the service manager hears, at a socket of the test's own.
#include "coordinator/daemon/notifier.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <vector>

#include "tests/daemon/lone_daemon.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// Where a service manager listens.
class Listener {
 public:
  explicit Listener(const std::string& name)
      : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(name.size() < sizeof address.sun_path);
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), length) == 0);
  }
  ~Listener() { ::close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // What came since the last call.
  std::vector<std::string> heard() const {
    std::vector<std::string> all;
    char text[4'096];
    for (ssize_t n = 0; (n = ::recv(fd_, text, sizeof text, 0)) >= 0;)
      all.emplace_back(text, static_cast<std::size_t>(n));
    return all;
  }
  // The same, of a kind: "WATCHDOG=1".
  std::size_t heard(const std::string& what) const {
    std::size_t count = 0;
    for (const std::string& each : heard()) count += each == what ? 1U : 0U;
    return count;
  }

 private:
  const int fd_;
};

using Strings = std::vector<std::string>;
constexpr std::chrono::microseconds watchdog{4'000'000};  // less than a poll

}  // namespace

TEST_SUITE("daemon/notifier") {
  TEST_CASE("each thing is told in a datagram of its own, by a path or by an abstract name") {
    const TemporaryDirectory home;
    for (const std::string& name :
         {(home / "notify").string(), "@wattledger-test-" + std::to_string(::getpid())}) {
      CAPTURE(name);
      const Listener manager(name);
      const auto notifier = daemon::Notifier::open(name, watchdog);
      REQUIRE(notifier != nullptr);
      notifier->ready();
      notifier->status("control on\nhealth ok");
      notifier->alive();
      notifier->extend(std::chrono::seconds(60));
      notifier->stopping();
      CHECK(manager.heard() == Strings{"READY=1", "STATUS=control on health ok", "WATCHDOG=1",
                                       "EXTEND_TIMEOUT_USEC=60000000", "STOPPING=1"});
      notifier->reloading();
      const Strings heard = manager.heard();
      REQUIRE(heard.size() == 1);
      CHECK(heard[0].starts_with("RELOADING=1\nMONOTONIC_USEC="));
    }
  }

  TEST_CASE("there is nobody to tell without a socket's name, or where nobody listens") {
    const TemporaryDirectory home;
    for (const std::string& name : {std::string(), std::string("@"), std::string("relative"),
                                    (home / "nobody").string(), "/" + std::string(200, 'x')}) {
      CAPTURE(name);
      CHECK(daemon::Notifier::open(name, watchdog) == nullptr);
    }
  }

  TEST_CASE("life is told only to who waits for it") {
    const TemporaryDirectory home;
    const Listener manager((home / "notify").string());
    daemon::Notifier::open((home / "notify").string(), std::nullopt)->alive();
    CHECK(manager.heard().empty());
  }

  TEST_CASE(
      "the environment's names are taken once and left to no child; another's watchdog is not "
      "ours") {
    const TemporaryDirectory home;
    const std::string name = (home / "notify").string();
    const Listener manager(name);
    for (const bool ours : {true, false}) {
      CAPTURE(ours);
      ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
      ::setenv("WATCHDOG_USEC", "4000000", 1);
      ::setenv("WATCHDOG_PID", std::to_string(::getpid() + (ours ? 0 : 1)).c_str(), 1);
      const auto notifier = daemon::Notifier::from_environment();
      REQUIRE(notifier != nullptr);
      CHECK(notifier->watchdog().has_value() == ours);
      CHECK(::getenv("NOTIFY_SOCKET") == nullptr);
      CHECK(::getenv("WATCHDOG_USEC") == nullptr);
      CHECK(daemon::Notifier::from_environment() == nullptr);
    }
  }

  TEST_CASE_FIXTURE(
      LoneDaemon,
      "a daemon asks for time until it is ready, tells its state each minute and that "
      "it lives as long as its loop turns, and says when it stops") {
    const Listener manager((home / "notify").string());
    daemon::DaemonOptions options;
    options.supervisor = daemon::Notifier::open((home / "notify").string(), watchdog);
    const auto daemon = open(std::move(options));
    CHECK(manager.heard() == Strings{"EXTEND_TIMEOUT_USEC=60000000"});
    std::size_t states = 0;
    std::size_t lives = 0;
    bool ready = false;
    inverter.while_polled = [&] {
      for (const std::string& each : manager.heard()) {
        CHECK_FALSE((each == "WATCHDOG=1" && !ready));
        ready = ready || each == "READY=1";
        lives += each == "WATCHDOG=1" ? 1U : 0U;
        if (!each.starts_with("STATUS=")) continue;
        if (++states == 2)
          CHECK(each.find("STATUS=control on, battery 3 %, charge, inverter answered") == 0);
        if (states == 2) CHECK(each.find(", health ") != std::string::npos);
      }
    };
    REQUIRE(daemon->run(at_s(121)).has_value());
    CHECK(ready);
    CHECK(states == 3);  // at 0, 60 and 120 s
    // With each pass, and twice in each pass's ten seconds besides.
    CHECK(lives >= 3 * 12);
    REQUIRE(daemon->close(fb::StopCause::finished).has_value());
    const Strings last = manager.heard();
    CHECK(std::count(last.begin(), last.end(), "STOPPING=1") == 1);
  }

  TEST_CASE_FIXTURE(LoneDaemon, "a reload is told, and its end") {
    const Listener manager((home / "notify").string());
    daemon::DaemonOptions options;
    options.reload = [this]() -> Result<config::Config> { return config; };
    options.supervisor = daemon::Notifier::open((home / "notify").string(), std::nullopt);
    const auto daemon = open(std::move(options));
    clock.slept = [&](int sleeps) {
      if (sleeps != 2) return;
      (void)manager.heard();
      daemon->request_reload();
    };
    REQUIRE(daemon->run(at_s(50)).has_value());
    const Strings heard = manager.heard();
    REQUIRE(heard.size() == 2);
    CHECK(heard[0].starts_with("RELOADING=1\n"));
    CHECK(heard[1] == "READY=1");
  }
}
