// Backups with a remote, by the real tool and the real rclone, whose remote is a directory here.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "log/backup_store.hpp"
#include "tests/replay/house_log.hpp"
#include "tests/support/rclone_place.hpp"

using namespace wattledger;
using namespace wattledger::testing;

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

class House {
 public:
  House() {
    house_.begin();
    for (int i = 1; i <= 400; ++i) house_.reading(60 * i, 4'000 + i);
    house_.close();
  }
  [[nodiscard]] ToolRun run(Words words, const std::string& path = {}) const {
    words.insert(words.begin(), {"--data", house_.data().string(), "backup"});
    Environment environment = {{"RCLONE_CONFIG", there_.config().string()}};
    if (!path.empty()) environment.emplace_back("PATH", path);
    return run_tool(words, {}, {}, environment);
  }
  [[nodiscard]] Json create(Words words = {}) const {
    words.insert(words.begin(), {"create", "--remote", there_.place(), "--format", "json"});
    const ToolRun done = run(std::move(words));
    INFO(done.err);
    REQUIRE(done.code == 0);
    return done.json_lines().at(0);
  }
  [[nodiscard]] std::vector<Json> there() const {
    const ToolRun list = run({"list", "--remote", there_.place(), "--format", "json"});
    CHECK_MESSAGE(list.code == 0, list.err);
    return list.json_lines();
  }
  [[nodiscard]] Json last_record() const {
    return on(house_, {"log", "tail", "--lines", "1", "--format", "json"}).json_lines().at(0);
  }
  [[nodiscard]] const RclonePlace& remote() const { return there_; }
  [[nodiscard]] std::string place() const { return there_.place(); }
  [[nodiscard]] fs::path data() const { return house_.data(); }

 private:
  HouseDirectory house_;
  RclonePlace there_;
};

fs::path segment_in(const fs::path& backup) {
  for (const auto& entry : fs::directory_iterator(backup))
    if (entry.path().filename() != "manifest.json") return entry.path();
  return {};
}

void change_a_byte(const fs::path& file) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(100);
  const char byte = static_cast<char>(stream.get());
  stream.seekp(100);
  stream.put(static_cast<char>(byte ^ 1));
}

bool says(const ToolRun& run, const std::string& text) {
  return (run.out + run.err).find(text) != std::string::npos;
}

}  // namespace

TEST_SUITE("backup/remote") {
  TEST_CASE("a backup is copied there with all it continues, listed, verified, restored, pruned") {
    if (rclone_program().empty()) return;
    const House house;
    CHECK(house.there().empty());
    REQUIRE(house.run({"create"}).code == 0);  // not sent: the next one takes it along
    const Json made = house.create({"--incremental"});
    const std::string id = made["id"].get<std::string>();
    REQUIRE(house.there().size() == 2);
    CHECK(house.there()[1]["id"] == id);
    CHECK(house.there()[1]["wrong"].is_null());
    const ToolRun verify = house.run({"verify", "--remote", house.place()});
    CHECK_MESSAGE(verify.code == 0, verify.err);
    CHECK(verify.lines().size() == 2);

    fs::remove_all(house.data() / "backups");
    const MemoryDirectory home;
    const ToolRun restored = house.run({"restore", id, "--from-remote", house.place(), "--into",
                                        (home / "again").string(), "--format", "json"});
    REQUIRE_MESSAGE(restored.code == 0, restored.err);
    CHECK(restored.json_lines().at(0)["root"] == made["root"]);
    CHECK(fs::is_empty(house.data() / "staging"));

    const Json whole = house.create();
    CHECK(house.there().size() == 3);
    const ToolRun pruned =
        house.run({"prune", "--remote", house.place(), "--keep-count", "1", "--yes"});
    CHECK_MESSAGE(pruned.code == 0, pruned.err);
    REQUIRE(house.there().size() == 1);
    CHECK(house.there()[0]["id"] == whole["id"]);
  }

  TEST_CASE("while somebody else sends, a backup is taken and none goes, and the log says so") {
    if (rclone_program().empty()) return;
    const House house;
    REQUIRE(house.run({"create"}).code == 0);
    const Words prune = {"prune", "--keep-count", "1", "--yes"};
    {
      const auto sends = log::StoreLock::take(house.data() / "backups", log::StorePart::remote);
      REQUIRE(sends.has_value());
      const ToolRun taken = house.run({"create", "--remote", house.place()});
      CHECK(taken.code == 3);
      CHECK(says(taken, "another process is sending"));
      CHECK(says(taken, "read back and verified"));
      const Json fact = house.last_record()["event"]["fact"];
      CHECK(fact["result"] == "succeeded");  // it is no alert
      CHECK(fact["detail"].get<std::string>().rfind("it stands here, and not with ", 0) == 0);
      const ToolRun kept = house.run(prune);
      CHECK(kept.code == 3);
      CHECK(says(kept, "another process is sending"));
      CHECK(house.run({"list"}).lines().size() == 3);
    }
    CHECK(house.there().empty());
    CHECK(house.run(prune).code == 0);
    CHECK(house.run({"list"}).lines().size() == 2);
    REQUIRE(house.create({"--incremental"}).is_object());
    CHECK(house.there().size() == 2);
  }

  TEST_CASE("what was damaged there is found, and not restored") {
    if (rclone_program().empty()) return;
    const House house;
    const std::string id = house.create()["id"].get<std::string>();
    change_a_byte(segment_in(house.remote().directory() / id));
    const ToolRun verify = house.run({"verify", id, "--remote", house.place()});
    CHECK(verify.code == 1);
    CHECK(says(verify, "is damaged"));
    const MemoryDirectory home;
    const ToolRun restore = house.run(
        {"restore", id, "--from-remote", house.place(), "--into", (home / "again").string()});
    CHECK(restore.code == 3);
    CHECK(restore.one_error_line());
    CHECK_FALSE(fs::exists(home / "again"));
  }

  TEST_CASE("what was cut short there is sent again by the next backup that needs it") {
    if (rclone_program().empty()) return;
    const House house;
    const std::string id = house.create()["id"].get<std::string>();
    const fs::path segment = segment_in(house.remote().directory() / id);
    fs::resize_file(segment, fs::file_size(segment) - 100);
    const std::string next = house.create({"--incremental"})["id"].get<std::string>();
    CHECK(house.run({"verify", id, "--remote", house.place()}).code == 0);
    CHECK(house.run({"verify", next, "--remote", house.place()}).code == 0);
  }

  TEST_CASE("a remote that keeps something else than it got has no backup, and the log says so") {
    if (rclone_program().empty()) return;
    const House house;
    const ToolRun lied =
        house.run({"create", "--remote", house.place()}, house.remote().lying_path());
    CHECK(lied.code == 3);
    CHECK(says(lied, "is not what was sent"));
    CHECK(house.last_record()["kind"] == "BackupTaken");
    CHECK(house.last_record().dump().find("failed") != std::string::npos);
    CHECK(house.there().empty());
    CHECK(house.run({"verify"}).code == 0);  // the one here is sound
    const Json made = house.create({"--incremental"});
    CHECK(house.there().size() == 2);
    CHECK(house.run({"verify", made["id"], "--remote", house.place()}).code == 0);
  }

  TEST_CASE("what a killed run left there is no backup, and the next run takes it away") {
    if (rclone_program().empty()) return;
    const House house;
    const auto left = house.remote().directory() / "20251001T000000Z-300";
    const auto foreign = house.remote().directory() / "holiday";
    fs::create_directories(left);
    fs::create_directories(foreign);
    std::ofstream(left / "000000000001-000000000300.seg") << "half";
    std::ofstream(foreign / "photo") << "not ours";
    CHECK(house.there().empty());
    (void)house.create();
    CHECK(house.there().size() == 1);
    CHECK_FALSE(fs::exists(left));
    CHECK(fs::exists(foreign / "photo"));
  }

  TEST_CASE("no rclone, no such remote, no such backup: one line each, and what to do") {
    const House house;
    const ToolRun none = house.run({"list", "--remote", house.place()}, "/nonexistent");
    CHECK(none.code == 3);
    CHECK(none.one_error_line());
    CHECK(says(none, "apt install rclone"));
    const ToolRun word = house.run({"list", "--remote", "nas"});
    CHECK(word.code == 2);
    CHECK(word.one_error_line());
    if (rclone_program().empty()) return;
    const ToolRun unknown = house.run({"list", "--remote", "elsewhere:house"});
    CHECK(unknown.code == 3);
    CHECK(unknown.one_error_line());
    CHECK(says(unknown, "elsewhere"));
    const MemoryDirectory home;
    const ToolRun no_backup = house.run({"restore", "20251001T000000Z-1", "--from-remote",
                                         house.place(), "--into", (home / "again").string()});
    CHECK(no_backup.code == 3);
    CHECK(says(no_backup, "backup list --remote"));
  }
}
