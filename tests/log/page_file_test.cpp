// The data file's pages without LMDB: on a sound file, and on files of noise.
#include "log/page_file.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <random>

#include "log/record.hpp"
#include "tests/log/log_fixture.hpp"
#include "tests/log/raw_environment.hpp"

namespace wattledger::log {
namespace {

using namespace wattledger::testing;
namespace fs = std::filesystem;

constexpr std::uint64_t records = 300;
constexpr std::size_t page_bytes = 4'096;

// Small records, and now and then one with pages of its own.
void make_log(const fs::path& directory) {
  Log log = value(Log::create(directory, {}));
  const WriterLock lock = value(WriterLock::take(directory, "test"));
  Appender appender = value(Appender::open(log, lock, {}));
  for (std::uint64_t i = 1; i <= records; ++i) {
    fb::PolicyAdoptedT long_text;
    long_text.text.assign(20'000, 'x');
    const EncodedEvent event = i % 50 == 0
                                   ? value(encode(testing::event(at_s(static_cast<std::int64_t>(i)),
                                                                 std::move(long_text))))
                                   : reading(static_cast<std::int64_t>(i));
    value(appender.append(event, at_s(static_cast<std::int64_t>(i)), {}));
  }
}

std::string bytes_of_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Everything that can be asked of it.
std::uint64_t read_all(const fs::path& file) {
  auto pages = PageFile::open(file);
  if (!pages) return 0;
  std::uint64_t found = 0;
  for (const char* database : {"meta", "nodes", "events", "none"})
    pages->each(database, [&](std::span<const std::byte>, std::span<const std::byte>) { ++found; });
  for (std::uint64_t at = 0; at <= records + 1; ++at) found += pages->record(at) ? 1U : 0U;
  return found;
}

}  // namespace

TEST_SUITE("log/page file") {
  TEST_CASE("a sound file gives every record, byte for byte, and every database's keys") {
    const TemporaryDirectory home(memory_directory());
    make_log(home / "log");
    PageFile pages = value(PageFile::open(home / "log" / "data.mdb"));
    CHECK_FALSE(pages.one_beginning());
    const Log log = value(Log::open(home / "log"));
    const Snapshot snapshot = value(log.snapshot());
    for (std::uint64_t at = 1; at <= records; ++at) {
      const auto bytes = pages.record(at);
      REQUIRE(bytes.has_value());
      CHECK(std::ranges::equal(*bytes, value(snapshot.at(Sequence{at})).bytes));
    }
    CHECK_FALSE(pages.record(0).has_value());
    CHECK_FALSE(pages.record(records + 1).has_value());
    std::uint64_t events = 0;
    pages.each("events", [&](std::span<const std::byte> key, std::span<const std::byte> record) {
      ++events;
      CHECK(key.size() == 8);
      CHECK(parse_header(record).has_value());
    });
    CHECK(events == records);
  }

  TEST_CASE("pages of noise are passed over: nothing is read beyond them, nothing false is given") {
    const TemporaryDirectory home(memory_directory());
    make_log(home / "log");
    const fs::path file = home / "log" / "data.mdb";
    const std::string sound = bytes_of_file(file);
    const auto seed = std::random_device{}();
    MESSAGE("seed ", seed);
    std::mt19937 random(seed);
    const auto any = [&](std::size_t below) { return static_cast<std::size_t>(random()) % below; };
    for (int round = 0; round < 200; ++round) {
      std::string noisy = sound;
      // Bytes of heads and offsets, which steer the reading, and whole pages; one first page stays.
      for (int change = 0; change < 40; ++change)
        noisy[page_bytes + any(noisy.size() / page_bytes - 1) * page_bytes + any(64)] =
            static_cast<char>(any(256));
      const std::size_t page = page_bytes * (1 + any(noisy.size() / page_bytes - 1));
      for (std::size_t i = 0; i < page_bytes; ++i) noisy[page + i] = static_cast<char>(any(256));
      if (round % 3 == 0) noisy.resize(any(noisy.size()));
      const fs::path damaged = home / "noisy.mdb";
      std::ofstream(damaged, std::ios::binary | std::ios::trunc) << noisy;
      // Three databases, each page once, and of it no more entries than offsets of two bytes.
      CHECK(read_all(damaged) <= 2 * noisy.size());
    }
  }

  TEST_CASE("without either first page there is nothing to begin with") {
    const TemporaryDirectory home(memory_directory());
    make_log(home / "log");
    const fs::path file = home / "log" / "data.mdb";
    std::string bytes = bytes_of_file(file);
    std::fill_n(bytes.begin(), 2 * page_bytes, '\0');
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    const auto pages = PageFile::open(file);
    REQUIRE_FALSE(pages.has_value());
    CHECK(pages.error().kind == ErrorKind::corrupt);
    CHECK(pages.error().remedy == "restore a backup");
  }
}

}  // namespace wattledger::log
