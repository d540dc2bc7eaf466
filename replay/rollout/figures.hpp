// What the rollout's checks and its monitor rest on, as numbers. Read-only.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "replay/place.hpp"

namespace wattledger::tool {

// The live SQLite file.
struct TableFigures {
  bool there = false;
  std::uint64_t bytes = 0, wal_bytes = 0;
  std::string trouble;  // why it could not be read
  std::uint32_t schema = 0;
  std::string journal;                        // "wal"
  std::map<std::string, std::int64_t> rows;   // of energy_data, system_state, …
  std::map<std::string, std::string> newest;  // timestamp, local as it stands there
};
[[nodiscard]] TableFigures table_figures(const std::filesystem::path& file);
// PRAGMA quick_check: "ok", else what it found.
[[nodiscard]] Result<std::string> quick_check(const std::filesystem::path& file);

// The daemon's text log, its newest megabyte: lines of the last hour by the playbook's patterns.
// What its storage said before it was last set up (started, reloaded) is over.
struct TextLogFigures {
  bool there = false;
  std::size_t errors = 0;   // "Error saving", "Failed to connect"
  std::size_t retries = 0;  // "retrying"
  std::string last_error;   // the newest line of level error or critical, whenever
};
// `now` is the machine's local time, as its lines begin.
[[nodiscard]] TextLogFigures text_log_figures(const std::filesystem::path& file,
                                              const std::string& hour_ago);
[[nodiscard]] std::filesystem::path text_log_file(const Place& place);
// "2025-11-29 16:00:00" of the machine's own zone, in which the text log is written.
[[nodiscard]] std::string machine_time(UtcTime at);

// What the log says of its own rate and of the daemon's starts.
struct LogFigures {
  Sequence head;
  std::uint64_t bytes = 0;
  std::map<std::string, std::uint64_t> hour;  // events of the last hour by kind
  std::uint64_t hour_all = 0;
  std::optional<UtcTime> last_reading, last_decision;
  std::string decision;     // "charge at 3000 W, price_threshold"
  std::size_t crashes = 0;  // starts of the last day that no stop came before
};
[[nodiscard]] Result<LogFigures> log_figures(const OpenLog& open, UtcTime now);

// One look at a rollout, of one moment.
struct Look {
  UtcTime at{};
  ZoneOffsets zone;
  std::optional<UtcTime> started;  // of the daemon that runs, by the log
  LogFigures log;
  TableFigures tables;
  TextLogFigures text;
};
[[nodiscard]] Result<Look> look_at(const Place& place, const std::filesystem::path& tables);

[[nodiscard]] std::uint64_t bytes_of(const std::filesystem::path& file);  // 0 where none is
[[nodiscard]] std::uint64_t bytes_under(const std::filesystem::path& directory);
[[nodiscard]] std::optional<std::uint64_t> disk_free(const std::filesystem::path& directory);

}  // namespace wattledger::tool
