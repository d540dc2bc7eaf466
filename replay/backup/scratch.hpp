// A directory that is removed with all it holds.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "replay/backup/backup_place.hpp"

namespace wattledger::tool {

class Scratch {
 public:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) { clear(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { clear(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  void clear() const {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path path_;
};

// For what comes from a remote: with the house's data, else beside `otherwise`, else where the
// system has such things.
inline std::filesystem::path fetched_path(const std::optional<Place>& house,
                                          const std::filesystem::path& otherwise = {}) {
  const std::string name = "fetched-" + std::to_string(::getpid());
  if (house) return house->data / "staging" / name;
  if (otherwise.empty()) return std::filesystem::temp_directory_path() / ("wattledger-" + name);
  return std::filesystem::absolute(otherwise).parent_path() / (".wattledger-" + name);
}

}  // namespace wattledger::tool
