// The disk fails at every point of a commit, in every manner: nothing more is appended, nothing
// that was answered is lost, somebody is told what to do, and the log goes on afterwards.
#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "log/appender.hpp"
#include "log/verification.hpp"
#include "tests/crash/disk_fault.hpp"
#include "tests/crash/numbered_events.hpp"
#include "tests/support/preloaded.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;
namespace fs = std::filesystem;

constexpr std::uint64_t events =
    40;  // of the commit that fails: many pages, small and large records
constexpr std::uint64_t operations_max = 100;

struct Manner {
  std::string name;
  int error;
  FaultManner manner;
};

const std::vector<Manner> manners = {
    {"ENOSPC once", ENOSPC, FaultManner::once},
    {"ENOSPC from then on", ENOSPC, FaultManner::from_then_on},
    {"EIO once", EIO, FaultManner::once},
    {"EIO from then on", EIO, FaultManner::from_then_on},
    {"a short write", EIO, FaultManner::short_write},
};

// What log_writer printed, by first word.
struct Told {
  std::vector<std::string> lines;

  explicit Told(const std::string& text) {
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
  }
  // The rest of the last line that begins so; empty if there is none.
  [[nodiscard]] std::string after(const std::string& word) const {
    std::string found;
    for (const std::string& line : lines)
      if (line.rfind(word + " ", 0) == 0) found = line.substr(word.size() + 1);
    return found;
  }
  [[nodiscard]] bool says(const std::string& whole) const {
    return std::find(lines.begin(), lines.end(), whole) != lines.end();
  }
};

Told writer(const std::vector<std::string>& arguments) {
  const Ran ran = run_preloaded(WATTLEDGER_DISK_RECORDER, {}, WATTLEDGER_LOG_WRITER, arguments);
  REQUIRE_MESSAGE(ran.code == 0, ran.err);
  CHECK(ran.err == "");
  return Told(ran.out);
}

std::vector<std::string> fault_words(std::uint64_t nth, const Manner& manner) {
  return {std::to_string(nth), std::to_string(manner.error),
          std::to_string(static_cast<int>(manner.manner))};
}

std::vector<std::string> joined(std::vector<std::string> words, std::vector<std::string> more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The file, the system's reason, a remedy; on one line, by how it was read. LMDB calls a short
// write EIO in a commit and ENOSPC when it makes a file.
void check_message(const std::string& message, const fs::path& file, const Manner& manner) {
  CAPTURE(message);
  const auto tells = [&](int error, const char* remedy) {
    return contains(message, file.string()) && contains(message, std::strerror(error)) &&
           message.find("; " + std::string(remedy)) != std::string::npos;
  };
  const bool full = tells(ENOSPC, "free space on the disk");
  const bool broken = tells(EIO, "check the disk");
  if (manner.manner == FaultManner::short_write)
    CHECK((full || broken));
  else
    CHECK((manner.error == ENOSPC ? full : broken));
}

// Everything answered is there, and the log takes more.
void check_goes_on(const fs::path& directory, std::uint64_t answered) {
  Log log = Log::open(directory).value();
  const Meta before = log.snapshot().value().meta();
  CHECK(before.head.value >= answered);
  const WriterLock lock = WriterLock::take(directory, "test").value();
  Appender appender = Appender::open(log, lock, {}).value();
  const std::uint64_t number = before.head.value + 1;
  const auto appended =
      appender.append(numbered(number).value(), recorded_after(before, number), {});
  REQUIRE_MESSAGE(appended.has_value(), (appended ? "" : appended.error().line()));
  const Snapshot snapshot = log.snapshot().value();
  CHECK(snapshot.head().value == number);
  CHECK(verify(snapshot).value().findings.empty());
  CHECK(check_numbered(snapshot).has_value());
}

// False when the commit has fewer operations.
bool fail_commit(const fs::path& directory, std::uint64_t nth, const Manner& manner) {
  const std::vector<std::string> what = {"fail", directory.string(), std::to_string(events)};
  const Told told = writer(joined(what, fault_words(nth, manner)));
  const std::uint64_t answered = std::stoull(told.after("answered"));
  if (told.says("no such operation")) return false;
  check_message(told.after("failed"), directory / "data.mdb", manner);
  CHECK(contains(told.after("refused"), "takes no more events after a failed commit"));
  CHECK(contains(told.after("refused"), "open the log again"));
  CHECK(told.says("poisoned"));
  check_goes_on(directory, answered);
  return true;
}

// LMDB takes the half of its first pages for a file of somebody else's, and the remedy is the
// owner's: nothing was ever in it.
void make_after_all(const fs::path& directory) {
  if (Log::open(directory)) return;
  auto created = Log::create(directory, {});
  if (!created && created.error().kind == ErrorKind::foreign) {
    fs::remove_all(directory);
    created = Log::create(directory, {});
  }
  REQUIRE_MESSAGE(created.has_value(), (created ? "" : created.error().line()));
}

TEST_SUITE("crash/disk errors") {
  TEST_CASE("a disk error at any point of a commit poisons the appender and loses nothing") {
    for (const Manner& manner : manners) {
      CAPTURE(manner.name);
      // One log for all: each failure is met by what the ones before left.
      const TemporaryDirectory home(memory_directory());
      REQUIRE(Log::create(home / "log", {}).has_value());
      std::uint64_t nth = 1;
      while (nth < operations_max && fail_commit(home / "log", nth, manner)) ++nth;
      MESSAGE(manner.name, ": ", nth - 1, " points of failure");
      CHECK(nth > 3);  // pages, their sync, and the page that says so
      CHECK(nth < operations_max);
    }
  }

  TEST_CASE("a disk error at any point of making a log is said, and the log can be made later") {
    for (const Manner& manner : manners) {
      CAPTURE(manner.name);
      for (std::uint64_t nth = 1; nth < operations_max; ++nth) {
        CAPTURE(nth);
        const TemporaryDirectory home(memory_directory());
        const std::vector<std::string> what = {"create", (home / "log").string()};
        const Told told = writer(joined(what, fault_words(nth, manner)));
        if (told.says("no such operation")) break;
        check_message(told.after("failed"), home / "log", manner);
        make_after_all(home / "log");
        check_goes_on(home / "log", 0);
      }
    }
  }
}

}  // namespace
}  // namespace wattledger::log
