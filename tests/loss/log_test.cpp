// The log itself is damaged or lost: what is intact is saved, the rest is named, and nothing else
// is lost.
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tests/log/raw_environment.hpp"
#include "tests/loss/live_house.hpp"

using namespace wattledger;
using namespace wattledger::testing;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t page_bytes = 4'096;

std::uint64_t number_at(const std::string& file, std::size_t offset, std::size_t bytes) {
  std::uint64_t number = 0;
  std::memcpy(&number, file.data() + offset, bytes);
  return number;
}

// Of LMDB's newest meta page; its tree of databases has the root of `events`.
std::size_t newest_meta(const std::string& file) {
  constexpr std::size_t transaction = 144;
  return number_at(file, transaction, 8) > number_at(file, page_bytes + transaction, 8) ? 0 : 1;
}

std::size_t root_of_events(const std::string& file) {
  constexpr std::size_t main_root = 16 + 24 + 48 + 40;
  const std::size_t page =
      page_bytes * number_at(file, newest_meta(file) * page_bytes + main_root, 8);
  for (std::size_t slot = 16; slot < number_at(file, page + 12, 2); slot += 2) {
    const std::size_t node = page + number_at(file, page + slot, 2);
    const std::size_t key = number_at(file, node + 6, 2);
    if (file.substr(node + 8, key) == "events") return number_at(file, node + 8 + key + 40, 8);
  }
  FAIL("no database of events");
  return 0;
}

// Any page in the middle of the file that holds records in its own bytes.
std::size_t a_leaf(const std::string& file) {
  for (std::size_t page = file.size() / page_bytes / 2; page * page_bytes < file.size(); ++page)
    if (number_at(file, page * page_bytes + 10, 2) == 2) return page;
  FAIL("no leaf");
  return 0;
}

void damage_record(const fs::path& data, std::uint64_t sequence) {
  RawEnvironment raw(data / "log");
  Bytes record = raw.get("events", key_of(sequence));
  record[record.size() / 2] ^= std::byte{16};
  raw.put("events", key_of(sequence), record);
}

// The number in front of the words.
std::uint64_t number_before(const std::string& text, const std::string& words) {
  const auto end = text.find(words);
  REQUIRE_MESSAGE(end != std::string::npos, text);
  const auto begin = text.find_last_not_of("0123456789", end - 1);
  return std::stoull(text.substr(begin + 1, end - begin - 1));
}

}  // namespace

TEST_SUITE("loss/log") {
  TEST_CASE("a damaged record: what shows reads on and says so, salvage loses that one alone") {
    const LostHouse house;
    const std::uint64_t records = head_of(house.data());
    damage_record(house.data(), 800);
    fs::remove_all(house / "cache");
    const std::vector<std::vector<std::string>> shows = {
        {"log", "stat"},
        {"audit", "list", "--limit", "200"},
        {"audit", "list", "--from", "2025-10-01", "--to", "2025-10-02"},
        {"audit", "explain", "2025-10-01T13:45"},
        {"audit", "what-if", "--policy", "tiered", "--from", "2025-10-01", "--to", "2025-10-02"},
        {"audit", "report", "--month", "2025-10", "--no-record", "--out",
         house.beside("report.html").string()}};
    for (const auto& verb : shows) {
      const Ran shown = house.tool(verb);
      CAPTURE(verb[1]);
      CHECK_MESSAGE(shown.code == 1, shown.err);
      CHECK_MESSAGE(contains(shown.err, "this lacks what stands there: record 800: "), shown.err);
      CHECK_FALSE(shown.out.empty());
    }
    for (const auto& verb : std::vector<std::vector<std::string>>{
             {"replay", "--yes"}, {"backup", "create"}, {"audit", "verify"}}) {
      const Ran stopped = house.tool(verb);
      CAPTURE(verb[0]);
      CHECK(stopped.code != 0);
      CHECK_MESSAGE(contains(stopped.out + stopped.err, "record 800"), stopped.err);
    }
    const Ran day = house.lives_on(2);
    CHECK(day.code == 0);
    mend(house.data(), Row("a record of the log is damaged"), day.err,
         {{"SAVED", house.beside("saved").string()}});
    const Ran left = house.tool({"log", "verify", "--deep"});
    CHECK_MESSAGE(contains(left.out, "record 800 lost before this log was salvaged"), left.out);
    CHECK(head_of(house.data()) > records);
    const Ran behind = house.lives_on(3);
    CHECK_MESSAGE(behind.code == 0, behind.err);
    require_live_is_the_log(house.data());
  }

  TEST_CASE("a damaged page with records: they are lost, and no other") {
    const LostHouse house;
    const std::uint64_t records = head_of(house.data());
    const std::size_t page = a_leaf(bytes_of_file(house / "log" / "data.mdb"));
    overwrite(house / "log" / "data.mdb", page * page_bytes, std::string(page_bytes, '\0'));
    const Ran verified = house.tool({"log", "verify"});
    CHECK(verified.code != 0);
    const Ran salvaged = house.tool({"log", "salvage", "--into", house.beside("looked").string()});
    const std::uint64_t copied = number_before(salvaged.out, " records copied");
    const std::uint64_t lost = number_before(salvaged.out, " lost; new log");
    CHECK(copied + lost == records);
    CHECK(lost < 40);  // a page's
    mend(house.data(), Row("a page of the log is damaged"), verified.err,
         {{"SAVED", house.beside("saved").string()}});
    const Ran day = house.lives_on(2);
    CHECK_MESSAGE(day.code == 0, day.err);
    require_live_is_the_log(house.data());
  }

  TEST_CASE("a damaged page that leads to all others: every record is saved") {
    const LostHouse house;
    const std::uint64_t records = head_of(house.data());
    const std::size_t root = root_of_events(bytes_of_file(house / "log" / "data.mdb"));
    overwrite(house / "log" / "data.mdb", root * page_bytes, std::string(page_bytes, '\0'));
    CHECK(house.tool({"log", "verify"}).code == 1);
    const Ran day = house.lives_on(2);
    CHECK(day.code == 3);
    CHECK_MESSAGE(contains(day.err, "wattledger log salvage --into DIR"), day.err);
    const Ran salvaged = house.tool({"log", "salvage", "--into", house.beside("saved").string()});
    CHECK(salvaged.code == 0);
    CHECK(number_before(salvaged.out, " records copied") == records);
    fs::rename(house / "log", house / "log.damaged");
    fs::rename(house.beside("saved") / "log", house / "log");
    CHECK(house.lives_on(2).code == 0);
    require_whole(house.data());
  }

  TEST_CASE(
      "either first page damaged: all but at most the last commit is saved, and that is said") {
    for (const std::size_t page : {std::size_t{0}, std::size_t{1}}) {
      CAPTURE(page);
      const LostHouse house;
      const std::uint64_t records = head_of(house.data());
      const bool newest = newest_meta(bytes_of_file(house / "log" / "data.mdb")) == page;
      overwrite(house / "log" / "data.mdb", page * page_bytes, std::string(page_bytes, '\0'));
      const Ran refused = house.lives_on(2);
      CHECK(refused.code == 3);
      const Ran salvaged = house.tool({"log", "salvage", "--into", house.beside("saved").string()});
      CHECK(salvaged.code == 1);
      CHECK_MESSAGE(contains(salvaged.out, "what the last commit brought may be missing"),
                    salvaged.out);
      const std::uint64_t copied = number_before(salvaged.out, " records copied");
      CHECK(copied <= records);
      CHECK(copied + (newest ? 64U : 0U) >= records);
      fs::remove_all(house.beside("saved"));
      if (page == 0)
        mend(house.data(), Row("the first page of the log is damaged"), refused.err,
             {{"SAVED", house.beside("saved").string()}});
      else
        continue;
      CHECK(house.lives_on(2).code == 0);
      require_whole(house.data());
    }
  }

  TEST_CASE("a log that is cut short: a backup brings back what was there when it was taken") {
    const LostHouse house;
    const std::string id = house.backed_up();
    CHECK(house.lives_on(2).code == 0);
    fs::resize_file(house / "log" / "data.mdb", fs::file_size(house / "log" / "data.mdb") / 2);
    const Ran refused = house.lives_on(3);
    CHECK(refused.code == 3);
    mend(house.data(), Row("the log is cut short, or cannot be salvaged"), refused.err,
         {{"ID", id}});
    // The day behind the backup is lived again.
    CHECK(house.lives_on(2).code == 0);
    require_whole(house.data());
  }

  TEST_CASE(
      "a log that is gone: the daemon begins no other in its place, a backup brings it back") {
    const LostHouse house;
    const std::string id = house.backed_up();
    const std::uint64_t records = std::stoull(id.substr(id.find('-') + 1));
    fs::remove_all(house / "log");
    const std::string tables = bytes_of_file(house / "goodwe_energy.db");
    const Ran refused = house.lives_on(2);
    CHECK(refused.code == 3);
    CHECK_FALSE(fs::exists(house / "log"));
    CHECK(bytes_of_file(house / "goodwe_energy.db") == tables);
    CHECK_MESSAGE(contains(refused.err, "backup restore " + id), refused.err);
    CHECK(contains(house.tool({"status"}).err, "wattledger backup restore"));
    mend(house.data(), Row("the log is gone"), refused.err, {{"ID", id}});
    CHECK(head_of(house.data()) >= records);
    CHECK(house.lives_on(2).code == 0);
    require_whole(house.data());
  }

  TEST_CASE("a log deleted under a running daemon is missed, written out again, and goes on") {
    const Row row("the log was deleted while the daemon runs");
    for (const bool all : {true, false}) {
      CAPTURE(all);
      LiveHouse house;
      const Ran taken = house.tool({"backup", "create", "--format", "json"});
      REQUIRE_MESSAGE(taken.code == 0, taken.err);
      const std::string id = nlohmann::json::parse(taken.out)["id"];
      const std::uint64_t before = head_of(house.data());
      if (all)
        fs::remove_all(house.data() / "log");
      else
        fs::remove(house.data() / "log" / "data.mdb");
      // Not beside the one that the daemon has open, nor over what it wrote out meanwhile.
      CHECK(house.tool({"backup", "restore", id}).code == 3);
      CHECK(house.end() == 3);
      CHECK(contains(bytes_of_file(house.data() / "health.json"), "does not run"));
      mend(house.data(), row, house.said());
      CHECK(head_of(house.data()) >= before);
      house.start();
      house.something_happens();
      house.stop();
      require_whole(house.data());
    }
  }

  TEST_CASE("a log moved away under a running daemon is missed; what it holds stays there") {
    LiveHouse house;
    fs::rename(house.data() / "log", house.data() / "elsewhere");
    CHECK(house.end() == 3);
    CHECK_MESSAGE(contains(house.said(), "was moved away while the daemon runs"), house.said());
    CHECK_FALSE(fs::exists(house.data() / "log"));
    fs::rename(house.data() / "elsewhere", house.data() / "log");
    house.start();
    house.stop();
    require_whole(house.data());
  }

  TEST_CASE("where a log is gone and nothing tells of one, a new one is begun") {
    const LostHouse house;
    for (const char* name : {"log", "goodwe_energy.db", "out", "data", "cache"})
      fs::remove_all(house / name);
    CHECK(house.lives_on(1).code == 0);
  }

  TEST_CASE("a segment that is gone or damaged comes back from a backup, and nothing is lost") {
    const LostHouse house(4);
    REQUIRE(house.tool({"log", "archive", "--before", "2025-10-02", "--yes"}).code == 0);
    const std::string id = house.backed_up();
    const fs::path segment = fs::directory_iterator(house / "log" / "segments")->path();
    const Row row("a segment of the log is gone or damaged");
    for (const bool gone : {true, false}) {
      CAPTURE(gone);
      if (gone)
        fs::remove(segment);
      else
        overwrite(segment, fs::file_size(segment) / 2, "damaged");
      const Ran stat = house.tool({"log", "stat"});
      CHECK(stat.code == 1);
      CHECK_MESSAGE(contains(stat.out, "archived"), stat.out);
      CHECK(house.tool({"log", "verify"}).code == 1);
      mend(house.data(), row, stat.err, {{"ID", id}, {"SEGMENT", segment.filename().string()}});
      CHECK(row.lost == "nothing");
      require_whole(house.data());
    }
  }
}
