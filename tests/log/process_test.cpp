#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "log/file_owner.hpp"
#include "tests/log/log_fixture.hpp"
#include "tests/support/child_process.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;

// In a child nothing may reach doctest: a failure ends it, and the parent sees silence.
template <class T>
T or_exit(Result<T> result) {
  if (!result) ::_exit(2);
  return *std::move(result);
}

// Appends one reading per number received and answers with its sequence.
void append_on_request(const std::filesystem::path& directory, const ChildProcess::Ends& parent) {
  Log log = or_exit(Log::open(directory));
  const WriterLock lock = or_exit(WriterLock::take(directory, "child"));
  Appender appender = or_exit(Appender::open(log, lock, {}));
  while (const auto second = parent.receive()) {
    const auto at = at_s(static_cast<std::int64_t>(*second));
    const auto appended = or_exit(appender.append(
        or_exit(encode(reading_native(static_cast<std::int64_t>(*second)))), at, {}));
    parent.send(appended.sequence.value);
  }
}

TEST_SUITE("log/writer lock") {
  TEST_CASE("a second take in the same process names the holder") {
    const TemporaryDirectory home;
    const WriterLock lock = value(WriterLock::take(home.path(), "wattledgerd"));
    const auto second = WriterLock::take(home.path(), "wattledger");
    CHECK(kind_of(second) == ErrorKind::locked);
    CHECK(second.error().what.find("wattledgerd, process " + std::to_string(::getpid())) !=
          std::string::npos);
    CHECK_FALSE(second.error().remedy.empty());
  }

  TEST_CASE("a lock that is given back can be taken, and has no holder meanwhile") {
    const TemporaryDirectory home;
    CHECK_FALSE(writer_lock_holder(home.path()).has_value());
    { const WriterLock lock = value(WriterLock::take(home.path(), "a")); }
    CHECK_FALSE(writer_lock_holder(home.path()).has_value());
    const WriterLock lock = value(WriterLock::take(home.path(), "b"));
    const auto holder = writer_lock_holder(home.path());
    REQUIRE(holder.has_value());
    CHECK(holder->find("b, process ") == 0);
    CHECK(lock.guards(home.path()));
    CHECK_FALSE(lock.guards(home / "elsewhere"));
  }

  TEST_CASE("no directory is made for a lock") {
    const TemporaryDirectory home;
    CHECK(kind_of(WriterLock::take(home / "mistyped", "a")) == ErrorKind::not_found);
    CHECK_FALSE(std::filesystem::exists(home / "mistyped"));
  }

  TEST_CASE("another process holds the lock until it dies") {
    const TemporaryDirectory home;
    ChildProcess child([&](const ChildProcess::Ends& parent) {
      const WriterLock lock = or_exit(WriterLock::take(home.path(), "child"));
      parent.send(1);
      while (parent.receive()) {
      }
    });
    REQUIRE(child.ends().receive().has_value());
    const auto refused = WriterLock::take(home.path(), "parent");
    CHECK(kind_of(refused) == ErrorKind::locked);
    CHECK(refused.error().what.find("child, process " + std::to_string(child.pid())) !=
          std::string::npos);
    child.kill();
    value(WriterLock::take(home.path(), "parent"));
  }
}

TEST_SUITE("log/follow") {
  TEST_CASE("a reader sees each commit of another process") {
    const TemporaryDirectory home;
    value(Log::create(home / "log", {}));
    const ChildProcess child(
        [&](const ChildProcess::Ends& parent) { append_on_request(home / "log", parent); });
    const Log log = value(Log::open(home / "log"));
    for (std::uint64_t i = 0; i < 100; ++i) {
      child.ends().send(i);
      REQUIRE(value(wait_beyond(log, Sequence{i}, std::chrono::minutes(1))));
      const Snapshot snapshot = value(log.snapshot());
      CHECK(snapshot.head() == Sequence{i + 1});
      CHECK(value(snapshot.at(Sequence{i + 1})).recorded_at == at_s(static_cast<std::int64_t>(i)));
      CHECK(child.ends().receive() == i + 1);
    }
  }

  TEST_CASE("a reader that keeps its snapshot open hinders no writer") {
    const TemporaryDirectory home;
    value(Log::create(home / "log", {}));
    const ChildProcess child(
        [&](const ChildProcess::Ends& parent) { append_on_request(home / "log", parent); });
    const Log log = value(Log::open(home / "log"));
    const Snapshot before = value(log.snapshot());
    for (std::uint64_t i = 0; i < 20; ++i) {
      child.ends().send(i);
      REQUIRE(child.ends().receive() == i + 1);
    }
    CHECK(before.head() == Sequence{0});
    CHECK(value(log.snapshot()).head() == Sequence{20});
  }
}

TEST_SUITE("log/file owner") {
  TEST_CASE("what root makes in another user's house is that user's; root's rights stay") {
    if (::geteuid() != 0) {
      MESSAGE("only root can make files for others: left out");
      return;
    }
    constexpr uid_t user = 12'345;
    const TemporaryDirectory home;
    const auto house = home / "house", secret = home / "secret";
    std::filesystem::create_directories(house);
    std::ofstream(secret) << "kept";
    REQUIRE(::chmod(secret.c_str(), 0600) == 0);
    REQUIRE(::chown(house.c_str(), user, user + 1) == 0);
    std::string read;
    std::thread([&] {  // the others go on as root
      make_files_as_owner_of(house);
      std::filesystem::create_directories(house / "log");
      std::thread([&] { std::ofstream(house / "log" / "file") << "x"; }).join();
      std::ifstream(secret) >> read;
      std::ofstream(home / "beside") << "x";
    })
        .join();
    make_files_as_owner_of(home / "nothing");
    make_files_as_owner_of(home.path());  // root's own
    std::ofstream(home / "roots") << "x";
    const auto owner = [](const std::filesystem::path& path) {
      struct ::stat status {};
      REQUIRE(::stat(path.c_str(), &status) == 0);
      return std::pair{status.st_uid, status.st_gid};
    };
    CHECK(read == "kept");
    for (const auto& path : {house / "log", house / "log" / "file", home / "beside"})
      CHECK(owner(path) == std::pair<uid_t, gid_t>{user, user + 1});
    CHECK(owner(home / "roots").first == 0);
  }
}

}  // namespace
}  // namespace wattledger::log
