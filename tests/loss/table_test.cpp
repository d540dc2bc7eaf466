// README's table says all of this and nothing else.
#include <algorithm>

#include "tests/loss/lost_house.hpp"

using namespace wattledger::testing;

TEST_SUITE("loss/table") {
  // A row that is added is done to a house here as well, under the same name.
  TEST_CASE("every row of README's table is one of those that are done to a house here") {
    const std::vector<std::string> done = {
        "a page of the tables is damaged",
        "the first page of the tables is damaged",
        "the tables were deleted while the daemon runs",
        "the JSON files were deleted while the daemon runs",
        "tables, files or both were deleted while no daemon ran",
        "a record of the log is damaged",
        "a page of the log is damaged",
        "the first page of the log is damaged",
        "the log is cut short, or cannot be salvaged",
        "the log was deleted while the daemon runs",
        "the log is gone",
        "a segment of the log is gone or damaged",
        "the disk is full",
        "the clock was set back, or far ahead",
        "the power went",
        "the data directory was moved",
        "`keys/log.pem` is gone",
        "`cache/` or `house.state` was deleted",
    };
    CHECK(rows_of_readme() == done);
  }
}
