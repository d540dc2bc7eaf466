// What is made from the log is lost or damaged: nothing is lost that the log does not give again.
#include "tests/loss/live_house.hpp"

using namespace wattledger;
using namespace wattledger::testing;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t page_bytes = 4'096;

// Noise that is no page of SQLite's.
std::string noise(std::size_t bytes) {
  std::string made(bytes, '\0');
  std::uint32_t state = 1;
  for (char& byte : made) {
    state = state * 1'664'525U + 1'013'904'223U;
    byte = static_cast<char>(state >> 24U);
  }
  return made;
}

// Rows of every table that a rebuild tells, as text.
std::string rows_of(const Ran& rebuilt) {
  return rebuilt.out.substr(0, rebuilt.out.find("rows derived"));
}

}  // namespace

TEST_SUITE("loss/tables") {
  TEST_CASE("damaged pages of the tables: the daemon says so and lives on, a replay mends it") {
    const LostHouse house;
    const auto size = fs::file_size(house / "goodwe_energy.db");
    const std::size_t half = size / page_bytes / 2;
    overwrite(house / "goodwe_energy.db", page_bytes * (half / 2), noise(page_bytes * half));
    const Ran day = house.lives_on(2);
    CHECK(day.code == 0);
    const Ran looked = house.tool({"maintain", "daily"});
    CHECK(looked.code == 1);
    CHECK_MESSAGE(contains(looked.err, "move the file away and run `wattledger replay`"),
                  looked.err);
    const Ran compared = house.tool({"replay", "--dry-run", "--diff"});
    CHECK(compared.code == 3);
    CHECK_MESSAGE(contains(compared.err, (house / "goodwe_energy.db").string() + ": "),
                  compared.err);
    const Row row("a page of the tables is damaged");
    const Ran mended = mend(house.data(), row, day.err);
    CHECK(row.lost == "nothing");
    CHECK(contains(rows_of(mended), "energy_data"));
    require_whole(house.data());
  }

  TEST_CASE("no first page: the tables are left untouched, moved away and made again") {
    const LostHouse house;
    overwrite(house / "goodwe_energy.db", 0, noise(page_bytes));
    const std::string damaged = bytes_of_file(house / "goodwe_energy.db");
    const Ran day = house.lives_on(2);
    CHECK(day.code == 0);
    CHECK(bytes_of_file(house / "goodwe_energy.db") == damaged);
    CHECK(house.tool({"replay", "--yes"}).code == 3);
    mend(house.data(), Row("the first page of the tables is damaged"), day.err);
    require_whole(house.data());
    CHECK(bytes_of_file(house / "damaged.db") == damaged);
  }

  TEST_CASE("a write-ahead log of noise beside the tables is none of theirs") {
    const LostHouse house;
    { std::ofstream(house / "goodwe_energy.db-wal") << noise(page_bytes); }
    CHECK(house.lives_on(2).code == 0);
    require_whole(house.data());
  }

  TEST_CASE("tables and files that were deleted while no daemon ran: its next start builds them") {
    const LostHouse house;
    for (const char* name : {"goodwe_energy.db", "out", "data"}) fs::remove_all(house / name);
    const Ran day = house.lives_on(2);
    CHECK_MESSAGE(day.code == 0, day.err);
    require_whole(house.data());
  }

  TEST_CASE("… or a replay of each, with no daemon at all") {
    const LostHouse house;
    for (const char* name : {"goodwe_energy.db", "out", "data"}) fs::remove_all(house / name);
    const Row row("tables, files or both were deleted while no daemon ran");
    CHECK(row.lost == "nothing");
    mend(house.data(), row, "");
    require_whole(house.data());
  }

  TEST_CASE(
      "out/ alone was deleted: what is left is nobody's to overwrite, and the way on is said") {
    const LostHouse house;
    fs::remove_all(house / "out");
    const Ran refused = house.tool({"replay", "--projection", "json", "--yes"});
    CHECK(refused.code == 3);
    CHECK_MESSAGE(contains(refused.err, "where out/ was deleted by hand, delete data/ too"),
                  refused.err);
    fs::remove_all(house / "data");
    CHECK(house.tool({"replay", "--projection", "json", "--yes"}).code == 0);
    require_whole(house.data());
  }

  TEST_CASE("tables behind a link go on where they stood, also after a kill") {
    const LostHouse house;
    const fs::path elsewhere = house.beside("elsewhere.db");
    fs::rename(house / "goodwe_energy.db", elsewhere);
    fs::create_symlink(elsewhere, house / "goodwe_energy.db");
    const std::uint64_t begun = head_of(house.data());
    // Killed: the newest rows stand in the write-ahead log beside the file itself.
    {
      Program daemon(WATTLEDGERD, {"--simulate", "8", "--data", house.data().string()});
      const auto log = log::Log::open(house / "log");
      REQUIRE(log.has_value());
      while (!daemon.ended() && log->snapshot()->head().value < begun + 700)
        (void)log::wait_beyond(*log, log->snapshot()->head(), std::chrono::milliseconds(200));
      daemon.kill(SIGKILL);
    }
    const Ran day = house.lives_on(9);
    CHECK_MESSAGE(day.code == 0, day.err);
    CHECK_FALSE_MESSAGE(contains(day.err, "somebody else has written it"), day.err);
    require_whole(house.data());
  }

  TEST_CASE("tables deleted under a running daemon are missed, and a replay gives them back") {
    LiveHouse house;
    for (const char* name : {"goodwe_energy.db", "goodwe_energy.db-wal", "goodwe_energy.db-shm"})
      fs::remove(house.data() / name);
    house.something_happens();
    house.wait_until([&] { return contains(house.said(), "Error saving sqlite"); });
    CHECK_FALSE(contains(house.tool({"status"}).out, "sqlite current"));
    mend(house.data(), Row("the tables were deleted while the daemon runs"), house.said());
    house.something_happens();
    house.wait_for_status("sqlite current");
    house.stop();
    require_whole(house.data());
  }

  TEST_CASE("JSON files deleted under a running daemon are missed, and a replay gives them back") {
    LiveHouse house;
    // Moved first, for the daemon writes meanwhile.
    fs::rename(house.data() / "out", house.data() / "gone");
    fs::remove_all(house.data() / "data");
    fs::remove_all(house.data() / "gone");
    house.something_happens();
    house.wait_until([&] { return contains(house.said(), "Error saving json"); });
    mend(house.data(), Row("the JSON files were deleted while the daemon runs"), house.said());
    house.something_happens();
    house.wait_for_status("json current");
    house.stop();
    require_whole(house.data());
  }
}
