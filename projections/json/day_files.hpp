// The legacy files that are appended to: which row goes into which, their text, and how one is
// lengthened and shortened.
//   energy_data/energy_data_YYYY-MM-DD.json   an array as json.dump(rows, indent=2) writes it
//   coordinator_state_YYYYMMDD.json           one object a line
//   charging_decision_YYYYMMDD.json           one object a line
//   battery_selling_analytics/*.json          three arrays without a day (documents.hpp)
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/json/posix_file.hpp"
#include "projections/projector.hpp"

namespace wattledger::projections {

inline constexpr const char* rebuild_remedy =
    "rebuild it with 'wattledger replay --projection json'";

// Name under out/, '/' between the parts; `day` is the row's, "YYYY-MM-DD".
[[nodiscard]] std::string file_name(const fold::LegacyRow& row, const std::string& day);
// Whether it is a name under out/ of such a file.
[[nodiscard]] bool is_appended(std::string_view name);
// … whose rows are elements of an array, not lines.
[[nodiscard]] bool is_array(std::string_view name);
// Those of them that have no day.
[[nodiscard]] std::vector<std::string> appended_without_day();
// The day of one of our names, "YYYY-MM-DD"; nullopt for any other name.
[[nodiscard]] std::optional<std::string> day_of(std::string_view name);
// The day `before` days earlier; empty for what is no day.
[[nodiscard]] std::string earlier_day(std::string_view day, std::chrono::days before);
// "20260105" of "2026-01-05".
[[nodiscard]] std::string compact_day(std::string day);
// Dates as text; the same one again costs nothing.
class DayText {
 public:
  [[nodiscard]] const std::string& of(LocalTime time);

 private:
  std::chrono::local_days day_{};
  std::string text_;
};

// Appends the row to the rows of the same file in `rows`.
void add_row(std::string& rows, const fold::LegacyRow& row);

// One file at a known length; opened when first written.
class DayFile {
 public:
  // `length` 0: not there yet.
  DayFile(std::filesystem::path path, std::string_view name, std::uint64_t length);

  [[nodiscard]] std::uint64_t length() const { return length_; }
  [[nodiscard]] bool is_open() const { return file_.is_open(); }
  [[nodiscard]] bool is_dirty() const { return dirty_; }
  void close() { file_.close(); }
  // One write: for an array over its closing bracket.
  Result<void> append(std::string_view rows);
  // Back to an earlier length, whatever a torn write left behind; to 0 removes the file.
  Result<void> undo(std::uint64_t length);
  // fsync, and a look whether the file is still the one that bears the name.
  Result<void> sync();

 private:
  Result<void> ensure_open();

  std::filesystem::path path_;
  bool array_;
  std::uint64_t length_;
  bool dirty_ = false;
  PosixFile file_;
};

// Files in out/ and out/energy_data/ that an older system (or ours, without a manifest) left: their
// names under out/, sorted.
[[nodiscard]] Result<std::vector<std::string>> legacy_names(const std::filesystem::path& out);

}  // namespace wattledger::projections
