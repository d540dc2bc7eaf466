#include "projections/live/staging.hpp"

#include <algorithm>
#include <system_error>
#include <vector>

namespace wattledger::projections {
namespace {

namespace fs = std::filesystem;

// Of the entry and all below it: what was moved in keeps its own time, its directory does not.
std::optional<fs::file_time_type> newest_in(const fs::path& entry) {
  std::error_code error;
  fs::file_time_type newest = fs::last_write_time(entry, error);
  if (error) return std::nullopt;
  if (!fs::is_directory(entry, error)) return newest;
  fs::recursive_directory_iterator below(entry, error);
  for (; !error && below != fs::recursive_directory_iterator(); below.increment(error)) {
    const auto time = below->last_write_time(error);
    if (!error) newest = std::max(newest, time);
  }
  if (error) return std::nullopt;
  return newest;
}

}  // namespace

std::vector<fs::path> remove_old_staging(const fs::path& data, fs::file_time_type now) {
  std::vector<fs::path> old;
  std::error_code error;
  for (fs::directory_iterator entry(data / "staging", error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const auto newest = newest_in(entry->path());
    if (newest && now - *newest > staging_kept) old.push_back(entry->path());
  }
  std::erase_if(old, [&](const fs::path& path) {
    std::error_code failed;
    fs::remove_all(path, failed);
    return bool(failed);
  });
  return old;
}

}  // namespace wattledger::projections
