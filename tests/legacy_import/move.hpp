// An older installation and a data directory of ours, and the real binary between them.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "log/reader.hpp"
#include "log/snapshot.hpp"
#include "projections/sqlite/sqlite_handle.hpp"
#include "tests/legacy_import/old_house.hpp"
#include "tests/replay/tool.hpp"
#include "tests/support/temporary_directory.hpp"

namespace wattledger::testing {

namespace fs = std::filesystem;
namespace sqlite = projections::sqlite;

// An older installation beside a data directory of ours.
class Move {
 public:
  [[nodiscard]] fs::path old() const { return home_ / "old"; }
  [[nodiscard]] fs::path data() const { return home_ / "house"; }
  [[nodiscard]] fs::path database() const { return old() / "data" / "goodwe_energy.db"; }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((old() / name).parent_path());
    std::ofstream(old() / name, std::ios::binary) << text;
  }

  // What there is of the three sources.
  [[nodiscard]] std::vector<std::string> sources() const {
    std::vector<std::string> words;
    if (fs::exists(database())) words.insert(words.end(), {"--db", database().string()});
    if (fs::exists(old() / "out")) words.insert(words.end(), {"--out", (old() / "out").string()});
    if (fs::exists(old() / "data"))
      words.insert(words.end(), {"--state", (old() / "data").string()});
    return words;
  }
  ToolRun import(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"import", "legacy", "--timezone", "Europe/Warsaw"};
    const auto from = sources();
    words.insert(words.end(), from.begin(), from.end());
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  ToolRun verify(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words{"import", "verify"};
    const auto from = sources();
    words.insert(words.end(), from.begin(), from.end());
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  }
  [[nodiscard]] ToolRun run(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--data", data().string(), "--format", "json"});
    return run_tool(words, home_.path());
  }
  // The import's report, the first object of its output.
  static nlohmann::json report(const ToolRun& run) {
    INFO(run.err);
    std::istringstream in(run.out);
    nlohmann::json json;
    in >> json;
    return json;
  }

  // Facts and origins of the log's imported events, in their order.
  [[nodiscard]] std::vector<std::string> imported() const {
    const auto log = log::Log::open(data() / "log");
    REQUIRE(log);
    const auto snapshot = log->snapshot();
    REQUIRE(snapshot);
    std::vector<std::string> events;
    REQUIRE(snapshot->scan(snapshot->first(), snapshot->head(),
                           [&](const log::RecordView& record) -> Result<bool> {
                             if (record.event.event().origins() != nullptr)
                               events.push_back(event_json(record.event));
                             return true;
                           }));
    return events;
  }

  [[nodiscard]] std::string live(const std::string& sql) const {
    auto file = sqlite::Connection::open(data() / "goodwe_energy.db", sqlite::Access::read_only);
    REQUIRE(file);
    const auto text = file->text(sql);
    REQUIRE(text);
    return *text;
  }

 private:
  MemoryDirectory home_;
};

inline std::string text_of_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

inline std::string energy(const std::string& time,
                          const std::string& more = "\"battery_soc\": 50.0") {
  return "{\"timestamp\": \"" + time + "\", " + more + "}";
}

inline bool tells(const nlohmann::json& report, const std::string& words) {
  return std::any_of(report["findings"].begin(), report["findings"].end(),
                     [&](const nlohmann::json& each) {
                       return each["what"].get<std::string>().find(words) != std::string::npos;
                     });
}

}  // namespace wattledger::testing
