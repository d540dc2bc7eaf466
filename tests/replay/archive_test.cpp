#include "log/archive.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "log/appender.hpp"
#include "log/reader.hpp"
#include "tests/replay/tool.hpp"
#include "tests/support/event_builders.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

// A log of a reading every ten seconds from 2025-10-01 on, which nobody holds.
class LongLog {
 public:
  explicit LongLog(int readings) {
    auto log = log::Log::create(home_ / "log", {});
    const auto lock = log::WriterLock::take(home_ / "log", "test");
    REQUIRE((log && lock));
    log::AppendLimits limits;
    limits.telemetry_events_max = 1'000;
    limits.telemetry_wait_max = std::chrono::hours(24);
    auto appender = log::Appender::open(*log, *lock, limits);
    REQUIRE(appender);
    for (int i = 1; i <= readings; ++i) {
      fb::ReadingRecordedT fact;
      fact.pv_power_w = i % 977;
      const auto encoded = encode(event(at_s(10 * i), std::move(fact), fb::Source::inverter));
      REQUIRE(encoded);
      REQUIRE(appender->enqueue(*encoded, at_s(10 * i), {log::Urgency::telemetry, std::nullopt}));
    }
    REQUIRE(appender->flush());
  }

  [[nodiscard]] ToolRun run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--data", home_.path().string()});
    return run_tool(arguments);
  }
  [[nodiscard]] std::filesystem::path segments() const {
    return home_ / "log" / log::segments_directory;
  }
  // Of the log's own file.
  [[nodiscard]] std::uint64_t first() const {
    const auto log = log::Log::open(home_ / "log");
    REQUIRE(log);
    const auto snapshot = log->snapshot();
    REQUIRE(snapshot);
    return snapshot->meta().first.value;
  }
  [[nodiscard]] std::uint64_t data_bytes() const {
    return std::filesystem::file_size(home_ / "log" / "data.mdb");
  }

 private:
  MemoryDirectory home_;
};

}  // namespace

TEST_SUITE("replay/archive") {
  TEST_CASE("archive moves what is older, records each segment, and compact gives the space back") {
    const LongLog house(9'000);
    // 3000 readings to 08:20, and the whole steps in them: 2816.
    const ToolRun run = house.run({"log", "archive", "--before", "2025-10-01T08:20:05Z", "--yes"});
    INFO(run.err);
    REQUIRE(run.code == 0);
    REQUIRE(run.lines().size() == 2);
    CHECK(run.lines()[0].rfind("000000000001-000000002816.seg  2816 records, ", 0) == 0);
    CHECK(run.lines()[1].rfind("records 1 to 2816 stand in segments now", 0) == 0);
    CHECK(house.first() == 2'817);
    CHECK(std::filesystem::exists(house.segments() / "000000000001-000000002816.seg"));
    const auto events = house.run({"log", "cat", "9001..", "--format", "json"}).json_lines();
    REQUIRE(events.size() == 3);  // between the beginning and the end of a change
    CHECK(events[1]["kind"] == "LogArchived");
    CHECK(events[1]["event"]["fact"]["segment"] == "000000000001-000000002816.seg");
    CHECK(events[1]["event"]["fact"]["last"] == 2'816);

    const std::uint64_t before = house.data_bytes();
    const ToolRun compacted = house.run({"log", "compact", "--format", "json"});
    INFO(compacted.err);
    REQUIRE(compacted.code == 0);
    CHECK(compacted.json_lines()[0]["bytes_before"] == before);
    CHECK(house.data_bytes() < before);
    CHECK(house.first() == 2'817);
  }

  TEST_CASE("archive goes on where the last one ended, and says so when there is nothing") {
    const LongLog house(6'000);
    REQUIRE(house.run({"log", "archive", "--before", "2025-10-01T01:30Z", "--yes"}).code == 0);
    const ToolRun more =
        house.run({"log", "archive", "--before", "2025-10-02T00:00Z", "--yes", "--format", "json"});
    INFO(more.err);
    REQUIRE(more.code == 0);
    const auto json = more.json_lines()[0];
    CHECK(json["first"] == 513);
    CHECK(json["last"] == 1'792);
    CHECK(json["segments"][0]["name"] == "000000000513-000000001792.seg");
    const ToolRun nothing = house.run({"log", "archive", "--before", "2025-10-02T00:00Z", "--yes"});
    CHECK(nothing.code == 0);
    CHECK(nothing.out.empty());
    CHECK(nothing.err.find("nothing to archive") != std::string::npos);
    const auto none =
        house.run({"log", "archive", "--before", "2025-10-02T00:00Z", "--yes", "--format", "json"})
            .json_lines();
    REQUIRE(none.size() == 1);
    CHECK(none[0]["segments"].empty());
    CHECK(none[0]["last"].is_null());
  }

  TEST_CASE("stat and salvage count the records that stand in segments") {
    const LongLog house(6'000);
    REQUIRE(house.run({"log", "archive", "--before", "2025-10-01T01:30Z", "--yes"}).code == 0);
    const ToolRun stat = house.run({"log", "stat"});
    CHECK(stat.out.find("records     1 to 6") != std::string::npos);
    CHECK(stat.out.find("archived    1 to 512 of them, in 1 segment\n") != std::string::npos);
    const auto json = house.run({"log", "stat", "--format", "json"}).json_lines()[0];
    CHECK(json["first"] == 513);
    REQUIRE(json["segments"].size() == 1);
    CHECK(json["segments"][0]["last"] == 512);
    const MemoryDirectory home;
    const ToolRun salvaged = house.run({"log", "salvage", "--into", home / "new"});
    INFO(salvaged.out);
    CHECK(salvaged.code == 0);
    CHECK(salvaged.out.find(" records copied, 512 more in 1 segment, 0 lost; new log ") !=
          std::string::npos);
  }

  TEST_CASE("a damaged segment whose records still stand in the log's file loses nothing") {
    const LongLog house(6'000);
    REQUIRE(house.run({"log", "archive", "--before", "2025-10-01T01:30Z", "--yes"}).code == 0);
    const std::filesystem::path data = house.segments().parent_path().parent_path();
    const MemoryDirectory home;
    std::filesystem::copy(data, home / "later", std::filesystem::copy_options::recursive);
    REQUIRE(run_tool({"--data", home / "later", "log", "archive", "--before", "2025-10-02T00:00Z",
                      "--yes"})
                .code == 0);
    // As when archiving stopped between building and retiring, and the disk then lied.
    const char* name = "000000000513-000000001792.seg";
    const auto bytes = std::filesystem::file_size(home / "later" / "log" / "segments" / name);
    std::filesystem::copy_file(home / "later" / "log" / "segments" / name, house.segments() / name);
    std::filesystem::resize_file(house.segments() / name, bytes / 2);
    const ToolRun salvaged = house.run({"log", "salvage", "--into", home / "new"});
    INFO(salvaged.out << salvaged.err);
    CHECK(salvaged.code == 0);
    CHECK(salvaged.out.find(" records copied, 512 more in 2 segments, 0 lost; new log ") !=
          std::string::npos);
    CHECK(run_tool({"--data", home / "new", "log", "verify", "--deep"}).code == 0);
  }

  TEST_CASE("archive asks, and does nothing where nobody can agree") {
    const LongLog house(6'000);
    const ToolRun run = house.run({"log", "archive", "--before", "2025-10-02T00:00Z"});
    CHECK(run.code == 2);
    CHECK(run.one_error_line());
    CHECK_FALSE(std::filesystem::exists(house.segments()));
    CHECK(house.first() == 1);
  }

  TEST_CASE("compact needs the log to itself") {
    const LongLog house(10);
    const auto lock = log::WriterLock::take(house.segments().parent_path(), "somebody");
    REQUIRE(lock);
    const ToolRun run = house.run({"log", "compact"});
    CHECK(run.code == 3);
    CHECK(run.one_error_line());
    CHECK(run.err.find("somebody") != std::string::npos);
  }
}
