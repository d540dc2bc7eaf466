#include "projections/json/whole_files.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <system_error>
#include <utility>

#include "projections/fold/python_json.hpp"
#include "projections/json/day_files.hpp"
#include "projections/json/posix_file.hpp"

namespace wattledger::projections {
namespace {

namespace fs = std::filesystem;

// 0 stands for any digit.
constexpr std::array<std::string_view, 3> event_patterns = {
    "out/coordinator_state_00000000_000000.json",
    "out/energy_data/charging_decision_00000000_000000.json",
    "out/energy_data/battery_selling_decision_00000000_000000.json"};
constexpr std::array<std::string_view, 13> document_patterns = {
    "out/charging_schedule_0000-00-00.json",
    // These six only an import brings.
    "data/partial_charging_sessions.json", "out/partial_charging_sessions.json",
    "out/energy_data/current_data_00000000_000000.json",
    "out/energy_data/historical_data_00000000_000000.json",
    "out/energy_data/daily_stats_00000000.json", "out/energy_data/pv_forecast_00000000_000000.json",
    "out/multi_session_data/daily_plan_00000000.json", "out/daily_snapshots/snapshot_00000000.json",
    "out/monthly_snapshots/monthly_snapshot_000000.json", "data/price_history.json",
    "data/price_cache.json", "data/daily_soc_drops.json"};
constexpr std::array<const char*, 6> directories = {"out",
                                                    "out/energy_data",
                                                    "out/multi_session_data",
                                                    "out/daily_snapshots",
                                                    "out/monthly_snapshots",
                                                    "data"};
constexpr std::string_view time_and_suffix = "YYYYMMDD_HHMMSS.json";
// From so many on it is cheaper to let the file system write all that it has.
constexpr std::size_t synced_each_max = 16;

bool matches(std::string_view name, std::string_view pattern) {
  return std::equal(name.begin(), name.end(), pattern.begin(), pattern.end(),
                    [](unsigned char is, unsigned char wanted) {
                      return wanted == '0' ? std::isdigit(is) != 0 : is == wanted;
                    });
}

template <class Patterns>
bool matches_any(std::string_view name, const Patterns& patterns) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](std::string_view pattern) { return matches(name, pattern); });
}

// "20260105_020002" of 2026-01-05T02:00:02.25
std::string name_time(LocalTime time) {
  std::string text = iso_text(std::chrono::floor<std::chrono::seconds>(time)).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  text[8] = '_';
  return text;
}

// The line of the day's file ends with a member that the file of its own never had.
std::string without_last_member(const std::string& line) {
  const std::size_t last = line.rfind(", \"");
  return last == std::string::npos ? line : line.substr(0, last) + "}";
}

}  // namespace

bool is_whole(std::string_view name) {
  return matches_any(name, event_patterns) || matches_any(name, document_patterns);
}

std::optional<std::string> event_day(std::string_view name) {
  if (!matches_any(name, event_patterns)) return std::nullopt;
  const std::string_view day = name.substr(name.size() - time_and_suffix.size(), 8);
  return std::string(day.substr(0, 4)) + "-" + std::string(day.substr(4, 2)) + "-" +
         std::string(day.substr(6));
}

void add_event_file(const fold::LegacyRow& row, bool selling, FileChanges& changes) {
  if (const auto* state = std::get_if<fold::SystemStateRow>(&row.row)) {
    if (!state->file_time) return;
    changes.whole["out/coordinator_state_" + name_time(*state->file_time) + ".json"] =
        fold::python_indented(state->file_line);
  } else if (const auto* decision = std::get_if<fold::DecisionRow>(&row.row)) {
    const bool sale = decision->action == "battery_selling";
    if (sale && !selling) return;
    changes.whole[(sale ? "out/energy_data/battery_selling_decision_"
                        : "out/energy_data/charging_decision_") +
                  name_time(decision->file_time) + ".json"] =
        fold::python_indented(without_last_member(decision->file_line));
  }
}

Result<std::vector<std::string>> whole_names(const fs::path& data) {
  std::vector<std::string> names;
  for (const char* part : directories) {
    std::error_code code;
    for (fs::directory_iterator each(data / part, code), end; !code && each != end;
         each.increment(code)) {
      std::string name = std::string(part) + "/" + each->path().filename().string();
      if (is_whole(name)) names.push_back(std::move(name));
    }
    if (code && code != std::errc::no_such_file_or_directory)
      return fail(ErrorKind::io, "cannot list " + (data / part).string() + ": " + code.message(),
                  "give the service's user the right to read it");
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<void> write_whole(const fs::path& data, const std::string& name, const std::string& text) {
  const fs::path path = data / name;
  WATTLEDGER_TRY(make_directory(path.parent_path()));
  return put_file(path, text);
}

Result<void> sync_whole(const fs::path& data, const std::set<std::string>& names) {
  if (names.empty()) return {};
  if (names.size() > synced_each_max) return sync_file_system(data);
  std::set<fs::path> parents;
  for (const std::string& name : names) {
    const fs::path path = data / name;
    const auto there = file_length(path);
    if (!there) return Failure(there.error());
    parents.insert(path.parent_path());
    if (!*there) continue;  // removed meanwhile
    auto file = PosixFile::open(path, false);
    if (!file) return Failure(file.error());
    WATTLEDGER_TRY(file->sync());
  }
  for (const fs::path& parent : parents) {
    const auto there = file_length(parent);
    if (!there) return Failure(there.error());
    if (*there) WATTLEDGER_TRY(sync_directory(parent));
  }
  return {};
}

Result<void> drop_event_files(const fs::path& data, std::string_view first_day,
                              std::string_view last_day, std::string_view kept_to) {
  const auto names = whole_names(data);
  if (!names) return Failure(names.error());
  std::set<fs::path> parents;
  for (const std::string& name : *names) {
    const auto day = event_day(name);
    if (!day || *day <= kept_to || (*day >= first_day && (last_day.empty() || *day <= last_day)))
      continue;
    WATTLEDGER_TRY(remove_file(data / name));
    parents.insert((data / name).parent_path());
  }
  for (const fs::path& parent : parents) WATTLEDGER_TRY(sync_directory(parent));
  return {};
}

}  // namespace wattledger::projections
