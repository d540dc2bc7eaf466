#include "log/log.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "log/lost_file.hpp"
#include "tests/log/log_fixture.hpp"
#include "tests/log/raw_environment.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;
namespace fs = std::filesystem;

void write_file(const fs::path& path, const std::string& content) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

// The format key's bytes with another version in them.
Bytes format_value(std::uint8_t version) {
  Bytes value = bytes_of("wattledger");
  for (const std::uint8_t byte : {std::uint8_t{0}, std::uint8_t{0}, std::uint8_t{0}, version})
    value.push_back(static_cast<std::byte>(byte));
  return value;
}

TEST_SUITE("log/directory") {
  TEST_CASE("a new log is empty, has a uuid, and opens again") {
    const TemporaryDirectory home;
    Id128 uuid;
    {
      const Log log = value(Log::create(home / "a/log", {}));
      const Snapshot snapshot = value(log.snapshot());
      CHECK(snapshot.head() == Sequence{0});
      CHECK(snapshot.first() == Sequence{1});
      CHECK(snapshot.meta().frontier.root() == empty_root());
      CHECK_FALSE(snapshot.meta().demo);
      CHECK_FALSE(snapshot.meta().parent.has_value());
      uuid = snapshot.meta().uuid;
      CHECK(uuid != Id128{});
    }
    CHECK(value(value(Log::open(home / "a/log")).snapshot()).meta().uuid == uuid);
  }

  TEST_CASE("two new logs have different uuids, and the demo's is marked") {
    const TemporaryDirectory home;
    CreateOptions demo;
    demo.demo = true;
    const Log one = value(Log::create(home / "one", demo));
    const Log two = value(Log::create(home / "two", {}));
    CHECK(value(one.snapshot()).meta().uuid != value(two.snapshot()).meta().uuid);
    CHECK(value(one.snapshot()).meta().demo);
  }

  TEST_CASE("a log is not created over a log, open or closed") {
    const TemporaryDirectory home;
    {
      const Log log = value(Log::create(home / "log", {}));
      CHECK(kind_of(Log::create(home / "log", {})) == ErrorKind::conflict);
    }
    CHECK(kind_of(Log::create(home / "log", {})) == ErrorKind::conflict);
  }

  TEST_CASE("what is missing, empty or unfinished is not found, and can be created") {
    const TemporaryDirectory home;
    CHECK(kind_of(Log::open(home / "nowhere")) == ErrorKind::not_found);
    CHECK_FALSE(fs::exists(home / "nowhere"));
    fs::create_directories(home / "empty");
    CHECK(kind_of(Log::open(home / "empty")) == ErrorKind::not_found);
    write_file(home / "cut" / "data.mdb", "");
    CHECK(kind_of(Log::open(home / "cut")) == ErrorKind::not_found);
    { const RawEnvironment unborn(home / "unborn"); }
    CHECK(kind_of(Log::open(home / "unborn")) == ErrorKind::not_found);
    for (const char* name : {"nowhere", "empty", "cut", "unborn"})
      value(Log::create(home / name, {}));
  }

  TEST_CASE("what is not ours stays untouched") {
    const TemporaryDirectory home;
    write_file(home / "photos" / "beach.jpg", "jpeg");
    CHECK(kind_of(Log::open(home / "photos")) == ErrorKind::foreign);
    CHECK(kind_of(Log::create(home / "photos", {})) == ErrorKind::foreign);
    write_file(home / "text" / "data.mdb", std::string(10'000, 'x'));
    CHECK(kind_of(Log::open(home / "text")) == ErrorKind::foreign);
    CHECK_FALSE(fs::exists(home / "text" / "lock.mdb"));
    write_file(home / "file", "a file");
    CHECK(kind_of(Log::open(home / "file")) == ErrorKind::foreign);
    {
      RawEnvironment other(home / "other");
      other.put("accounts", bytes_of("a"), bytes_of("b"));
    }
    CHECK(kind_of(Log::open(home / "other")) == ErrorKind::foreign);
    CHECK(kind_of(Log::create(home / "other", {})) == ErrorKind::foreign);
    {
      RawEnvironment same_names(home / "names");
      for (const char* name : {"meta", "events", "nodes", "checkpoints"})
        same_names.put(name, bytes_of("a"), bytes_of("b"));
    }
    CHECK(kind_of(Log::open(home / "names")) == ErrorKind::foreign);
  }

  TEST_CASE("a data file that was cut short is corrupt") {
    LogFixture fixture;
    for (int i = 0; i < 200; ++i) fixture.enqueue(reading(i), i);
    fixture.stop();
    const fs::path data = fixture.directory() / "data.mdb";
    fs::resize_file(data, fs::file_size(data) - 4'096);
    CHECK(kind_of(Log::open(fixture.directory())) == ErrorKind::corrupt);
    fs::resize_file(data, 6'000);
    CHECK(kind_of(Log::open(fixture.directory())) == ErrorKind::corrupt);
    fs::resize_file(data, 100);
    CHECK_FALSE(Log::open(fixture.directory()).has_value());
  }

#ifndef WATTLEDGER_SANITIZED  // which answer the signal themselves
  TEST_CASE("a data file that is cut short under a reader ends it with exit code 3, by no signal") {
    LogFixture fixture;
    for (int i = 0; i < 500; ++i) fixture.enqueue(reading(i), i);
    fixture.stop();
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::close(STDERR_FILENO);
      const auto log = Log::open(fixture.directory());
      const auto snapshot = log->snapshot();
      fs::resize_file(fixture.directory() / "data.mdb", 8'192);
      (void)verify(*snapshot);
      ::_exit(1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 3);
  }
#endif

  TEST_CASE("a process that opens a log twice reads one environment") {
    LogFixture fixture;
    const Log again = value(Log::open(fixture.directory()));
    fixture.append(reading(1), 1);
    CHECK(value(again.snapshot()).head() == Sequence{1});
    fixture.stop();
    CHECK(value(again.snapshot()).head() == Sequence{1});
  }

  TEST_CASE("a closed standard descriptor never becomes the data file") {
    const TemporaryDirectory home;
    const int saved = ::dup(0);
    REQUIRE(saved > 2);
    ::close(0);
    {
      const Log log = value(Log::create(home / "log", {}));
      CHECK(::fcntl(0, F_GETFD) != -1);
      CHECK(fs::read_symlink("/proc/self/fd/0") == "/dev/null");
    }
    ::dup2(saved, 0);
    ::close(saved);
  }
}

TEST_SUITE("log/lost file") {
  TEST_CASE("what was deleted while it was open is written out again, byte for byte as records") {
    for (const bool with_directory : {true, false}) {
      CAPTURE(with_directory);
      LogFixture fixture;
      for (std::int64_t i = 1; i <= 100; ++i) fixture.append(reading(i), i);
      CHECK(data_file_of(fixture.log()) == DataFile::in_place);
      const Digest root = value(fixture.log().snapshot()).meta().frontier.root();
      if (with_directory)
        fs::remove_all(fixture.directory());
      else
        fs::remove(fixture.directory() / "data.mdb");
      CHECK(data_file_of(fixture.log()) == DataFile::deleted);
      CHECK(value(write_out_again(fixture.log())) == fixture.directory() / "data.mdb");
      // Another has the name now, and stays.
      for (const char* ending : {".rescued", ".rescued.2"})
        CHECK(value(write_out_again(fixture.log())) ==
              fs::path(fixture.directory().string() + ending) / "data.mdb");
      fixture.stop();
      const Log again = value(Log::open(fixture.directory()));
      CHECK(value(again.snapshot()).meta().frontier.root() == root);
      CHECK(value(value(again.snapshot()).at(Sequence{100})).recorded_at == at_s(100));
    }
  }

  TEST_CASE("a log that was moved is no deleted one") {
    LogFixture fixture;
    fixture.append(reading(1), 1);
    const fs::path there = fixture.directory().string() + ".moved";
    fs::rename(fixture.directory(), there);
    CHECK(data_file_of(fixture.log()) == DataFile::moved);
    fs::rename(there, fixture.directory());
    CHECK(data_file_of(fixture.log()) == DataFile::in_place);
  }
}

TEST_SUITE("log/meta") {
  TEST_CASE("a later format and a key not known here are newer") {
    LogFixture fixture;
    fixture.stop();
    { RawEnvironment(fixture.directory()).put("meta", bytes_of("format"), format_value(2)); }
    CHECK(kind_of(Log::open(fixture.directory())) == ErrorKind::newer);
    { RawEnvironment(fixture.directory()).put("meta", bytes_of("format"), format_value(1)); }
    value(Log::open(fixture.directory()));
    { RawEnvironment(fixture.directory()).put("meta", bytes_of("segments"), bytes_of("x")); }
    const auto opened = Log::open(fixture.directory());
    CHECK(kind_of(opened) == ErrorKind::newer);
    CHECK(opened.error().line().find("segments") != std::string::npos);
    CHECK_FALSE(opened.error().remedy.empty());
  }

  TEST_CASE("a missing or impossible value is corrupt and named") {
    for (const std::string key :
         {"uuid", "first", "head", "frontier", "epochs", "batches", "demo"}) {
      CAPTURE(key);
      LogFixture fixture;
      fixture.append(reading(1), 1);
      fixture.stop();
      { RawEnvironment(fixture.directory()).put("meta", bytes_of(key), bytes_of("ab")); }
      const auto impossible = Log::open(fixture.directory());
      CHECK(kind_of(impossible) == ErrorKind::corrupt);
      CHECK(impossible.error().what.find("meta." + key) != std::string::npos);
      { RawEnvironment(fixture.directory()).remove("meta", bytes_of(key)); }
      CHECK(kind_of(Log::open(fixture.directory())) == ErrorKind::corrupt);
    }
  }

  TEST_CASE("a log with a kind beyond the catalogue is read but not written") {
    LogFixture fixture;
    fixture.append(reading(1), 1);
    fixture.stop();
    {
      RawEnvironment raw(fixture.directory());
      Bytes head = raw.get("meta", bytes_of("head"));
      REQUIRE(head.size() == 18);
      head[16] = std::byte{0x01};  // 300
      head[17] = std::byte{0x2C};
      raw.put("meta", bytes_of("head"), head);
    }
    Log log = value(Log::open(fixture.directory()));
    CHECK(value(value(log.snapshot()).at(Sequence{1})).event.kind() == Kind::ReadingRecorded);
    const WriterLock lock = value(WriterLock::take(fixture.directory(), "test"));
    const auto refused = Appender::open(log, lock, {});
    CHECK(kind_of(refused) == ErrorKind::newer);
    CHECK_FALSE(refused.error().remedy.empty());
  }

  TEST_CASE("a head without its record takes no more records") {
    LogFixture fixture;
    fixture.append(reading(1), 1);
    fixture.append(reading(2), 2);
    fixture.stop();
    { RawEnvironment(fixture.directory()).remove("events", key_of(2)); }
    Log log = value(Log::open(fixture.directory()));
    const WriterLock lock = value(WriterLock::take(fixture.directory(), "test"));
    CHECK(kind_of(Appender::open(log, lock, {})) == ErrorKind::corrupt);
  }
}

}  // namespace
}  // namespace wattledger::log
