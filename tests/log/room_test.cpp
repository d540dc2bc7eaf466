#include "log/room.hpp"

#include <fstream>

#include "tests/log/log_fixture.hpp"

namespace wattledger::log {
namespace {

using testing::LogFixture;
using testing::reading;
using testing::value;

Room roomy() {
  Room room;
  room.directory = "/data/log";
  room.disk_free = disk_free_least;
  room.used = std::uint64_t{300} << 20U;
  room.map = std::uint64_t{512} << 20U;
  return room;
}

// How much of a file's mapping counts as memory of this process.
std::uint64_t mapped_kib(const std::filesystem::path& file) {
  const std::string name = std::filesystem::canonical(file).string();
  std::ifstream maps("/proc/self/smaps");
  bool here = false;
  std::uint64_t kib = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.find('-') < line.find(' ')) here = line.ends_with(name);
    if (here && line.starts_with("Rss:")) kib += std::stoull(line.substr(4));
  }
  return kib;
}

TEST_SUITE("log/room") {
  TEST_CASE("where there is room nothing is said") {
    CHECK(room_warnings(roomy()).empty());
    Room narrow_and_empty = roomy();
    narrow_and_empty.map_grows = false;
    narrow_and_empty.used = narrow_and_empty.map / 2 - 1;
    CHECK(room_warnings(narrow_and_empty).empty());
  }

  TEST_CASE("a disk that is nearly full is said with what is left and what to do") {
    Room room = roomy();
    room.disk_free = disk_free_least - 1;
    const auto warnings = room_warnings(room);
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].what == Scarce::disk);
    CHECK(warnings[0].line ==
          "the disk of /data/log has 255 MiB left; nothing is decided any more when it is full: "
          "free space, or move the data directory to a larger disk");
  }

  TEST_CASE("a map that cannot grow is said when half of it is used") {
    Room room = roomy();
    room.map_grows = false;
    const auto warnings = room_warnings(room);
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].what == Scarce::address_space);
    CHECK(warnings[0].line.starts_with("/data/log/data.mdb has 300 MiB of the 512 MiB"));
    CHECK(warnings[0].line.find("wattledger log archive") != std::string::npos);
  }

  TEST_CASE("a log's room is that of its disk and its map") {
    LogFixture fixture;
    const Room before = value(room_of(fixture.log()));
    CHECK(before.directory == fixture.directory());
    CHECK(before.disk_free > 0);
    CHECK(before.map == fixture.log().map_bytes());
    CHECK(before.used <= fixture.log().file_bytes());
    fixture.append(testing::encoded(testing::reading_native(1)), 1);
    for (int i = 2; i < 300; ++i) fixture.append(testing::encoded(testing::reading_native(i)), i);
    CHECK(value(room_of(fixture.log())).used > before.used);
  }

  TEST_CASE(
      "pages that are let go are no memory of ours, and are read again when they are needed") {
    AppendLimits one_commit;
    one_commit.telemetry_events_max = 20'000;
    LogFixture fixture(one_commit);
    for (int i = 1; i <= 20'000; ++i) fixture.enqueue(reading(1, i), 1);
    testing::good(fixture.appender().flush());
    const auto sum = [&] {
      std::uint64_t bytes = 0;
      const Snapshot snapshot = value(fixture.log().snapshot());
      testing::good(snapshot.scan(snapshot.first(), snapshot.head(),
                                  [&](const RecordView& record) -> Result<bool> {
                                    bytes += record.bytes.size();
                                    return true;
                                  }));
      return bytes;
    };
    const std::uint64_t read = sum();
    const std::uint64_t before = mapped_kib(fixture.directory() / "data.mdb");
    CHECK(before > 1'000);
    let_go_of_pages(fixture.log());
    CHECK(mapped_kib(fixture.directory() / "data.mdb") < before / 4);
    CHECK(sum() == read);
  }
}

}  // namespace
}  // namespace wattledger::log
