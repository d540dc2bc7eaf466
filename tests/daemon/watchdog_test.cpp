#include "coordinator/daemon/watchdog.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace wattledger::daemon {
namespace {

constexpr std::chrono::milliseconds soon{5};
constexpr std::chrono::hours never{1};

}  // namespace

TEST_SUITE("daemon/watchdog") {
  TEST_CASE("a loop that feeds no more loses the inverter, and hears of it when it comes back") {
    std::latch let_go(1);
    Watchdog watchdog(soon, [&]() -> Result<std::uint32_t> {
      let_go.count_down();
      for (int i = 0; i < 1'000; ++i) std::this_thread::yield();  // the loop is back meanwhile
      return 3;
    });
    (void)watchdog.feed(true);
    let_go.wait();
    CHECK(watchdog.feed(true) == 3);
  }

  TEST_CASE("nothing is let go before the first feed, nor where nothing is steered") {
    std::atomic<int> calls = 0;
    {
      Watchdog watchdog(soon, [&]() -> Result<std::uint32_t> {
        ++calls;
        return 3;
      });
      CHECK_FALSE(watchdog.feed(false));
    }
    CHECK(calls == 0);
  }

  TEST_CASE("a fed one does nothing") {
    std::atomic<int> calls = 0;
    {
      Watchdog watchdog(never, [&]() -> Result<std::uint32_t> {
        ++calls;
        return 3;
      });
      for (int i = 0; i < 1'000; ++i) CHECK_FALSE(watchdog.feed(true));
    }
    CHECK(calls == 0);
  }

  TEST_CASE("it tries again while it fails, and says only what worked") {
    std::latch tried(3);
    std::atomic<int> calls = 0;
    Watchdog watchdog(soon, [&]() -> Result<std::uint32_t> {
      if (++calls <= 3) tried.count_down();
      return fail(ErrorKind::timed_out, "no answer");
    });
    (void)watchdog.feed(true);
    tried.wait();
    CHECK_FALSE(watchdog.feed(false));
  }
}

}  // namespace wattledger::daemon
