// A disk that lies: one bit of data.mdb is another one. WATTLEDGER_CRASH_FLIPS and
// WATTLEDGER_CRASH_SEED make it longer, or the same again.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "log/appender.hpp"
#include "log/verification.hpp"
#include "tests/crash/in_child.hpp"
#include "tests/crash/numbered_events.hpp"
#include "tests/crash/record_places.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;
namespace fs = std::filesystem;

#if defined(WATTLEDGER_SANITIZED)
constexpr std::uint64_t flips_default = 1'500;
#else
constexpr std::uint64_t flips_default = 10'000;
#endif
constexpr std::uint64_t records = 300;  // over a stored Merkle node, and quickly verified

// Commits of different sizes, so that pages were freed and used again.
void make_log(const fs::path& directory) {
  Log log = Log::create(directory, {}).value();
  const WriterLock lock = WriterLock::take(directory, "test").value();
  Appender appender = Appender::open(log, lock, {}).value();
  for (std::uint64_t number = 1; number <= records; ++number) {
    const auto at = at_s(static_cast<std::int64_t>(number));
    const Urgency urgency = number % 7 == 0 ? Urgency::now : Urgency::telemetry;
    REQUIRE(appender.enqueue(numbered(number).value(), at, {urgency, std::nullopt}).has_value());
    if (urgency == Urgency::now) REQUIRE(appender.wait(Sequence{number}).has_value());
  }
  REQUIRE(appender.flush().has_value());
}

class DataFile {
 public:
  explicit DataFile(const fs::path& path)
      : file_(path, std::ios::binary | std::ios::in | std::ios::out), bytes_(fs::file_size(path)) {}
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // Twice is as before.
  void flip(std::uint64_t offset, unsigned bit) {
    char byte = 0;
    file_.seekg(static_cast<std::streamoff>(offset)).get(byte);
    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << bit));
    file_.seekp(static_cast<std::streamoff>(offset)).put(byte).flush();
    REQUIRE(file_.good());
  }

 private:
  std::fstream file_;
  std::uint64_t bytes_;
};

struct Switches {
  std::uint64_t seed = from_environment("WATTLEDGER_CRASH_SEED", std::random_device{}());
  std::uint64_t flips = from_environment("WATTLEDGER_CRASH_FLIPS", flips_default);
};

Switches announced() {
  const Switches switches;
  MESSAGE("WATTLEDGER_CRASH_SEED=", switches.seed, " WATTLEDGER_CRASH_FLIPS=", switches.flips);
  return switches;
}

// Every reading of the damaged record, and of the whole, says which one it is.
void check_named(const Log& log, Sequence sequence) {
  const Snapshot snapshot = log.snapshot().value();
  const auto verified = verify(snapshot).value();
  const auto damaged = [&](const Finding& finding) {
    return finding.kind == FindingKind::damaged_record;
  };
  REQUIRE(std::count_if(verified.findings.begin(), verified.findings.end(), damaged) == 1);
  const auto found = std::find_if(verified.findings.begin(), verified.findings.end(), damaged);
  REQUIRE(found->sequence == sequence);
  REQUIRE_FALSE(found->remedy.empty());
  const auto read = snapshot.at(sequence);
  REQUIRE_FALSE(read.has_value());
  REQUIRE(read.error().kind == ErrorKind::corrupt);
  REQUIRE(read.error().what.find("record " + std::to_string(sequence.value)) == 0);
}

TEST_SUITE("crash/bit flips") {
  TEST_CASE("any flipped bit of a record is found by verify, which names the sequence") {
    const Switches switches = announced();
    std::mt19937_64 random(switches.seed);
    const TemporaryDirectory home(memory_directory());
    make_log(home / "log");
    const std::vector<RecordPlace> places = record_places(home / "log");
    REQUIRE(places.size() == records);
    const Log log = Log::open(home / "log").value();
    DataFile file(home / "log" / "data.mdb");
    for (std::uint64_t i = 0; i < switches.flips; ++i) {
      const RecordPlace& place = places[random() % places.size()];
      const std::uint64_t offset = place.offset + random() % place.bytes;
      const auto bit = static_cast<unsigned>(random() % 8);
      CAPTURE(i);
      CAPTURE(offset);
      CAPTURE(bit);
      file.flip(offset, bit);
      check_named(log, Sequence{place.sequence});
      file.flip(offset, bit);
    }
    CHECK(verify(log.snapshot().value()).value().findings.empty());
  }
}

}  // namespace
}  // namespace wattledger::log
