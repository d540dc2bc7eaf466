// A place that rclone reaches, as "nas:house": files sent and compared there, fetched, listed,
// removed. Names are relative to the place. Any thread; waits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "coordinator/remote/rclone.hpp"

namespace wattledger::remote {

struct RemoteFile {
  std::string name;
  std::uint64_t bytes = 0;
};

// How a copy is held against its original. By hash where the remote tells one, else (and always
// with `bytes`) it is fetched back and compared: who keeps the only copy afterwards takes nobody's
// word for it.
enum class Compare { hash, bytes };

class Remote {
 public:
  // invalid_input where it is not written as a configured remote's name, a colon and a path: what
  // stands before another colon could be a password.
  static Result<Remote> named(const std::string& place);
  explicit Remote(std::string place, RcloneLimits limits = {})
      : place_(std::move(place)), limits_(std::move(limits)) {}
  [[nodiscard]] const std::string& place() const { return place_; }

  // The files of this directory of ours, `files` alone, into the directory `to` there. corrupt if
  // what came about there is something else.
  Result<void> send(const std::filesystem::path& from, const std::vector<std::string>& files,
                    const std::string& to, Compare compare) const;
  // The files of one directory there; not_found.
  Result<void> fetch(const std::string& from, const std::vector<std::string>& files,
                     const std::filesystem::path& into) const;
  // Everything that matches rclone's pattern, with its directories.
  Result<void> fetch_matching(const std::string& pattern, const std::filesystem::path& into) const;
  // All of it, and none where there is nothing yet.
  [[nodiscard]] Result<std::vector<RemoteFile>> list() const;
  Result<void> remove_file(const std::string& name) const;
  Result<void> remove_directory(const std::string& name) const;
  // Held against files of ours: corrupt if something is missing or another.
  Result<void> check(const std::filesystem::path& from, const std::vector<std::string>& files,
                     const std::string& to, Compare compare) const;

 private:
  [[nodiscard]] std::string at(const std::string& name) const;
  std::string place_;
  RcloneLimits limits_;
};

}  // namespace wattledger::remote
