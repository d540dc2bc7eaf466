#include <filesystem>
#include <string>

#include "tests/projections/sqlite_reading.hpp"
#include "tests/replay/house_log.hpp"

using namespace wattledger;
using namespace wattledger::testing;

TEST_SUITE("replay/maintain") {
  TEST_CASE("the file is looked after, the log says so, and status says when") {
    HouseDirectory house;
    house.begin();
    house.reading(60);
    house.close();
    CHECK(on(house, {"maintain", "daily"}).err.find("is not there, or empty") != std::string::npos);
    REQUIRE(on(house, {"replay", "--projection", "sqlite", "--yes"}).code == 0);
    CHECK(on(house, {"maintain", "status"}).out.find("weekly  not in the last 60 days") !=
          std::string::npos);
    const ToolRun run = on(house, {"maintain", "weekly"});
    INFO(run.out << run.err);
    CHECK(run.code == 0);
    CHECK(run.out.find("goodwe_energy.db: ok, 0 of ") != std::string::npos);
    const auto status = on(house, {"maintain", "status", "--format", "json"}).json_lines();
    REQUIRE(status.size() == 1);
    CHECK(status[0]["weekly"]["result"] == "succeeded");
    CHECK(status[0]["daily"].is_null());  // there was no file yet, so there was none
    CHECK(status[0]["free_pages"] == 0);
    CHECK(on(house, {"replay", "--dry-run", "--diff"}).code == 0);
  }

  TEST_CASE("not while a mode is forced; a foreign file is not touched") {
    HouseDirectory house;
    house.begin();
    fb::CommandConfirmedT confirmed;
    confirmed.mode = fb::InverterMode::charge;
    house.add(60, confirmed);
    house.close();
    const ToolRun run = on(house, {"maintain", "daily"});
    CHECK(run.code == 3);
    CHECK(run.err.find("the inverter is in forced charge") != std::string::npos);

    HouseDirectory other;
    other.begin();
    other.close();
    const auto file = other.data() / "goodwe_energy.db";
    SqliteReader(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).rows("CREATE TABLE theirs(x)");
    const auto before = std::filesystem::file_size(file);
    CHECK(on(other, {"maintain", "weekly"}).code == 3);
    CHECK(std::filesystem::file_size(file) == before);
  }
}
