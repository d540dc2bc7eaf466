// A disk that lies: one bit of data.mdb is another one. WATTLEDGER_CRASH_FLIPS and
// WATTLEDGER_CRASH_SEED make it longer, or the same again.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
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
  Log log = Log::create(directory, {.demo = false, .uuid = Id128{}}).value();
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

constexpr std::uint64_t page_bytes = 4'096;
constexpr std::uint64_t meta_bytes = 152;   // of the first two pages: header and meta
constexpr std::uint64_t page_size_at = 40;  // there, 4 bytes

// Are these bytes what LMDB finds its way by: a tree page's header, its offsets of nodes, its
// nodes? (LMDB 0.9: flags at 10, ends of the free space at 12 and 14.)
bool steers_lmdb(const std::vector<char>& file, std::uint64_t offset) {
  const std::uint64_t page = offset / page_bytes * page_bytes;
  const auto number = [&](std::uint64_t at) {
    std::uint16_t value = 0;
    std::memcpy(&value, file.data() + page + at, sizeof value);
    return value;
  };
  constexpr std::uint16_t branch = 1;
  constexpr std::uint16_t leaf = 2;
  if (number(10) != branch && number(10) != leaf) return false;
  const std::uint64_t in_page = offset - page;
  return in_page < number(12) || in_page >= number(14);
}

// What reading a damaged file gave; the child's exit code. 3 is the log's own, when LMDB finds a
// page damaged.
enum Outcome : int {
  as_before = 0,
  page_damaged = 3,
  refused = 10,
  found = 11,
  older = 12,
  other = 13
};

// In the child.
int read_everything(const fs::path& directory) {
  const auto log = Log::open(directory);
  if (!log) return refused;
  const auto snapshot = log->snapshot();
  if (!snapshot) return refused;
  const auto verified = verify(*snapshot);
  const auto right = check_numbered(*snapshot);
  if (!verified || !verified->findings.empty()) return found;
  if (!right) return other;
  return snapshot->head().value == records ? as_before : older;
}

// Flips bits of a log's file and reads it in a child, which may die.
class Campaign {
 public:
  explicit Campaign(std::uint64_t seed) : random_(seed) {
    make_log(log_);
    places_ = record_places(log_);
    std::ifstream file(log_ / "data.mdb", std::ios::binary);
    before_ = {std::istreambuf_iterator<char>(file), {}};
    is_record_.resize(before_.size());
    for (const RecordPlace& place : places_)
      std::fill_n(is_record_.begin() + static_cast<std::ptrdiff_t>(place.offset), place.bytes,
                  true);
    REQUIRE(places_.size() == records);
  }

  // Any byte that is none of a record's.
  std::uint64_t elsewhere() {
    while (true)
      if (const std::uint64_t offset = random_() % before_.size(); !is_record_[offset])
        return offset;
  }
  unsigned bit() { return static_cast<unsigned>(random_() % 8); }
  [[nodiscard]] const std::vector<RecordPlace>& places() const { return places_; }
  [[nodiscard]] bool steers(std::uint64_t offset) const { return steers_lmdb(before_, offset); }

  Ended flipped(std::uint64_t offset, unsigned bit) {
    DataFile file(log_ / "data.mdb");
    file.flip(offset, bit);
    Ended ended = in_child(home_ / "said", [&] { return read_everything(log_); });
    file.flip(offset, bit);
    if (ended.signal != 0)
      ++signals_;
    else
      ++outcomes_[ended.code];
    return ended;
  }

  void report() const {
    const auto count = [&](Outcome outcome) {
      const auto at = outcomes_.find(outcome);
      return at == outcomes_.end() ? 0 : at->second;
    };
    MESSAGE("as before ", count(as_before), ", refused at open ", count(refused), ", found ",
            count(found), ", the commit before the last ", count(older), ", ended with one line ",
            count(page_damaged), ", ended by a signal inside LMDB ", signals_);
  }

 private:
  std::mt19937_64 random_;
  const TemporaryDirectory home_{memory_directory()};
  const fs::path log_ = home_ / "log";
  std::vector<RecordPlace> places_;
  std::vector<char> before_;
  std::vector<bool> is_record_;
  std::map<int, std::uint64_t> outcomes_;
  std::uint64_t signals_ = 0;
};

// Nothing else may happen: no other record is read as the right one, no sanitizer complains, the
// one line is one.
void check_end(const Ended& ended) {
  CAPTURE(ended.said);
  CAPTURE(ended.code);
  REQUIRE(ended.signal == 0);
  const bool known = ended.code == as_before || ended.code == page_damaged ||
                     ended.code == refused || ended.code == found || ended.code == older;
  REQUIRE(known);
  if (ended.code == page_damaged)
    REQUIRE(std::count(ended.said.begin(), ended.said.end(), '\n') == 1);
}

TEST_SUITE("crash/bit flips") {
  // But one: a page size of 0, by which LMDB divides before it looks.
  TEST_CASE("no flipped bit of the meta pages but the page size's crashes a reader") {
    Campaign campaign(announced().seed);
#if defined(WATTLEDGER_SANITIZED)
    constexpr unsigned step = 16;
#else
    constexpr unsigned step = 1;  // every one of them
#endif
    for (unsigned at = 0; at < 2 * meta_bytes * 8; at += step) {
      const unsigned in_meta = at / 8 % meta_bytes;
      const std::uint64_t offset = at / 8 < meta_bytes ? in_meta : page_bytes + in_meta;
      CAPTURE(offset);
      CAPTURE(at % 8);
      const Ended ended = campaign.flipped(offset, at % 8);
      if (ended.signal != SIGFPE || in_meta / 4 != page_size_at / 4) check_end(ended);
    }
    campaign.report();
  }

  // LMDB 0.9 has no checksums and trusts its tree pages. Where an offset or a length points beyond
  // the file the log ends the process with one line; but a node that claims to hold duplicates,
  // which no database here has, makes LMDB follow a null pointer. That is the worst that a flipped
  // bit does, and only these bytes do it.
  TEST_CASE(
      "a flipped bit outside the records gives no wrong record, and where it steers no search no "
      "crash") {
    const Switches switches = announced();
    Campaign campaign(switches.seed);
    for (std::uint64_t i = 0; i < switches.flips / 5; ++i) {
      const std::uint64_t offset = campaign.elsewhere();
      const unsigned bit = campaign.bit();
      CAPTURE(i);
      CAPTURE(offset);
      CAPTURE(bit);
      const Ended ended = campaign.flipped(offset, bit);
      const bool page_size = offset / page_bytes < 2 && offset % page_bytes / 4 == page_size_at / 4;
      if (!(ended.signal == SIGSEGV && campaign.steers(offset)) &&
          !(ended.signal == SIGFPE && page_size))
        check_end(ended);
    }
    campaign.report();
  }

  // Keys that are out of order lead LMDB's search astray, and once led verify in a circle.
  TEST_CASE("a record under another's key is found") {
    Campaign campaign(announced().seed);
    constexpr std::size_t step = 7;
    constexpr std::uint64_t beside_its_key_max = 1'500;  // a larger one has pages of its own
    for (std::size_t i = 0; i < campaign.places().size(); i += step) {
      const RecordPlace& place = campaign.places()[i];
      for (unsigned bit = 0; bit < 16 && place.bytes <= beside_its_key_max; ++bit) {
        CAPTURE(place.sequence);
        CAPTURE(bit);
        const Ended ended = campaign.flipped(place.offset - 1 - bit / 8, bit % 8);
        check_end(ended);
        CHECK(ended.code == found);
      }
    }
  }

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
