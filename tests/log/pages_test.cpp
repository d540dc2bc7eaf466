// What readers and writers do to each other through LMDB's pages and its map.
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "log/environment.hpp"
#include "log/room.hpp"
#include "tests/log/log_fixture.hpp"
#include "tests/log/raw_environment.hpp"
#include "tests/support/child_process.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

constexpr std::uint64_t small_map = std::uint64_t{256} * 1024;
// WATTLEDGER_STALLED_COMMITS makes it longer or shorter.
#ifdef WATTLEDGER_SANITIZED
constexpr std::uint64_t commits_default = 2'000;
#else
constexpr std::uint64_t commits_default = 100'000;
#endif
// What the file may grow by beside what the records themselves take.
constexpr double growth_max = 1.05;

std::uint64_t commits_wanted() {
  const char* text = std::getenv("WATTLEDGER_STALLED_COMMITS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : commits_default;
}

// A commit each; where memory is a file system, no disk is waited for.
std::filesystem::path fast_place() {
  std::error_code error;
  return std::filesystem::is_directory("/dev/shm", error) ? "/dev/shm"
                                                          : std::filesystem::temp_directory_path();
}

// Bytes of a log's file after so many commits of one reading, with `stall` called once a record is
// there; it is given what makes the rest.
template <class Stall>
std::uint64_t bytes_after(std::uint64_t commits, const Stall& stall) {
  const TemporaryDirectory home(fast_place());
  Log log = value(Log::create(home / "log", {}));
  const WriterLock lock = value(WriterLock::take(home / "log", "test"));
  Appender appender = value(Appender::open(log, lock, {}));
  std::int64_t second = 0;
  const auto one = [&] {
    ++second;
    value(appender.append(reading(second), at_s(second), {}));
  };
  one();
  stall(home / "log", log, [&] {
    for (std::uint64_t i = 1; i < commits; ++i) one();
  });
  return log.file_bytes();
}

TEST_SUITE("log/pages") {
  TEST_CASE("a reader that stalls in the middle of a scan does not make the file grow") {
    const std::uint64_t commits = commits_wanted();
    const auto without = bytes_after(
        commits, [](const auto&, const Log&, const auto& append_rest) { append_rest(); });
    const auto stalled =
        bytes_after(commits, [](const auto&, const Log& log, const auto& append_rest) {
          const Snapshot snapshot = value(log.snapshot());
          good(snapshot.scan(Sequence{1}, Sequence{1}, [&](const RecordView&) -> Result<bool> {
            append_rest();
            return true;
          }));
        });
    MESSAGE(commits, " commits: ", without, " bytes alone, ", stalled, " beside a stalled reader");
    CHECK(static_cast<double>(stalled) <= growth_max * static_cast<double>(without));
  }

  TEST_CASE("a transaction left open would: the measure can tell") {
    constexpr std::uint64_t commits = 500;
    const auto without = bytes_after(
        commits, [](const auto&, const Log&, const auto& append_rest) { append_rest(); });
    const auto pinned =
        bytes_after(commits, [](const auto&, const Log& log, const auto& append_rest) {
          std::thread reader;
          std::promise<void> begun;
          std::promise<void> over;
          reader = std::thread([&] {
            const auto open =
                value(Transaction::begin(*log.impl().environment, Transaction::Access::read));
            begun.set_value();
            over.get_future().wait();
          });
          begun.get_future().wait();
          append_rest();
          over.set_value();
          reader.join();
        });
    CHECK(pinned > 3 * without);
  }

  TEST_CASE("a dead reader's place is given back at the next opening and by reaping") {
    const TemporaryDirectory home;
    value(Log::create(home / "log", {}));
    const auto die_reading = [&] {
      ChildProcess child([&](const ChildProcess::Ends& parent) {
        const Log log = *Log::open(home / "log");
        const auto open = Transaction::begin(*log.impl().environment, Transaction::Access::read);
        parent.send(open ? 1 : 0);
        (void)parent.receive();
      });
      REQUIRE(child.ends().receive() == 1);
      child.kill();
    };
    die_reading();
    const Log log = value(Log::open(home / "log"));
    CHECK(log.impl().environment->readers() == 0);
    die_reading();
    CHECK(log.impl().environment->readers() == 1);
    log.impl().environment->reap_readers();
    CHECK(log.impl().environment->readers() == 0);
  }

  TEST_CASE("the map grows while the log is written and read") {
    LogFixture fixture({}, small_map);
    const std::uint64_t before = fixture.log().map_bytes();
    const Snapshot early = fixture.snapshot();
    const std::string large(100'000, 'x');
    for (int i = 0; i < 60; ++i) {
      fb::EventT native = reading_native(i);
      native.source_name = large;
      fixture.append(encoded(native), i);
    }
    CHECK(before <= small_map);
    CHECK(fixture.log().map_bytes() > 60 * large.size());
    CHECK(early.head() == Sequence{0});
    CHECK(fixture.verified().findings.empty());
    fixture.reopen();
    CHECK(fixture.verified().records == 60);
  }

  TEST_CASE("a reader in another process follows a map that grew") {
    const TemporaryDirectory home;
    value(Log::create(home / "log", {}));
    OpenOptions options;
    options.map_bytes = small_map;
    const ChildProcess child([&](const ChildProcess::Ends& parent) {
      const Log log = *Log::open(home / "log", options);
      while (const auto wanted = parent.receive()) {
        const auto snapshot = log.snapshot();
        const bool there =
            snapshot && snapshot->head() == Sequence{*wanted} && snapshot->at(snapshot->head());
        parent.send(there ? *wanted : 0);
      }
    });
    Log log = value(Log::open(home / "log", options));
    const WriterLock lock = value(WriterLock::take(home / "log", "test"));
    Appender appender = value(Appender::open(log, lock, {}));
    const std::string large(200'000, 'x');
    for (std::int64_t i = 1; i <= 10; ++i) {
      fb::EventT native = reading_native(i);
      native.source_name = large;
      value(appender.append(encoded(native), at_s(i), {}));
      child.ends().send(static_cast<std::uint64_t>(i));
      CHECK(child.ends().receive() == static_cast<std::uint64_t>(i));
    }
    CHECK(log.map_bytes() > small_map);
  }

#ifndef WATTLEDGER_SANITIZED  // sanitizers need address space themselves
  // Of a child, which ends where that cannot be.
  void limit_address_space(std::uint64_t bytes) {
    rlimit limit{};
    ::getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = bytes;
    if (::setrlimit(RLIMIT_AS, &limit) != 0) ::_exit(2);
  }

  // qemu-user takes the limit and gives all the same.
  bool address_space_can_be_limited() {
    ChildProcess child([](const ChildProcess::Ends& parent) {
      limit_address_space(std::uint64_t{1} << 30U);
      void* const at = ::mmap(nullptr, std::size_t{1} << 31U, PROT_NONE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      parent.send(at == MAP_FAILED ? 1 : 0);
    });
    const bool limited = child.ends().receive() == 1;
    if (!limited) MESSAGE("skipped: no limit of address space holds here");
    return limited;
  }

  TEST_CASE("where address space is short the map is smaller, and what does not fit is refused") {
    if (!address_space_can_be_limited()) return;
    const TemporaryDirectory home;
    value(Log::create(home / "log", {}));
    ChildProcess child([&](const ChildProcess::Ends& parent) {
      limit_address_space(std::uint64_t{1} << 30U);
      const auto log = Log::open(home / "log");
      parent.send(log ? log->map_bytes() : 0);
      if (!log) ::_exit(2);
      const auto left = room_of(*log);
      parent.send(left && !left->map_grows ? 1 : 0);
      const auto room = log->impl().environment->make_room(std::uint64_t{1} << 31U);
      parent.send(!room && room.error().kind == ErrorKind::full ? 1 : 0);
      parent.send(log->snapshot() ? 1 : 0);
    });
    const auto map = child.ends().receive();
    REQUIRE(map.has_value());
    CHECK(*map >= std::uint64_t{16} << 20U);
    CHECK(*map < std::uint64_t{1} << 30U);
    CHECK(child.ends().receive() == 1);  // and it is known beforehand
    CHECK(child.ends().receive() == 1);
    CHECK(child.ends().receive() == 1);  // it can still be read
  }

  TEST_CASE("whatever address space is left, the map leaves room for what comes with it") {
    if (!address_space_can_be_limited()) return;
    const TemporaryDirectory home;
    value(Log::create(home / "log", {}));
    ChildProcess child([&](const ChildProcess::Ends& parent) {
      ::mallopt(M_MMAP_THRESHOLD, 1 << 16);  // what LMDB takes beside the map comes from the system
      std::uint64_t refused = 0;
      std::uint64_t pages_mapped = 0;
      std::ifstream("/proc/self/statm") >> pages_mapped;
      const auto mapped = pages_mapped * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
      for (std::uint64_t mib = 900; mib >= 300; --mib) {
        limit_address_space(mapped + (mib << 20U));
        refused += Log::open(home / "log") ? 0U : 1U;
      }
      parent.send(refused);
    });
    CHECK(child.ends().receive() == 0);
  }
#endif
}

}  // namespace
}  // namespace wattledger::log
