// The verbs of wattledger backup, by the real binary, on a house made here.
#include "tests/replay/tool.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/replay/house_log.hpp"
#include "tests/support/places.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

// A house of some hundred readings, whose log nobody holds.
class House {
 public:
  explicit House(int readings = 400) {
    house_.begin();
    for (int i = 1; i <= readings; ++i) house_.reading(60 * i, 4'000 + i % 500);
    house_.close();
  }
  [[nodiscard]] ToolRun run(Words words) const {
    words.insert(words.begin(), "backup");
    return on(house_, std::move(words));
  }
  [[nodiscard]] Json answer(Words words) const {
    words.insert(words.end(), {"--format", "json"});
    const ToolRun done = run(std::move(words));
    INFO(done.err);
    REQUIRE(done.code == 0);
    return done.json_lines().at(0);
  }
  [[nodiscard]] std::string create(Words words = {}) const {
    words.insert(words.begin(), "create");
    return answer(std::move(words))["id"].get<std::string>();
  }
  [[nodiscard]] Json last_record() const { return last_records(1).at(0); }
  [[nodiscard]] std::vector<Json> last_records(int count) const {
    auto lines = on(house_, {"log", "tail", "--lines", std::to_string(count), "--format", "json"})
                     .json_lines();
    REQUIRE(lines.size() == static_cast<std::size_t>(count));
    return lines;
  }
  [[nodiscard]] fs::path data() const { return house_.data(); }
  [[nodiscard]] fs::path store() const { return data() / "backups"; }
  [[nodiscard]] const HouseDirectory& directory() const { return house_; }

 private:
  HouseDirectory house_;
};

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

fs::path segment_in(const fs::path& backup) {
  for (const auto& entry : fs::directory_iterator(backup))
    if (entry.path().filename() != "manifest.json") return entry.path();
  return {};
}

bool says(const ToolRun& run, const std::string& text) {
  return (run.out + run.err).find(text) != std::string::npos;
}

}  // namespace

TEST_SUITE("backup/tool") {
  TEST_CASE("a backup is taken, recorded, listed, verified and restored") {
    const House house;
    const Json made = house.answer({"create"});
    const std::string id = made["id"].get<std::string>();
    CHECK(made["last"] == 404);
    const Json record = house.last_record();
    CHECK(record["kind"] == "BackupTaken");
    CHECK(record["sequence"] == made["sequence"]);

    const ToolRun list = house.run({"list"});
    CHECK(list.lines().at(1).find(id) == 0);
    const ToolRun verify = house.run({"verify", id});
    CHECK(verify.code == 0);
    CHECK(says(verify, "signed by this log's key"));

    const MemoryDirectory home;
    const fs::path into = home / "again";
    const ToolRun dry = house.run({"restore", id, "--into", into.string(), "--dry-run"});
    CHECK(dry.code == 0);
    CHECK(says(dry, "would restore records 1 to 404"));
    CHECK_FALSE(fs::exists(into));
    const Json restored = house.answer({"restore", id, "--into", into.string()});
    CHECK(restored["root"] == made["root"]);
    CHECK(run_tool({"--data", into.string(), "log", "verify", "--deep"}).code == 0);
    CHECK(run_tool({"--data", into.string(), "replay", "--yes"}).code == 0);
    CHECK(house.run({"restore", id, "--into", into.string()}).code == 3);  // not empty any more
  }

  TEST_CASE("a lost log is restored in its place, and never over one that is there") {
    const House house;
    const std::string id = house.create();
    const ToolRun refused = house.run({"restore", id});
    CHECK(refused.code == 3);
    CHECK(refused.one_error_line());
    fs::remove_all(house.data() / "log");
    CHECK(house.run({"restore", id}).code == 0);
    const auto records = house.last_records(3);
    CHECK(records[0]["kind"] == "LogRestored");
    CHECK(records[1]["event"]["fact"]["verb"] == "backup restore");
    CHECK(records[2]["kind"] == "ChangeFinished");
    CHECK(house.run({"verify"}).code == 0);  // of the log that this one continues
  }

  TEST_CASE("an incremental backup needs the one it continues, and says which") {
    const House house;
    const std::string full = house.create();
    const std::string second = house.create({"--incremental"});
    const Json third = house.answer({"create", "--incremental"});
    CHECK(third["base"] == second);
    CHECK(third["first"] == 406);
    const MemoryDirectory home;
    const Json restored =
        house.answer({"restore", third["id"], "--into", (home / "again").string()});
    CHECK(restored["root"] == third["root"]);
    const Json then =
        house.answer({"restore", third["id"], "--into", (home / "then").string(), "--until", "99"});
    CHECK(then["last"] == 99);
    const Json at = house.answer({"restore", third["id"], "--into", (home / "at").string(),
                                  "--until", "2025-10-01T00:10:30Z"});
    CHECK(at["last"] == 14);  // four at the beginning, then one a minute

    CHECK(house.run({"prune", "--keep-count", "1", "--yes"}).code == 0);
    CHECK(fs::exists(house.store() / full));  // the newest rests on it
    fs::remove_all(house.store() / second);
    for (const Words& words : {Words{"verify", third["id"]},
                               Words{"restore", third["id"], "--into", (home / "no").string()}}) {
      const ToolRun broken = house.run(words);
      CHECK(broken.code != 0);
      CHECK(says(broken, "continues the backup " + second));
    }
  }

  TEST_CASE("verify says what is wrong, and a restore refuses it") {
    const House house;
    const std::string id = house.create();
    const fs::path backup = house.store() / id;
    const fs::path segment = segment_in(backup);
    const std::string manifest = text_of(backup / "manifest.json"), records = text_of(segment);
    std::string flipped = records;
    flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
    std::string newer = manifest;
    newer.replace(newer.find("\"version\": 1"), 12, "\"version\": 2");
    std::string moved = manifest;
    moved.replace(moved.find("\"first\": 1"), 10, "\"first\": 2");
    struct Row {
      std::string name;
      std::function<void()> damage;
      const char* said;
    };
    const std::vector<Row> rows = {
        {"cut short", [&] { write(segment, records.substr(0, records.size() - 9)); },
         "is cut short"},
        {"a flipped bit", [&] { write(segment, flipped); }, "is damaged"},
        {"a file more bytes", [&] { write(segment, records + "x"); }, "is damaged"},
        {"a missing file", [&] { fs::remove(segment); }, "is missing"},
        {"a missing manifest", [&] { fs::remove(backup / "manifest.json"); }, "is missing"},
        {"a changed manifest", [&] { write(backup / "manifest.json", moved); }, "is damaged"},
        {"a later version", [&] { write(backup / "manifest.json", newer); }, "does not know"}};
    const MemoryDirectory home;
    for (const Row& row : rows) {
      CAPTURE(row.name);
      row.damage();
      const ToolRun verify = house.run({"verify", id});
      CHECK(verify.code == 1);
      CHECK(verify.lines().size() == 1);
      CHECK(says(verify, row.said));
      const ToolRun restore = house.run({"restore", id, "--into", (home / "again").string()});
      CHECK(restore.code == 3);
      CHECK(restore.one_error_line());
      CHECK_FALSE(fs::exists(home / "again"));
      write(segment, records);
      write(backup / "manifest.json", manifest);
    }
    CHECK(house.run({"verify", id}).code == 0);
  }

  TEST_CASE("another house's backup is refused, unless it is asked for") {
    const House house;
    const std::string id = house.create();
    const MemoryDirectory home;
    // A log of its own: what a restore gives, restored again, continues a third one.
    const auto other = home / "other", third = home / "third";
    REQUIRE(house.run({"restore", id, "--into", other.string()}).code == 0);
    const auto made = run_tool({"--data", other.string(), "backup", "create", "--format", "json"});
    REQUIRE(made.code == 0);
    const std::string theirs = made.json_lines().at(0)["id"].get<std::string>();
    const std::string from = (other / "backups").string();
    const ToolRun verify = house.run({"verify", theirs, "--from", from});
    CHECK(verify.code == 1);
    CHECK(says(verify, "another house"));
    const ToolRun restore =
        house.run({"restore", theirs, "--from", from, "--into", third.string()});
    CHECK(restore.code == 3);
    CHECK(restore.one_error_line());
    CHECK(house.run({"verify", theirs, "--from", from, "--any-house"}).code == 0);
    CHECK(house.run({"restore", theirs, "--from", from, "--into", third.string(), "--any-house"})
              .code == 0);
  }

  TEST_CASE("an encrypted backup tells nothing without its key, and all with it") {
    const House house;
    const MemoryDirectory home;
    const std::string key = (home / "key").string(), other = (home / "other").string();
    REQUIRE(house.run({"key", "new", key}).code == 0);
    REQUIRE(house.run({"key", "new", other}).code == 0);
    CHECK((fs::status(key).permissions() & fs::perms::mask) ==
          (fs::perms::owner_read | fs::perms::owner_write));
    const std::string id = house.create({"--encrypt", "--key-file", key});
    const fs::path segment = segment_in(house.store() / id);
    CHECK(text_of(segment).find("wattledger-s") == std::string::npos);
    CHECK(fs::is_empty(house.data() / "cache"));  // nothing in clear is left

    const ToolRun sums = house.run({"verify", id});
    CHECK(sums.code == 0);
    CHECK(says(sums, "there is no key"));
    CHECK(house.run({"verify", id, "--key-file", key}).code == 0);
    const auto into = (home / "again").string();
    for (const Words& words : {Words{}, Words{"--key-file", other}}) {
      Words all = {"restore", id, "--into", into};
      all.insert(all.end(), words.begin(), words.end());
      const ToolRun refused = house.run(all);
      CHECK(refused.code == 3);
      CHECK(refused.one_error_line());
      CHECK(says(refused, "is encrypted with the key"));
    }
    CHECK(house.run({"restore", id, "--into", into, "--key-file", key}).code == 0);

    fs::permissions(key, fs::perms::group_read, fs::perm_options::add);
    const ToolRun open = house.run({"verify", id, "--key-file", key});
    CHECK(open.code == 3);
    CHECK(says(open, "may be read by others"));
  }

  TEST_CASE("a key without a name stands below the data, and encrypts from then on") {
    HouseDirectory house;
    house.begin();
    house.close();
    const ToolRun made = on(house, {"backup", "key", "new"});
    CHECK_MESSAGE(made.code == 0, made.err);
    CHECK(std::filesystem::exists(house.data() / "keys" / "backup.key"));
    CHECK(on(house, {"backup", "create", "--encrypt"}).code == 0);
  }

  TEST_CASE("with a configuration the verbs use the place and the key that the daemon uses") {
    const House house;
    const TemporaryDirectory home;
    const fs::path file = home / "house.yaml", store = home / "elsewhere";
    write(file, "data: " + house.data().string() + "\nbackup: {to: " + store.string() +
                    ", key_file: " + (home / "house.key").string() + "}\n");
    const auto typed = [&](Words words) {
      words.insert(words.begin(), {"--config", file.string()});
      return run_tool(words);
    };
    REQUIRE(typed({"backup", "key", "new"}).code == 0);
    CHECK(fs::exists(home / "house.key"));
    REQUIRE(typed({"replay", "--yes"}).code == 0);
    const ToolRun made = typed({"backup", "create"});
    REQUIRE_MESSAGE(made.code == 0, made.err);
    CHECK(says(made, ", encrypted, "));
    CHECK_FALSE(fs::exists(house.store()));
    CHECK(fs::exists(store));
    CHECK(says(typed({"backup", "list"}), "encrypted"));
    for (const char* verb : {"verify", "drill"}) {
      const ToolRun done = typed({"backup", verb});
      CHECK_MESSAGE(done.code == 0, done.out, done.err);
    }
    CHECK(house.last_record()["kind"] == "BackupDrilled");
  }

  TEST_CASE("a drill builds what is live out of the backup, and records what came of it") {
    const House house;
    REQUIRE(on(house.directory(), {"replay", "--yes"}).code == 0);
    const std::string id = house.create();
    REQUIRE(on(house.directory(), {"replay", "--yes"}).code == 0);  // the live tables go on
    const Json good = house.answer({"drill"});
    CHECK(good["differences"].empty());
    REQUIRE(good["compared"].size() == 1);
    CHECK(good["compared"][0]["sequence"].get<int>() > good["last"].get<int>());
    CHECK(house.last_record()["kind"] == "BackupDrilled");
    CHECK(house.last_record()["sequence"] == good["sequence"]);
    CHECK(fs::is_empty(house.data() / "staging") ==
          !fs::exists(house.data() / "staging" / "before"));

    write(segment_in(house.store() / id), "nothing");
    const ToolRun bad = house.run({"drill"});
    CHECK(bad.code == 1);
    CHECK(says(bad, "is cut short"));
    CHECK(house.last_record()["kind"] == "BackupDrilled");
  }

  TEST_CASE("root at work in another user's house leaves nothing of its own there") {
    if (::geteuid() != 0) {
      MESSAGE("only root can work for others: left out");
      return;
    }
    constexpr uid_t user = 12'345;
    const House house;
    const auto each = [&](auto act) {
      act(house.data());
      for (const auto& entry : fs::recursive_directory_iterator(house.data())) act(entry.path());
    };
    each([&](const fs::path& path) { REQUIRE(::lchown(path.c_str(), user, user) == 0); });
    REQUIRE_FALSE(house.create().empty());
    REQUIRE(on(house.directory(), {"replay", "--yes"}).code == 0);
    REQUIRE(house.run({"drill"}).code == 0);
    each([&](const fs::path& path) {
      struct ::stat status {};
      REQUIRE(::lstat(path.c_str(), &status) == 0);
      CHECK_MESSAGE(status.st_uid == user, path.string());
    });
  }

  TEST_CASE("the backups of the log before a restored one are not its own, and a drill says so") {
    const House house;
    const std::string id = house.create();
    REQUIRE(fs::remove_all(house.data() / "log") > 0);
    REQUIRE(house.run({"restore", id}).code == 0);
    const ToolRun drilled = house.run({"drill"});
    CHECK(drilled.code == 3);
    CHECK(drilled.one_error_line());
    CHECK(says(drilled, "none of the 1 backups in "));
    CHECK(says(drilled, "is of this log (one that was restored is a new one); take one: "));
  }

  TEST_CASE("backups that were once made are read for ever: full, and encrypted and incremental") {
    const fs::path golden = golden_directory() / "backups";
    if (!fs::exists(golden) && std::getenv("WATTLEDGER_UPDATE_GOLDEN") != nullptr) {
      const House house(20);
      REQUIRE(house.create({"--to", golden.string()}) != "");
      REQUIRE(house.run({"key", "new", (golden / "key").string()}).code == 0);
      REQUIRE(house.create({"--to", golden.string(), "--incremental", "--encrypt", "--key-file",
                            (golden / "key").string()}) != "");
    }
    const MemoryDirectory home;
    fs::copy(golden, home / "backups", fs::copy_options::recursive);
    const std::string key = (home / "backups" / "key").string();
    fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);  // git forgets it
    const auto run = [&](Words words) {
      words.insert(words.begin(), "backup");
      words.insert(words.end(),
                   {"--from", (home / "backups").string(), "--key-file", key, "--format", "json"});
      const ToolRun done = run_tool(words, home.path());
      INFO(done.err);
      CHECK(done.code == 0);
      return done.json_lines();
    };
    const auto verified = run({"verify"});
    REQUIRE(verified.size() == 2);
    const std::string newest = verified[1]["id"].get<std::string>();
    const auto restored = run({"restore", newest, "--into", (home / "again").string()});
    CHECK(restored.at(0)["last"] == 25);
    CHECK(restored.at(0)["root"] == verified[1]["root"]);
  }

  TEST_CASE("a backup that did not come about is recorded as such") {
    const House house(5);
    write(house.data() / "file", "no directory");
    const ToolRun failed = house.run({"create", "--to", (house.data() / "file" / "b").string()});
    CHECK(failed.code == 3);
    CHECK(failed.one_error_line());
    CHECK(house.last_record()["kind"] == "BackupTaken");
    CHECK(says(on(house.directory(), {"log", "tail", "--lines", "1"}), "failed"));
  }

  TEST_CASE("wrong input is one line") {
    const House house(5);
    const std::string id = house.create();
    const MemoryDirectory home;
    write(home / "nokey", "nothing\n");
    fs::permissions(home / "nokey", fs::perms::owner_read | fs::perms::owner_write);
    const std::string into = (home / "into").string();
    struct Row {
      std::string name;
      Words words;
      int code;
      const char* said;
    };
    const std::vector<Row> rows = {
        {"no such backup", {"restore", "x", "--into", into}, 3, "there is no backup x"},
        {"none to verify", {"verify", "x"}, 3, "the newest is"},
        {"no backups there", {"list", "--from", into}, 3, "there are no backups in"},
        {"nothing to continue",
         {"create", "--incremental", "--to", (home / "to").string()},
         3,
         "take a full one"},
        {"a key without its use", {"create", "--key-file", "k"}, 2, "--encrypt"},
        {"no key", {"create", "--encrypt"}, 3, "there is no key for backups"},
        {"no key in it",
         {"create", "--encrypt", "--key-file", (home / "nokey").string()},
         3,
         "holds no key"},
        {"a key is never replaced",
         {"key", "new", (home / "nokey").string()},
         3,
         "is there already"},
        {"beyond the end", {"restore", id, "--into", into, "--until", "99"}, 3, "no record 99"},
        {"before the beginning", {"restore", id, "--into", into, "--until", "0"}, 3, "no record 0"},
        {"before all time",
         {"restore", id, "--into", into, "--until", "2001-01-01"},
         3,
         "holds nothing recorded by"},
        {"no time", {"restore", id, "--into", into, "--until", "soon"}, 2, "soon"},
        {"no rule", {"prune"}, 2, "--keep-days"},
        {"nobody agrees", {"prune", "--keep-count", "1"}, 0, ""},
    };
    for (const Row& row : rows) {
      CAPTURE(row.name);
      const ToolRun run = house.run(row.words);
      INFO(run.err);
      CHECK(run.code == row.code);
      CHECK(says(run, row.said));
      CHECK((row.code == 0 || run.one_error_line()));
    }
    const std::string second = house.create();
    const ToolRun asks = house.run({"prune", "--keep-count", "1"});
    CHECK(asks.code == 2);
    CHECK(asks.one_error_line());
    const Json dry = house.answer({"prune", "--keep-count", "1", "--dry-run"});
    CHECK(dry["ids"] == Json::array({id}));
    CHECK(fs::exists(house.store() / id));
    CHECK(house.run({"prune", "--keep-count", "1", "--yes"}).code == 0);
    CHECK_FALSE(fs::exists(house.store() / id));
    CHECK(fs::exists(house.store() / second));
  }

  TEST_CASE("the tool tells where records stand, and moves none that nobody agreed to") {
    HouseDirectory house;
    house.begin();
    for (int i = 1; i <= 50; ++i) house.reading(60 * i);
    house.close();
    const auto tiers = on(house, {"tiers", "--format", "json"}).json_lines().at(0);
    CHECK(tiers["hot"]["records"] == 54);
    CHECK(tiers["warm"]["files"] == 0);
    CHECK(tiers["cold"]["recorded_from"].is_null());
    CHECK(on(house, {"tiers"}).lines().size() == 4);
    const ToolRun refused = on(house, {"tiers", "run", "--remote", "nas:house"});
    CHECK(refused.code == 2);
    CHECK(refused.one_error_line());
    CHECK(on(house, {"tiers", "run", "--remote", "nas", "--yes"}).code == 2);
    const ToolRun nothing = on(house, {"tiers", "run", "--yes"});
    CHECK(nothing.code == 0);
    CHECK(nothing.err.find("nothing has come of age") != std::string::npos);
    CHECK(on(house, {"tiers", "fetch"}).err.find("nothing to fetch") != std::string::npos);
    CHECK(on(house, {"tiers", "fetch", "--from", "2025-02-01", "--to", "2025-01-01"}).code == 2);
  }
}
